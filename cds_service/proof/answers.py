"""What an answer says of a case, as far as carrying out its suggestions can depend on it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable, Sequence
from datetime import date

from cds_service.engine.model import Finding
from cds_service.facts.case import Case, Line


def answer_of(case: Case, findings: Sequence[Finding], days: Sequence[date]) -> Hashable:
    """Findings by rules, severity, remedies and place; with hook, payer and the lines under review.

    Dates count by the stretch of time in which the same versions are in force (`days` are the first days of the
    stretches) and by their distance from the first line.
    """
    lines = [line for unit in case.units for line in unit.lines]
    first = min((line.start for line in lines), default=case.units[0].start if case.units else date.min)

    def when(day: date) -> Hashable:
        return bisect_right(days, day), (day - first).days

    said = tuple(
        (
            f.rule_names,
            f.kind,
            f.severity,
            f.remedies,
            f.document,
            tuple((r.resource, r.sequence, r.path) for r in f.lines),
        )
        for f in findings
    )
    payers = tuple(unit.member.payer for unit in case.units)
    return case.hook, payers, tuple(_line(line, when) for line in lines), said


def _line(line: Line, when: Callable[[date], Hashable]) -> Hashable:
    places = (line.claim_type, line.place_of_service)
    return line.code, line.modifiers, line.units, when(line.start), when(line.end), places
