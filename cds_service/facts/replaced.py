"""Claims that are billed no more: another one takes their place, or takes them back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

import msgspec

from cds_service.facts import fhir
from cds_service.facts.billed_anew import bill, billed_anew
from cds_service.facts.claims import is_asked, was_sent
from cds_service.facts.codes import any_codes
from cds_service.facts.dates import first_day, last_day
from cds_service.facts.once import cached_property
from cds_service.facts.parties import party_of
from cds_service.facts.pool import Entry, Pool, relative

_PRIOR = frozenset({"prior", "replaces"})
_REPLACED_BY = "replacedby"
_UNIQUE = "uc"
"""CARIN Blue Button's type of the number that a payer gave to the claim."""
_FORMS = frozenset({"institutional", "professional"})


class _Related(msgspec.Struct):
    claim: fhir.Reference | None = None
    reference: fhir.Identifier | None = None
    relationship: fhir.CodeableConcept | None = None


class _Linked(msgspec.Struct):
    related: list[_Related] = []
    identifier: list[fhir.Identifier] = []


_DECODER = msgspec.json.Decoder(_Linked)


class Replaced:
    """What claims say of those before them: `related` with relationship `prior`, by reference or by number, or a type
    of bill whose frequency is that of a replacement or a void; and of themselves (`replacedby`, as payers that follow
    CARIN Blue Button write it).
    """

    def __init__(self, review: Iterable[Entry], earlier: Iterable[Entry], pool: Pool) -> None:
        """`review` are the claims asked about; of the `earlier` ones those count that were sent."""
        self._pool = pool
        self._found: set[int] = set()
        self._references: set[str] = set()
        self._numbers: dict[str, list[tuple[str, fhir.Resource]]] = {}  # systems and takers by value
        self._linked: set[int] = set()
        self._earlier = tuple(earlier)
        self._review = {id(entry.resource) for entry in review}
        noted: dict[int, fhir.Claim] = {}
        for entry in review:
            if isinstance(entry.resource, fhir.Claim) and is_asked(entry.resource):
                noted[id(entry.resource)] = entry.resource
                self._note(entry)
        for entry in self._earlier:
            if isinstance(entry.resource, fhir.Claim) and was_sent(entry.resource):
                noted[id(entry.resource)] = entry.resource
                self._note(entry)
        self._note_bills(noted.values())

    def holds(self, entry: Entry) -> bool:
        """Whether a claim, or the one that an ExplanationOfBenefit answers, is named by one that takes its place."""
        claim = entry.resource
        if id(claim) in self._found:
            return True
        if isinstance(claim, fhir.Claim) and claim.claim and _named(claim.claim) in self._references:
            return True
        if not self._numbers:
            return False
        own = _numbers(_linked(entry, b'"identifier"').identifier)
        return any(
            _may_be_one(system, other)
            and self._comes_after(taker, claim, system == other and (system, value) in self._unique)
            for system, value in own
            for other, taker in self._numbers.get(value, ())
        )

    def _comes_after(self, taker: fhir.Resource, claim: fhir.Resource, unique: bool) -> bool:
        """Whether a claim that names a number takes the place of this one, which has it.

        Some numbers stand for all claims of an account, so form and days have to agree, as far as they are told; the
        days may be what was wrong where the number is `unique` to this claim. Some replacements bear the number that
        they name: of these the newer one takes the place of the older.
        """
        if not _of_one_form(taker, claim) or not (unique or _meet(taker, claim)):
            return False
        if not any(claim is each for takers in self._numbers.values() for _, each in takers):
            return True
        return self._is_newer(taker, claim)

    @cached_property
    def _unique(self) -> set[tuple[str, str]]:
        """Numbers that payers call unique to a claim, and one claim only has."""
        told: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for entry in self._earlier:
            if b'"uc"' in bytes(entry.raw):
                identifiers = _linked(entry, b'"identifier"').identifier
                for number in _numbers(i for i in identifiers if _UNIQUE in any_codes(i.type)):
                    told[number].add(f"{entry.resource.resourceType}/{entry.resource.id}")
        return {number for number, names in told.items() if number[0] and len(names) == 1}

    def _note_bills(self, claims: Iterable[fhir.Claim]) -> None:
        """Bills whose place others take that name no claim."""
        bills = [
            found
            for claim in claims
            if (found := bill(claim.id or "", claim, id(claim) in self._linked, id(claim) in self._review))
        ]
        if any(each.takes for each in bills):
            self._found.update(id(each.claim) for each in billed_anew(bills, self._of_one_biller))

    def _of_one_biller(self, one: fhir.Claim, other: fhir.Claim) -> bool:
        return len({party_of(each.provider, each, self._pool) for each in (one, other)} - {""}) < 2

    def _is_newer(self, taker: fhir.Resource, claim: fhir.Resource) -> bool:
        asked = id(taker) in self._review and id(claim) not in self._review
        return asked or _created(taker) > _created(claim)

    def _note(self, entry: Entry) -> None:
        claim, told, linked = entry.resource, _linked(entry, b'"related"'), False
        for each in told.related:
            relationship = any_codes(each.relationship)
            prior = not _PRIOR.isdisjoint(relationship)
            linked |= prior and bool((each.claim and _named(each.claim)) or _numbers_in(each))
            found = self._pool.find(each.claim, claim, fhir.Claim)
            if found is claim:
                continue
            if _REPLACED_BY in relationship and not _by_itself(each, told):
                self._found.add(id(claim))
            if prior:
                if found is not None:
                    self._found.add(id(found))
                self._note_names(each, claim)
        if linked:
            self._linked.add(id(claim))

    def _note_names(self, prior: _Related, taker: fhir.Resource) -> None:
        if prior.claim and (named := _named(prior.claim)):
            self._references.add(named)
        for system, value in _numbers_in(prior):
            self._numbers.setdefault(value, []).append((system, taker))


def _by_itself(each: _Related, told: _Linked) -> bool:
    """Whether the number that a claim says it was replaced by is its own: that says nothing."""
    numbers = _numbers_in(each)
    return bool(numbers) and numbers <= _numbers(told.identifier)


def _numbers_in(each: _Related) -> set[tuple[str, str]]:
    """The number of a related claim that no reference names. Beside a `claim`, `reference` is the number of a case or
    a file (FHIR R4); it is the claim's where nothing else names it (CARIN Blue Button).
    """
    if each.claim is None:
        return _numbers([each.reference])
    return set() if _named(each.claim) else _numbers([each.claim.identifier])


def _may_be_one(system: str, other: str) -> bool:
    """Who does not tell the system of a number means any."""
    return system == other or not (system and other)


def _of_one_form(one: fhir.Resource, other: fhir.Resource) -> bool:
    forms = [
        _FORMS.intersection(any_codes(each.type)) for each in (one, other) if isinstance(each, fhir.Claim)
    ]
    return not all(forms) or not forms[0].isdisjoint(forms[-1])


def _meet(one: fhir.Resource, other: fhir.Resource) -> bool:
    periods = [each.billablePeriod for each in (one, other) if isinstance(each, fhir.Claim)]
    starts = [first_day(period) or date.min for period in periods]
    ends = [last_day(period) or date.max for period in periods]
    return max(starts) <= min(ends)


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
