"""Puts a case together: the claims or orders under review, the patient's chart and history, the member."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from cds_service.facts import fhir
from cds_service.facts.case import Case, Chart, DayRecord, Line, Unit
from cds_service.facts.chart import (
    active_conditions,
    answered_indications,
    indications_in,
    read_documents,
    read_procedures,
)
from cds_service.facts.claims import history_lines, read_claim
from cds_service.facts.dates import first_day, last_day
from cds_service.facts.knowledge import Knowledge
from cds_service.facts.orders import completed, is_order, read_order
from cds_service.facts.payer import member_of, state_of
from cds_service.facts.pool import Entry, Pool
from cds_service.facts.radiotherapy import merge

COURSE_GAP = timedelta(days=60)
"""A course Procedure further from the claim than this is another course (contract section 3)."""


@dataclass(frozen=True, slots=True)
class Given:
    """What the caller supplied: entries under review, and whether the chart and coverage could be seen."""

    hook: str
    as_of: date
    review: Sequence[Entry]
    documents_visible: bool
    advised: frozenset[str] | None = None


def assemble(given: Given, pool: Pool, knowledge: Knowledge) -> Case:
    """The case of one request; units outside radiotherapy are kept, marked `in_scope=False` (M-7)."""
    courses, records = read_procedures(pool, knowledge)
    coverages = [c for c, _ in pool.every(fhir.Coverage)]
    patient = next((p for p, _ in pool.every(fhir.Patient)), None)
    shared = answered_indications(pool) | indications_in(c.code for c in active_conditions(pool))
    units: list[Unit] = []
    for entry in given.review:
        unit = _unit(entry, pool, knowledge, given)
        if unit is None:
            continue
        around = merge(read for procedure, read in courses if _same_time(procedure, unit))
        coverage = _coverage(entry.resource, coverages, pool)
        member = member_of(coverage, entry.resource, pool, knowledge.payers)
        state, assumed = state_of(_places(entry.resource, pool), patient)
        units.append(
            replace(
                unit,
                member=replace(member, state=state, state_assumed=assumed),
                indications=unit.indications | shared,
                radiotherapy=completed(unit.radiotherapy, around),
                day_records=_records(unit, records),
            )
        )
    reviewed = {id(entry.resource) for entry in given.review}
    return Case(
        hook=given.hook,
        as_of=given.as_of,
        units=tuple(units),
        history=tuple(_history(pool, knowledge, given.as_of, reviewed)),
        chart=Chart(given.documents_visible, read_documents(pool)),
    )


def _unit(entry: Entry, pool: Pool, knowledge: Knowledge, given: Given) -> Unit | None:
    resource = entry.resource
    if isinstance(resource, fhir.Claim):
        return read_claim(resource, pool, knowledge, given.as_of)
    if isinstance(resource, fhir.ServiceRequest) and is_order(resource):
        return read_order(resource, entry.path, pool, knowledge, given.as_of)
    return None


def _same_time(procedure: fhir.Procedure, unit: Unit) -> bool:
    start = first_day(procedure.performedPeriod)
    end = last_day(procedure.performedPeriod) or start
    last = max((line.end for line in unit.lines), default=unit.start)
    if end and end < unit.start - COURSE_GAP:
        return False
    return not (start and start > last + COURSE_GAP)


def _records(unit: Unit, records: Iterable[DayRecord]) -> tuple[DayRecord, ...]:
    days = {line.start for line in unit.lines}
    return tuple(record for record in records if record.day in days)


def _coverage(
    resource: fhir.Resource, coverages: Sequence[fhir.Coverage], pool: Pool
) -> fhir.Coverage | None:
    """The focal insurance of a claim, an order's own insurance, else the first active Coverage."""
    named: list[fhir.Reference | None] = []
    if isinstance(resource, fhir.Claim):
        focal = [i for i in resource.insurance if i.focal] or resource.insurance[:1]
        named = [i.coverage for i in focal]
    elif isinstance(resource, fhir.ServiceRequest):
        named = list(resource.insurance)
    for reference in named:
        found = pool.find(reference, resource, fhir.Coverage)
        if found:
            return found
    active = [c for c in coverages if c.status in ("active", "draft", None)]
    return min(active, key=lambda c: c.order if c.order is not None else 99, default=None)


def has_coverage(case_review: Sequence[Entry], pool: Pool) -> bool:
    """Whether every resource under review has a Coverage that can be read."""
    coverages = [c for c, _ in pool.every(fhir.Coverage)]
    return all(_coverage(entry.resource, coverages, pool) is not None for entry in case_review)


def _places(resource: fhir.Resource, pool: Pool) -> list[list[fhir.Address]]:
    places: list[list[fhir.Address]] = []
    references: list[fhir.Reference | None] = []
    if isinstance(resource, fhir.Claim):
        references = [resource.facility, resource.provider]
    elif isinstance(resource, fhir.ServiceRequest):
        references = [*resource.locationReference, *resource.performer, resource.requester]
    for reference in references:
        location = pool.find(reference, resource, fhir.Location)
        if location and location.address:
            places.append([location.address])
        organization = pool.find(reference, resource, fhir.Organization)
        role = pool.find(reference, resource, fhir.PractitionerRole)
        if role:
            organization = pool.find(role.organization, role, fhir.Organization)
        if organization:
            places.append(organization.address)
    return places


def _history(pool: Pool, knowledge: Knowledge, as_of: date, reviewed: set[int]) -> Iterable[Line]:
    seen: set[str] = set()
    for kind in ("Claim", "ExplanationOfBenefit"):
        for claim, _ in pool.every(fhir.Claim, kind):
            key = f"{kind}/{claim.id}"
            if id(claim) in reviewed or (claim.id and key in seen):
                continue
            seen.add(key)
            if kind == "Claim" and any(
                isinstance(e, fhir.Claim) and e.id and e.id == claim.id for e in _reviewed(pool, reviewed)
            ):
                continue  # an earlier copy of the claim under review is no history
            yield from history_lines(claim, pool, knowledge, as_of)


def _reviewed(pool: Pool, reviewed: set[int]) -> Iterable[fhir.Resource]:
    return (claim for claim, _ in pool.every(fhir.Claim) if id(claim) in reviewed)
