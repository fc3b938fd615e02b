"""Facts about what is treated and by what, for policies that judge by it. The docstrings are the authors' manual."""

from __future__ import annotations

from typing import Any

from cds_service.engine.model import UNKNOWN
from cds_service.facts import forms, in_sight
from cds_service.facts.diagnosis import treated_diagnosis, without_reasons
from cds_service.facts.registry import TECHNIQUES, VOCABULARY
from cds_service.facts.views import LineView, UnitView


@VOCABULARY.add("line", "codes", among=in_sight.treated_groups, form=forms.DIAGNOSIS_GROUP)
def treated_diagnosis_groups(line: LineView) -> Any:
    """Groups of the diagnosis that the line surely treats: the first disease that it points to; without a pointer the
    claim's first, the primary tumour's own code set aside before a metastasis. Unknown when several could be meant."""
    unit = line.unit.unit
    groups = line.unit.case.knowledge.diagnosis_groups
    listed = (unit.principal, *unit.diagnoses)
    code = treated_diagnosis(line.line.pointed, listed, groups, in_order=unit.diagnoses_in_order)
    return groups.of((code,)) if code else UNKNOWN


@VOCABULARY.add("line", "yes-no")
def treats_a_malignancy(line: LineView) -> Any:
    """Whether a diagnosis that the line points to (else one of the claim's) is malignant or in situ; Z codes do not
    count, and without any other diagnosis it is unknown."""
    codes = without_reasons(line.line.pointed) or without_reasons(line.unit.unit.diagnoses)
    return "malignant" in line.unit.case.knowledge.diagnosis_groups.of(codes) if codes else UNKNOWN


@VOCABULARY.add("line", "yes-no")
def technique_recorded_on_date(line: LineView) -> Any:
    """Whether a record of the very date codes a technique; else a coded technique is known for the course only."""
    return any(record.techniques for record in line.unit.records(line.date))


@VOCABULARY.add("unit", "choices", *TECHNIQUES)
def coded_techniques(unit: UnitView) -> Any:
    """Techniques coded for the course, all of them, whatever a date's delivery code says; empty when none is. `linac`:
    photons coded without a technique."""
    return unit.unit.radiotherapy.techniques


@VOCABULARY.add("unit", "choices", *TECHNIQUES)
def recorded_techniques(unit: UnitView) -> Any:
    """Techniques that records of single days code, of any day; empty when none does. `linac`: photons coded without a
    technique."""
    return frozenset(t for record in unit.unit.day_records for t in record.techniques)


@VOCABULARY.add("unit", "codes")
def codes_around(unit: UnitView) -> Any:
    """Codes of the claim, or of orders signed together, and of the patient's other lines around them without a gap of
    more than 60 days."""
    return frozenset(unit.course_codes)
