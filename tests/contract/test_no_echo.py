"""Errors and logs never repeat a value of the request: a canary stands in every text, number and name."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.service import Advisor, Answer
from cds_service.settings import Settings
from fhir_fixtures import load
from tests.contract.calls import DOUBLE_BILLED, JSON, SELECT, SERVICE_OF, leaves, outcome, put

CANARY = "Zq7Canary"
NUMBER = 7340917340917
ORDER = "order-imrt-cone-beam-ct-florida-blue"
NAMES = [DOUBLE_BILLED, ORDER, SELECT, "contained-coverage-missing-modifier-medicare"]


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    app = create_app(Settings(development=True))
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app.test_client()


def refusals(advisor: Advisor, name: str, requests: Iterator[Any]) -> Iterator[Answer]:
    """The answers to those requests that are refused."""
    for request in requests:
        answer = advisor.advise(SERVICE_OF[name], json.dumps(request).encode(), date(2026, 11, 23))
        if answer.status != 200:
            outcome(answer.body)
            yield answer


def everywhere(value: Any, number: int = 0) -> Any:
    """The value with canaries for all texts and numbers, and a member with a canary's name in each object."""
    if isinstance(value, dict):
        made = {key: everywhere(member, number) for key, member in value.items()}
        return made | {f"{CANARY}Name": CANARY}
    if isinstance(value, list):
        return [everywhere(member, number) for member in value]
    return value if isinstance(value, bool) else CANARY if isinstance(value, str) else NUMBER


@pytest.mark.parametrize("name", NAMES)
def test_one_text_at_a_time(advisor: Advisor, name: str) -> None:
    def spoilt() -> Iterator[Any]:
        for path in leaves(load(name)):
            request = load(name)
            put(request, path, CANARY)
            yield request

    found = [answer.encode() for answer in refusals(advisor, name, spoilt())]
    assert found
    assert [body for body in found if CANARY.encode() in body] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_text_with_each_value_retyped(advisor: Advisor, name: str) -> None:
    """All texts are canaries but the hook; each value in turn has a type that does not fit."""

    def spoilt() -> Iterator[Any]:
        original = load(name)
        kept = [("hook",), *(path for path in leaves(original) if path[-1] == "resourceType")]
        for path in leaves(original):
            request = everywhere(original)
            for place in kept:
                put(request, place, _at(original, place))
            put(request, path, {CANARY: [CANARY, NUMBER]})
            yield request

    found = [answer.encode() for answer in refusals(advisor, name, spoilt())]
    assert found
    assert [body for body in found if CANARY.encode() in body or str(NUMBER).encode() in body] == []


def _at(value: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


@pytest.mark.parametrize(
    ("path", "headers", "body"),
    [
        (f"/cds-services/{CANARY}", JSON, b"{}"),
        (f"/cds-services/igrt-{CANARY}", JSON, b"{}"),
        (f"/{CANARY}?{CANARY}={CANARY}", JSON, b"{}"),
        ("/cds-services/igrt-order-sign", {"Content-Type": f"text/{CANARY}"}, b"{}"),
        ("/cds-services/igrt-order-sign", JSON | {"Content-Encoding": CANARY}, b"{}"),
        ("/cds-services/igrt-order-sign", JSON, CANARY.encode()),
        ("/cds-services/igrt-order-sign", JSON, json.dumps([CANARY]).encode()),
        ("/cds-services/igrt-order-sign", JSON, json.dumps({"hook": CANARY, CANARY: CANARY}).encode()),
    ],
)
def test_neither_answer_nor_log_repeats_what_came(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, path: str, headers: dict[str, str], body: bytes
) -> None:
    caplog.set_level(logging.DEBUG)
    response = client.post(path, data=body, headers=headers)
    assert response.status_code in (400, 404, 415)
    assert CANARY not in response.text + repr(response.headers)
    assert CANARY not in caplog.text


def test_the_log_of_a_call_has_the_declared_fields_and_no_other(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client.post(f"/cds-services/{SERVICE_OF[SELECT]}", data=json.dumps(load(SELECT)), headers=JSON)
    client.post(f"/cds-services/igrt-{CANARY}", data=json.dumps(load(SELECT)), headers=JSON)
    lines = [json.loads(record.getMessage()) for record in caplog.records if record.name == "igrt_cds.calls"]
    assert [(line["service"], line["status"], line["cards"]) for line in lines] == [
        ("igrt-order-select", 200, 1),
        ("unknown", 404, 0),
    ]
    declared = {
        "time",
        "level",
        "event",
        "request_id",
        "method",
        "service",
        "client",
        "status",
        "cards",
        "ms",
    }
    assert {key for line in lines for key in line} == declared
    # markdown_it is what the tests themselves read cards with
    others = [r.name for r in caplog.records if not r.name.startswith(("igrt_cds.calls", "markdown_it."))]
    assert others == []


def test_a_failure_of_ours_is_500_with_a_number_to_find_it_by(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*given: Any, **named: Any) -> Answer:
        raise ValueError(f"{CANARY} in {given!r} {named!r}")

    monkeypatch.setattr(Advisor, "advise", fail)
    caplog.set_level(logging.DEBUG)
    response = client.post(f"/cds-services/igrt-order-sign?{CANARY}", data=CANARY, headers=JSON)
    assert response.status_code == 500
    ((_, letter),) = outcome(response.json, "exception")
    assert CANARY not in response.text + caplog.text
    (record,) = [record for record in caplog.records if record.name == "igrt_cds.failures"]
    line = json.loads(record.getMessage())
    assert re.findall(r"[0-9a-f-]{36}", letter) == [line["incident"]]
    assert (line["error"], line["endpoint"]) == ("ValueError", "hooks.call")
    assert line["at"][-1].startswith("test_no_echo.py:")
