"""Claims of X12 837 files that went out more than once as originals, as after a clearinghouse has refused one."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import msgspec

from cds_service.audit.numbered import numbered, numbers_of
from cds_service.audit.records import TRANSACTION
from cds_service.audit.routed import Part
from cds_service.facts import fhir


class _Line(msgspec.Struct, frozen=True):
    productOrService: msgspec.Raw = msgspec.Raw()
    modifier: msgspec.Raw = msgspec.Raw()
    servicedDate: msgspec.Raw = msgspec.Raw()
    servicedPeriod: msgspec.Raw = msgspec.Raw()
    locationCodeableConcept: msgspec.Raw = msgspec.Raw()
    quantity: msgspec.Raw = msgspec.Raw()
    net: msgspec.Raw = msgspec.Raw()

    def billed(self) -> tuple[bytes, ...]:
        """All that it bills; what it bills it for may have been mended."""
        return tuple(bytes(getattr(self, name)) for name in self.__struct_fields__)


class _Contained(msgspec.Struct):
    resourceType: str = ""


class _Sent(msgspec.Struct):
    identifier: list[fhir.Identifier] = []
    type: msgspec.Raw = msgspec.Raw()
    subType: msgspec.Raw = msgspec.Raw()
    related: msgspec.Raw = msgspec.Raw()
    contained: list[msgspec.Raw] = []
    item: list[_Line] = []


def sent_again(claims: Mapping[str, tuple[Part, fhir.Claim]]) -> set[str]:
    """References of the claims that a newer one repeats: under the same number, with just the same lines and charges,
    to the same payer, and without a word that it replaces anything.

    Args:
        claims: those of one patient that are in force, by reference.
    """
    alike: dict[Hashable, list[str]] = {}
    for ref, (one, _) in claims.items():
        if _MARK in one.raw and (key := _key(one.raw)) is not None:
            alike.setdefault(key, []).append(ref)
    found: set[str] = set()
    for refs in alike.values():
        if len(refs) > 1:
            newest = max(refs, key=lambda ref: numbered(ref, *claims[ref]).age)
            found.update(ref for ref in refs if ref != newest)
    return found


def _key(raw: bytes) -> Hashable | None:
    try:
        sent = _DECODER.decode(raw)
        payers = [each for each in sent.contained if _CONTAINED.decode(each).resourceType == "Coverage"]
    except msgspec.MsgspecError:
        return None
    numbers = [number for number in numbers_of(sent.identifier) if number[0] != TRANSACTION]
    if bytes(sent.related) or not numbers or not sent.item:
        return None
    lines = sorted(line.billed() for line in sent.item)
    return (
        frozenset(numbers),
        bytes(sent.type),
        bytes(sent.subType),
        tuple(map(bytes, payers)),
        tuple(lines),
    )


_MARK = TRANSACTION.encode()
_DECODER = msgspec.json.Decoder(_Sent)
_CONTAINED = msgspec.json.Decoder(_Contained)
