"""Puts a case together: the claims or orders under review, the patient's chart and history, the member."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import date

from cds_service.engine.model import UNKNOWN
from cds_service.engine.record import record, refined
from cds_service.facts import fhir
from cds_service.facts.around import Around, Time
from cds_service.facts.based_on import is_order
from cds_service.facts.case import Case, Chart, Unit
from cds_service.facts.chart import (
    active_conditions,
    answered_indications,
    indications_in,
    read_documents,
)
from cds_service.facts.claims import read_claim
from cds_service.facts.coverages import Coverages
from cds_service.facts.dates import ServiceDays, first_day
from cds_service.facts.history import read_history
from cds_service.facts.knowledge import Knowledge
from cds_service.facts.orders import is_replaced, read_order, replaced_orders
from cds_service.facts.payer import Members
from cds_service.facts.places import States
from cds_service.facts.pool import Entry, Pool
from cds_service.facts.reasons import indications_near, read_reasons
from cds_service.facts.refused import without_refused
from cds_service.facts.second_payer import UNKNOWN_PAYER, without_second_bills


@record(frozen=True, slots=True)
class Given:
    """What the caller supplied: entries under review, and whether the chart and the history could be seen whole.

    `advised`: references of the only ones that findings are about; None for all. `selects_none`: the call names some,
    and none of them is here. `booked`: the days of an order's appointments, by `id` of the order. `insurer_tells`:
    where no Coverage is, the payer is the claim's `insurer`, as in exports; a hook's is unknown then (contract
    section 3). `conditions_whole`: False where the problem list is known to be read in part only.
    """

    hook: str
    as_of: date
    review: Sequence[Entry]
    documents_visible: bool
    history_whole: bool = True
    advised: frozenset[str] | None = None
    selects_none: bool = False
    booked: Mapping[int, ServiceDays] = field(default_factory=dict)
    insurer_tells: bool = False
    conditions_whole: bool = True


def assemble(given: Given, pool: Pool, knowledge: Knowledge) -> Case:
    """The case of one request; units outside radiotherapy are kept, marked `in_scope=False` (M-7)."""
    replaced = replaced_orders(given.review, pool)
    around = Around(pool, knowledge, replaced)
    coverages = Coverages(pool)
    patient = next((p for p, _ in pool.every(fhir.Patient)), None)
    shared = answered_indications(pool) | indications_in(c.code for c in active_conditions(pool))
    reasons = tuple(read_reasons(pool, replaced)) if given.hook == "claim" else ()
    members = Members(pool, knowledge.payers, given.insurer_tells)
    states = States(pool, patient, knowledge.states)
    units: list[Unit] = []
    for entry in given.review:
        unit = _unit(entry, pool, knowledge, given, replaced)
        if unit is None:
            continue
        unit = around.completes(refined(unit, indications=unit.indications | shared))
        own = unit.indications
        if reasons:
            own |= indications_near(reasons, unit.diagnoses, Time(unit).holds)
        coverage = coverages.governing(entry.resource, unit.start)
        member = members.of(coverage, entry.resource, unit.start)
        state, assumed = states.of(entry.resource)
        units.append(
            refined(
                unit,
                member=refined(member, state=state, state_assumed=assumed),
                indications=own,
                # That the history is complete says the claim of what was sent, not of what could be read.
                history_complete=unit.history_complete if given.history_whole else UNKNOWN,
            )
        )
    history = read_history(given.hook, given.review, pool, knowledge)
    if history and given.hook == "claim":
        history = without_refused(history, units, pool)
        history = without_second_bills(history, units, _Payers(pool, coverages, members).of)
    return Case(
        hook=given.hook,
        as_of=given.as_of,
        units=tuple(units),
        history=history,
        chart=Chart(given.documents_visible, read_documents(pool, knowledge.document_types)),
        lcd_in_force=knowledge.lcd_in_force,
    )


class _Payers:
    """The payers of the claims in the pool, each made out when it is asked for."""

    def __init__(self, pool: Pool, coverages: Coverages, members: Members) -> None:
        self._pool, self._coverages, self._members = pool, coverages, members
        self._known: dict[str, str] = {}

    def of(self, resource: str) -> str:
        """The payer of the claim that lines name so (`Member.billed_to`)."""
        if resource not in self._known:
            self._known[resource] = self._made_out(resource)
        return self._known[resource]

    def _made_out(self, resource: str) -> str:
        kind, _, identity = resource.partition("/")
        claim = next((c for c, _ in self._pool.every(fhir.Claim, kind) if c.id == identity), None)
        if claim is None:
            return UNKNOWN_PAYER
        coverage = self._coverages.governing(claim, first_day(claim.billablePeriod))
        return self._members.of(coverage, claim).billed_to


def _unit(
    entry: Entry, pool: Pool, knowledge: Knowledge, given: Given, replaced: frozenset[str]
) -> Unit | None:
    resource = entry.resource
    if isinstance(resource, fhir.Claim):
        return read_claim(resource, pool, knowledge, given.as_of)
    if (
        isinstance(resource, fhir.ServiceRequest)
        and is_order(resource)
        and not is_replaced(resource, replaced)
    ):
        booked = given.booked.get(id(resource))
        return read_order(resource, entry.path, pool, knowledge, given.as_of, booked, given.conditions_whole)
    return None
