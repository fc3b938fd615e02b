"""Resources of a request, and whether a resource is valid FHIR R4."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

Json = dict[str, Any]


def objects(value: Any) -> Iterator[Json]:
    """Every JSON object inside a value, itself included; without recursion, since requests may be hostile."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            yield each
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each


def resources_by_reference(request: Any) -> dict[str, list[Json]]:
    """The resources of a request by `Type/id`."""
    found: dict[str, list[Json]] = {}
    for each in objects(request):
        if isinstance(each.get("resourceType"), str):
            found.setdefault(_reference(each), []).append(each)
    return found


def references(request: Any) -> set[str]:
    """What an answer may call by its reference: the request's resources, and what its context refers to."""
    context = request.get("context") if isinstance(request, dict) else None
    named = {text for each in objects(context) for text in _texts(each) if "/" in text}
    return {*resources_by_reference(request), *named, *("/".join(text.split("/")[-2:]) for text in named)}


def new_faults(resource: Json, before: Json | None) -> list[str]:
    """Where a resource breaks FHIR R4 though what it was made of did not; a sender's own faults go back to it."""
    faults = _faults(resource)
    return sorted(faults - _faults(before)) if faults and before is not None else sorted(faults)


def _faults(resource: Json) -> set[str]:
    try:
        # Through text: numbers become what a client would read.
        get_fhir_model_class(resource["resourceType"]).model_validate(
            json.loads(json.dumps(resource, default=float))
        )
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        return {f"{fault['type']} {_member(fault['loc'])}" for fault in faults}
    except (LookupError, ValueError, TypeError, AttributeError, RecursionError) as error:
        return {type(error).__name__}
    return set()


def _member(path: tuple[int | str, ...]) -> str:
    """A place without its indices: lines move when one of them goes."""
    return ".".join(str(step) for step in path if isinstance(step, str))


def _reference(resource: Json) -> str:
    return f"{resource['resourceType']}/{resource.get('id') or 'unidentified'}"


def _texts(value: Json) -> Iterator[str]:
    for each in value.values():
        if isinstance(each, str):
            yield each
        elif isinstance(each, list):
            yield from (entry for entry in each if isinstance(entry, str))
