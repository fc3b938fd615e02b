"""Facts about the course's record. The docstrings are the authors' manual."""

from __future__ import annotations

from typing import Any

from cds_service.facts import forms
from cds_service.facts.records import chart_is_mapped, documents_of_course, types_of
from cds_service.facts.registry import VOCABULARY
from cds_service.facts.views import LineView, UnitView


@VOCABULARY.add("unit", "yes-no")
def chart_mapped(unit: UnitView) -> Any:
    """Whether the chart's documents carry document types of ours; yes for a chart that holds none at all, unknown
    when it cannot be seen. `no`: what is not found may be there under another type."""
    return chart_is_mapped(unit)


@VOCABULARY.add("line", "codes", form=forms.DOCUMENT)
def course_documents(line: LineView) -> Any:
    """Types of documents of the line's course: dated from 60 days before its first line to the day of the call, or
    undated, attached ones included."""
    return types_of(documents_of_course(line), line.unit)


@VOCABULARY.add("line", "codes", form=forms.DOCUMENT)
def course_documents_seen(line: LineView) -> Any:
    """As course_documents, but only what was seen: what is not in it may still be on file."""
    return frozenset(t for d in documents_of_course(line) for t in d.types)
