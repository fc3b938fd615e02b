"""Rows of discovery, of the call and of prefetch that no other test asks."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fhir_fixtures import load, stories
from tests.contract.calls import DOUBLE_BILLED, ORDER, SELECT, SERVICE_OF, blanks, strict

CONTAINED = "contained-coverage-missing-modifier-medicare"
PUBLISHED_HOOK_VERSIONS = {
    "order-select": {"1.0", "1.0.2"},
    "order-sign": {"1.0", "1.1.0"},
    "order-dispatch": {"1.1"},
    "appointment-book": {"1.0"},
}
SEARCHED_BY = {"patient", "subject", "status", "based-on", "_id", "identifier", "_count", "_sort"}
"""Parameters that servers support widely: references, tokens and those of every search."""


def ask(client: FlaskClient, name: str, request: object) -> TestResponse:
    return client.post(f"/cds-services/{SERVICE_OF[name]}", json=request)


@pytest.fixture(scope="module")
def services(client: FlaskClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = strict(client.get("/cds-services").data)["services"]
    return found


def templates(services: list[dict[str, Any]]) -> dict[str, str]:
    return {
        f"{each['id']} {key}": text for each in services for key, text in each.get("prefetch", {}).items()
    }


def test_bodies_are_strict_json_both_ways(client: FlaskClient) -> None:
    for name in (DOUBLE_BILLED, ORDER, SELECT):
        response = ask(client, name, load(name))
        assert response.content_type == "application/json"
        assert strict(response.data)["cards"]
    commented = client.post(
        f"/cds-services/{SERVICE_OF[ORDER]}", data=b"{} // x", content_type="application/json"
    )
    assert commented.status_code == 400
    assert strict(commented.data)["resourceType"] == "OperationOutcome"


def test_discovery_has_nothing_null_or_empty(services: list[dict[str, Any]]) -> None:
    assert services
    assert list(blanks(services)) == []


def test_a_hook_version_is_the_one_of_the_published_definition(services: list[dict[str, Any]]) -> None:
    for each in services:
        if "hookVersion" in each:
            assert each["hookVersion"] in PUBLISHED_HOOK_VERSIONS[each["hook"]]


def test_templates_are_a_read_or_one_search_with_plain_parameters(services: list[dict[str, Any]]) -> None:
    for name, template in templates(services).items():
        kind, _, query = template.partition("?")
        assert re.fullmatch(r"[A-Z][A-Za-z]+(/\{\{context\.\w+\}\})?", kind), name
        assert bool(query) == ("/" not in kind), name
        for part in query.split("&") if query else ():
            key, _, value = part.partition("=")
            assert key in SEARCHED_BY, name
            assert value, name


def test_templates_ask_for_nothing_that_older_clients_cannot_fill(services: list[dict[str, Any]]) -> None:
    """No FHIRPath, function, other prefetch key or deeper path: CDS Hooks 2.0 is enough."""
    for name, template in templates(services).items():
        for token in re.findall(r"\{\{(.*?)\}\}", template):
            assert re.fullmatch(
                r"context\.[a-zA-Z]+|user(Practitioner|PractitionerRole|Patient|RelatedPerson)Id", token
            ), name
        assert "%" not in template, name
        assert "(" not in template, name


@pytest.mark.parametrize("instance", ["1", "not-a-uuid", "D1577C69-DFBE-44AD-BA6D-3E05E953B2EA"])
def test_a_hook_instance_that_is_no_uuid_is_answered(client: FlaskClient, instance: str) -> None:
    response = ask(client, DOUBLE_BILLED, load(DOUBLE_BILLED) | {"hookInstance": instance})
    assert response.status_code == 200
    assert strict(response.data)["cards"]


def test_neither_prefetch_nor_authorization_is_needed_when_the_context_suffices(client: FlaskClient) -> None:
    request = load(CONTAINED)
    expected = ask(client, CONTAINED, request)
    assert strict(expected.data)["cards"]
    for member in ("prefetch", "fhirServer", "fhirAuthorization"):
        request.pop(member, None)
    response = ask(client, CONTAINED, request)
    assert response.status_code == 200
    assert [card["extension"] for card in strict(response.data)["cards"]] == [
        card["extension"] for card in strict(expected.data)["cards"]
    ]


def test_each_prefetch_key_but_the_coverage_may_stay_away(client: FlaskClient) -> None:
    """Clients may honour any part of what discovery asks for."""
    for name in (DOUBLE_BILLED, ORDER):
        for key in load(name)["prefetch"]:
            request = load(name)
            del request["prefetch"][key]
            assert ask(client, name, request).status_code == (412 if key == "coverage" else 200), key


def test_fhir_of_another_version_is_not_taken_for_r4(client: FlaskClient) -> None:
    """R5 gives CodeableReference where R4 has CodeableConcept, STU3 has `service` on the lines of a claim."""
    request = load(ORDER)
    for entry in request["context"]["draftOrders"]["entry"]:
        entry["resource"]["code"] = {"concept": entry["resource"]["code"]}
    refused(ask(client, ORDER, request), "context.draftOrders.entry[0].resource.code")
    request = load(DOUBLE_BILLED)
    for item in request["context"]["claims"]["entry"][0]["resource"]["item"]:
        item["service"] = item.pop("productOrService")
    place = "context.claims.entry[0].resource.item[0].productOrService"
    refused(ask(client, DOUBLE_BILLED, request), place)


def test_one_order_of_r4_is_proof_of_r4(client: FlaskClient) -> None:
    request = load(ORDER)
    (entry,) = request["context"]["draftOrders"]["entry"]
    other = copy.deepcopy(entry)
    other["resource"] |= {"id": "other", "code": {"reference": {"reference": "PlanDefinition/1"}}}
    request["context"]["draftOrders"]["entry"] = [other]
    refused(ask(client, ORDER, request), "context.draftOrders.entry[0].resource.code")
    request["context"]["draftOrders"]["entry"] = [entry, other]
    assert ask(client, ORDER, request).status_code == 200


@pytest.mark.parametrize(
    "code",
    [{"_text": {"extension": [{"url": "urn:x", "valueCode": "masked"}]}}, {}, {"text": "guidance"}],
    ids=["masked", "empty", "text"],
)
def test_an_order_without_a_code_may_be_r4(client: FlaskClient, code: object) -> None:
    request = load(ORDER)
    for entry in request["context"]["draftOrders"]["entry"]:
        entry["resource"]["code"] = code
    assert ask(client, ORDER, request).status_code == 200


def test_a_claim_of_revenue_codes_alone_may_be_r4(client: FlaskClient) -> None:
    request = load(DOUBLE_BILLED)
    for item in request["context"]["claims"]["entry"][0]["resource"]["item"]:
        item["revenue"] = item.pop("productOrService")
    assert ask(client, DOUBLE_BILLED, request).status_code == 200


def refused(response: TestResponse, place: str) -> None:
    assert response.status_code == 400
    (issue,) = strict(response.data)["issue"]
    assert issue["expression"] == [place]
    assert "FHIR R4" in issue["diagnostics"]


def test_one_line_without_its_code_costs_that_line(client: FlaskClient) -> None:
    request = load(DOUBLE_BILLED)
    lines = request["context"]["claims"]["entry"][0]["resource"]["item"]
    lines.append({"sequence": 99, "servicedDate": "2024-03-01"})
    assert strict(ask(client, DOUBLE_BILLED, request).data)["cards"]


def test_the_answer_never_depends_on_the_order_of_prefetch_keys(client: FlaskClient) -> None:
    for name in (DOUBLE_BILLED, ORDER):
        request = load(name)
        turned = copy.deepcopy(request)
        turned["prefetch"] = dict(reversed(request["prefetch"].items()))
        assert ask(client, name, turned).data == ask(client, name, request).data


def test_a_call_without_any_order_or_claim_gets_an_empty_list(client: FlaskClient) -> None:
    for story in stories():
        request = story.request()
        bundle = "claims" if "claims" in request["context"] else "draftOrders"
        if bundle in request["context"]:
            request["context"][bundle] = {"resourceType": "Bundle", "type": "collection"}
            response = client.post(
                f"/cds-services/{story.service}", data=json.dumps(request), content_type="application/json"
            )
            assert response.status_code == 200
            assert strict(response.data)["cards"] == []
