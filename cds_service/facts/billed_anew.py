"""Bills whose place a replacement takes, or that a void takes back, which names none (NUBC, frequencies 7 and 8)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from datetime import date

from cds_service.engine.record import record
from cds_service.facts import fhir
from cds_service.facts.claims import REPLACEMENT, VOID, bill_frequency
from cds_service.facts.codes import any_codes, modifiers_of
from cds_service.facts.dates import day, first_day, last_day
from cds_service.facts.held import Held, held_by
from cds_service.facts.names import normalised
from cds_service.facts.pool import relative

LATE_CHARGES = "5"
"""The frequency of a bill that adds to an earlier one (NUBC)."""
_TAKERS = frozenset({REPLACEMENT, VOID})
_DIGITS = re.compile("([0-9]+)")
_SERVICE = re.compile(r"[0-9A-Z][0-9]{3}[0-9A-Z]\b", re.IGNORECASE)
"""How a code of CPT or HCPCS begins, modifiers behind it or none."""


@record(frozen=True, slots=True)
class Bill:
    """A claim with a type of bill. `linked`: it names the claim that it replaces; `asked`: it is under review."""

    name: str
    claim: fhir.Claim
    frequency: str
    linked: bool
    asked: bool = False

    @property
    def takes(self) -> bool:
        """Whether it takes the place of another bill, and does not say of which."""
        return self.frequency in _TAKERS and not self.linked

    @property
    def age(self) -> tuple[bool, str, list[str | int]]:
        """The older the less; of one day by the numbers in their names."""
        return self.asked, self.claim.created or "", counted(self.name)

    def is_newer(self, other: Bill) -> bool:
        """Whether it was made later, as far as both say when."""
        return self.age[:2] > other.age[:2]

    def may_follow(self, other: Bill) -> bool:
        """Whether nothing says that it was made before another; who does not say when may have been any time."""
        days = self.claim.created, other.claim.created
        return not (other.asked and not self.asked) and not (days[0] and days[1] and days[0] < days[1])


def bill(name: str, claim: fhir.Claim, linked: bool, asked: bool = False) -> Bill | None:
    """The claim as a bill; None where it has no type of bill, or adds charges only."""
    frequency = bill_frequency(claim)
    return None if frequency in ("", LATE_CHARGES) else Bill(name, claim, frequency, linked, asked)


def billed_anew(
    bills: Collection[Bill], of_one_biller: Callable[[fhir.Claim, fhir.Claim], bool]
) -> list[Bill]:
    """The bills that others take the place of, or take back.

    A replacement takes the place of the bills of its days with one of its lines at least. Where there is none, since it
    adds or drops a day, it takes that of the one bill with days in common and most lines: more than half of those of
    the smaller one. A void takes back one bill of its days and just its lines, the last one before it.

    Args:
        of_one_biller: whether two claims may be of one hospital.
    """
    takers = sorted((each for each in bills if each.takes), key=lambda each: each.age)
    gone: dict[int, Bill] = {}
    for taker in takers:
        others = [b for b in bills if b is not taker and of_one_biller(b.claim, taker.claim)]
        found = _replaced(others, taker) if taker.frequency == REPLACEMENT else []
        if not found:
            left = [b for b in others if id(b) not in gone and b.frequency != VOID and _may_be(b, taker)]
            found = _mostly(taker, left) if taker.frequency == REPLACEMENT else _voided(taker, left)
        gone |= {id(each): each for each in found}
    return list(gone.values())


def _replaced(others: Sequence[Bill], taker: Bill) -> list[Bill]:
    """The bills of its days whose place it takes: of several those with most of its lines."""
    own = _services(taker.claim)
    same = [
        ((own & _services(each.claim)).total(), each)
        for each in others
        if bill_the_same_days(each.claim, taker.claim)
        and (each.frequency != REPLACEMENT or taker.is_newer(each))
        and _of_one_insurance(each, taker)
    ]
    most = max((shared for shared, _ in same), default=0)
    return [each for shared, each in same if shared == most]


def _may_be(other: Bill, taker: Bill) -> bool:
    """Whether a bill that differs from one with this frequency may be what it is about: an older one of the same
    insurance, as far as they name one."""
    return taker.may_follow(other) and _of_one_insurance(other, taker)


def _of_one_insurance(one: Bill, other: Bill) -> bool:
    """Whether both went to one insurance, as far as they name it in one way."""
    first, second = _insurances(one.claim), _insurances(other.claim)
    ways = {way for way, _ in first} & {way for way, _ in second}
    return not ways or not first.isdisjoint(second)


def _voided(taker: Bill, others: Sequence[Bill]) -> list[Bill]:
    lines, days = lines_of(taker.claim), _days(taker.claim)
    if lines is None or None in days:
        return []
    same = [each for each in others if _days(each.claim) == days and lines_of(each.claim) == lines]
    older = [each for each in same if each.age < taker.age]
    found = (
        max(older, key=lambda each: each.age) if older else min(same, key=lambda each: each.age, default=None)
    )
    return [found] if found else []


def _mostly(taker: Bill, others: Sequence[Bill]) -> list[Bill]:
    own = _services(taker.claim)
    common: list[tuple[int, Bill]] = []
    for other in others:
        if bill_the_same_days(other.claim, taker.claim):
            continue  # a replacement that is no newer
        services = _services(other.claim)
        shared = (own & services).total()
        if _meet(taker.claim, other.claim) and 2 * shared > min(own.total(), services.total()):
            common.append((shared, other))
    most = max((shared for shared, _ in common), default=0)
    found = [other for shared, other in common if shared == most]
    return found if len(found) == 1 else []  # of two as like it nobody knows which


def bill_the_same_days(one: fhir.Claim, other: fhir.Claim) -> bool:
    """Whether both bill from and to the same days, and a code for one day at least."""
    days = _days(one)
    return None not in days and days == _days(other) and not _billed(one).isdisjoint(_billed(other))


def lines_of(claim: fhir.Claim) -> Hashable | None:
    """What two claims with just the same lines have in common; None when there are none, or one has no date.

    A bill's total (revenue code 0001) is no service, and stands on some copies of a bill only.
    """
    lines = [_line(item) for item in claim.item if not _is_total(item)]
    return frozenset(Counter(lines).items()) if lines and None not in lines else None


def counted(text: str) -> list[str | int]:
    """A text with its numbers as numbers, so that 9 comes before 10."""
    return [int(part) if place % 2 else part for place, part in enumerate(_DIGITS.split(text))]


def _line(item: fhir.ClaimItem) -> Hashable | None:
    if (service := _service(item)) is None:
        return None
    units = item.quantity.value if item.quantity and item.quantity.value is not None else 1.0
    return service, modifiers_of(item.modifier), units


def _is_total(item: fhir.ClaimItem) -> bool:
    """Whether a line has no date and names no service, as the total of a bill does; a text alone may name one."""
    if day(item.servicedDate) or first_day(item.servicedPeriod):
        return False
    codes, concept = any_codes(item.productOrService), item.productOrService
    return not any(map(_SERVICE.match, codes)) and not (concept and concept.text and not codes)


def _service(item: fhir.ClaimItem) -> tuple[frozenset[str], date, date] | None:
    first = day(item.servicedDate) or first_day(item.servicedPeriod)
    if first is None:
        return None
    return frozenset(any_codes(item.productOrService)), first, last_day(item.servicedPeriod) or first


def _services(claim: fhir.Claim) -> Counter[tuple[frozenset[str], date, date]]:
    """What a claim bills and when; modifiers and units are what a replacement mends."""
    found = (_service(item) for item in claim.item)
    return Counter(each for each in found if each is not None and each[0])


def _billed(claim: fhir.Claim) -> set[tuple[str, str]]:
    return {
        (code, item.servicedDate or "") for item in claim.item for code in any_codes(item.productOrService)
    }


def _days(claim: fhir.Claim) -> tuple[date | None, date | None]:
    return first_day(claim.billablePeriod), last_day(claim.billablePeriod)


def _meet(one: fhir.Claim, other: fhir.Claim) -> bool:
    (start, end), (other_start, other_end) = _days(one), _days(other)
    if start is None or end is None or other_start is None or other_end is None:
        return False
    return max(start, other_start) <= min(end, other_end)


def _insurances(claim: fhir.Claim) -> set[tuple[str, str]]:
    """The coverages that it names: by reference, or by the payer of one that it contains."""
    named = [
        (each.coverage.reference or "").strip()
        for each in claim.insurance
        if each.coverage and each.focal is not False
    ]
    held = {each.id: each for each in held_by(claim)} if any(named) else {}
    found: set[tuple[str, str]] = set()
    for text in filter(None, named):
        if not text.startswith("#"):
            found.add(("reference", relative(text)))
        elif coverage := held.get(text[1:]):
            found |= {("payer", name) for each in coverage.payor if (name := _payer(each, held))}
    return found


def _payer(reference: fhir.Reference, held: Mapping[str, Held]) -> str:
    """A payer by its number, else its name; spelt as it may be."""
    text = (reference.reference or "").strip()
    there = held.get(text[1:]) if text.startswith("#") else None
    if there is None:
        number = (reference.identifier.value or "").strip() if reference.identifier else ""
        return number or relative(text) or normalised(reference.display or "")
    numbers = sorted((each.value or "").strip() for each in there.identifier)
    return next(filter(None, numbers), "") or normalised(there.name)
