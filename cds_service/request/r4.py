"""FHIR of another version under review is refused, not taken for claims and orders without codes (spec row R-09)."""

from __future__ import annotations

from collections.abc import Sequence

from cds_service.facts import fhir
from cds_service.facts.pool import Entry
from cds_service.request.errors import Problem, Refusal


def require_r4(review: Sequence[Entry]) -> None:
    """Refuse a call about resources of which none holds its codes where FHIR R4 has them.

    STU3 gives a claim's line a `service`, R5 an order's `code` a `concept`. R4 wants a `productOrService` on each
    line, and a `code` with a coding or a text where there is one; one resource that has it is proof of R4.

    Raises:
        Refusal: 400.
    """
    strange = [(entry, element) for entry in review if (element := _without(entry.resource))]
    if not strange or len(strange) < len(review):
        return
    what = "FHIR R4 has the code here, and there is none: this is FHIR of another version, or incomplete."
    problems = [Problem(f"{entry.path}.{element}", what, "Send FHIR R4 JSON.") for entry, element in strange]
    raise Refusal(400, problems, code="structure")


def _without(resource: fhir.Resource) -> str:
    """The element that R4 would have filled; empty when all is in order."""
    if isinstance(resource, fhir.Claim):
        void = resource.item and all(item.productOrService is None for item in resource.item)
        return "item[0].productOrService" if void else ""
    if isinstance(resource, fhir.ServiceRequest) and resource.code is not None:
        code = resource.code
        return "" if code.coding or code.text or code.extension else "code"
    return ""
