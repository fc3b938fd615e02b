"""Discovery: what the services say of themselves (CDS Hooks, rows D-01 to D-11, P-01 to P-03, H-01)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from cds_service.app import create_app
from cds_service.settings import Settings
from tests.contract.calls import Site, blanks, read

ENTRY = {
    "type": "object",
    "required": ["hook", "description", "id", "title"],
    "additionalProperties": False,
    "properties": {
        "hook": {"type": "string", "minLength": 1},
        "title": {"type": "string", "minLength": 1},
        "description": {"type": "string", "minLength": 20},
        "id": {"type": "string", "pattern": "^[A-Za-z0-9._~-]+$"},
        "prefetch": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"type": "string", "minLength": 1},
        },
        "usageRequirements": {"type": "string", "minLength": 1},
        "version": {"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},
        "hookVersion": {"type": "string", "pattern": r"^\d+\.\d+(\.\d+)?$"},
    },
}
TEMPLATES = {
    "patient": "Patient/{{context.patientId}}",
    "coverage": "Coverage?patient={{context.patientId}}&status=active",
    "conditions": "Condition?patient={{context.patientId}}",
    "procedures": "Procedure?patient={{context.patientId}}",
    "serviceRequests": "ServiceRequest?patient={{context.patientId}}",
    "documents": "DocumentReference?patient={{context.patientId}}",
    "claimHistory": "Claim?patient={{context.patientId}}",
    "questionnaireResponses": "QuestionnaireResponse?subject=Patient/{{context.patientId}}",
}
STANDARD_HOOKS = {"order-select", "order-sign", "order-dispatch", "appointment-book", "patient-view"}
PRIMITIVES = {"userId", "patientId", "encounterId"}
"""Context fields that are tokens of every hook we serve."""


@pytest.fixture(scope="module")
def services(site: Site) -> list[dict[str, Any]]:
    response = site.get("/cds-services")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    body = read(response)
    assert set(body) == {"services"}
    found: list[dict[str, Any]] = body["services"]
    return found


def test_each_entry_has_what_the_specification_asks_for(services: list[dict[str, Any]]) -> None:
    validator = Draft202012Validator(ENTRY)
    assert [error.message for entry in services for error in validator.iter_errors(entry)] == []
    assert list(blanks(services)) == []


def test_the_services_of_the_contract_are_there(services: list[dict[str, Any]]) -> None:
    assert {(entry["id"], entry["hook"]) for entry in services} >= {
        ("igrt-order-select", "order-select"),
        ("igrt-order-sign", "order-sign"),
        ("igrt-order-dispatch", "order-dispatch"),
        ("igrt-appointment-book", "appointment-book"),
        ("igrt-claim-review", "org.igrt-cds.claim-submit"),
    }


def test_no_two_services_share_an_address(services: list[dict[str, Any]]) -> None:
    ids = [entry["id"] for entry in services]
    assert len(ids) == len(set(ids))


def test_hooks_are_standard_or_of_a_reverse_domain(services: list[dict[str, Any]]) -> None:
    for entry in services:
        hook = entry["hook"]
        assert hook in STANDARD_HOOKS or re.fullmatch(r"[a-z]+(\.[a-z0-9-]+)+\.[a-z]+-[a-z]+", hook), hook


def test_templates_are_those_of_the_contract(services: list[dict[str, Any]]) -> None:
    for entry in services:
        for key, template in entry["prefetch"].items():
            assert template == TEMPLATES[key]
            assert re.fullmatch(r"[A-Z][A-Za-z]+(/[^?]+|\?[^/].*)", template), "a read or a type search"
            tokens = re.findall(r"\{\{(.*?)\}\}", template)
            assert all(t.removeprefix("context.") in PRIMITIVES and "context." in t for t in tokens), template


def test_prefetch_keys_by_service(services: list[dict[str, Any]]) -> None:
    keys = {entry["id"]: set(entry["prefetch"]) for entry in services}
    assert keys["igrt-claim-review"] >= {"patient", "coverage", "procedures", "documents", "claimHistory"}
    for order in ("igrt-order-select", "igrt-order-sign", "igrt-order-dispatch", "igrt-appointment-book"):
        assert keys[order] >= {"patient", "coverage", "conditions", "procedures", "documents"}
        assert "serviceRequests" in keys[order], "the orders that order-dispatch and appointment-book name"
        assert "claimHistory" in keys[order], "a second IMRT plan is told by earlier claims (LCD-30)"


@pytest.mark.parametrize("path", ["/cds-services", "/cds-services/"])
def test_discovery_answers_with_and_without_a_slash(site: Site, path: str) -> None:
    response = site.get(path, allow_redirects=False)
    assert response.status_code == 200
    assert response.content == site.get("/cds-services").content


@pytest.mark.parametrize(
    "path", ["/cds-services//", "/cds-services//igrt-order-sign", "/cds-services/igrt-order-sign///feedback"]
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_address_with_a_slash_too_many_is_unknown(path: str, method: str) -> None:
    """Found by fuzzing: werkzeug answered 308 with a page of HTML."""
    response = create_app(Settings(development=True)).test_client().open(path, method=method.upper())
    assert response.status_code == 404
    assert response.json is not None
    assert response.json["resourceType"] == "OperationOutcome"


def test_each_id_can_be_called(site: Site, services: list[dict[str, Any]]) -> None:
    for entry in services:
        request = {
            "hook": entry["hook"],
            "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
            "context": {
                "userId": "Practitioner/1",
                "patientId": "1",
                "selections": [],
                "draftOrders": {"resourceType": "Bundle"},
                "claims": {"resourceType": "Bundle"},
                "appointments": {"resourceType": "Bundle"},
                "dispatchedOrders": ["MedicationRequest/1"],
            },
        }
        response = site.ask(entry["id"], request)
        assert response.status_code == 200, response.text
        assert read(response)["cards"] == []


def test_no_page_is_shown_outside_development(site: Site) -> None:
    assert site.get("/").status_code == 404
    assert (
        "Access-Control-Allow-Origin"
        not in site.get("/cds-services", headers={"Origin": "https://a.example"}).headers
    )


def test_health_names_the_policies_in_force(site: Site) -> None:
    response = site.get("/healthz")
    assert response.status_code == 200
    assert re.fullmatch(r"[0-9a-f]{16}", read(response)["policies"])
