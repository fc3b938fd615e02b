"""How many weekly and five-fraction units a course supports, and what of them is left for a line (LCD-47, 49, 55)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from math import ceil

from cds_service.engine.model import UNKNOWN, Unknown
from cds_service.facts.modalities import may_serve_another_modality
from cds_service.facts.plans import second_plan_day
from cds_service.facts.views import LineView

FRACTIONS_A_UNIT = 5
GANTRY_STOPS_A_PLAN = 6.0
SEPARATE = frozenset({"59", "XE", "XS", "XP", "XU"})


def deliveries(lines: Iterable[LineView]) -> tuple[LineView, ...]:
    """Lines of external beam delivery (rulebook 9, preamble)."""
    return tuple(line for line in lines if line.code in line.unit.case.sets["external-beam-delivery"])


def week_of(day: date) -> date:
    """Monday of the day's week (Monday to Sunday)."""
    return day - timedelta(days=day.weekday())


def _week_number(day: date) -> int:
    return (day.toordinal() - 1) // 7  # the calendar's first day is a Monday


def weeks_with_delivery(lines: Iterable[LineView]) -> int:
    """Weeks in which a delivery of these lines lies; a line over several days counts in each week it touches."""
    weeks, reached = 0, -1
    for first, last in sorted((_week_number(o.date), _week_number(o.end)) for o in deliveries(lines)):
        weeks += max(last - max(first - 1, reached), 0)
        reached = max(reached, last)
    return weeks


def fractions_of_course(line: LineView) -> float | Unknown:
    """Fractions delivered in the course: by its summary, else its deliveries when the history is complete."""
    unit = line.unit.unit
    if not isinstance(unit.radiotherapy.fractions_delivered, Unknown):
        return unit.radiotherapy.fractions_delivered
    if unit.history_complete is not True:
        return UNKNOWN
    return fractions_billed(line.course.lines) or UNKNOWN


def fractions_billed(lines: Iterable[LineView]) -> float:
    """Units of the deliveries among these lines, twice-daily ones included; copies of one delivery on the claims of
    hospital and physician count once."""
    by_day: dict[date, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for delivery in deliveries(lines):
        by_day[delivery.date][str(delivery.line.claim_type)] += delivery.units
    return sum(max(copies.values()) for copies in by_day.values())


def weekly_units(line: LineView) -> float | Unknown:
    """Units of 77336 that the course supports: five fractions or a week with a delivery each, the more generous
    reading; one more when only the claim's fractions or some deliveries are known (LCD-49)."""
    weeks = weeks_with_delivery(line.course.lines)
    course, claim = fractions_of_course(line), line.unit.unit.fractions
    if not isinstance(course, Unknown):
        return float(max(ceil(course / FRACTIONS_A_UNIT), weeks))
    known = max(fractions_billed(line.course.lines), 0.0 if isinstance(claim, Unknown) else claim)
    allowed = max(ceil(known / FRACTIONS_A_UNIT), weeks)
    return float(allowed + 1) if allowed else UNKNOWN


def physics_units_left(line: LineView, lines: Sequence[LineView]) -> float | Unknown:
    """What `lines` of the course leave of the weekly units for this line; UNKNOWN when nothing tells them."""
    allowed = weekly_units(line)
    return (
        UNKNOWN
        if isinstance(allowed, Unknown)
        else _left(line, lines, allowed, lambda o: o.code == line.code)
    )


def management_units_left(line: LineView, lines: Sequence[LineView]) -> float | Unknown:
    """What is left of the units of 77427: of the course when its fractions are known, else of the claim with one
    to spare (LCD-55 a, b)."""
    course, claim = fractions_of_course(line), line.unit.unit.fractions
    if not isinstance(course, Unknown):
        return _left(line, lines, ceil(course / FRACTIONS_A_UNIT), lambda o: o.code == line.code)
    if isinstance(claim, Unknown):
        return UNKNOWN
    allowed = ceil(claim / FRACTIONS_A_UNIT) + 1
    return _left(line, lines, allowed, lambda o: o.code == line.code and o.in_review)


def is_gantry_stop(line: LineView) -> bool:
    """A device with 26 and no modifier that sets it apart, on a professional claim, of no other modality (LCD-47)."""
    return (
        line.code in line.unit.case.sets["devices"]
        and "26" in line.modifiers
        and SEPARATE.isdisjoint(line.modifiers)
        and line.line.claim_type == "professional"
        and not may_serve_another_modality(line)
    )


def gantry_stop_units(line: LineView, lines: Sequence[LineView]) -> float:
    """Gantry-stop units of the line's plan."""
    of_plan = _of_plan(line)
    return sum(o.units for o in lines if of_plan(o))


def gantry_stop_units_left(line: LineView, lines: Sequence[LineView]) -> float:
    """What is left of six gantry-stop units of the line's plan."""
    return _left(line, lines, GANTRY_STOPS_A_PLAN, _of_plan(line))


def _of_plan(line: LineView) -> Callable[[LineView], bool]:
    second = second_plan_day(line)

    def same_plan(other: LineView) -> bool:
        return is_gantry_stop(other) and (second is None or (other.date < second) == (line.date < second))

    return same_plan


def _left(
    line: LineView, lines: Sequence[LineView], allowed: float, counts: Callable[[LineView], bool]
) -> float:
    """`allowed` less the units that count before the line (`LineView.counts_before`); never below 0."""
    before = sum(o.units for o in lines if o is not line and counts(o) and o.counts_before(line))
    return max(allowed - before, 0.0)
