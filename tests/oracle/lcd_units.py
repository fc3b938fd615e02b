"""Unit limits of a course and of a day: LCD-47, 49, 55 and 84, with the contract's way of reducing units."""

from __future__ import annotations

from collections.abc import Sequence

from tests.oracle.lcd_course import Course, Member, fifth, members
from tests.oracle.lcd_devices import GANTRY_STOPS, gantry_groups
from tests.oracle.lcd_model import TREATMENTS, LcdScenario
from tests.oracle.lcd_raw import said
from tests.oracle.lcd_services import managed_by_hospital
from tests.oracle.raw import Raw


def course_limits(course: Course) -> list[Raw]:
    """LCD-47, 49, 55(a) to (c). By the contract earlier lines of the claim count, also those that another rule
    removes."""
    if course.scenario.hook != "claim" or not course.full:
        return []
    return [*_gantry(course), *_physics(course), *_management(course)]


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


def _once_a_day(course: Course, rule: str, code: str) -> list[Raw]:
    """The case where neither fractions nor deliveries are known: more than one unit on a date.

    Open in LCD-49 and 55(c): whether earlier claims count, and whether two courses of one claim count apart; taken: the
    units of the claim's date, since it is CMS's limit for a day.
    """
    mine = [m for m in members(course.scenario) if m.reviewed and m.code == code and not m.line.spans]
    found = []
    for day in sorted({m.date for m in mine}):
        found += _over(course.scenario, rule, "warning", [m for m in mine if m.date == day], 1)
    here = {m.line.sequence for m in course.reviewed}
    return [raw for raw in found if raw.lines[0].sequence in here]


def _gantry(course: Course) -> list[Raw]:
    """LCD-47. Warning at hospital physicians, which the cap of section 4 makes of the office's critical too."""
    found = []
    for group in gantry_groups(course):
        found += _over(course.scenario, "LCD-47", "critical", group, GANTRY_STOPS)
    return found


def _physics(course: Course) -> list[Raw]:
    """LCD-49."""
    lines = course.coded({"77336"})
    scenario = course.scenario
    whole = course.fractions
    known = whole if whole is not None else scenario.fractions
    if known is None and not course.weeks:
        return _once_a_day(course, "LCD-49", "77336")
    if whole is None:  # deliveries known: two fractions of a day are two
        known = max(known or 0, sum(m.line.units for m in course.deliveries))
    allowed = max(fifth(known or 0), len(course.weeks))
    return _over(scenario, "LCD-49", "warning", lines, allowed + (whole is None))


def _management(course: Course) -> list[Raw]:
    """LCD-55(a) to (c). Where (d) asks why a hospital bills them at all, their number is not counted."""
    if managed_by_hospital(course.scenario):
        return []
    lines = course.coded({"77427"})
    scenario = course.scenario
    if course.fractions is not None:
        return _over(scenario, "LCD-55", "warning", lines, fifth(course.fractions))
    if scenario.fractions is not None:
        mine = [m for m in lines if m.reviewed]
        return _over(scenario, "LCD-55", "warning", mine, fifth(scenario.fractions) + 1)
    return _once_a_day(course, "LCD-55", "77427")


def day_limits(scenario: LcdScenario, staying: frozenset[int]) -> list[Raw]:
    """LCD-84 for delivery codes; guidance is FLB-27's and AST-08's, at the same severity."""
    if scenario.hook != "claim":
        return []
    mine = [m for m in members(scenario) if m.reviewed and m.line.sequence in staying and not m.line.spans]
    found = []
    for code, day in sorted({(m.code, m.date) for m in mine if m.code in TREATMENTS}):
        lines = [m for m in mine if (m.code, m.date) == (code, day)]
        for number, m in enumerate(lines, 1):
            fractions = _fractions_of_day(scenario, m)
            if fractions is not None:
                over = _over(scenario, "LCD-84", "warning", lines[:number], fractions)
                found += [raw for raw in over if raw.lines[0].sequence == m.line.sequence]
    return found


def _fractions_of_day(scenario: LcdScenario, member: Member) -> int | None:
    """Fractions named for the line, else for another line of the day, else the claim's if it is of one day, else the
    treated fractions on record. A span speaks for more than the day."""
    lines = [m.line for m in members(scenario) if m.reviewed]
    of_day = [line.fractions for line in lines if line.date == member.date and not line.spans]
    named = [number for number in (member.line.fractions, *of_day) if number is not None]
    if named:
        return named[0] if member.line.fractions is not None else max(named)
    one_day = len({line.date for line in lines}) == 1 and not any(line.spans for line in lines)
    if scenario.fractions is not None and one_day:
        return scenario.fractions
    return sum(1 for r in scenario.records if r.what == "fraction" and r.date == member.date) or None
