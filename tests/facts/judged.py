"""What the package's rules say of orders, and how strictly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cds_service.books import standard_library
from cds_service.engine.model import Severity
from cds_service.facts.views import CaseView
from tests.facts.build import ICD10, LOCAL, Json, case, coded, coverage, plan

_GROUP: Json = {"class": [plan("group", "cvs-radonc")]}
PROGRAMME = coverage("Aetna", **_GROUP)
"""A member of the CVS programme."""


def severities(*orders: Json, beside: Sequence[Json]) -> dict[str, Severity]:
    """Severity by statement of what is found on the first order."""
    library = standard_library()
    made = case(*orders, beside=beside)
    found = library.findings(CaseView(made, library.knowledge))
    return {rule: f.severity for f in found if f.unit == made.units[0].ref for rule in f.rules}


def indication(slug: str) -> Json:
    """An indication as a reason."""
    return coded(slug, LOCAL + "indication")


def because(*reasons: Json | str) -> Json:
    """`reasonCode` of these concepts; texts are ICD-10-CM codes."""
    return {"reasonCode": [coded(each, ICD10) if isinstance(each, str) else each for each in reasons]}


def condition(id: str, *codings: Json, **more: Any) -> Json:
    """An active Condition with these codings."""
    return {
        "resourceType": "Condition",
        "id": id,
        "code": {"coding": [c for each in codings for c in each["coding"]]},
        **more,
    }


def based_on(*orders: str) -> Json:
    """`basedOn` of these orders."""
    return {"basedOn": [{"reference": f"ServiceRequest/{each}"} for each in orders]}
