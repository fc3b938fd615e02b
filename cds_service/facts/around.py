"""What the patient's Procedures and further orders say of the course of a claim or order (contract section 3)."""

from __future__ import annotations

from datetime import date, timedelta

from cds_service.engine.record import record, refined
from cds_service.facts import fhir
from cds_service.facts.based_on import is_order
from cds_service.facts.case import Radiotherapy, Unit
from cds_service.facts.chart import links_of, procedure_diagnoses, procedure_indications, read_procedures
from cds_service.facts.dates import bounds
from cds_service.facts.diagnosis import ANOTHER, SAME
from cds_service.facts.kin import Kin
from cds_service.facts.knowledge import Knowledge
from cds_service.facts.orders import completed, is_replaced, ordered_modalities
from cds_service.facts.periods import moved
from cds_service.facts.pool import Pool
from cds_service.facts.radiotherapy import merge
from cds_service.facts.stated import stated
from cds_service.facts.timings import order_days
from cds_service.facts.unread import some_missing

COURSE_GAP = timedelta(days=60)
"""A course Procedure further from the claim than this is another course (contract section 3)."""
_GOING_ON = frozenset({"preparation", "in-progress", "on-hold"})


class Time:
    """The time of a unit, with as much around it as a course can be away from it."""

    def __init__(self, unit: Unit) -> None:
        last = max([line.end for line in unit.lines], default=unit.start)
        self._first, self._last = moved(unit.start, -COURSE_GAP), moved(last, COURSE_GAP)

    def holds(self, start: date | None, end: date | None) -> bool:
        """Whether something between these days may belong to the unit's course."""
        return not ((end and end < self._first) or (start and start > self._last))


@record(frozen=True, slots=True)
class _Told:
    """What a Procedure or an order says of a course, and of which one."""

    start: date | None
    end: date | None
    said: Radiotherapy
    diagnoses: frozenset[str]
    links: frozenset[str] = frozenset()
    indications: frozenset[str] = frozenset()
    reasons_missing: bool = False


class Around:
    """Procedures and further orders of the patient, and which of them speak for a unit: those of its time and disease.

    What may be of another course speaks too, but what is found with it and not without it is doubtful
    (`Unit.without_doubt`).
    """

    def __init__(self, pool: Pool, knowledge: Knowledge, replaced: frozenset[str]) -> None:
        courses, self._records = read_procedures(pool, knowledge)
        self._told = [
            _Told(
                *_days_of(procedure),
                said,
                procedure_diagnoses(procedure, pool),
                links_of(procedure),
                procedure_indications(procedure, pool),
                # Of what tells nothing of a course, such as a biopsy, the reason is not asked for.
                said != Radiotherapy() and some_missing(procedure.reasonReference, procedure, pool),
            )
            for procedure, said in courses
        ]
        self._told += _orders_of_others(pool, knowledge, replaced)
        self._merged: dict[tuple[int, ...], Radiotherapy] = {}  # most claims have the same around them

    def completes(self, unit: Unit) -> Unit:
        """The unit with what is said of its course and of its days."""
        if not self._told:
            return unit
        time, kin_of = Time(unit), Kin(unit).of
        near = [
            (number, kin_of(told.diagnoses, told.links))
            for number, told in enumerate(self._told)
            if time.holds(told.start, told.end)
        ]
        days = {line.start for line in unit.lines if line.begins_by is None} if self._records else frozenset()
        records = [(r, kin_of(r.diagnoses, r.links)) for r in self._records if r.day in days]
        if not near and not records:
            return unit
        sure = tuple([number for number, kin in near if kin == SAME])
        known = tuple([r for r, kin in records if kin == SAME])
        found = tuple([number for number, kin in near if kin != ANOTHER])
        seen = tuple([r for r, kin in records if kin != ANOTHER])
        radiotherapy = self._completed(unit, found)
        doubt = len(found) > len(sure) or len(seen) > len(known)
        if unit.kind == "order":  # claims have them of `facts.reasons`
            unit = self._with_reasons(unit, found, sure)
        return refined(
            unit,
            radiotherapy=radiotherapy,
            day_records=seen,
            without_doubt=(self._completed(unit, sure), known) if doubt else None,
        )

    def _with_reasons(self, unit: Unit, found: tuple[int, ...], sure: tuple[int, ...]) -> Unit:
        known = unit.indications.union(*(self._told[number].indications for number in sure))
        all_of = known.union(*(self._told[number].indications for number in found))
        return refined(
            unit,
            indications=all_of,
            doubtful_indications=all_of - known,
            reasons_missing=unit.reasons_missing
            or any(self._told[number].reasons_missing for number in found),
        )

    def _completed(self, unit: Unit, near: tuple[int, ...]) -> Radiotherapy:
        if not near:
            return unit.radiotherapy
        if near not in self._merged:
            self._merged[near] = merge([self._told[number].said for number in near])
        return completed(unit.radiotherapy, self._merged[near])


def _days_of(procedure: fhir.Procedure) -> tuple[date | None, date | None]:
    """First and last day of a Procedure; one that is still going on has no end yet."""
    period = procedure.performedPeriod or fhir.Period()
    start, end_of_start = bounds(procedure.performedDateTime or period.start)
    end = bounds(procedure.performedDateTime or period.end)[1]
    if end is None and procedure.status not in _GOING_ON:
        end = end_of_start
    return start, end


def _orders_of_others(pool: Pool, knowledge: Knowledge, replaced: frozenset[str]) -> list[_Told]:
    """Orders that name other modalities: further ones of the same time say them of a course (contract section 3)."""
    found = []
    for request, _ in pool.every(fhir.ServiceRequest):
        modalities = ordered_modalities(request, knowledge) if is_order(request) else None
        if modalities and not is_replaced(request, replaced):
            start, _, end = order_days(request) or (None, None, None)
            said = Radiotherapy(other_modalities=modalities)
            of = frozenset(stated(request, pool).diagnoses)
            found.append(_Told(start, end, said, of))
    return found
