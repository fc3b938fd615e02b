"""`/healthz`, `/readyz` and `/metrics`."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from cds_service import metrics
from cds_service.books import standard_library
from cds_service.engine.model import KINDS, Severity
from cds_service.health import Checks, Health
from cds_service.web.health import health_blueprint
from fhir_fixtures import load
from tests.contract.calls import DOUBLE_BILLED, JSON, SERVICE_OF
from tests.trust.tokens import signing_app

SERVICE = SERVICE_OF[DOUBLE_BILLED]


def samples(text: str) -> dict[tuple[str, tuple[str, ...]], float]:
    """(name, label values) -> value."""
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def ready(checks: Checks) -> tuple[int, Any]:
    app = Flask(__name__)
    app.register_blueprint(health_blueprint(standard_library(), checks))
    answer = app.test_client().get("/readyz")
    return answer.status_code, answer.get_json()


def test_alive_and_ready_name_the_book() -> None:
    client = signing_app().test_client()
    fingerprint = standard_library().engine.book.fingerprint
    assert client.get("/healthz").get_json() == {"status": "ok", "policies": fingerprint}
    body = client.get("/readyz").get_json()
    assert (body["status"], body["policies"]) == ("ok", fingerprint)
    astro = next(e for e in body["editions"] if e["document"] == "astro-igrt-coding")
    assert astro["from"] == "2015-01-01"
    assert body["cms_quarters"] == []


def test_a_part_that_is_down_turns_it_red_and_says_only_what_is_public() -> None:
    checks = Checks()
    checks.add("database", lambda: Health("fail", "No connection.", "Look after it."))
    checks.add("keys", lambda: Health("warn", "secret place", public=False))
    status, body = ready(checks)
    assert (status, body["status"]) == (503, "fail")
    assert body["checks"] == {
        "database": {"status": "fail", "what": "No connection."},
        "keys": {"status": "warn"},
    }
    checks.add("database", lambda: Health("ok", "It answers."))
    assert ready(checks)[0] == 200
    assert ready(checks)[1]["status"] == "warn"


def test_a_check_that_raises_is_red_and_its_text_is_not_shown() -> None:
    def fail() -> Health:
        raise OSError("postgresql://user:hunter2@host")

    checks = Checks()
    checks.add("database", fail)
    status, body = ready(checks)
    assert status == 503
    assert "hunter2" not in json.dumps(body)
    assert "OSError" in body["checks"]["database"]["what"]


def test_a_call_is_counted_by_what_is_ours() -> None:
    client = signing_app().test_client()
    before = samples(client.get("/metrics").text)
    answer = client.post(f"/cds-services/{SERVICE}", data=json.dumps(load(DOUBLE_BILLED)), headers=JSON)
    client.post("/cds-services/Jane-Doe", data=b"{}", headers=JSON)
    client.open("/Jane-Doe", method="JANE")
    after = samples(client.get("/metrics").text)
    (card,) = answer.get_json()["cards"]

    def grown(name: str, *labels: str) -> float:
        return after.get((name, labels), 0) - before.get((name, labels), 0)

    assert grown("igrt_cds_requests_total", SERVICE, "200") == 1
    assert grown("igrt_cds_requests_total", "unknown", "404") == 2
    assert grown("igrt_cds_refusals_total", "404") == 2
    assert grown("igrt_cds_request_seconds_count", SERVICE) == 1
    assert grown("igrt_cds_cards_total", card["source"]["topic"]["code"], card["indicator"]) == 1
    assert grown("igrt_cds_crd_calls_total", SERVICE) == 1
    assert grown("igrt_cds_crd_calls_in_time_total", SERVICE) == 1
    assert ("igrt_cds_crd_calls_total", ("unknown",)) not in after
    assert "Jane" not in str(after)


def test_a_call_that_is_not_plain_is_counted_as_any_other() -> None:
    client = signing_app().test_client()
    call = ("igrt_cds_crd_calls_total", (SERVICE,))
    before = samples(client.get("/metrics").text).get(call, 0)
    address, body = f"/cds-services/{SERVICE}", json.dumps(load(DOUBLE_BILLED))
    assert client.post(address, data=body, content_type="application/fhir+json").status_code == 200
    assert client.get(address).status_code == 405
    assert samples(client.get("/metrics").text)[call] - before == 1


@pytest.mark.parametrize(
    ("hook", "status", "seconds", "counted", "in_time"),
    [
        ("order-sign", 200, 4.9, 1, 1),
        ("order-sign", 200, 5.1, 1, 0),
        ("appointment-book", 200, 9.9, 1, 1),
        ("appointment-book", 200, 10.1, 1, 0),
        ("order-sign", 500, 0.1, 1, 0),
        ("order-sign", 503, 0.1, 1, 0),
        ("order-sign", 400, 0.1, 0, 0),
        ("order-sign", 401, 0.1, 0, 0),
        ("", 200, 0.1, 0, 0),
    ],
)
def test_the_share_that_crd_asks_for(
    hook: str, status: int, seconds: float, counted: int, in_time: int
) -> None:
    service = f"test-{hook}-{status}-{seconds}"
    metrics.count_request(service, hook, status, seconds)
    found = samples(metrics.exposition().decode())
    assert found.get(("igrt_cds_crd_calls_total", (service,)), 0) == counted
    assert found.get(("igrt_cds_crd_calls_in_time_total", (service,)), 0) == in_time


def test_labels_of_cards_and_reads_are_from_closed_sets() -> None:
    metrics.count_cards([{"indicator": "Jane", "source": {"topic": {"code": "Doe"}}}, {}])
    metrics.count_fhir_read("https://ehr/Patient/Jane")
    found = samples(metrics.exposition().decode())
    for name, labels in found:
        if name == "igrt_cds_cards_total":
            assert labels[0] in {*KINDS, "other"}
            assert labels[1] in {*Severity.__members__, "other"}
    assert found["igrt_cds_fhir_reads_total", ("other",)] >= 1
    assert "Jane" not in str(found)


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
def test_metrics_are_not_there_for_who_comes_through_a_proxy(header: str) -> None:
    answer = signing_app().test_client().get("/metrics", headers={header: "203.0.113.7"})
    assert answer.status_code == 404
    assert answer.get_json()["resourceType"] == "OperationOutcome"
