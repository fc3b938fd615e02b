"""The OpenAPI description says what the service does: its addresses, its schemas, its statuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from fhir_fixtures import stories
from tests.contract.calls import strict

Json = dict[str, Any]
UNDESCRIBED = {"/", "/playground"}
"""The start page of development and what it asks for."""


@pytest.fixture(scope="module")
def description(client: FlaskClient) -> Json:
    response = client.get("/openapi.json")
    assert response.status_code == 200
    assert response.content_type == "application/json"
    found: Json = strict(response.data)
    return found


def validator(description: Json, schema: Json) -> Draft202012Validator:
    registry: Registry[Any] = Registry().with_resource("urn:api", DRAFT202012.create_resource(description))
    placed = json.loads(json.dumps(schema).replace('"#/', '"urn:api#/'))
    return Draft202012Validator(placed, registry=registry)


def body_schema(description: Json, service: str) -> Json:
    operation = description["paths"][f"/cds-services/{service}"]["post"]
    found: Json = operation["requestBody"]["content"]["application/json"]["schema"]
    return found


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [v for k, v in value.items() if k == "$ref" and isinstance(v, str)] + [
            each for inner in value.values() for each in references(inner)
        ]
    return [each for inner in value for each in references(inner)] if isinstance(value, list) else []


def test_every_schema_is_one_and_every_reference_leads_somewhere(description: Json) -> None:
    for schema in description["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    found = references(description)
    assert len(found) > 50
    for reference in found:
        place: Any = description
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_every_address_of_the_application_is_described_and_no_other(
    client: FlaskClient, description: Json
) -> None:
    application = client.application
    services = [s["id"] for s in client.get("/cds-services").get_json()["services"]]
    there = set()
    for rule in application.url_map.iter_rules():
        path = rule.rule.rstrip("/") or "/"
        if (
            not any(path == each or path.startswith(f"{each}/") for each in UNDESCRIBED - {"/"})
            and path != "/"
        ):
            there |= {path.replace("<service_id>", each) for each in services}
    assert set(description["paths"]) == there


def test_methods_are_those_of_the_application(client: FlaskClient, description: Json) -> None:
    for path, operations in description["paths"].items():
        other = "PUT"
        allowed = client.open(path, method=other).headers["Allow"].split(", ")
        assert {method.upper() for method in operations} == set(allowed) - {"HEAD", "OPTIONS"}


def test_every_fixture_is_a_call_as_described(description: Json) -> None:
    for story in stories():
        faults = validator(description, body_schema(description, story.service)).iter_errors(story.request())
        assert [fault.message for fault in faults] == [], story.name


@pytest.mark.parametrize("member", ["hook", "hookInstance", "context"])
def test_what_the_description_requires_the_service_requires(
    client: FlaskClient, description: Json, member: str
) -> None:
    for story in {story.service: story for story in stories()}.values():
        request = story.request()
        places = (
            [(request, member)]
            if member != "context"
            else [
                (request["context"], each)
                for each in body_schema(description, story.service)["allOf"][1]["properties"]["context"][
                    "required"
                ]
            ]
        )
        for holder, name in places:
            kept = holder.pop(name)
            assert not validator(description, body_schema(description, story.service)).is_valid(request), name
            assert client.post(f"/cds-services/{story.service}", json=request).status_code == 400, name
            holder[name] = kept


def test_answers_are_as_described(client: FlaskClient, description: Json) -> None:
    for story in stories()[::4]:
        response = client.post(f"/cds-services/{story.service}", json=story.request())
        responses = description["paths"][f"/cds-services/{story.service}"]["post"]["responses"]
        schema = responses[str(response.status_code)]["content"]["application/json"]["schema"]
        assert validator(description, schema).is_valid(strict(response.data)), story.name
