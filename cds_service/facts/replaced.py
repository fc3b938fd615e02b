"""Claims that are billed no more: another one takes their place, or takes them back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec

from cds_service.facts import fhir
from cds_service.facts.claims import REPLACEMENT, bill_frequency, is_asked, was_sent
from cds_service.facts.codes import any_codes
from cds_service.facts.dates import first_day, last_day
from cds_service.facts.parties import party_of
from cds_service.facts.pool import Entry, Pool, relative

_LATE_CHARGES = "5"
"""The frequency of a bill that adds to an earlier one (NUBC)."""
_PRIOR = frozenset({"prior", "replaces"})


class _Related(msgspec.Struct):
    claim: fhir.Reference | None = None
    relationship: fhir.CodeableConcept | None = None


class _Linked(msgspec.Struct):
    related: list[_Related] = []
    identifier: list[fhir.Identifier] = []


_DECODER = msgspec.json.Decoder(_Linked)


class Replaced:
    """What claims say of those before them: `related` with relationship `prior`, by reference or by number, or a type
    of bill whose frequency is that of a replacement."""

    def __init__(self, review: Iterable[Entry], earlier: Iterable[Entry], pool: Pool) -> None:
        """`review` are the claims asked about; of the `earlier` ones those count that were sent."""
        self._pool = pool
        self._found: set[int] = set()
        self._references: set[str] = set()
        self._numbers: dict[tuple[str, str], list[fhir.Resource]] = {}
        self._unlinked: list[fhir.Claim] = []
        self._review = {id(entry.resource) for entry in review}
        for entry in review:
            if isinstance(entry.resource, fhir.Claim) and is_asked(entry.resource):
                self._note(entry)
        for entry in earlier:
            if isinstance(entry.resource, fhir.Claim) and was_sent(entry.resource):
                self._note(entry)

    def holds(self, entry: Entry) -> bool:
        """Whether a claim, or the one that an ExplanationOfBenefit answers, is named by one that takes its place."""
        claim = entry.resource
        names = {f"{claim.resourceType}/{claim.id}"} if claim.id else set()
        if isinstance(claim, fhir.Claim) and claim.claim:
            names.add(_named(claim.claim))
        if id(claim) in self._found or not self._references.isdisjoint(names):
            return True
        if isinstance(claim, fhir.Claim) and any(self._bills_anew(taker, claim) for taker in self._unlinked):
            return True
        if not self._numbers:
            return False
        own = _numbers(_linked(entry, b'"identifier"').identifier)
        takers = [taker for number in own for taker in self._numbers.get(number, ()) if taker is not claim]
        return any(self._comes_after(taker, claim) for taker in takers)

    def _comes_after(self, taker: fhir.Resource, claim: fhir.Resource) -> bool:
        """Whether a claim that names a number takes the place of this one, which has it.

        Some numbers stand for all claims of an account, so the days have to meet, as far as they are told. Some
        replacements bear the number that they name: of these the newer one takes the place of the older.
        """
        if not _meet(taker, claim):
            return False
        if not any(claim is each for takers in self._numbers.values() for each in takers):
            return True
        return self._is_newer(taker, claim)

    def _bills_anew(self, taker: fhir.Claim, claim: fhir.Claim) -> bool:
        """Whether a replacement that names no claim takes the place of this one: a bill of the same hospital for the
        same days, with one of its lines at least."""
        if taker is claim or bill_frequency(claim) in ("", _LATE_CHARGES):
            return False
        days = [(first_day(each.billablePeriod), last_day(each.billablePeriod)) for each in (taker, claim)]
        if None in days[0] or days[0] != days[1] or _billed(taker).isdisjoint(_billed(claim)):
            return False
        if len({party_of(each.provider, each, self._pool) for each in (taker, claim)} - {""}) > 1:
            return False
        return bill_frequency(claim) != REPLACEMENT or self._is_newer(taker, claim)

    def _is_newer(self, taker: fhir.Resource, claim: fhir.Resource) -> bool:
        asked = id(taker) in self._review and id(claim) not in self._review
        return asked or _created(taker) > _created(claim)

    def _note(self, entry: Entry) -> None:
        claim, linked = entry.resource, False
        for each in _linked(entry, b'"related"').related:
            if each.claim is None or _PRIOR.isdisjoint(any_codes(each.relationship)):
                continue
            linked = True
            found = self._pool.find(each.claim, claim, fhir.Claim)
            if found is claim:
                continue
            if found is not None:
                self._found.add(id(found))
            if named := _named(each.claim):
                self._references.add(named)
            else:
                for number in _numbers([each.claim.identifier]):
                    self._numbers.setdefault(number, []).append(claim)
        if not linked and isinstance(claim, fhir.Claim) and bill_frequency(claim) == REPLACEMENT:
            self._unlinked.append(claim)


def _meet(one: fhir.Resource, other: fhir.Resource) -> bool:
    periods = [each.billablePeriod for each in (one, other) if isinstance(each, fhir.Claim)]
    starts = [first_day(period) or date.min for period in periods]
    ends = [last_day(period) or date.max for period in periods]
    return max(starts) <= min(ends)


def _billed(claim: fhir.Claim) -> set[tuple[str, str]]:
    return {
        (code, item.servicedDate or "") for item in claim.item for code in any_codes(item.productOrService)
    }


def _created(resource: fhir.Resource) -> str:
    return (resource.created or "") if isinstance(resource, fhir.Claim) else ""


def _named(reference: fhir.Reference) -> str:
    return relative((reference.reference or "").strip())


def _linked(entry: Entry, member: bytes) -> _Linked:
    """What a claim's JSON says of its number and of related claims; nothing when that cannot be read."""
    raw = bytes(entry.raw)
    if member not in raw:
        return _Linked()
    try:
        return _DECODER.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _Linked()


def _numbers(identifiers: Iterable[fhir.Identifier | None]) -> set[tuple[str, str]]:
    return {((each.system or "").strip(), each.value.strip()) for each in identifiers if each and each.value}
