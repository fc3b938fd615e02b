"""Facts about the course of a line: what else belongs to it, and when. The docstrings are the authors' manual."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cds_service.engine.model import UNKNOWN
from cds_service.facts import in_sight
from cds_service.facts.derive import NEUTRAL_LEVELS_FROM
from cds_service.facts.imrt import delivered_otherwise
from cds_service.facts.limits import deliveries, week_of
from cds_service.facts.modalities import may_serve_another_modality, other_modalities
from cds_service.facts.registry import MODALITIES, VOCABULARY
from cds_service.facts.views import LineView, UnitView


@VOCABULARY.add("line", "yes-no")
def under_review(line: LineView) -> Any:
    """Whether the line stands on the claim or order under review; no for lines of history. For lines inside `some`
    and `none`."""
    return line.in_review


@VOCABULARY.add("line", "lines", among=in_sight.codes_anywhere)
def lines_of_course(line: LineView) -> Any:
    """Other lines of the course, of the claim and of history: same mark, or same diagnosis without a gap of more
    than 60 days. Lines that only time and the diagnosis' category link are here too (doubtful)."""
    return _others(line, line.course.lines)


@VOCABULARY.add("line", "lines", among=in_sight.codes_anywhere)
def lines_surely_of_course(line: LineView) -> Any:
    """As lines_of_course, without the doubtful ones. For caps: what needs a doubtful link is info."""
    return _others(line, line.course.sure)


@VOCABULARY.add("line", "lines", among=in_sight.codes_anywhere)
def earlier_lines_of_course(line: LineView) -> Any:
    """Lines of the course with an earlier date."""
    return tuple(o for o in line.course.lines if o.begins_by < line.date)


@VOCABULARY.add("line", "lines", among=in_sight.codes_then)
def course_lines_of_date(line: LineView) -> Any:
    """Other lines of the course on the same date, of this claim and others; none for a line over several days."""
    if line.is_span:
        return ()
    return tuple(o for o in _others(line, line.course.lines) if o.covers(line.date))


@VOCABULARY.add("line", "lines", among=in_sight.codes_then)
def lines_of_date_anywhere(line: LineView) -> Any:
    """Other lines of the same date, of this claim and others, whatever their course."""
    return (*line.of_date, *line.of_date_elsewhere)


@VOCABULARY.add("line", "lines", among=in_sight.codes_anywhere)
def deliveries_of_course(line: LineView) -> Any:
    """External beam delivery lines of the course, of the claim and of history."""
    return deliveries(line.course.lines)


@VOCABULARY.add("line", "lines", among=in_sight.codes_anywhere)
def deliveries_surely_of_course(line: LineView) -> Any:
    """As deliveries_of_course, without the doubtful ones. For caps."""
    return deliveries(line.course.sure)


@VOCABULARY.add("line", "lines", among=in_sight.codes_anywhere)
def deliveries_of_week(line: LineView) -> Any:
    """External beam delivery lines of the course in the line's week, Monday to Sunday."""
    first, last = week_of(line.date), week_of(line.begins_by)
    return tuple(
        d for d in deliveries(line.course.lines) if week_of(d.date) <= last and first <= week_of(d.end)
    )


@VOCABULARY.add("line", "yes-no")
def before_first_delivery(line: LineView) -> Any:
    """Whether the line is dated before the first external beam delivery of its course; unknown when none is known, or
    when a date that is only a month or a year leaves it open."""
    known = deliveries(line.course.lines)
    if not known:
        return UNKNOWN
    if line.begins_by < min(d.date for d in known):
        return True
    return False if line.date >= min(d.begins_by for d in known) else UNKNOWN


@VOCABULARY.add("line", "choice", "certain", "doubtful", "no", among=in_sight.imrt_courses)
def imrt_course(line: LineView) -> Any:
    """Whether the line belongs to an IMRT course: one with 77301, an IMRT delivery code (line dates to 2025) or the
    coded technique. `doubtful`: only by a doubtful line, or IMRT is one of several coded techniques. `no` also when
    all known deliveries are stereotactic or proton (rulebook 9)."""
    sets = line.unit.case.sets
    if delivered_otherwise(line.unit, line.course.lines):
        return "no"
    markers = sets["imrt-plan" if line.date >= NEUTRAL_LEVELS_FROM else "imrt-course-codes"]
    techniques = line.unit.unit.radiotherapy.techniques
    if techniques == {"imrt"} or any(o.code in markers for o in line.course.sure):
        return "certain"
    return "doubtful" if "imrt" in techniques or any(o.code in markers for o in line.course.lines) else "no"


@VOCABULARY.add("line", "choices", *MODALITIES)
def other_modalities_of_course(line: LineView) -> Any:
    """Other modalities of the course: coded, or derived from its delivery codes. Empty: none was found, which does
    not say that there is none."""
    return other_modalities(line)


@VOCABULARY.add("line", "yes-no")
def may_be_for_another_modality(line: LineView) -> Any:
    """Whether the line may be a device of another modality of the course: dated from 21 days before that modality's
    first line on, or the modality is coded without any line of its own."""
    return may_serve_another_modality(line)


@VOCABULARY.add("line", "lines", among=in_sight.codes_then)
def lines_of_date_same_physician(line: LineView) -> Any:
    """Lines of the same date by the same rendering physician, of this claim and others; where a line names none, by
    the same biller, as all lines of one claim have. Lines of other claims that name neither are left out."""
    return tuple(o for o in (*line.of_date, *line.of_date_elsewhere) if _same_physician(line, o))


@VOCABULARY.add("unit", "lines")
def lines_of_history(unit: UnitView) -> Any:
    """Lines of the patient's other claims, whatever their course and date."""
    return unit.elsewhere


@VOCABULARY.add("unit", "yes-no")
def history_complete(unit: UnitView) -> Any:
    """Whether the sender says that every other claim of the patient was supplied; unknown when nothing is said."""
    return unit.unit.history_complete


def _others(line: LineView, lines: Sequence[LineView]) -> tuple[LineView, ...]:
    return tuple(o for o in lines if o is not line)


def _same_physician(one: LineView, other: LineView) -> bool:
    if one.line.rendering and other.line.rendering:
        return one.line.rendering == other.line.rendering
    if other.in_review:  # of one claim, which has one biller
        return True
    return bool(one.line.provider) and one.line.provider == other.line.provider
