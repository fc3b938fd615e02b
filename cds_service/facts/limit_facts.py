"""Facts about plans and units that a course supports. The docstrings are the authors' manual."""

from __future__ import annotations

from typing import Any

from cds_service.facts import limits, plans
from cds_service.facts.registry import VOCABULARY
from cds_service.facts.views import LineView


@VOCABULARY.add("line", "yes-no")
def latest_plan_under_review(line: LineView) -> Any:
    """Whether the line is the last 77301 under review on a side (professional, technical) of its course that holds more
    than one."""
    return plans.latest_plan(line)


@VOCABULARY.add("line", "choice", *plans.STATES)
def plan_state(line: LineView) -> Any:
    """What the record says of more than one 77301 in the course, professional and technical parts of one plan counted
    once. `repeat-supported`: a change of anatomy and a new planning CT or simulation are dated between the plans;
    `repeat-without-ct`: the change only; `repeat-with-undated-change`; `repeat-without-change`: no change on file;
    `repeat-chart-not-visible`: the chart cannot be seen or read."""
    return plans.plans_of(line).state


@VOCABULARY.add("line", "number")
def plans_surely_of_course(line: LineView) -> Any:
    """Number of 77301 units on the line's side of the course, doubtful lines left out."""
    return float(plans.plans_of(line, sure=True).number)


@VOCABULARY.add("line", "number")
def plan_units_left(line: LineView) -> Any:
    """Units of 77301 that the record supports, less those of history and of earlier lines; never below 0."""
    return plans.units_left_of_plans(line)


@VOCABULARY.add("line", "number")
def physics_units_left(line: LineView) -> Any:
    """Units of 77336 that the course's weeks leave for this line, less those of history and of earlier lines; unknown
    when neither fractions nor deliveries are known."""
    return limits.physics_units_left(line, line.course.lines)


@VOCABULARY.add("line", "number")
def physics_units_surely_left(line: LineView) -> Any:
    """As physics_units_left, doubtful lines not counted as used."""
    return limits.physics_units_left(line, line.course.sure)


@VOCABULARY.add("line", "number")
def management_units_left(line: LineView) -> Any:
    """Units of 77427 that the fractions leave for this line: those of the course when known, else those of the claim
    with one unit to spare; unknown when neither is."""
    return limits.management_units_left(line, line.course.lines)


@VOCABULARY.add("line", "number")
def management_units_surely_left(line: LineView) -> Any:
    """As management_units_left, doubtful lines not counted as used."""
    return limits.management_units_left(line, line.course.sure)


@VOCABULARY.add("line", "yes-no")
def is_gantry_stop(line: LineView) -> Any:
    """Whether the line is a device with 26 on a professional claim, not set apart by 59, XE, XS, XP or XU and not for
    another modality (LCD-47)."""
    return limits.is_gantry_stop(line)


@VOCABULARY.add("line", "number")
def gantry_stop_units_of_plan(line: LineView) -> Any:
    """Gantry-stop units of the line's plan, those of history included."""
    return limits.gantry_stop_units(line, line.course.lines)


@VOCABULARY.add("line", "number")
def gantry_stop_units_left(line: LineView) -> Any:
    """What is left for this line of six gantry-stop units of its plan, less those of history and of earlier lines."""
    return limits.gantry_stop_units_left(line, line.course.lines)


@VOCABULARY.add("line", "number")
def gantry_stop_units_surely_left(line: LineView) -> Any:
    """As gantry_stop_units_left, doubtful lines not counted as used."""
    return limits.gantry_stop_units_left(line, line.course.sure)
