"""Claims of a patient that others take the place of, and answers to claims, told by references or by numbers.

Payers that follow CARIN Blue Button name no resource but a number (`related.reference`), and say of the older one too
that it was replaced (`replacedby`).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from operator import itemgetter

from cds_service.audit.answered_numbers import answered_numbers
from cds_service.audit.lines_alike import (
    alike,
    bills_no_other,
    bills_no_other_part,
    may_be_one_biller,
    of_one_biller,
    of_one_form,
    surely_one_biller,
)
from cds_service.audit.numbered import (
    WITHDRAWN,
    Age,
    Number,
    Numbered,
    linked,
    names_a_prior,
    numbered,
    numbers_of,
    same_number,
)
from cds_service.audit.routed import Part
from cds_service.audit.taken_back import is_taker, taken_back
from cds_service.facts import fhir
from cds_service.facts.billed_anew import bill, billed_anew, lines_of
from cds_service.facts.codes import any_codes
from cds_service.facts.dates import day, first_day, last_day
from cds_service.facts.versions import version_of

Claims = Mapping[str, tuple[Part, fhir.Claim]]
Answers = Mapping[str, Sequence[Part]]
"""ExplanationsOfBenefit by the reference of the Claim that they answer."""
_BENEFIT = "ExplanationOfBenefit"
_CANCELLED = "cancelled"
_UNIQUE = "uc"
"""CARIN Blue Button's type of the number that a payer gave to the claim: one claim, however often it was answered."""


def answers_unnamed(claims: Claims) -> dict[str, str]:
    """Claims that ExplanationsOfBenefit answer which do not refer to them, by the ExplanationOfBenefit's reference.

    It names the number of its Claim (`claim.identifier`). Without `claim`, it has a number in common with a Claim of
    the same form, days and codes (Medicare's own number may stand in an extension), or just the lines of one that is in
    force, or it is a part of the only one that was sent under the office's number which it tells.
    """
    loose = [
        ref
        for ref, (one, claim) in claims.items()
        if claim.resourceType == _BENEFIT and ("|" in one.link or not one.link)
    ]
    asked = [(ref, *each) for ref, each in claims.items() if each[1].resourceType == "Claim"] if loose else []
    if not asked:
        return {}
    known = _Known([numbered(ref, one, claim) for ref, one, claim in asked])
    found: dict[str, str] = {}
    for ref in loose:
        one, benefit = claims[ref]
        for each in known.answered(one, benefit):
            if alike(each.claim, benefit) and not _was_made_after(each.claim, benefit):
                found[ref] = each.ref
                break
    return found


def _is_part_of(benefit: fhir.Claim, sent: Numbered, account: str) -> bool:
    """Whether an answer that tells the office's number is of the claim that was sent under it. Others may have gone out
    under that number which are not here, so it has to bill no other codes, no other days, and be of the same biller.
    """
    days = [(first_day(each.billablePeriod), last_day(each.billablePeriod)) for each in (sent.claim, benefit)]
    (start, end), (first, last) = days
    return (
        any(value == account for _, value in sent.numbers)
        and start is not None
        and end is not None
        and first is not None
        and last is not None
        and start <= first <= last <= end
        and bills_no_other_part(benefit, sent.claim)
        and surely_one_biller(benefit, sent.claim)
    )


def _was_made_after(claim: fhir.Claim, benefit: fhir.Claim) -> bool:
    """Whether a claim is younger than an answer, which then answers an earlier one."""
    made, answered = day(claim.created), day(benefit.created)
    return made is not None and answered is not None and made > answered


class _Known:
    """Claims by the values of their numbers and by their lines, the newest first, so that nobody has to go through all
    of them.
    """

    def __init__(self, claims: Iterable[Numbered]) -> None:
        self._ordered = sorted(((each.age, each) for each in claims), key=itemgetter(0), reverse=True)
        self._by_value: dict[str, list[int]] = {}
        self._by_lines: dict[Hashable, list[Numbered]] = {}
        self._named: dict[frozenset[Number], list[tuple[Age, Numbered]]] = {}
        for place, (_, each) in enumerate(self._ordered):
            for value in {*(value for _, value in each.numbers), *each.names}:
                self._by_value.setdefault(value, []).append(place)
            if each.claim.status not in WITHDRAWN:
                self._by_lines.setdefault(lines_of(each.claim), []).append(each)

    def answered(self, one: Part, benefit: fhir.Claim) -> Iterator[Numbered]:
        """Claims that an answer may answer, whatever their form and days."""
        system, named, value = one.link.partition("|")
        if named:
            yield from self._numbered([(system, value)])
            return
        own = [number for number in numbers_of(linked(one.raw).identifier) if number[0]]
        medicares, account = answered_numbers(one.raw)
        own += medicares
        yield from (each for each in self._numbered(own) if bills_no_other(benefit, each.claim))
        if account:
            under = [each for _, each in map(self._ordered.__getitem__, self._places([("", account)]))]
            if len(under) == 1:
                yield from (each for each in under if _is_part_of(benefit, each, account))
        lines = lines_of(benefit)
        same = self._by_lines.get(lines, ()) if lines is not None else ()
        yield from (each for each in same if may_be_one_biller(benefit, each.claim))

    def named(self, links: frozenset[Number]) -> list[tuple[Age, Numbered]]:
        """Those that have one of the numbers, or an id that stands in its place, with their age."""
        found = self._named.get(links)
        if found is None:
            aged = (self._ordered[place] for place in self._places(links))
            found = self._named[links] = [pair for pair in aged if pair[1].is_named_by(links)]
        return found

    def _numbered(self, numbers: Sequence[Number]) -> Iterator[Numbered]:
        for place in self._places(numbers):
            each = self._ordered[place][1]
            if any(same_number(number, other) for number in numbers for other in each.numbers):
                yield each

    def _places(self, numbers: Iterable[Number]) -> list[int]:
        return sorted({place for _, value in numbers for place in self._by_value.get(value, ())})


def replaced_of(claims: Claims, answers: Answers) -> set[str]:
    """References of claims that a later one takes the place of, and of answers to one claim of which another is newer.

    Args:
        claims: those of one patient that are in force, by reference.
        answers: what answers them and is not judged itself; what it says of related claims holds for its Claim.
    """
    found = set(_answered_again(claims))
    found |= _billed_anew(claims)
    if any(b'"related"' in one.raw for one, _ in claims.values()) or any(
        b'"related"' in one.raw for parts in answers.values() for one in parts
    ):
        found |= _told(claims, answers)
    return found


def _billed_anew(claims: Claims) -> set[str]:
    """Bills whose place a replacement takes, or that a void takes back, which names no claim."""
    bills = [
        found
        for ref, (one, claim) in claims.items()
        if (found := bill(ref, claim, b'"related"' in one.raw and names_a_prior(one.raw)))
    ]
    return {each.name for each in billed_anew(bills, _may_replace)} if any(b.takes for b in bills) else set()


def _may_replace(one: fhir.Claim, other: fhir.Claim) -> bool:
    return one.resourceType == other.resourceType and of_one_biller(one, other)


def _told(claims: Claims, answers: Answers) -> set[str]:
    nodes = [numbered(ref, one, claim, answers.get(ref, ())) for ref, (one, claim) in claims.items()]
    whose = {f"{_BENEFIT}/{one.identity}": ref for ref, parts in answers.items() for one in parts}
    gone: set[str] = set()
    for node in nodes:
        named = {whose.get(prior, prior) for prior in node.priors}
        gone |= named - {node.ref, node.answers}
    found = {node.ref for node in nodes if node.replaced or {node.ref, node.answers} & gone}
    known = _Known(nodes)
    found |= _by_number(
        [node for node in nodes if not is_taker(node, claims[node.ref][0].raw)], known, claims
    )
    return found | taken_back(nodes, found, claims, known.named)


def _by_number(takers: Sequence[Numbered], known: _Known, claims: Claims) -> set[str]:
    """Of the claims that have the number which a claim names, and bill days of its own, the newest older one.

    A number may stand for all claims of a stay or an account, so the days have to meet; not for a number that its payer
    calls unique to the claim, and only one has.
    """
    unique = _bearers(claims) if any(each.links for each in takers) else {}
    found: set[str] = set()
    for each in takers:
        mine = each.age
        older = (
            other.ref
            for age, other in (known.named(each.links) if each.links else ())
            if age < mine
            and not each.went_out_before(other)
            and other.claim.resourceType == each.claim.resourceType
            and of_one_form(other.claim, each.claim)
            and (
                alike(other.claim, each.claim) or any(unique.get(link) == [other.ref] for link in each.links)
            )
        )
        found.update(islice(older, 1))
    return found


def cancelled_later(claims: Claims) -> set[str]:
    """ExplanationsOfBenefit in force under a claim's unique number a later version of which was cancelled.

    Nothing of the claim is in force then, but what was answered after that. Of two that do not tell which is the later
    one both stand.

    Args:
        claims: all of a patient, whatever their status, by reference.
    """
    cancelled = [
        (one, claim, numbers)
        for one, claim in claims.values()
        if claim.resourceType == _BENEFIT and claim.status == _CANCELLED
        for numbers in [_unique_numbers(one)]
        if numbers
    ]
    if not cancelled:
        return set()
    return {
        ref
        for ref, (one, claim) in claims.items()
        if claim.resourceType == _BENEFIT and claim.status != _CANCELLED and (own := _unique_numbers(one))
        if any(
            _time(one, claim) < _time(later, gone)
            and not set(own).isdisjoint(numbers)
            and _agree(own, numbers)
            and alike(claim, gone)
            for later, gone, numbers in cancelled
        )
    }


def _answered_again(claims: Claims) -> Iterator[str]:
    """Answers to a Claim that is not here, or under a claim's unique number, of which another is newer."""
    benefits = [(ref, *each) for ref, each in claims.items() if each[1].resourceType == _BENEFIT]
    if len(benefits) < 2:
        return
    unique = {ref: [] if one.link else _unique_numbers(one) for ref, one, _ in benefits}
    keyed = [
        (key, ref)
        for ref, one, _ in benefits
        for key in ([one.link] if one.link else ["|".join(number) for number in unique[ref]])
    ]
    for _, group in groupby(sorted(keyed), itemgetter(0)):
        refs = [ref for _, ref in group]
        if len(refs) > 1:
            ordered = sorted(refs, key=lambda ref: _written(ref, *claims[ref]))
            for number, ref in enumerate(ordered):
                later = ordered[number + 1 :]
                if any(
                    claims[ref][0].link
                    or (alike(claims[ref][1], claims[each][1]) and _agree(unique[ref], unique[each]))
                    for each in later
                ):
                    yield ref


def _unique_numbers(one: Part) -> list[Number]:
    if b'"uc"' not in one.raw:
        return []
    typed = [i for i in linked(one.raw).identifier if _UNIQUE in any_codes(i.type)]
    return [number for number in numbers_of(typed) if number[0]]


def _bearers(claims: Claims) -> dict[Number, list[str]]:
    """The claims that have a number which their payer calls unique, by that number."""
    found: dict[Number, list[str]] = {}
    for ref, (one, _) in claims.items():
        for number in set(_unique_numbers(one)):
            found.setdefault(number, []).append(ref)
    return found


def _agree(numbers: Sequence[Number], others: Sequence[Number]) -> bool:
    """Whether no system tells them apart: Medicare's exports number a claim, and the group that it belongs to."""
    return all(
        not {value for each, value in numbers if each == system}.isdisjoint(
            value for each, value in others if each == system
        )
        for system in {each for each, _ in numbers} & {each for each, _ in others}
    )


def _time(one: Part, claim: fhir.Claim) -> tuple[object, ...]:
    return claim.created or "", version_of(one.raw)


def _written(ref: str, one: Part, claim: fhir.Claim) -> tuple[object, ...]:
    return (*_time(one, claim), ref)
