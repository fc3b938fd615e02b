"""Refusals and notes say in plain words what was sent, what is wanted, and where."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fhir_fixtures import load
from tests.contract.calls import DOUBLE_BILLED, SELECT, SERVICE_OF, Site, letters, put, read

FAILED = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}
USELESS = {
    "OperationOutcome": FAILED,
    "Bundle of an OperationOutcome": {"resourceType": "Bundle", "entry": [{"resource": FAILED}]},
    "text": "x",
    "list": [],
    "empty object": {},
    "another type": {"resourceType": "Patient", "id": "p"},
}


@pytest.mark.parametrize("value", USELESS.values(), ids=USELESS)
def test_a_coverage_that_was_sent_is_not_said_to_be_missing(site: Site, value: Any) -> None:
    request = load(DOUBLE_BILLED)
    request["prefetch"]["coverage"] = value
    ((place, letter),) = letters(site.ask(SERVICE_OF[DOUBLE_BILLED], request), 412, "required")
    assert place == "prefetch.coverage"
    assert letter.startswith(
        "What was sent here could not be used: it is or holds no Coverage that can be read"
    )
    assert "none can be fetched: the request names no FHIR server." in letter
    assert "was supplied" not in letter


def test_a_coverage_that_was_not_sent_is(site: Site) -> None:
    request = load(DOUBLE_BILLED)
    del request["prefetch"]["coverage"]
    ((_, letter),) = letters(site.ask(SERVICE_OF[DOUBLE_BILLED], request), 412, "required")
    assert letter.startswith("No Coverage was supplied, and none can be fetched: ")


@pytest.mark.parametrize(
    ("name", "path", "value", "letter"),
    [
        (DOUBLE_BILLED, ("prefetch",), [], "prefetch does not fit. Send an object or null."),
        (DOUBLE_BILLED, ("hook",), 7, "hook does not fit. Send a text."),
        (DOUBLE_BILLED, ("hookInstance",), ["a"], "hookInstance does not fit. Send a text."),
        (SELECT, ("context", "selections"), "x", "context.selections does not fit. Send a list."),
        (
            DOUBLE_BILLED,
            ("context", "claims", "resourceType"),
            "Claim",
            "context.claims.resourceType does not fit. It has to be Bundle.",
        ),
    ],
    ids=["object or null", "text", "no list", "list", "Bundle"],
)
def test_what_is_wanted_is_said_in_words(
    site: Site, name: str, path: tuple[str, ...], value: Any, letter: str
) -> None:
    request = load(name)
    put(request, path, value)
    ((_, said),) = letters(site.ask(SERVICE_OF[name], request), 400, "invalid")
    assert said == letter


def test_a_text_of_the_wrong_length_beside_another_fault_is_told_which_would_do(site: Site) -> None:
    request = load(DOUBLE_BILLED) | {"hookInstance": "a" * 129, "prefetch": []}
    put(request, ("context", "userId"), "")
    found = dict(letters(site.ask(SERVICE_OF[DOUBLE_BILLED], request), 400, "invalid"))
    assert found["hookInstance"] == "hookInstance does not fit. Send at most 128 characters."
    assert found["context.userId"] == "context.userId does not fit. Send a text that is not empty."


@pytest.mark.parametrize(
    ("entry", "element"),
    [
        (5, "resource as a whole: Expected `object`, got `int`"),
        ({"resourceType": "Claim", "id": "c", "item": "77387"}, "Claim.item: Expected `array`, got `str`"),
    ],
    ids=["no resource", "an element"],
)
def test_an_entry_that_cannot_be_read_is_told_with_a_blank_where_one_belongs(
    site: Site, entry: Any, element: str
) -> None:
    request = load(DOUBLE_BILLED)
    request["context"]["claims"]["entry"] = [{"resource": entry}]
    ((place, letter),) = letters(site.ask(SERVICE_OF[DOUBLE_BILLED], request), 400, "structure")
    assert place == "context.claims.entry[0].resource"
    assert letter == f"This entry cannot be read ({element}). Send FHIR R4 JSON."


def test_a_card_names_the_places_that_could_not_be_read_and_nothing_that_stood_there(site: Site) -> None:
    request = load(DOUBLE_BILLED)
    broken = {"resourceType": "Claim", "id": "b", "item": "Zq7Canary"}
    request["context"]["claims"]["entry"].append({"resource": broken})
    request["prefetch"]["Zq7Canary of somebody"] = "Zq7Canary"
    cards = read(site.ask(SERVICE_OF[DOUBLE_BILLED], request))["cards"]
    (note,) = [card for card in cards if "could not be read" in card["summary"]]
    detail = note["detail"].replace("\\", "")
    assert "Where: prefetch.?, context.claims.entry[1].resource (Claim.item)." in detail
    assert "Send these parts again as FHIR R4, or look at them by hand." in detail
    assert "Zq7Canary" not in detail
    values = [e["value"] for e in note["extension"]["org.igrt-cds.findings"][0]["evidence"]]
    assert "Zq7Canary" not in json.dumps(values)


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "POST"])
@pytest.mark.parametrize("path", ["/cds-services/nope", "/cds-services/nope/feedback", "/cds-services/nope/"])
def test_an_unknown_service_is_not_found_whatever_the_method(site: Site, method: str, path: str) -> None:
    response = site.session.request(method, site.url(path), json={}, timeout=30)
    ((_, letter),) = letters(response, 404, "not-found")
    assert letter == "There is no service of this id. GET /cds-services lists them."
    assert "Allow" not in response.headers
