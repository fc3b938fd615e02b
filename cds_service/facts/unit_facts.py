"""Facts about the request and about a claim or order. The docstrings are the authors' manual."""

from __future__ import annotations

import re
from typing import Any

from cds_service.engine.model import UNKNOWN, OpenSet
from cds_service.facts import forms
from cds_service.facts.chart import INDICATIONS
from cds_service.facts.payer import LINES_OF_BUSINESS
from cds_service.facts.registry import PLANS, VOCABULARY
from cds_service.facts.type_of_bill import is_critical_access
from cds_service.facts.views import CaseView, UnitView

_LEFT_BREAST = re.compile(r"^(C50\.\d\d2|C50\.A2|D05\.\d2)$")


@VOCABULARY.add("case", "choice", "claim", "order", indexed=True)
def hook(case: CaseView) -> Any:
    """What called: `claim` (a claim about to be sent) or `order` (an order being chosen or signed)."""
    return case.hook


@VOCABULARY.add("unit", "choice", indexed=True)
def payer(unit: UnitView) -> Any:
    """Slug of the payer as payer.yaml names it, `other` for one that is known but has no document here, or
    `unknown` when it was not recognised."""
    return unit.member.payer


@VOCABULARY.add("unit", "choice", *PLANS, indexed=True)
def plan(unit: UnitView) -> Any:
    """Payer and Medicare membership in one word, for severities that differ by them (rulebook 2.2)."""
    return unit.plan


@VOCABULARY.add("unit", "choice", *LINES_OF_BUSINESS, indexed=True)
def line_of_business(unit: UnitView) -> Any:
    """Line of business from Coverage.type or class; unknown when nothing tells."""
    return unit.member.line_of_business


@VOCABULARY.add("unit", "yes-no", indexed=True)
def medicare(unit: UnitView) -> Any:
    """Whether the member is known to be a Medicare member, in fee for service or a Medicare plan of any payer."""
    return unit.medicare


@VOCABULARY.add("unit", "codes", indexed=True)
def programs(unit: UnitView) -> Any:
    """Programmes that the coverage's group belongs to, e.g. `cvs-radonc`."""
    return unit.member.programs


@VOCABULARY.add("unit", "code", indexed=True, form=forms.STATE)
def state(unit: UnitView) -> Any:
    """Two letters of the place of service; of the home address when nothing else is known."""
    return unit.member.state


@VOCABULARY.add("unit", "day")
def service_start(unit: UnitView) -> Any:
    """First date of service of the claim, or planned start of the order."""
    return unit.start


@VOCABULARY.add("unit", "codes", *sorted(INDICATIONS))
def indications(unit: UnitView) -> Any:
    """Coded indications for image guidance or IMRT, of an order also those of the orders that it is based on and of
    Procedures of its course; empty when none is coded."""
    return unit.indications


@VOCABULARY.add("unit", "codes", form=forms.DIAGNOSIS)
def diagnoses(unit: UnitView) -> Any:
    """ICD-10-CM codes of the claim or order."""
    return OpenSet(unit.unit.diagnoses) if unit.disease_unknown else frozenset(unit.unit.diagnoses)


@VOCABULARY.add("unit", "yes-no")
def left_breast(unit: UnitView) -> Any:
    """Whether a diagnosis is a tumour of the left breast (C50.xx2, C50.A2, D05.x2)."""
    found = any(_LEFT_BREAST.match(code) for code in unit.unit.diagnoses)
    return UNKNOWN if unit.disease_unknown and not found else found


@VOCABULARY.add("unit", "yes-no")
def breath_hold(unit: UnitView) -> Any:
    """Whether breath hold is coded; unknown when respiratory motion management is not coded at all."""
    return unit.unit.radiotherapy.breath_hold


@VOCABULARY.add("unit", "yes-no", indexed=True)
def chart_visible(unit: UnitView) -> Any:
    """Whether the patient's documents could be seen; documents attached to a claim do not make it visible."""
    return unit.case.case.chart.visible


@VOCABULARY.add("unit", "codes", form=forms.DOCUMENT)
def documents_on_file(unit: UnitView) -> Any:
    """Types (LOINC codes or slugs) of documents on file or attached, of any date."""
    return unit.documents


@VOCABULARY.add("unit", "codes", form=forms.DOCUMENT)
def documents_within_six_months(unit: UnitView) -> Any:
    """Types of documents dated at most six calendar months before the first date of service, or on it."""
    return unit.recent_documents


@VOCABULARY.add("unit", "codes", form=forms.DOCUMENT)
def documents_seen_within_six_months(unit: UnitView) -> Any:
    """As documents_within_six_months, but only what was seen: what is not in it may still be on file. For
    reminders that leave out what is already attached."""
    return frozenset(unit.recent_documents)


@VOCABULARY.add("unit", "codes", form=forms.DOCUMENT)
def documents_older_than_six_months(unit: UnitView) -> Any:
    """Types of documents dated before those six calendar months, of which none is dated within them."""
    return unit.older_documents


@VOCABULARY.add("unit", "lines")
def lines_of_claim(unit: UnitView) -> Any:
    """All lines of the claim or order."""
    return unit.lines


@VOCABULARY.add("unit", "code", form=forms.TYPE_OF_BILL)
def type_of_bill(unit: UnitView) -> Any:
    """Type of bill without its leading zero, e.g. 131; unknown when not given."""
    return unit.unit.type_of_bill


@VOCABULARY.add("unit", "yes-no", indexed=True)
def critical_access_hospital(unit: UnitView) -> Any:
    """Whether the type of bill is 85x; no when it is another, or not given."""
    return is_critical_access(unit.unit.type_of_bill)
