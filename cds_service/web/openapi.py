"""The OpenAPI 3.1 description of this server, made of the JSON Schemas that it checks with and the services table.

Only addresses that the application has are described, so the page cannot promise what a configuration leaves out.
Sources: CDS Hooks 2.0 (Discovery, Calling a CDS Service, Feedback), docs/contract.md section 5.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any, Final

from flask import Blueprint, Response, current_app, jsonify

from cds_service.request.services import Service

Json = dict[str, Any]

_SCHEMAS: Final = {
    "Card": ("cards", "schema", "card.schema.json"),
    "Answer": ("cds_service.web", "schemas", "answer.schema.json"),
    "Discovery": ("cds_service.web", "schemas", "discovery.schema.json"),
    "OperationOutcome": ("cds_service.web", "schemas", "outcome.schema.json"),
    "Feedback": ("cds_service.web", "schemas", "feedback.schema.json"),
    "HookRequest": ("cds_service.request", "schemas", "hook-request.schema.json"),
}
_REFUSALS: Final = {
    "400": "Not JSON in UTF-8, no CDS Hooks request, another hook's, or FHIR that cannot be read.",
    "401": "The token is missing or cannot be accepted. No detail is given.",
    "404": "Nothing is at this address.",
    "405": "The address does not take this method.",
    "409": "Another outcome of the card is stored for this very instant; nothing of the call is stored.",
    "412": "Data that the advice needs was neither sent nor could be fetched.",
    "413": "The body is too large.",
    "414": "The address is longer than is read.",
    "415": "The body is not declared as JSON, or it is compressed.",
    "422": "A card was not issued to the caller by this service, or does not fit; nothing of the call is stored.",
    "429": "Too many calls; Retry-After says when to come again.",
    "431": "There are more headers, or longer ones, than are read.",
    "500": "The service failed; the outcome holds a number to find it by.",
    "503": "Busy, or a part is away; Retry-After says when to come again.",
}
_ANY: Final = ("401", "404", "405", "414", "429", "431", "500", "503")
_POSTED: Final = ("400", "413", "415", *_ANY)
_CONTEXT: Final = {
    "order-select": ("userId", "patientId", "selections", "draftOrders"),
    "order-sign": ("userId", "patientId", "draftOrders"),
    "order-dispatch": ("patientId",),
    "appointment-book": ("userId", "patientId", "appointments"),
}
"""Members of the context that a hook requires; a claim hook has a name that a site may choose."""

_CLAIM_CONTEXT: Final = ("userId", "patientId", "claims")


def openapi_blueprint(services: Mapping[str, Service]) -> Blueprint:
    """`GET /openapi.json`."""
    blueprint = Blueprint("openapi", __name__)

    @blueprint.get("/openapi.json")
    def openapi() -> Response:
        addresses = {rule.rule.rstrip("/") for rule in current_app.url_map.iter_rules()}
        return jsonify(document(services, addresses))

    return blueprint


def document(services: Mapping[str, Service], addresses: set[str]) -> Json:
    """The description of the services and of those other addresses that the application has.

    Args:
        services: the table, by id.
        addresses: the application's URL rules, as Flask writes them.
    """
    paths: Json = {"/cds-services": {"get": _discovery()}}
    for service in services.values():
        paths[f"/cds-services/{service.id}"] = {"post": _call(service)}
        if "/cds-services/<service_id>/feedback" in addresses:
            paths[f"/cds-services/{service.id}/feedback"] = {"post": _feedback(service)}
    others = {
        "/healthz": _get(
            "health", "Whether the process answers, and the policies in force", "application/json"
        ),
        "/readyz": _get("ready", "Whether it can answer as it should", "application/json", unready=True),
        "/metrics": _get("metrics", "Counts for Prometheus", "text/plain"),
        "/openapi.json": _get("openapi", "This description", "application/json"),
    }
    paths |= {path: {"get": operation} for path, operation in others.items() if path in addresses}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "igrt-cds",
            "version": version("igrt-cds"),
            "summary": "CDS Hooks services that review image-guided radiation therapy orders and claims",
            "description": "CDS Hooks 2.0.1 over JSON. Cards are advisory. Members that nobody knows are ignored.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "paths": paths,
        # Off in development only, where no token is asked for.
        "security": [{"token": []}, {}],
        "components": {
            "schemas": {name: _schema(name) for name in _SCHEMAS},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "Signed by a registered client with ES384 or RS384; `aud` is the address called.",
                }
            },
        },
    }


def _discovery() -> Json:
    return {
        "operationId": "discovery",
        "summary": "The services, their hooks and what they would like to be sent",
        "responses": {"200": _json("The services", "Discovery"), **_refusals(_ANY)},
    }


def _call(service: Service) -> Json:
    context = {"required": list(_CONTEXT.get(service.hook, _CLAIM_CONTEXT))}
    narrowed = {"properties": {"hook": {"const": service.hook}, "context": context}}
    return {
        "operationId": service.id,
        "summary": service.title,
        "description": service.description,
        "requestBody": _body({"allOf": [_ref("HookRequest"), narrowed]}),
        "responses": {"200": _json("Cards, or an empty list", "Answer"), **_refusals(("412", *_POSTED))},
    }


def _feedback(service: Service) -> Json:
    return {
        "operationId": f"{service.id}-feedback",
        "summary": f"What became of cards of {service.id}",
        "requestBody": _body(_ref("Feedback")),
        "responses": {
            "200": {
                "description": "All of it is stored",
                "content": {"application/json": {"schema": {"type": "object"}}},
            },
            **_refusals(("409", "422", *_POSTED)),
        },
    }


def _get(name: str, summary: str, media_type: str, unready: bool = False) -> Json:
    good: Json = {"description": summary}
    kind = "object" if media_type == "application/json" else "string"
    good["content"] = {media_type: {"schema": {"type": kind}}}
    responses = {"200": good, **_refusals(_ANY)}
    if unready:
        responses["503"] = good | {"description": "It cannot answer as it should"}
    return {"operationId": name, "summary": summary, "security": [], "responses": responses}


def _body(schema: Json) -> Json:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _json(description: str, schema: str) -> Json:
    return {"description": description, "content": {"application/json": {"schema": _ref(schema)}}}


def _refusals(statuses: tuple[str, ...]) -> Json:
    return {status: _json(_REFUSALS[status], "OperationOutcome") for status in sorted(statuses)}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


@lru_cache(maxsize=1)
def _names() -> Mapping[str, str]:
    """Component names by the `$id` of their schema."""
    return {content["$id"]: name for name in _SCHEMAS if "$id" in (content := _content(name))}


def _content(name: str) -> Json:
    package, *path = _SCHEMAS[name]
    loaded: Json = json.loads(files(package).joinpath(*path).read_text("utf-8"))
    return loaded


def _schema(name: str) -> Json:
    """A schema as a component: its own and other schemas are referred to by their place in this document."""
    content = {key: value for key, value in _content(name).items() if key not in ("$schema", "$id")}
    moved: Json = _moved(content, name)
    return moved


def _moved(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {
            key: _place(each, name) if key == "$ref" and isinstance(each, str) else _moved(each, name)
            for key, each in value.items()
        }
    return [_moved(each, name) for each in value] if isinstance(value, list) else value


def _place(reference: str, name: str) -> str:
    schema, _, inner = reference.partition("#")
    return f"#/components/schemas/{_names()[schema] if schema else name}{inner}"
