"""What came before: lines of the patient's earlier claims, and for an order of earlier orders (contract 3)."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import TypeVar

from cds_service.facts import fhir
from cds_service.facts.case import Line
from cds_service.facts.claims import history_lines, was_sent
from cds_service.facts.knowledge import Knowledge
from cds_service.facts.orders import earlier_order_lines, filled_codes, is_replaced, replaced_orders
from cds_service.facts.pool import Entry, Pool, relative
from cds_service.facts.replaced import Replaced

R = TypeVar("R", bound=fhir.Resource)


def read_history(hook: str, review: Sequence[Entry], pool: Pool, knowledge: Knowledge) -> tuple[Line, ...]:
    """Lines of every earlier claim, whoever billed it; when an order is asked about, of earlier orders too.

    A copy of what is under review is no history, nor is a second copy of the same resource, nor an
    ExplanationOfBenefit whose Claim is here itself, nor a claim or order that one under review or another earlier one
    replaces.
    Of several ExplanationsOfBenefit for one Claim the newest counts.
    """
    lines = list(_claim_lines(review, pool, knowledge))
    if hook == "order":
        lines += _order_lines(review, pool, knowledge)
    return tuple(lines)


def _claim_lines(review: Sequence[Entry], pool: Pool, knowledge: Knowledge) -> Iterator[Line]:
    claims, benefits = pool.entries("Claim"), pool.entries("ExplanationOfBenefit")
    replaced = Replaced(review, (*claims, *benefits), pool)
    gone = {id(entry.resource) for entry in (*claims, *benefits) if replaced.holds(entry)}
    for claim in _others(fhir.Claim, "Claim", review, pool):
        if id(claim) not in gone:
            yield from history_lines(claim, pool, knowledge)
    answers = [
        benefit
        for benefit in _others(fhir.Claim, "ExplanationOfBenefit", review, pool)
        if id(benefit) not in gone
        and (_answered(benefit) is None or pool.find(benefit.claim, benefit, fhir.Claim) is None)
    ]
    for benefit in _newest(answers):
        yield from history_lines(benefit, pool, knowledge)


def _newest(answers: Iterable[fhir.Claim]) -> list[fhir.Claim]:
    """Of the answers to one Claim the one that was made last; those that name none are of different ones."""
    found: dict[Hashable, fhir.Claim] = {}
    for answer in answers:
        if was_sent(answer):
            claim = _answered(answer) or id(answer)
            known = found.get(claim)
            if known is None or (answer.created or "") > (known.created or ""):
                found[claim] = answer
    return list(found.values())


def _answered(answer: fhir.Claim) -> tuple[str, str] | None:
    """The Claim that an ExplanationOfBenefit answers, by reference or by number; one that it contains is only there."""
    if answer.claim is None:
        return None
    if text := (answer.claim.reference or "").strip():
        return None if text.startswith("#") else ("", relative(text))
    number = answer.claim.identifier
    return (number.system or "", number.value) if number and number.value else None


def _order_lines(review: Sequence[Entry], pool: Pool, knowledge: Knowledge) -> Iterator[Line]:
    replaced, filled = replaced_orders(review, pool), filled_codes(review, pool, knowledge)
    for request in _others(fhir.ServiceRequest, "ServiceRequest", review, pool):
        if not is_replaced(request, replaced):
            yield from earlier_order_lines(request, pool, knowledge, filled)


def _others(kind: type[R], name: str, review: Sequence[Entry], pool: Pool) -> Iterator[R]:
    ours = {id(entry.resource) for entry in review}
    seen = {entry.resource.id for entry in review if entry.resource.resourceType == name}
    for resource, _ in pool.every(kind, name):
        if id(resource) in ours or (resource.id and resource.id in seen):
            continue
        seen.add(resource.id)
        yield resource
