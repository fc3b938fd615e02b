"""Facts about diagnoses, intent, site and further modalities. The docstrings are the authors' manual."""

from __future__ import annotations

from typing import Any

from cds_service.engine.model import UNKNOWN, OpenSet
from cds_service.facts import forms
from cds_service.facts.registry import INTENTS, MODALITIES, SITES, VOCABULARY
from cds_service.facts.views import LineView, UnitView


@VOCABULARY.add("unit", "codes", form=forms.DIAGNOSIS_GROUP)
def diagnosis_groups(unit: UnitView) -> Any:
    """Groups of diagnosis_groups.csv that a diagnosis of the claim or order belongs to; empty when none does."""
    found = unit.case.knowledge.diagnosis_groups.of(unit.unit.diagnoses)
    return OpenSet(found) if unit.disease_unknown else found


@VOCABULARY.add("line", "codes", form=forms.DIAGNOSIS_GROUP)
def diagnosis_groups_of_line(line: LineView) -> Any:
    """Groups of the diagnosis that the line is treated for: the first it points to that is no Z code, else the
    claim's; unknown without any."""
    code = line.line.course_diagnosis
    return line.unit.case.knowledge.diagnosis_groups.of((code,)) if code else UNKNOWN


@VOCABULARY.add("unit", "choices", *INTENTS)
def intents(unit: UnitView) -> Any:
    """Treatment intents coded for the course; unknown when none is."""
    return unit.unit.radiotherapy.intents or UNKNOWN


@VOCABULARY.add("unit", "choices", *SITES)
def body_sites(unit: UnitView) -> Any:
    """Body sites coded for the course, as far as rules speak of them; empty when none of them is."""
    return unit.unit.radiotherapy.sites


@VOCABULARY.add("unit", "choices", *MODALITIES)
def coded_modalities(unit: UnitView) -> Any:
    """Other treatment modalities coded for the course; empty means that none was found, not that there is none."""
    return unit.unit.radiotherapy.other_modalities
