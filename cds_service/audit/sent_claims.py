"""What an 837 says of a claim that it carried, as far as it tells which one a replacement or void takes back."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from functools import cached_property

import msgspec

from cds_service.audit.records import TRANSACTION, VOIDED_LINE
from cds_service.facts import fhir
from cds_service.facts.names import normalised

Lines = Counter[tuple[bytes, ...]]


class Line(msgspec.Struct, frozen=True):
    """What a line bills; what it bills it for may have been mended."""

    productOrService: msgspec.Raw = msgspec.Raw()
    servicedDate: msgspec.Raw = msgspec.Raw()
    servicedPeriod: msgspec.Raw = msgspec.Raw()
    modifier: msgspec.Raw = msgspec.Raw()
    quantity: msgspec.Raw = msgspec.Raw()
    locationCodeableConcept: msgspec.Raw = msgspec.Raw()
    net: msgspec.Raw = msgspec.Raw()

    @property
    def billed(self) -> tuple[bytes, ...]:
        """All that it bills."""
        return tuple(bytes(getattr(self, name)) for name in self.__struct_fields__)


class _Extension(msgspec.Struct):
    url: str = ""
    valueString: str = ""


class _Contained(msgspec.Struct):
    resourceType: str = ""
    id: str = ""
    identifier: list[fhir.Identifier] = []
    name: str = ""
    order: int | None = None


class _Money(msgspec.Struct):
    value: Decimal | None = None


class SentClaim(msgspec.Struct, dict=True):
    """A claim as a transaction carried it."""

    extension: list[_Extension] = []
    identifier: list[fhir.Identifier] = []
    subType: msgspec.Raw = msgspec.Raw()
    related: msgspec.Raw = msgspec.Raw()
    billablePeriod: msgspec.Raw = msgspec.Raw()
    contained: list[_Contained] = []
    item: list[Line] = []
    total: _Money = msgspec.field(default_factory=_Money)

    @property
    def payers(self) -> tuple[str, ...]:
        """Who is to pay, by number or else by name, and in which order: its spelling, group and plan may have been
        mended."""
        number, name = self.payer
        return (number or name, *self.orders)

    @cached_property
    def payer(self) -> tuple[str, str]:
        """Number and name of the payer; empty where they are not told."""
        found = [each for each in self.contained if each.id == _PAYER]
        numbers = [(number.value or "").strip() for each in found for number in each.identifier]
        return next(iter(numbers), ""), normalised(found[0].name) if found else ""

    @cached_property
    def orders(self) -> tuple[str, ...]:
        """Whether the payer is the first, second or third one."""
        return tuple(str(each.order) for each in self.contained if each.resourceType == "Coverage")

    def is_of_payer_of(self, other: SentClaim) -> bool:
        """Whether both go to one payer: by number where both tell it, else by name."""
        (number, name), (other_number, other_name) = self.payer, other.payer
        return number == other_number if number and other_number else name == other_name

    @property
    def takes(self) -> bool:
        """Whether it replaces another one, or takes it back."""
        return bool(bytes(self.related))

    @property
    def is_void(self) -> bool:
        """Whether it only takes another one back: it bills nothing itself."""
        return self.takes and not self.item

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """What it bills; of a void what it takes back."""
        told = (each.valueString for each in self.extension if each.url == VOIDED_LINE)
        try:
            return (*self.item, *[_LINE.decode(text) for text in told])
        except msgspec.MsgspecError:
            return tuple(self.item)

    @cached_property
    def services(self) -> Lines:
        """Codes and days of its lines; a line of a revenue code alone is none."""
        return Counter(line.billed[:3] for line in self.lines if b'"coding"' in line.billed[0])

    @cached_property
    def given(self) -> Lines:
        """Its lines at any charge and place: codes, days, modifiers and units."""
        return Counter(line.billed[:5] for line in self.lines)

    @cached_property
    def billed(self) -> Lines:
        """All of its lines."""
        return Counter(line.billed for line in self.lines)

    @cached_property
    def codes(self) -> frozenset[bytes]:
        """Of its lines; a line of a revenue code alone has none."""
        return frozenset(service[0] for service in self.services)

    def in_common(self, other: SentClaim) -> tuple[int, int, int]:
        """How many lines both have: of one service, given alike, and billed alike."""
        return (
            (self.services & other.services).total(),
            (self.given & other.given).total(),
            (self.billed & other.billed).total(),
        )

    def has_total_of(self, other: SentClaim) -> bool:
        """Whether both tell the same total charge."""
        return self.total.value is not None and self.total.value == other.total.value

    def has_most_services_of(self, other: SentClaim) -> bool:
        """Whether more than half of the services of the smaller one, codes and days at any charge, are of both."""
        own, others = self.services, other.services
        return 2 * (own & others).total() > min(own.total(), others.total())


def sent_claim(raw: bytes) -> SentClaim | None:
    """The claim, if a transaction carried it; None of any other, and where it cannot be read."""
    try:
        return _DECODER.decode(raw) if _MARK in raw else None
    except msgspec.MsgspecError:
        return None


def told_by(raw: bytes) -> SentClaim:
    """What a claim says in the terms of one that a transaction carried, which any other says in part; nothing where it
    cannot be read."""
    try:
        return _DECODER.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return SentClaim()


_PAYER = "payer"
"""Id of the payer that readers of 837 files let a claim contain."""
_MARK = TRANSACTION.encode()
_DECODER = msgspec.json.Decoder(SentClaim)
_LINE = msgspec.json.Decoder(Line)
