"""FHIR of another version under review is refused, not taken for claims and orders without codes (spec row R-09)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from cds_service.facts import fhir
from cds_service.facts.pool import Entry
from cds_service.request.errors import Problem, Refusal

_NOTHING = msgspec.Raw()


class _Reference(msgspec.Struct):
    """R5's CodeableReference, as it stands where R4 has a CodeableConcept."""

    concept: msgspec.Raw = _NOTHING
    reference: msgspec.Raw = _NOTHING


class _Line(msgspec.Struct):
    """A line of a claim as STU3 writes it."""

    service: msgspec.Raw = _NOTHING


class _Order(msgspec.Struct):
    code: _Reference | None = None


class _Claim(msgspec.Struct):
    item: list[_Line] = []


_ORDER, _CLAIM = msgspec.json.Decoder(_Order), msgspec.json.Decoder(_Claim)


def require_r4(review: Sequence[Entry]) -> None:
    """Refuse a call about resources of which none holds its codes where FHIR R4 has them, but where others do.

    STU3 gives a claim's line a `service` in the place of `productOrService`, R5 an order's `code` a `concept`. One
    resource that is R4 is proof of R4; what has no code at all may be R4 as well.

    Raises:
        Refusal: 400.
    """
    strange = [(entry, element) for entry in review if (element := _elsewhere(entry))]
    if not strange or len(strange) < len(review):
        return
    what = "FHIR R4 has the code here, and there is none: this is FHIR of another version."
    problems = [Problem(f"{entry.path}.{element}", what, "Send FHIR R4 JSON.") for entry, element in strange]
    raise Refusal(400, problems, code="structure")


def _elsewhere(entry: Entry) -> str:
    """The element that R4 would have filled, where another version's is; empty when all is in order."""
    resource = entry.resource
    try:
        if isinstance(resource, fhir.Claim) and resource.item:
            if all(item.productOrService is None for item in resource.item) and any(
                line.service for line in _CLAIM.decode(entry.raw).item
            ):
                return "item[0].productOrService"
        elif isinstance(resource, fhir.ServiceRequest) and resource.code is not None:
            code = resource.code
            if not (code.coding or code.text or code.extension):
                told = _ORDER.decode(entry.raw).code
                return "code" if told and (told.concept or told.reference) else ""
    except (msgspec.MsgspecError, RecursionError):
        pass  # of no shape that is known of another version
    return ""
