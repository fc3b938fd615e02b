"""Claims of X12 837 files that went out more than once: as originals, as after a clearinghouse has refused one, or as
replacements and voids under a new number. The payer's number, by which these name what they take back, is on no claim.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence

import msgspec

from cds_service.audit.lines_alike import alike
from cds_service.audit.numbered import Numbered, numbered, numbers_of
from cds_service.audit.records import TRANSACTION
from cds_service.audit.routed import Part
from cds_service.facts import fhir
from cds_service.facts.names import normalised

Claims = Mapping[str, tuple[Part, fhir.Claim]]


class _Line(msgspec.Struct, frozen=True):
    productOrService: msgspec.Raw = msgspec.Raw()
    modifier: msgspec.Raw = msgspec.Raw()
    servicedDate: msgspec.Raw = msgspec.Raw()
    servicedPeriod: msgspec.Raw = msgspec.Raw()
    locationCodeableConcept: msgspec.Raw = msgspec.Raw()
    quantity: msgspec.Raw = msgspec.Raw()
    net: msgspec.Raw = msgspec.Raw()

    def service(self) -> tuple[bytes, ...]:
        """What it bills and when."""
        return tuple(map(bytes, (self.productOrService, self.servicedDate, self.servicedPeriod)))

    def billed(self) -> tuple[bytes, ...]:
        """All that it bills; what it bills it for may have been mended."""
        return tuple(bytes(getattr(self, name)) for name in self.__struct_fields__)


class _Contained(msgspec.Struct):
    resourceType: str = ""
    id: str = ""
    identifier: list[fhir.Identifier] = []
    name: str = ""
    order: int | None = None


class _Sent(msgspec.Struct):
    identifier: list[fhir.Identifier] = []
    subType: msgspec.Raw = msgspec.Raw()
    related: msgspec.Raw = msgspec.Raw()
    billablePeriod: msgspec.Raw = msgspec.Raw()
    contained: list[_Contained] = []
    item: list[_Line] = []

    @property
    def payers(self) -> tuple[str, ...]:
        """Who is to pay, by number or else by name, and in which order: its spelling, group and plan may have been
        mended."""
        orders = [str(each.order) for each in self.contained if each.resourceType == "Coverage"]
        found = [each for each in self.contained if each.id == _PAYER]
        named = [number or normalised(each.name) for each in found for number in _number_of(each)]
        return (*named, *orders)

    def has_days_and_codes_of(self, other: _Sent) -> bool:
        """Whether both bill the same days to the same payer, and a code in common; a void bills none."""
        codes = self.codes
        return (
            bytes(self.billablePeriod) == bytes(other.billablePeriod)
            and self.payers == other.payers
            and not (codes and codes.isdisjoint(other.codes))
        )

    def has_most_services_of(self, other: _Sent) -> bool:
        """Whether more than half of the services of the smaller one, codes and days at any charge, are of both."""
        own, others = self.services, other.services
        return 2 * (own & others).total() > min(own.total(), others.total())

    @property
    def services(self) -> Counter[tuple[bytes, ...]]:
        """What it bills and when; a line of a revenue code alone is none."""
        return Counter(line.service() for line in self.item if b'"coding"' in bytes(line.productOrService))

    @property
    def codes(self) -> frozenset[bytes]:
        """Of its lines; a line of a revenue code alone has none."""
        told = (bytes(line.productOrService) for line in self.item)
        return frozenset(concept for concept in told if b'"coding"' in concept)


def _number_of(payer: _Contained) -> tuple[str, ...]:
    return tuple((each.value or "").strip() for each in payer.identifier) or ("",)


def payers_of(raw: bytes) -> tuple[str, ...]:
    """Who is to pay a claim that a transaction carried, by number or else by name; nobody of any other claim."""
    sent = _sent(raw)
    return sent.payers if sent else ()


def sent_again(claims: Claims) -> set[str]:
    """References of the claims that a newer one repeats: under the same number, with just the same lines and charges,
    to the same payer, and without a word that it replaces anything.

    Args:
        claims: those of one patient that are in force, by reference.
    """
    alike: dict[Hashable, list[str]] = {}
    for ref, (one, _) in claims.items():
        if (key := _key(one.raw)) is not None:
            alike.setdefault(key, []).append(ref)
    found: set[str] = set()
    for refs in alike.values():
        if len(refs) > 1:
            newest = max(refs, key=lambda ref: numbered(ref, *claims[ref]).age)
            found.update(ref for ref in refs if ref != newest)
    return found


def renumbered(taker: Numbered, others: Sequence[Numbered], claims: Claims) -> str | None:
    """The reference of the claim that a replacement or void takes back whose own number no older claim has.

    It is of the same form, payer and days, and has a code in common with a replacement; where there is none, of days in
    common, with more than half of the lines of the smaller one. Of several it is the one with most lines in common;
    where two have as many, nobody knows.

    Args:
        taker: the replacement or void.
        others: claims of the patient that nothing else takes back.
        claims: all of the patient's, by reference.
    """
    own = _sent(claims[taker.ref][0].raw)
    if own is None:
        return None
    billed = Counter(line.billed() for line in own.item)
    found: list[tuple[int, str]] = []
    mostly: list[tuple[int, str]] = []
    for other in others:
        if other.age >= taker.age or taker.went_out_before(other) or not alike(other.claim, taker.claim):
            continue
        sent = _sent(claims[other.ref][0].raw)
        if sent is None:
            continue
        common = (billed & Counter(line.billed() for line in sent.item)).total()
        if own.has_days_and_codes_of(sent):
            found.append((common, other.ref))
        elif own.payers == sent.payers and own.has_most_services_of(sent):
            mostly.append((common, other.ref))  # it adds or drops days
    found = sorted(found or mostly, reverse=True)
    return found[0][1] if len(found) == 1 or (found and found[0][0] > found[1][0]) else None


def _key(raw: bytes) -> Hashable | None:
    sent = _sent(raw)
    numbers = [number for number in numbers_of(sent.identifier) if number[0] != TRANSACTION] if sent else []
    if sent is None or not numbers or bytes(sent.related) or not sent.item:
        return None
    lines = tuple(sorted(line.billed() for line in sent.item))
    return frozenset(numbers), bytes(sent.subType), sent.payers, lines


def _sent(raw: bytes) -> _Sent | None:
    """The claim, if a transaction carried it."""
    try:
        return _DECODER.decode(raw) if _MARK in raw else None
    except msgspec.MsgspecError:
        return None


_PAYER = "payer"
"""Id of the payer that readers of 837 files let a claim contain."""
_MARK = TRANSACTION.encode()
_DECODER = msgspec.json.Decoder(_Sent)
