"""Full FHIR R4 validation of a request (`--strict`): costs milliseconds, so it is off by default.

The models of fhir.resources' R4B package stand for R4: for the resources read here the top-level elements are
the same (docs/decisions/0003). Letters name places and kinds of trouble, never values.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cds_service.request import gate
from cds_service.request.errors import Problem, Refusal

_MOST = 20


def require_valid(body: bytes) -> None:
    """Validate every resource of a hook request, or of a bare resource.

    Raises:
        Refusal: 400 with a letter for each fault, the first twenty of them; or as `gate.parse` refuses.
    """
    problems = []
    for path, resource in _resources(gate.parse(body)):
        problems += list(_faults(path, resource))
    if problems:
        raise Refusal(400, problems[:_MOST], code="structure")


def _resources(data: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(data, dict) and "resourceType" in data:
        yield "", data
        return
    context = data.get("context") if isinstance(data, dict) else None
    for name in ("draftOrders", "claims", "appointments", "order", "task"):
        if isinstance(context, dict) and isinstance(context.get(name), dict):
            yield f"context.{name}", context[name]
    prefetch = data.get("prefetch") if isinstance(data, dict) else None
    for key, value in (prefetch or {}).items() if isinstance(prefetch, dict) else ():
        if isinstance(value, dict) and value.get("resourceType") != "OperationOutcome":
            yield f"prefetch.{key}", value


def _faults(path: str, resource: dict[str, Any]) -> Iterator[Problem]:
    # Imported here: the models take most of a second to load, and only --strict needs them.
    from fhir.resources.R4B import get_fhir_model_class
    from pydantic import ValidationError

    try:
        model = get_fhir_model_class(str(resource.get("resourceType")))
    except (KeyError, LookupError, ValueError, AttributeError):
        yield Problem(path, "This resource type is unknown in FHIR R4.", "Check `resourceType`.")
        return
    try:
        model.model_validate(resource)
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_context=False, include_input=False):
            where = ".".join(str(part) for part in (path, *fault["loc"]) if part != "")
            yield Problem(where, f"This breaks FHIR R4 ({fault['type']}).", "Compare it with the profile.")
    except RecursionError:
        yield Problem(path, "This is nested too deeply.", "Send plain FHIR R4.")
