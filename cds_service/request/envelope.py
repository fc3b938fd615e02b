"""The CDS Hooks request: decoded once, typed and lean; described fully only when it is refused."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files
from itertools import islice
from typing import Any

import msgspec
from jsonschema import Draft202012Validator, ValidationError

from cds_service.facts import fhir
from cds_service.request import gate
from cds_service.request.errors import Problem, Refusal
from cds_service.request.services import Service

MAX_INSTANCE = 128
_MOST = 20
"""Letters of one refusal."""
_KINDS = {"object": "an object", "array": "a list", "string": "a text", "null": "null"}


class Context(msgspec.Struct, frozen=True):
    """Context members that our hooks know; others are ignored.

    `order` and `task` are those of the first order-dispatch; its examples also spell the newer ones with hyphens.
    """

    patientId: str
    userId: str | None = None
    selections: list[str] | None = None
    draftOrders: msgspec.Raw = msgspec.Raw()
    claims: msgspec.Raw = msgspec.Raw()
    appointments: msgspec.Raw = msgspec.Raw()
    dispatchedOrders: msgspec.Raw = msgspec.Raw()
    dispatched_orders: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="dispatched-orders")
    fulfillmentTasks: msgspec.Raw = msgspec.Raw()
    fulfillment_tasks: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="fulfillment-tasks")
    order: msgspec.Raw = msgspec.Raw()
    task: msgspec.Raw = msgspec.Raw()

    def bundle_of(self, service: Service) -> msgspec.Raw:
        """The Bundle that the service reads; empty when it is not there."""
        raw: msgspec.Raw = getattr(self, service.bundle)
        return raw


class HookRequest(msgspec.Struct, frozen=True):
    """The parts of the envelope that we read."""

    hook: str
    hookInstance: str
    context: Context
    prefetch: dict[str, msgspec.Raw] | None = None
    fhirServer: str | None = None
    fhirAuthorization: msgspec.Raw = msgspec.Raw()


_DECODER = msgspec.json.Decoder(type=HookRequest)
_BUNDLE = msgspec.json.Decoder(type=fhir.Bundle)


def read_request(body: bytes, service: Service) -> tuple[HookRequest, fhir.Bundle]:
    """Decode a request for one service.

    Returns:
        The request and the service's Bundle; an empty one where its hook has none.

    Raises:
        Refusal: 400 with a letter for every fault: not JSON as the gate lets it through, not a CDS Hooks request,
            wrong hook, no Bundle.
    """
    gate.check(body)
    try:
        request = _DECODER.decode(body)
    except msgspec.ValidationError as error:
        raise _refused(body, service, error) from None
    if request.hook != service.hook:
        raise Refusal(
            400,
            [
                Problem(
                    "hook",
                    f"This service answers the hook {service.hook}, not the one of the request.",
                    "Call the service of your hook; GET /cds-services lists them.",
                )
            ],
        )
    problems = _problems_of(request, service)
    if problems:
        raise Refusal(400, problems)
    if not service.bundle:
        return request, fhir.Bundle()
    raw = request.context.bundle_of(service)
    try:
        bundle = _BUNDLE.decode(raw)
    except msgspec.ValidationError:
        bundle = None
    if bundle is None or bundle.resourceType != "Bundle":
        described = _described(gate.parse(body), service)
        raise Refusal(
            400,
            described
            or [
                Problem(
                    f"context.{service.bundle}",
                    f"context.{service.bundle} is no FHIR Bundle of entries with resources{_fault(raw)}.",
                    "Send a Bundle with `resourceType` and `entry`.",
                )
            ],
        )
    return request, bundle


def _fault(raw: msgspec.Raw) -> str:
    """Where a Bundle cannot be read, in brackets."""
    try:
        fhir.decode(raw)
    except fhir.Unreadable as error:
        return f" ({error})"
    return ""


def _problems_of(request: HookRequest, service: Service) -> list[Problem]:
    problems = []
    if not 0 < len(request.hookInstance.strip()) <= MAX_INSTANCE:
        problems.append(
            Problem("hookInstance", "hookInstance is empty or too long.", "Send a UUID, new for each call.")
        )
    for member in ("userId", "patientId") if service.user else ("patientId",):
        text = getattr(request.context, member)
        if text is None:
            problems.append(Problem(f"context.{member}", f"context.{member} is missing.", "It is required."))
        elif not text.rpartition("/")[2].strip():
            problems.append(Problem(f"context.{member}", f"{member} is empty.", "Fill it."))
    if service.bundle and not len(request.context.bundle_of(service)):
        problems.append(
            Problem(
                f"context.{service.bundle}",
                f"context.{service.bundle} is missing.",
                f"The hook {service.hook} requires it: a Bundle of the resources under review.",
            )
        )
    if service.selections and request.context.selections is None:
        problems.append(
            Problem(
                "context.selections",
                "context.selections is missing.",
                "The hook order-select requires it: a list of references into draftOrders.",
            )
        )
    if not request.fhirServer and bytes(request.fhirAuthorization).strip() not in (b"", b"null"):
        problems.append(
            Problem("fhirServer", "fhirAuthorization came without fhirServer.", "Send both or neither.")
        )
    return problems


def _refused(body: bytes, service: Service, error: msgspec.ValidationError) -> Refusal:
    described = _described(gate.parse(body), service)
    if described:
        return Refusal(400, described)
    path = str(error).rpartition(" - at `$")[2].rstrip("`").lstrip(".") if " - at `$" in str(error) else ""
    return Refusal(
        400,
        [Problem(path, "A member of the request has the wrong JSON type.", "Compare it with CDS Hooks 2.0.")],
    )


def _described(data: Any, service: Service) -> list[Problem]:
    """Every fault of the envelope. Names members, never values."""
    if not isinstance(data, dict):
        return [Problem("", "The body is JSON, but no object.", "Send one CDS Hooks request object.")]
    problems = []
    for error in islice(_validator(service.user).iter_errors(data), _MOST):
        where = ".".join(str(p) for p in error.absolute_path)
        if error.validator == "required":
            missing = [m for m in error.validator_value if m not in error.instance]
            place = f"{where}." if where else ""
            problems += [Problem(place + m, f"{place}{m} is missing.", "It is required.") for m in missing]
        elif error.validator == "dependentRequired":
            problems.append(
                Problem("fhirServer", "fhirAuthorization came without fhirServer.", "Send both or neither.")
            )
        else:
            problems.append(Problem(where, f"{where or 'The body'} does not fit.", _wanted(error)))
    return list(dict.fromkeys(problems))


def _wanted(error: ValidationError) -> str:
    """What the schema wants, in words."""
    wanted: Any = error.validator_value
    if error.validator == "type":
        kinds = [wanted] if isinstance(wanted, str) else wanted
        return f"Send {' or '.join(_KINDS[kind] for kind in kinds)}."
    if error.validator == "maxLength":
        return f"Send at most {wanted} characters."
    return "Send a text that is not empty." if error.validator == "minLength" else f"It has to be {wanted}."


@lru_cache(maxsize=2)
def _validator(user: bool) -> Draft202012Validator:
    text = files("cds_service.request").joinpath("schemas", "hook-request.schema.json").read_text("utf-8")
    schema = json.loads(text)
    if user:
        schema["properties"]["context"]["required"].append("userId")
    return Draft202012Validator(schema)
