"""Facts about who gives image guidance, under whose eyes, and who reviews it. The docstrings are the manual."""

from __future__ import annotations

from datetime import date
from typing import Any

from cds_service.engine.model import UNKNOWN, Unknown
from cds_service.facts.records import days_of_documents
from cds_service.facts.registry import VOCABULARY
from cds_service.facts.views import LineView, UnitView

REVIEW = "igrt-physician-review"


@VOCABULARY.add("line", "choice", "none", "general", "direct", "personal")
def supervision_level(line: LineView) -> Any:
    """Level of supervision told for the line, else for the whole claim; `direct` includes presence by video."""
    told = line.line.supervision
    return line.unit.unit.supervision if isinstance(told, Unknown) else told


@VOCABULARY.add("line", "choice")
def performer_role(line: LineView) -> Any:
    """Role of who performed the line, else the whole claim: radiation-oncologist, medical-physicist,
    radiation-therapist or another."""
    told = line.line.performer_role
    return line.unit.unit.performer_role if isinstance(told, Unknown) else told


@VOCABULARY.add("line", "choice", "reviewed", "undated", "missing")
def guidance_review(line: LineView) -> Any:
    """Physician's review of the line's images (documents of type igrt-physician-review): `reviewed` when one of the
    course is dated on the line's last day or later, `undated` when one without a date may be it, `missing` when there
    is none or only an older one; unknown when the chart cannot be seen."""
    case = line.unit.case.case
    days = line.unit.once(_reviews)
    done = line.date if line.line.begins_by else line.end  # of a month or year nobody says when in it
    # Which course it is need not be known: what is dated after the line is dated after the course's first line too.
    if any(day is not None and done <= day <= case.as_of for day in days):
        return "reviewed"
    if not case.chart.visible:
        return UNKNOWN
    return "undated" if None in days else "missing"


def _reviews(unit: UnitView) -> tuple[date | None, ...]:
    return days_of_documents(unit, REVIEW)
