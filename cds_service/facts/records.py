"""The course's record: documents that count for it, and whether the chart can be read by type (LCD-77)."""

from __future__ import annotations

from datetime import date, timedelta

from cds_service.engine.model import UNKNOWN, OpenSet, Unknown
from cds_service.facts.case import Document
from cds_service.facts.document_types import DOCUMENT_TYPES
from cds_service.facts.periods import moved
from cds_service.facts.views import LineView, UnitView

BEFORE_THE_COURSE = timedelta(days=60)
"""How long before the course's first line a document of it may be dated (LCD-77)."""


def documents_of_course(line: LineView) -> tuple[Document, ...]:
    """Documents dated between 60 days before the course's first line and the day of the call, or undated."""
    known = line.unit.documents_by_first_day
    first_day = line.course.first_day
    if first_day not in known:
        known[first_day] = documents_of_a_course(line.unit, first_day)
    return known[first_day]


def documents_of_a_course(unit: UnitView, first_day: date) -> tuple[Document, ...]:
    """Documents on file or attached that count for a course whose first line is dated `first_day` (LCD-77)."""
    case = unit.case.case
    first = moved(first_day, -BEFORE_THE_COURSE)
    documents = (*case.chart.documents, *unit.unit.attached)
    return tuple(d for d in documents if d.day is None or d.is_dated_within(first, case.as_of))


def days_of_documents(unit: UnitView, type_: str) -> tuple[date | None, ...]:
    """Days of all documents of a type on file or attached, whatever their course; None for one without a date."""
    documents = (*unit.case.case.chart.documents, *unit.unit.attached)
    return tuple([document.day for document in documents if type_ in document.types])


def types_of(documents: tuple[Document, ...], unit: UnitView) -> frozenset[str]:
    """Their types; open when the chart cannot be seen, so that what it lacks is not known to be missing (M-5)."""
    types = (t for d in documents for t in d.types)
    return frozenset(types) if unit.case.case.chart.visible else OpenSet(types)


def chart_is_mapped(unit: UnitView) -> bool | Unknown:
    """Whether documents carry types of ours; an empty chart counts, UNKNOWN when it cannot be seen (LCD-77)."""
    chart = unit.case.case.chart
    if not chart.visible:
        return UNKNOWN
    return not chart.documents or any(t in DOCUMENT_TYPES for d in chart.documents for t in d.types)


def can_be_missed(unit: UnitView) -> bool:
    """Whether a document that is not seen is missing: the chart is visible and its types can be read."""
    return chart_is_mapped(unit) is True
