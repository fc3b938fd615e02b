"""The judge of every answer finds what it is there to find, wherever the answer comes from."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask, Response, abort, jsonify
from flask.testing import FlaskClient

from cds_service.books import standard_library
from cds_service.service import Advisor, Answer
from fhir_fixtures import load
from tests.conformance.described import status_faults
from tests.conformance.judge import answer_faults, discovery_faults, refusal_faults
from tests.conformance.markdown import address_fault, markdown_faults
from tests.conformance.watch import WATCH, http_faults
from tests.contract.calls import DOUBLE_BILLED, SERVICE_OF, Site
from tests.trust.tokens import signing_app

Json = dict[str, Any]
URL = "https://www.astro.org/x"


@pytest.fixture(scope="module")
def good() -> Json:
    """A faultless answer with two suggestions."""
    advisor = Advisor(standard_library())
    body = json.dumps(load(DOUBLE_BILLED)).encode()
    answer = advisor.advise(SERVICE_OF[DOUBLE_BILLED], body, date(2026, 11, 23))
    made: Json = json.loads(answer.encode())
    made["cards"][0]["suggestions"].append(
        made["cards"][0]["suggestions"][0] | {"uuid": "0" * 8 + "-0000" * 3 + "-" + "0" * 12}
    )
    del made["cards"][0]["suggestions"][1]["isRecommended"]
    return made


@pytest.fixture(autouse=True)
def faults_are_expected() -> Iterator[None]:
    """What this file makes wrong on purpose fails no test of its own."""
    yield
    WATCH.taken()


def found(answer: Json, request: Any = None) -> str:
    return " ".join(answer_faults(json.dumps(answer).encode(), request))


def test_a_good_answer_has_no_fault(good: Json) -> None:
    assert found(good, load(DOUBLE_BILLED)) == ""


def suggestion(card: Json) -> Json:
    made: Json = card["suggestions"][0]
    return made


def second(card: Json) -> Json:
    made: Json = card["suggestions"][1]
    return made


DAMAGE: list[tuple[str, Callable[[Json], object]]] = [
    ("summary", lambda c: c.update(summary="x" * 140)),
    ("summary", lambda c: c.update(summary=" ")),
    ("T10: the summary", lambda c: c.update(summary="a\u202eb")),
    ("indicator", lambda c: c.update(indicator="hard-stop")),
    ("source", lambda c: c["source"].pop("label")),
    ("source", lambda c: c["source"].update(label="")),
    ("T28", lambda c: c["source"].update(url="https://evil.example/x")),
    ("T28", lambda c: c["source"].update(url="https://www.astro.org@evil.example/x")),
    ("C-05", lambda c: second(c).update(uuid=c["uuid"])),
    ("required", lambda c: c.pop("uuid")),
    ("selectionBehavior|dependentRequired", lambda c: c.pop("selectionBehavior")),
    ("cds-resp-1", lambda c: second(c).update(isRecommended=True)),
    ("overrideReasons", lambda c: c["overrideReasons"][0].pop("display")),
    ("suggestions", lambda c: suggestion(c).update(label=" ")),
    ("suggestions", lambda c: suggestion(c).update(actions=[])),
    ("suggestions", lambda c: suggestion(c).update(actionSelectionBehavior="any")),
    ("suggestions", lambda c: suggestion(c)["actions"][0].update(type="UPDATE")),
    ("suggestions", lambda c: suggestion(c)["actions"][0].pop("description")),
    ("suggestions", lambda c: suggestion(c)["actions"][0].update(resource="{}")),
    (
        "suggestions",
        lambda c: suggestion(c)["actions"][0].update(type="delete", resourceId="Claim/claim-under-review"),
    ),
    ("A-04", lambda c: suggestion(c)["actions"][0]["resource"].update(id="somebody-elses")),
    ("T-06", lambda c: suggestion(c)["actions"][0]["resource"].update(use=["claim"])),
    ("T-06", lambda c: suggestion(c)["actions"][0]["resource"].update(unheard="of")),
    ("links", lambda c: c.update(links=[{"label": "x", "url": "javascript:alert(1)", "type": "absolute"}])),
    ("T28", lambda c: c.update(links=[{"label": "x", "url": "https://evil.example/", "type": "absolute"}])),
    (
        "cds-resp-3",
        lambda c: c.update(links=[{"label": "x", "url": URL, "type": "absolute", "appContext": "x"}]),
    ),
    ("C-04", lambda c: c.update(detail="a <b>x</b>")),
    ("C-04", lambda c: c.update(detail="<div>x</div>")),
    ("an image", lambda c: c.update(detail=f"![x]({URL})")),
    ("T28", lambda c: c.update(detail="[x](https://evil.example/)")),
    ("T28", lambda c: c.update(detail="<https://evil.example/>")),
    ("link a text by itself", lambda c: c.update(detail="see www.evil.example")),
    ("a heading", lambda c: c.update(detail="# x")),
    ("code_inline", lambda c: c.update(detail="`x`")),
    ("invisible", lambda c: c.update(detail="a\u200bb")),
    (
        "associated-resource: names",
        lambda c: c["extension"]["davinci-crd.associated-resource"].append({"reference": "Claim/2"}),
    ),
    ("associated-resource: does not", lambda c: c["extension"].pop("davinci-crd.associated-resource")),
    ("extension", lambda c: c["extension"].update({"x": 1})),
    ("breaks", lambda c: c.update(detail=None)),
]


@pytest.mark.parametrize(("fault", "damage"), DAMAGE, ids=[f"{n}-{e[0]}" for n, e in enumerate(DAMAGE)])
def test_a_fault_of_a_card_is_noticed(good: Json, fault: str, damage: Callable[[Json], object]) -> None:
    bad = copy.deepcopy(good)
    damage(bad["cards"][0])
    told = found(bad, load(DOUBLE_BILLED))
    assert any(part in told for part in fault.split("|")), told


def test_a_faulty_system_action_is_noticed(good: Json) -> None:
    action = good["cards"][0]["suggestions"][0]["actions"][0]
    assert found(good | {"systemActions": [action]}, load(DOUBLE_BILLED)) == ""
    assert "systemActions" in found(good | {"systemActions": [{"type": "update"}]})
    assert "systemActions" in found(good | {"systemActions": [action | {"description": ""}]})


@pytest.mark.parametrize("body", [b"", b"[", b"\xff", b'{"cards": [], "cards": []}', b'{"cards": NaN}'])
def test_a_body_that_is_no_strict_json_is_noticed(body: bytes) -> None:
    for judge in (answer_faults, discovery_faults, refusal_faults):
        assert judge(body)[0].startswith("T-02")


@pytest.mark.parametrize(
    "entry", [{}, {"id": "a b"}, {"prefetch": {}}, {"title": ""}, {"prefetch": {"a": None}}]
)
def test_a_fault_of_discovery_is_noticed(entry: Json) -> None:
    good = {"hook": "order-sign", "title": "x", "description": "x", "id": "a"}
    assert discovery_faults(json.dumps({"services": [good]}).encode()) == []
    assert discovery_faults(json.dumps({"services": [good | entry if entry else {}]}).encode())


def test_a_refusal_without_outcome_is_noticed() -> None:
    outcome = {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "invalid", "diagnostics": "x"}],
    }
    assert refusal_faults(json.dumps(outcome).encode()) == []
    assert refusal_faults(json.dumps({"error": "x"}).encode())
    assert refusal_faults(json.dumps(outcome | {"issue": []}).encode())
    assert http_faults("POST", "/cds-services/x", 404, "text/html", b"<h1>") == [
        "T-02, T27: 404 comes as text/html, not as JSON"
    ]
    assert http_faults("GET", "/anything", 500, "", b"")


@pytest.mark.parametrize(
    "url",
    ["http://www.cms.gov/", "javascript:alert(1)", "//www.cms.gov/", "/x", "https://www.cms.gov.evil.example/",
     "https://user@www.cms.gov/", "data:text/html,x", "https://www.c\u043cs.gov/"],
)  # fmt: skip
def test_only_known_https_addresses_may_be_linked(url: str) -> None:
    assert address_fault("https://www.cms.gov/x") == ""
    assert address_fault(url).startswith("T28")
    assert markdown_faults("x", (url,))


def test_calls_with_and_without_http_are_judged(client: FlaskClient, site: Site) -> None:
    seen = WATCH.seen.copy()
    client.get("/cds-services")
    client.post(f"/cds-services/{SERVICE_OF[DOUBLE_BILLED]}", json=load(DOUBLE_BILLED))
    client.get("/nothing")
    site.story(DOUBLE_BILLED)
    new = WATCH.seen - seen
    assert new["flask"] >= 4
    assert new["advisor"] >= 2
    assert new["requests"] == 1


def test_a_faulty_answer_is_kept_for_the_test_that_got_it(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Advisor, "advise", lambda *given, **named: Answer(200, {"cards": [{"summary": "x"}]}))
    response = client.post("/cds-services/igrt-order-sign", json={})
    assert response.status_code == 200
    assert any("answer.schema.json" in fault for fault in WATCH.taken())
    assert WATCH.taken() == []


def test_an_html_error_of_the_application_is_kept() -> None:
    app = signing_app()

    @app.get("/teapot")
    def teapot() -> Response:
        return Response("<h1>418</h1>", status=418, mimetype="text/html")

    app.test_client().get("/teapot")
    assert [fault for fault in WATCH.taken() if "text/html" in fault]


@pytest.mark.parametrize(
    ("method", "path", "status", "known"),
    [
        ("POST", "/cds-services/igrt-order-sign/feedback", 409, True),
        ("POST", "/cds-services/igrt-order-sign/feedback/", 422, True),
        ("POST", "/cds-services/igrt-order-sign/feedback", 412, False),
        ("POST", "/cds-services/igrt-claim-review", 412, True),
        ("POST", "/cds-services/igrt-claim-review", 409, False),
        ("POST", "/cds-services/no-such-service", 404, True),
        ("GET", "/cds-services/", 418, False),
        ("GET", "/healthz", 418, False),
        ("GET", "/readyz", 503, True),
        ("PUT", "/cds-services", 418, True),
        ("GET", "/playground", 418, True),
    ],
)
def test_a_status_that_openapi_does_not_describe_is_a_fault(
    method: str, path: str, status: int, known: bool
) -> None:
    assert (status_faults(method, path, status) == []) is known


def test_other_applications_of_the_suite_are_left_alone() -> None:
    other = Flask("somebody-elses")

    @other.get("/cds-services")
    def discovery() -> Response:
        return jsonify([])

    @other.get("/gone")
    def gone() -> Response:
        abort(410)

    with other.test_client() as client:
        client.get("/cds-services")
        client.get("/gone")
    assert WATCH.taken() == []
