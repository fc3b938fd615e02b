"""Facts about IMRT, and about the Florida LCD text that speaks of it. The docstrings are the authors' manual."""

from __future__ import annotations

from datetime import date
from typing import Any

from cds_service.engine.model import UNKNOWN
from cds_service.facts import forms, imrt, in_sight
from cds_service.facts.chart import INDICATIONS
from cds_service.facts.records import chart_is_mapped
from cds_service.facts.registry import VOCABULARY
from cds_service.facts.views import CaseView, LineView, UnitView


@VOCABULARY.add("unit", "yes-no")
def lcd_confirmed(unit: UnitView) -> Any:
    """Whether the site has confirmed that the Florida LCD text is in force on the first date of service."""
    return _confirmed(unit.case, unit.start)


@VOCABULARY.add("line", "yes-no")
def lcd_confirmed_on_date(line: LineView) -> Any:
    """Whether the site has confirmed that the Florida LCD text is in force on the line's date."""
    return _confirmed(line.unit.case, line.date)


def _confirmed(case: CaseView, day: date) -> bool:
    period = case.case.lcd_in_force
    return period is not None and period[0] <= day <= period[1]


@VOCABULARY.add("unit", "yes-no")
def imrt_order(unit: UnitView) -> Any:
    """Whether an order asks for IMRT by its coded technique although none of its codes says so, and no delivery code
    that it is SRS, SBRT or another treatment. Of orders for one diagnosis that are signed together only one: the one
    that holds such a code, else one of the technique."""
    return imrt.is_the_imrt_order(unit)


@VOCABULARY.add("line", "yes-no", among=in_sight.anchors)
def imrt_anchor(line: LineView) -> Any:
    """Whether the line is the one of its claim or order on which a question about IMRT stands: the first 77301, else
    the first IMRT delivery of 2015 to 2025."""
    return line.unit.once(imrt.anchor) is line


@VOCABULARY.add("unit", "codes")
def course_codes(unit: UnitView) -> Any:
    """Codes of the lines of the course of the claim or order, earlier claims and doubtful lines included."""
    return frozenset(line.code for line in unit.once(imrt.course_of).lines)


@VOCABULARY.add("unit", "codes")
def codes_surely_of_course(unit: UnitView) -> Any:
    """As course_codes, doubtful lines not counted."""
    return frozenset(line.code for line in unit.once(imrt.course_of).sure)


@VOCABULARY.add("unit", "codes", *sorted(INDICATIONS))
def course_indications(unit: UnitView) -> Any:
    """Indications coded on the claim or order, on earlier ones of its course, and on orders that it is based on or
    signed with; empty when none is coded."""
    return unit.once(imrt.indications_of_course)


@VOCABULARY.add("unit", "yes-no")
def common_imrt_site(unit: UnitView) -> Any:
    """Whether a diagnosis is one of the sites that most commonly support IMRT (LCD-11 to LCD-18); unknown where the
    disease is stated in a way that cannot be read."""
    found = unit.once(imrt.is_common_site)
    return UNKNOWN if unit.disease_unknown and found is not True else found


@VOCABULARY.add("unit", "codes", form=forms.DOCUMENT)
def record_seen(unit: UnitView) -> Any:
    """Types of documents seen for the course of the claim or order, dated as for course_documents; what is not in it
    may still be on file."""
    return frozenset(t for d in unit.once(imrt.documents) for t in d.types)


@VOCABULARY.add("unit", "codes", form=forms.DOCUMENT)
def imrt_record(unit: UnitView) -> Any:
    """Types of the course's documents that are in order: an image review only when it is dated and signed by a
    radiation oncologist, a dosimetric verification only when signed by radiation oncologist and physicist. A signer
    without a coded role may be either."""
    return unit.once(imrt.record)


@VOCABULARY.add("unit", "choice", "incomplete", "please check")
def record_gap(unit: UnitView) -> Any:
    """What a gap in the record means, for texts: `incomplete` when the chart's document types can be read, `please
    check` when they cannot; unknown when the chart cannot be seen."""
    mapped = chart_is_mapped(unit)
    if mapped is UNKNOWN:
        return UNKNOWN
    return "incomplete" if mapped else "please check"
