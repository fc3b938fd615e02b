"""Unit limits of a course and of a day: LCD-47, 49, 55 and 84, with the contract's way of reducing units."""

from __future__ import annotations

from collections.abc import Sequence

from tests.oracle.lcd_course import Course, Member, fifth, members
from tests.oracle.lcd_devices import GANTRY_STOPS, gantry_groups
from tests.oracle.lcd_model import TREATMENTS, LcdScenario
from tests.oracle.lcd_raw import said
from tests.oracle.raw import Raw
from tests.oracle.technique import fractions_on


def course_limits(course: Course, staying: frozenset[int]) -> list[Raw]:
    """LCD-47, 49, 55(a) to (c). `staying` = sequences of lines that nothing removes or replaces."""
    if course.scenario.hook != "claim" or not course.full:
        return []
    return [*_gantry(course, staying), *_physics(course, staying), *_management(course, staying)]


def _over(
    scenario: LcdScenario, rule: str, severity: str, lines: Sequence[Member], allowed: int
) -> list[Raw]:
    """One finding for each line under review that passes the limit: what stays is what the earlier ones leave."""
    used, found = 0, []
    for m in lines:
        used += m.line.units
        if m.reviewed and used > allowed:
            left = max(0, allowed - (used - m.line.units))
            remedy = f"reduce-units {m.code} -> {left}" if left else f"remove-line {m.code}"
            found += said(scenario, rule, "unit-limit", severity, (remedy,), m)
    return found


def _kept(lines: Sequence[Member], staying: frozenset[int]) -> list[Member]:
    return [m for m in lines if not m.reviewed or m.line.sequence in staying]


def _by_day(lines: Sequence[Member]) -> list[list[Member]]:
    short = [m for m in lines if not m.line.spans]
    return [[m for m in short if m.date == day] for day in sorted({m.date for m in short})]


def _gantry(course: Course, staying: frozenset[int]) -> list[Raw]:
    """LCD-47. Warning at hospital physicians, which the cap of section 4 makes of the office's critical too."""
    found = []
    for group in gantry_groups(course):
        found += _over(course.scenario, "LCD-47", "critical", _kept(group, staying), GANTRY_STOPS)
    return found


def _physics(course: Course, staying: frozenset[int]) -> list[Raw]:
    """LCD-49."""
    lines = _kept(course.coded({"77336"}), staying)
    scenario = course.scenario
    whole = course.fractions
    known = whole if whole is not None else scenario.fractions
    if known is None and not course.weeks:
        return [r for day in _by_day(lines) for r in _over(scenario, "LCD-49", "warning", day, 1)]
    allowed = max(fifth(known or 0), len(course.weeks))
    return _over(scenario, "LCD-49", "warning", lines, allowed + (whole is None))


def _management(course: Course, staying: frozenset[int]) -> list[Raw]:
    """LCD-55(a) to (c)."""
    lines = _kept(course.coded({"77427"}), staying)
    scenario = course.scenario
    if course.fractions is not None:
        return _over(scenario, "LCD-55", "warning", lines, fifth(course.fractions))
    if scenario.fractions is not None:
        mine = [m for m in lines if m.reviewed]
        return _over(scenario, "LCD-55", "warning", mine, fifth(scenario.fractions) + 1)
    return [r for day in _by_day(lines) for r in _over(scenario, "LCD-55", "warning", day, 1)]


def day_limits(scenario: LcdScenario, staying: frozenset[int]) -> list[Raw]:
    """LCD-84 for delivery codes; guidance is FLB-27's and AST-08's, at the same severity."""
    if scenario.hook != "claim":
        return []
    mine = [m for m in members(scenario) if m.reviewed and m.line.sequence in staying and not m.line.spans]
    found = []
    for code, day in sorted({(m.code, m.date) for m in mine if m.code in TREATMENTS}):
        lines = [m for m in mine if (m.code, m.date) == (code, day)]
        fractions = fractions_on(scenario, lines[0].line)
        if fractions is not None:
            found += _over(scenario, "LCD-84", "warning", lines, fractions)
    return found
