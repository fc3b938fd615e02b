"""Indications that orders and Procedures of a course gave as their reason: its claims have them too (LCD-05)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from cds_service.engine.record import record
from cds_service.facts import fhir
from cds_service.facts.based_on import is_order
from cds_service.facts.chart import procedure_diagnoses, procedure_indications
from cds_service.facts.dates import bounds
from cds_service.facts.diagnosis import ANOTHER, kinship
from cds_service.facts.orders import is_replaced
from cds_service.facts.pool import Pool
from cds_service.facts.stated import order_indications, stated
from cds_service.facts.timings import order_days

_NOT_DONE = frozenset({"entered-in-error", "not-done"})


@record(frozen=True, slots=True)
class Reason:
    """Indications with the first and last day of what they are the reason of, and its diagnoses where it has any."""

    indications: frozenset[str]
    start: date | None
    end: date | None
    diagnoses: frozenset[str] = frozenset()

    def is_of(self, diagnoses: Iterable[str]) -> bool:
        """Whether it may be of a course with these diagnoses: one of a category in common, or nobody says."""
        return kinship(self.diagnoses, diagnoses) != ANOTHER


def read_reasons(pool: Pool, replaced: frozenset[str]) -> Iterator[Reason]:
    """The reasons of orders that stand, and of Procedures that were, or are to be, done."""
    for request, _ in pool.every(fhir.ServiceRequest):
        if is_order(request) and not is_replaced(request, replaced):
            found = order_indications(request, pool)
            if found:
                start, _, end = order_days(request) or (None, None, None)
                yield Reason(found, start, end, frozenset(stated(request, pool).diagnoses))
    for procedure, _ in pool.every(fhir.Procedure):
        found = procedure_indications(procedure, pool)
        if found and procedure.status not in _NOT_DONE:
            period = procedure.performedPeriod or fhir.Period()
            start = bounds(procedure.performedDateTime or period.start)[0]
            end = bounds(procedure.performedDateTime or period.end)[1]
            yield Reason(found, start, end, procedure_diagnoses(procedure, pool))


def indications_near(
    reasons: Iterable[Reason], diagnoses: Iterable[str], holds: Callable[[date | None, date | None], bool]
) -> frozenset[str]:
    """Indications of the reasons that may belong to a course with these diagnoses, at a time that `holds` knows."""
    known = tuple(diagnoses)
    return frozenset(
        [i for each in reasons if holds(each.start, each.end) and each.is_of(known) for i in each.indications]
    )
