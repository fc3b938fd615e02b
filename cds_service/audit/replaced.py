"""Claims of a patient that others take the place of, told by their references or by their numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import msgspec

from cds_service.audit.records import TRANSACTION
from cds_service.audit.routed import Part
from cds_service.facts import fhir
from cds_service.facts.codes import any_codes
from cds_service.facts.dates import first_day, last_day
from cds_service.facts.pool import relative

_DIGITS = re.compile("([0-9]+)")
Claims = Mapping[str, tuple[Part, fhir.Claim]]
Number = tuple[str, str]
"""System and value of an identifier."""


class _Related(msgspec.Struct):
    claim: fhir.Reference | None = None
    relationship: fhir.CodeableConcept | None = None


class _Linked(msgspec.Struct):
    related: list[_Related] = []
    identifier: list[fhir.Identifier] = []


@dataclass(frozen=True, slots=True)
class _Numbered:
    """A claim by its numbers. `links` are those that it names as replaced; `replaces`: it names any, by whatever."""

    ref: str
    claim: fhir.Claim
    numbers: frozenset[Number]
    links: frozenset[Number]
    replaces: bool

    @property
    def age(self) -> tuple[bool, str, list[str | int], list[str | int]]:
        """The older the less: originals come before what replaces them, whatever day a file bears; of one day, by the
        time and the numbers of their transactions, then by the numbers in their ids.
        """
        sent = next((value for system, value in self.numbers if system == TRANSACTION), "")
        return self.replaces, self.claim.created or "", _counted(sent), _counted(self.ref)


def _counted(text: str) -> list[str | int]:
    """A text with its numbers as numbers, so that 9 comes before 10."""
    return [int(part) if place % 2 else part for place, part in enumerate(_DIGITS.split(text))]


def replaced_of(claims: Claims) -> set[str]:
    """References of claims that a later one takes the place of, and of answers to one claim of which another is newer.

    Args:
        claims: those of one patient that are in force, by reference.
    """
    found: set[str] = set()
    newest: dict[str, tuple[str, str]] = {}
    by_number = False
    for ref, (one, claim) in claims.items():
        if b'"related"' in one.raw:
            for prior in _prior(_linked(one)):
                if prior.reference:
                    found |= {relative(prior.reference.strip())} - {ref}
                else:
                    by_number = True
        if claim.resourceType == "ExplanationOfBenefit" and one.link:
            mine = (claim.created or "", ref)
            other = newest.get(one.link)
            if other is not None:
                found.add(min(mine, other)[1])
            newest[one.link] = max(mine, other) if other else mine
    return found | set(_by_number(claims)) if by_number else found


def _by_number(claims: Claims) -> Iterator[str]:
    """Of the claims that have the number which a claim names, and bill days of its own, the newest older one.

    A number may stand for all claims of a stay or an account, so the days have to meet.
    """
    numbered = [_numbered(ref, one, claim) for ref, (one, claim) in claims.items()]
    for each in numbered:
        if each.links:
            older = [
                other
                for other in numbered
                if other.numbers & each.links and other.age < each.age and _alike(other.claim, each.claim)
            ]
            if older:
                yield max(older, key=lambda other: other.age).ref


def _numbered(ref: str, one: Part, claim: fhir.Claim) -> _Numbered:
    linked = _linked(one)
    priors = list(_prior(linked))
    links = [prior.identifier for prior in priors if prior.identifier and not prior.reference]
    return _Numbered(ref, claim, _numbers(linked.identifier), _numbers(links), bool(priors))


def _numbers(identifiers: Sequence[fhir.Identifier]) -> frozenset[Number]:
    return frozenset((each.system or "", each.value.strip()) for each in identifiers if each.value)


def _alike(one: fhir.Claim, other: fhir.Claim) -> bool:
    """Whether both are of one form and bill days in common, as far as they say."""
    if one.resourceType != other.resourceType or set(any_codes(one.type)) != set(any_codes(other.type)):
        return False
    starts = [first_day(claim.billablePeriod) or date.min for claim in (one, other)]
    ends = [last_day(claim.billablePeriod) or date.max for claim in (one, other)]
    return max(starts) <= min(ends)


def _linked(one: Part) -> _Linked:
    try:
        return msgspec.json.decode(one.raw, type=_Linked)
    except msgspec.MsgspecError:
        return _Linked()


def _prior(linked: _Linked) -> Iterator[fhir.Reference]:
    for each in linked.related:
        if each.claim and {"prior", "replaces"} & set(any_codes(each.relationship)):
            yield each.claim
