"""Claims of a patient that others take the place of, and answers to claims, told by references or by numbers.

Payers that follow CARIN Blue Button name no resource but a number (`related.reference`), and say of the older one too
that it was replaced (`replacedby`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter

from cds_service.audit.lines_alike import alike, bills_no_other, has_the_lines_of
from cds_service.audit.numbered import WITHDRAWN, Number, Numbered, linked, numbered, numbers_of, same_number
from cds_service.audit.routed import Part
from cds_service.audit.versions import version_of
from cds_service.facts import fhir
from cds_service.facts.codes import any_codes

Claims = Mapping[str, tuple[Part, fhir.Claim]]
Answers = Mapping[str, Sequence[Part]]
"""ExplanationsOfBenefit by the reference of the Claim that they answer."""
_BENEFIT = "ExplanationOfBenefit"
_UNIQUE = "uc"
"""CARIN Blue Button's type of the number that a payer gave to the claim: one claim, however often it was answered."""


def answers_unnamed(claims: Claims) -> dict[str, str]:
    """Claims that ExplanationsOfBenefit answer which do not refer to them, by the ExplanationOfBenefit's reference.

    It names the number of its Claim (`claim.identifier`). Without `claim`, it has a number in common with a Claim of
    the same form, days and codes, or just the lines of one that is in force.
    """
    loose = [
        ref
        for ref, (one, claim) in claims.items()
        if claim.resourceType == _BENEFIT and ("|" in one.link or not one.link)
    ]
    asked = [(ref, *each) for ref, each in claims.items() if each[1].resourceType == "Claim"] if loose else []
    known = [numbered(ref, one, claim) for ref, one, claim in asked]
    found: dict[str, str] = {}
    for ref in loose if known else ():
        one, benefit = claims[ref]
        matches = [each for each in known if alike(each.claim, benefit) and _is_answered(each, one, benefit)]
        if matches:
            found[ref] = max(matches, key=lambda each: each.age).ref
    return found


def _is_answered(claim: Numbered, one: Part, benefit: fhir.Claim) -> bool:
    system, named, value = one.link.partition("|")
    if named:
        return any(same_number((system, value), number) for number in claim.numbers)
    numbers = [number for number in numbers_of(linked(one.raw).identifier) if number[0]]
    if any(same_number(number, other) for number in numbers for other in claim.numbers):
        return bills_no_other(benefit, claim.claim)
    return claim.claim.status not in WITHDRAWN and has_the_lines_of(benefit, claim.claim)


def replaced_of(claims: Claims, answers: Answers) -> set[str]:
    """References of claims that a later one takes the place of, and of answers to one claim of which another is newer.

    Args:
        claims: those of one patient that are in force, by reference.
        answers: what answers them and is not judged itself; what it says of related claims holds for its Claim.
    """
    found = set(_answered_again(claims))
    if any(b'"related"' in one.raw for one, _ in claims.values()) or any(
        b'"related"' in one.raw for parts in answers.values() for one in parts
    ):
        found |= _told(claims, answers)
    return found


def _told(claims: Claims, answers: Answers) -> set[str]:
    nodes = [numbered(ref, one, claim, answers.get(ref, ())) for ref, (one, claim) in claims.items()]
    whose = {f"{_BENEFIT}/{one.identity}": ref for ref, parts in answers.items() for one in parts}
    gone: set[str] = set()
    for node in nodes:
        named = {whose.get(prior, prior) for prior in node.priors}
        gone |= named - {node.ref, node.answers}
    found = {node.ref for node in nodes if node.replaced or {node.ref, node.answers} & gone}
    return found | set(_by_number(nodes))


def _by_number(nodes: Sequence[Numbered]) -> Iterator[str]:
    """Of the claims that have the number which a claim names, and bill days of its own, the newest older one.

    A number may stand for all claims of a stay or an account, so the days have to meet.
    """
    for each in nodes:
        if each.links:
            older = [
                other
                for other in nodes
                if other.age < each.age
                and other.is_named_by(each.links)
                and other.claim.resourceType == each.claim.resourceType
                and alike(other.claim, each.claim)
            ]
            if older:
                yield max(older, key=lambda other: other.age).ref


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


def _agree(numbers: Sequence[Number], others: Sequence[Number]) -> bool:
    """Whether no system tells them apart: Medicare's exports number a claim, and the group that it belongs to."""
    return all(
        not {value for each, value in numbers if each == system}.isdisjoint(
            value for each, value in others if each == system
        )
        for system in {each for each, _ in numbers} & {each for each, _ in others}
    )


def _written(ref: str, one: Part, claim: fhir.Claim) -> tuple[object, ...]:
    return claim.created or "", version_of(one.raw), ref
