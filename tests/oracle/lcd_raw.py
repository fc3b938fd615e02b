"""How a rule of the Medicare Florida text speaks: periods and caps of rulebook 3.1 and 4, doubtful courses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from tests.oracle.lcd_course import Course, Member
from tests.oracle.lcd_model import LcdScenario, period
from tests.oracle.raw import Raw, at_most

# Rulebook section 4: what goes on from 2026, at info.
LATE = frozenset(f"LCD-{n:02d}" for n in (5, 30, 31, 32, 41, 42, 43, 44, 45, 46, 49, 50, 51, 52, 55, 56, 57))
STAGES = {
    "coverage-necessity": 4,
    "bundling": 5,
    "code-choice-by-setting": 6,
    "modifier": 7,
    "informational": 8,
    "same-day-exclusion": 8,
    "unit-limit": 8,
    "documentation": 9,
    "supervision": 10,
}


def is_advantage(scenario: LcdScenario) -> bool:
    """Medicare, but not the fee-for-service programme itself."""
    return scenario.facts.medicare and scenario.payer != "medicare-ffs"


def said(
    scenario: LcdScenario,
    rule: str,
    kind: str,
    severity: str,
    remedies: tuple[str, ...],
    member: Member | None = None,
    day: date | None = None,
) -> list[Raw]:
    """One finding with its caps, or none where the rule is not in force.

    Judged on the day given, else on the line's, else on the claim's first day. The period is unconfirmed, so nothing
    goes above warning. Open in 3.1: "documentation: LCD at info" for Medicare Advantage is taken for every finding of
    that kind.
    """
    moment = period(day or (member.date if member else scenario.service_start))
    if not scenario.florida or moment == "off" or (moment == "late" and rule not in LATE):
        return []
    severity = at_most(severity, "info" if moment == "late" else "warning")
    if kind == "documentation" and is_advantage(scenario):
        severity = "info"
    lines = (_line(scenario, member),) if member else ()
    return [Raw(STAGES[kind], kind, severity, lines, remedies, rule)]


def _line(scenario: LcdScenario, member: Member):
    return next(line for line in scenario.lines if line.sequence == member.line.sequence)


# Rules for IMRT courses that go on from 2026: then the course has to be one by 77301 or by its technique.
COURSE_RULES = LATE - {"LCD-05", "LCD-30", "LCD-31", "LCD-32", "LCD-43"}


def _out_of_reach(course: Course, raw: Raw) -> bool:
    moment = raw.lines[0].date if raw.lines else course.scenario.service_start
    return raw.rule in COURSE_RULES and period(moment) == "late" and not course.is_late_imrt


def graded(course: Course, rule: Callable[[Course], list[Raw]]) -> list[Raw]:
    """The rule's findings; what it says only because of a doubtful line is info (contract, derived course)."""
    found = [raw for raw in rule(course) if not _out_of_reach(course, raw)]
    if not found or any(part.lines == course.lines for part in course.parts):
        return found
    sure = {(raw.rule, raw.kind, raw.lines): raw.severity for part in course.parts for raw in rule(part)}
    return [
        replace(raw, severity=at_most(raw.severity, sure.get((raw.rule, raw.kind, raw.lines), "info")))
        for raw in found
    ]
