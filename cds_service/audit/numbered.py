"""A claim with its numbers, and what it and its answers say of claims before and after it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from cds_service.audit.records import CLAIM_NUMBER, NO_CLOCK, TRANSACTION
from cds_service.audit.routed import CLAIMS, Part, named
from cds_service.facts import fhir
from cds_service.facts.billed_anew import counted
from cds_service.facts.codes import any_codes

_KNOWN = CLAIM_NUMBER.encode()
Number = tuple[str, str]
"""System and value of an identifier; a system that is not told is empty."""
_PRIOR = frozenset({"prior", "replaces"})
_REPLACED_BY = "replacedby"
Age = tuple[bool, str, list[str | int], list[str | int]]
WITHDRAWN = frozenset({"cancelled", "entered-in-error"})


class _File(fhir.Identifier):
    """`related.reference`: an identifier; some write a reference around it."""

    identifier: fhir.Identifier | None = None


class _Related(msgspec.Struct):
    claim: fhir.Reference | None = None
    reference: _File | None = None
    relationship: fhir.CodeableConcept | None = None


class Linked(msgspec.Struct):
    """What a claim says of itself and of claims related to it."""

    status: str | None = None
    related: list[_Related] = []
    identifier: list[fhir.Identifier] = []


@dataclass(frozen=True, slots=True)
class Numbered:
    """A claim by its numbers and those of its answers; `names` are ids that may stand in a number's place.

    `links` are the numbers and `priors` the references of claims that it, or an answer to it, names as replaced;
    `replaced`: it says so of itself. `answers` is the reference of the Claim that an ExplanationOfBenefit answers.
    """

    ref: str
    claim: fhir.Claim
    answers: str
    numbers: frozenset[Number]
    names: frozenset[str]
    links: frozenset[Number]
    priors: frozenset[str]
    replaced: bool

    @property
    def age(self) -> Age:
        """The older the less: originals come before what replaces them, whatever day a file bears; of one day, by the
        time and the numbers of their transactions, then by the numbers in their ids.
        """
        replaces = bool(self.links or self.priors)
        return replaces, self.claim.created or "", counted(self.sent), counted(self.ref)

    @property
    def sent(self) -> str:
        """The transaction that carried it; empty where none did."""
        return next((value for system, value in self.numbers if system == TRANSACTION), "")

    def went_out_before(self, other: Numbered) -> bool:
        """Whether it was sent on an earlier day than another, or earlier on that day by the clock: their number is not
        unique then, and what takes a claim back says nothing of one that is sent under it afterwards.
        """
        days = self.claim.created, other.claim.created
        if not (self.sent and other.sent and days[0] and days[1]):
            return False
        clocks = [each.sent.partition(".")[0] for each in (self, other)]
        told = NO_CLOCK not in clocks
        return days[0] < days[1] or (days[0] == days[1] and told and clocks[0] < clocks[1])

    def is_named_by(self, links: Iterable[Number]) -> bool:
        """Whether one of the numbers is this claim's; one without a system may be its id."""
        return any(
            any(same_number(link, number) for number in self.numbers)
            or (not link[0] and link[1] in self.names)
            for link in links
        )


def numbered(ref: str, one: Part, claim: fhir.Claim, answers: Sequence[Part] = ()) -> Numbered:
    """A claim with what its answers add: theirs are its numbers, and what they name as replaced it replaces."""
    told = linked(one.raw)
    said = [linked(answer.raw) for answer in answers]
    in_force = [told, *(each for each in said if each.status not in WITHDRAWN)]
    priors = [related for each in in_force for related in _related(each, _PRIOR)]
    own = frozenset(number for each in (told, *said) for number in numbers_of(each.identifier))
    refs = {ref, *(f"ExplanationOfBenefit/{answer.identity}" for answer in answers)}
    return Numbered(
        ref,
        claim,
        one.link or ref,
        frozenset(number for each in in_force for number in numbers_of(each.identifier)),
        frozenset(filter(None, (claim.id, *(answer.identity for answer in answers)))),
        frozenset(number for related in priors for number in _numbers_in(related)),
        frozenset(
            named(text, kind) for related in priors if (text := _reference(related)) for kind in CLAIMS
        ),
        any(_is_replaced(each, own, refs) for each in (told, *said)),
    )


def linked(raw: bytes) -> Linked:
    """What a claim's JSON says of it; nothing when it cannot be read."""
    try:
        return _DECODER.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Linked()


def numbers_of(identifiers: Iterable[fhir.Identifier | None]) -> list[Number]:
    """The numbers of identifiers that have a value."""
    return [((each.system or "").strip(), each.value.strip()) for each in identifiers if each and each.value]


def names_a_prior(raw: bytes) -> bool:
    """Whether a claim names another one whose place it takes, by reference or number and not by words alone."""
    return any(_reference(related) or _numbers_in(related) for related in _related(linked(raw), _PRIOR))


def known_as(raw: bytes) -> str:
    """The number under which an office knows a claim whose id is another, as a reader of its files has told it."""
    if _KNOWN not in raw:
        return ""
    told = numbers_of(linked(raw).identifier)
    return next((value for system, value in told if system == CLAIM_NUMBER), "")


def same_number(one: Number, other: Number) -> bool:
    """Whether two numbers are one; who does not tell a system means any."""
    return one[1] == other[1] and (one[0] == other[0] or not one[0] or not other[0])


def _related(told: Linked, relationships: Iterable[str]) -> Iterator[_Related]:
    for each in told.related:
        if not set(relationships).isdisjoint(any_codes(each.relationship)):
            yield each


def _is_replaced(told: Linked, own: Collection[Number], refs: Collection[str]) -> bool:
    """Whether a claim, or an answer to it, says that another claim took its place.

    That it was replaced by its own number says nothing, nor that one answer to it was replaced by another.
    """
    for related in _related(told, {_REPLACED_BY}):
        text, numbers = _reference(related), _numbers_in(related)
        if text and any(named(text, kind) in refs for kind in CLAIMS):
            continue
        if not numbers or not all(any(same_number(n, m) for m in own) for n in numbers):
            return True
    return False


def _reference(related: _Related) -> str:
    return (related.claim.reference or "").strip() if related.claim else ""


def _numbers_in(related: _Related) -> list[Number]:
    """The number of a related claim that is not named by reference. Beside a `claim`, `reference` is a case's or a
    file's number (FHIR R4); it is the claim's where nothing else names it (CARIN Blue Button)."""
    if _reference(related):
        return []
    file = related.reference
    return numbers_of(
        [related.claim.identifier] if related.claim else [file, file.identifier if file else None]
    )


_DECODER = msgspec.json.Decoder(Linked)
