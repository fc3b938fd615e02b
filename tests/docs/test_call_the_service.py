"""docs/call-the-service.md and docs/hook-claim-submit.md, held against a running service."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import requests

from cards.wording import override_reasons
from cds_service.app import create_app
from cds_service.books import standard_library
from cds_service.request.services import CLAIM_HOOK, services
from cds_service.service import Advisor
from cds_service.settings import Settings
from fhir_fixtures import load, stories
from scripts.docs_answers import refusals
from scripts.docs_words import REFUSALS
from tests.conftest import ROOT
from tests.docs.pages import DOCS, Command, commands
from tests.trust import tokens

CALLS = list(commands("curl"))
SHOWN = "http://127.0.0.1:8080"
PAGE = (DOCS / "call-the-service.md").read_text("utf-8")
HOOK_PAGE = (DOCS / "hook-claim-submit.md").read_text("utf-8")
EMPTY = {"resourceType": "Bundle", "type": "searchset"}
FAILED = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}
GOES_ON = {**EMPTY, "link": [{"relation": "next", "url": "https://example.org/next"}]}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """`igrt-cds serve` on a free port, as the page starts it."""
    command = [str(Path(sys.executable).parent / "igrt-cds"), "serve", "--port", "0"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={"PYTHONUNBUFFERED": "1", "XDG_DATA_HOME": os.environ["XDG_DATA_HOME"]},
    ) as server:
        assert server.stdout is not None
        first = server.stdout.readline()
        yield first.rpartition(" ")[2].strip()
        server.terminate()


def fetched(command: Command, address: str) -> requests.Response:
    """What a curl line of the page does; it knows the options that the pages use and no others."""
    words = list(command.words[1:])
    headers: dict[str, str] = {}
    url = body = ""
    while words:
        word = words.pop(0)
        if word == "-s":
            continue
        if word == "-H":
            name, _, value = words.pop(0).partition(":")
            headers[name] = value.strip()
        elif word == "--data-binary":
            body = words.pop(0)
        else:
            assert word.startswith(SHOWN), f"{command.place}: {word!r} is new, teach it to this test"
            url = address + word.removeprefix(SHOWN)
    if not body:
        return requests.get(url, headers=headers, timeout=30)
    assert body.startswith("@"), command.place
    content = (ROOT / body.removeprefix("@")).read_bytes()
    return requests.post(url, data=content, headers=headers, timeout=30)


@pytest.mark.parametrize("command", CALLS, ids=lambda c: f"{c.place} {c.text[:60]}")
def test_curl_lines_are_answered(command: Command, address: str) -> None:
    assert command.mark == "run"
    response = fetched(command, address)
    assert response.status_code == 200, response.text
    if "/cds-services" not in command.text:  # what operators ask for
        assert response.text.strip(), f"{command.place} shows nothing"
        return
    content = response.json()
    assert content.get("services") or content.get("cards"), f"{command.place} shows nothing"


def test_check_at_asks_the_running_service(address: str) -> None:
    shown = next(c for c in commands("igrt-cds") if "--at" in c.words)
    words = [address if word == SHOWN else word for word in shown.words[1:]]
    done = subprocess.run(
        [Path(sys.executable).parent / "igrt-cds", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr


def test_any_page_may_call_in_development_mode(address: str) -> None:
    asked = {
        "Origin": "https://sandbox.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    preflight = requests.options(f"{address}/cds-services/igrt-order-select", headers=asked, timeout=30)
    assert preflight.ok
    allowed = preflight.headers["Access-Control-Allow-Headers"].lower()
    assert "authorization" in allowed
    assert "content-type" in allowed
    assert preflight.headers["Access-Control-Allow-Origin"] in ("*", asked["Origin"])


def test_what_is_not_there_yet_is_not_there(address: str) -> None:
    body = load("hospital-imrt-guidance-double-billed-medicare")
    with_token = requests.post(
        f"{address}/cds-services/igrt-claim-review",
        json=body,
        headers={"Authorization": "Bearer nobody.looks.here"},
        timeout=30,
    )
    assert with_token.status_code == 200
    assert all("links" not in card for card in with_token.json()["cards"])


def test_an_order_as_the_sandbox_sends_it_gets_no_card(address: str) -> None:
    order = {
        "resourceType": "ServiceRequest",
        "id": "example-request-id",
        "status": "draft",
        "intent": "plan",
        "code": {"coding": [{}]},
        "reasonCode": [],
        "subject": {"reference": "Patient/p"},
    }
    body = {
        "hook": "order-select",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "fhirServer": "http://127.0.0.1:1/fhir",
        "context": {
            "userId": "Practitioner/x",
            "patientId": "p",
            "selections": ["ServiceRequest/example-request-id"],
            "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": order}]},
        },
    }
    for coding in ({}, {"system": "http://www.ama-assn.org/go/cpt", "code": "70336"}):
        order["code"] = {"coding": [coding]}
        response = requests.post(f"{address}/cds-services/igrt-order-select", json=body, timeout=30)
        assert (response.status_code, response.json()["cards"]) == (200, [])


def advised(name: str, **prefetch: Any) -> tuple[int, list[tuple[str, str]]]:
    """Status and (indicator, kind) of the cards for a fixture with other prefetch; `...` takes a key away."""
    story = next(story for story in stories() if story.name == name)
    body = story.request()
    for key, value in prefetch.items():
        body["prefetch"][key] = value
        if value is ...:
            del body["prefetch"][key]
    answer = Advisor(standard_library()).advise(story.service, json.dumps(body).encode())
    cards = json.loads(answer.encode()).get("cards", [])
    return answer.status, [(card["indicator"], card["source"]["topic"]["code"]) for card in cards]


UNIDENTIFIED = (200, [("info", "scope-applicability")])
MISSING = (200, [("warning", "documentation")])
REMINDER = (200, [("info", "documentation")])


@pytest.mark.parametrize(
    ("state", "value", "coverage", "documents", "said"),
    [
        ("`null`", None, UNIDENTIFIED, MISSING, []),
        ("an empty Bundle", EMPTY, UNIDENTIFIED, MISSING, []),
        ("a Bundle with a link `next`", GOES_ON, UNIDENTIFIED, REMINDER, []),
        ("an OperationOutcome", FAILED, (412, []), REMINDER, []),
        ("absent", ..., (412, []), REMINDER, []),
        ("not readable", "text", (412, []), REMINDER, [("info", "informational")]),
    ],
)
def test_what_a_prefetch_key_tells(
    state: str,
    value: Any,
    coverage: tuple[int, list[tuple[str, str]]],
    documents: tuple[int, list[tuple[str, str]]],
    said: list[tuple[str, str]],
) -> None:
    assert f"\n| {state} |" in PAGE, "the table has no row for this state"
    name = "florida-blue-chart-empty"
    assert advised(name, coverage=value) == coverage
    status, cards = advised(name, documents=value)
    assert (status, cards) == (documents[0], documents[1] + said)
    status, cards = advised(name, procedures=value)
    assert (status, cards) == (MISSING[0], MISSING[1] + said)


def test_every_refusal_has_its_row() -> None:
    assert len(refusals()) == len(REFUSALS)
    for status, told, outcome in refusals():
        assert outcome["resourceType"] == "OperationOutcome"
        assert f"| {status} | {told} |" in PAGE
    assert {status for status, _, _ in refusals()} == {400, 404, 405, 412, 413, 415}
    assert Settings().max_body == 8 * 1024 * 1024, "the pages say 8 MiB"


def test_every_member_of_a_card_is_explained() -> None:
    card = json.loads(files("cards").joinpath("schema", "card.schema.json").read_text("utf-8"))
    named = set(re.findall(r"`([A-Za-z.\-]+)`", PAGE)) | {"links"}
    assert {*card["$defs"]["finding"]["properties"], *card["$defs"]["remedy"]["properties"]} <= named
    assert {*card["$defs"]["line"]["properties"], *card["$defs"]["evidence"]["properties"]} <= named
    assert set(card["properties"]) - named == {"source"}
    assert {
        "source.label",
        "source.url",
        "source.topic",
        *card["properties"]["extension"]["properties"],
    } <= named
    assert set(card["$defs"]["remedy"]["properties"]["action"]["enum"]) <= named
    assert len(override_reasons()) == 6, "the page says six reasons"


def test_suggestions_change_what_the_remedy_says_and_alternatives_are_not_recommended() -> None:
    story = next(s for s in stories() if s.name == "physician-imrt-77387-medicare")
    answer = Advisor(standard_library()).advise(story.service, story.path.read_bytes())
    (card,) = json.loads(answer.encode())["cards"]
    assert len(card["suggestions"]) == 3
    assert card["selectionBehavior"] == "at-most-one"
    assert not any("isRecommended" in suggestion for suggestion in card["suggestions"])


def test_a_claim_without_id_gets_words_only() -> None:
    story = next(s for s in stories() if s.name == "physician-imrt-missing-modifier-medicare")
    body = story.request()
    del body["context"]["claims"]["entry"][0]["resource"]["id"]
    (card,) = json.loads(
        Advisor(standard_library()).advise(story.service, json.dumps(body).encode()).encode()
    )["cards"]
    assert "suggestions" not in card
    assert "selectionBehavior" not in card


def test_missing_modifiers_are_not_mentioned_on_orders() -> None:
    rules = standard_library().engine.book.rules
    adding = [
        rule
        for rule in rules
        if any(spec.action == "add-modifier" for spec in rule.finding.remedies.otherwise)
    ]
    assert adding
    assert all(rule.hooks == {"claim"} for rule in adding)


def test_the_hook_page_is_a_hook_definition() -> None:
    assert HOOK_PAGE.startswith(f"# `{CLAIM_HOOK}`\n")
    for row in ("specificationVersion | 2.0", "hookVersion | 0.1.0", "hookMaturity | 0 - Draft"):
        assert f"| {row} |" in HOOK_PAGE
    for title in ("Workflow", "When not to use it", "Context", "Prefetch", "Examples", "Change log"):
        assert re.search(rf"(?m)^##+ {title}$", HOOK_PAGE), title
    context = re.findall(r"(?m)^\| `(\w+)` \| (REQUIRED|OPTIONAL) \| (Yes|No) \| (\w+) \|", HOOK_PAGE)
    assert context == [
        ("userId", "REQUIRED", "Yes", "string"),
        ("patientId", "REQUIRED", "Yes", "string"),
        ("encounterId", "OPTIONAL", "Yes", "string"),
        ("claims", "REQUIRED", "No", "object"),
    ]
    assert services()["igrt-claim-review"].hook == CLAIM_HOOK


@pytest.mark.parametrize("member", ["userId", "patientId", "claims"])
def test_required_context_is_required(member: str) -> None:
    story = next(s for s in stories() if s.name == "hospital-imrt-guidance-double-billed-medicare")
    body = story.request()
    del body["context"][member]
    answer = Advisor(standard_library()).advise(story.service, json.dumps(body).encode())
    assert answer.status == 400
    assert [issue["expression"] for issue in answer.body["issue"]] == [[f"context.{member}"]]


def test_cors_is_for_development_mode_only() -> None:
    client = create_app(tokens.settings(), registry=tokens.registry()).test_client()
    preflight = client.options("/cds-services/igrt-claim-review", headers={"Origin": "https://a.example"})
    assert "Access-Control-Allow-Origin" not in preflight.headers
    assert client.get("/").status_code == 404


def test_the_start_page_has_what_the_pages_speak_of() -> None:
    with create_app(Settings(development=True)).test_client().get("/") as response:
        page = response.get_data(as_text=True)
    words = " ".join(re.sub(r"<[^>]*>", " ", page).split())
    for shown in ("Request JSON", "Ask", "Why", "Service", "Choose a fixture"):
        assert shown in words
