"""Headers of every answer (T18, T27): security headers, CORS, and the request's number."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cds_service.settings import SettingError, Settings
from cds_service.web.headers import SECURITY, register_headers
from tests.contract.calls import JSON
from tests.operations.conftest import Client

ORDER_SIGN = "/cds-services/igrt-order-sign"
EHR = "https://ehr.example.org"
FOREIGN = [
    "null",
    "http://ehr.example.org",
    "https://ehr.example.org.evil.example",
    "https://evil-ehr.example.org",
    "https://xehr.example.org",
    "https://ehr-example.org",
    "https://ehr.example.org:8443",
    "https://ehr.example.org/",
    "https://ehr.example.org@evil.example",
    "https://example.org",
    "https://user@ehr.example.org",
    " https://ehr.example.org.",
    "*",
    "file://",
    "https://ehrxexample.org",
]
CALLS: list[tuple[str, str, dict[str, Any], int]] = [
    ("GET", "/cds-services", {}, 200),
    ("GET", "/healthz", {}, 200),
    ("GET", "/readyz", {}, 200),
    ("GET", "/metrics", {}, 200),
    ("POST", ORDER_SIGN, {"data": b"{", "headers": JSON}, 400),
    ("GET", "/nothing", {}, 404),
    ("POST", "/cds-services/igrt-nothing", {"data": b"{}", "headers": JSON}, 404),
    ("PUT", ORDER_SIGN, {}, 405),
    ("POST", ORDER_SIGN, {"data": b" " * 2000, "headers": JSON}, 413),
    ("POST", ORDER_SIGN, {"data": b"x", "headers": {"Content-Type": "text/plain"}}, 415),
    ("OPTIONS", ORDER_SIGN, {}, 200),
]


def with_origins(*origins: str, **settings: Any) -> FlaskClient:
    """A small application whose headers are those of the service."""
    app = Flask(__name__)
    register_headers(app, Settings(**settings), origins)

    @app.post("/cds-services/<name>")
    def call(name: str) -> tuple[str, int]:
        return "", 401 if name == "refused" else 200

    @app.get("/cds-services")
    def discovery() -> str:
        return ""

    return app.test_client()


@pytest.mark.parametrize(("method", "path", "more", "status"), CALLS, ids=lambda value: str(value)[:40])
def test_every_answer_has_them(client: Client, method: str, path: str, more: Any, status: int) -> None:
    answer = client(max_body=1024, public_url="https://cds.example.org").open(path, method=method, **more)
    assert answer.status_code == status
    for name, value in SECURITY.items():
        assert answer.headers.getlist(name) == [value]
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    assert re.fullmatch(r"[0-9a-f-]{36}", answer.headers["X-Request-ID"])
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_no_promise_of_tls_without_it(client: Client) -> None:
    assert (
        "Strict-Transport-Security" not in client(public_url="http://127.0.0.1").get("/cds-services").headers
    )


def test_the_start_page_keeps_its_own_policy(client: Client) -> None:
    with client(development=True).get("/") as page:
        policies = page.headers.getlist("Content-Security-Policy")
    assert len(policies) == 1
    assert "script-src 'self'" in policies[0]


@pytest.mark.parametrize("given", ["0f" * 16, "8a4f2c1e-0b1d-4c3e-9f00-0123456789ab"])
def test_a_random_number_of_the_proxy_is_taken_over(client: Client, given: str) -> None:
    assert client().get("/healthz", headers={"X-Request-ID": given}).headers["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["Jane Doe", "MRN-0012345", "0f" * 15, "0f" * 17, "0F" * 16, "x" * 32, ""])
def test_any_other_text_is_not(client: Client, given: str) -> None:
    assert client().get("/healthz", headers={"X-Request-ID": given}).headers["X-Request-ID"] != given


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_foreign_origin_gets_nothing(origin: str) -> None:
    site = with_origins(EHR, "https://two.example.org")
    ask = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    for answer in (
        site.get("/cds-services", headers=ask),
        site.post("/cds-services/x", headers=ask),
        site.post("/cds-services/refused", headers=ask),
        site.get("/cds-services/a/b", headers=ask),
        site.options("/cds-services/x", headers=ask),
    ):
        assert [name for name, _ in answer.headers if name.startswith("Access-Control")] == []
        assert "Origin" in answer.headers["Vary"]


def test_the_origin_of_a_client_may_call_and_read_errors() -> None:
    site = with_origins(EHR, "https://two.example.org")
    for method, path, status in (
        ("GET", "/cds-services", 200),
        ("POST", "/cds-services/x", 200),
        ("POST", "/cds-services/refused", 401),
        ("PUT", "/cds-services/x", 405),
        ("GET", "/cds-services/a/b", 404),
    ):
        answer = site.open(path, method=method, headers={"Origin": EHR})
        assert answer.status_code == status
        assert answer.headers.getlist("Access-Control-Allow-Origin") == [EHR]
        assert "Origin" in answer.headers["Vary"]
        assert "Access-Control-Allow-Credentials" not in answer.headers
        exposed = {*answer.headers["Access-Control-Expose-Headers"].split(", ")}
        assert exposed == {"X-Request-ID", "IGRT-CDS-Decision", "Retry-After"}


def test_a_preflight_is_answered_for_the_headers_that_clients_send() -> None:
    ask = {
        "Origin": EHR,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type, x-evil",
    }
    answer = with_origins(EHR).options("/cds-services/x", headers=ask)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == EHR
    assert answer.headers["Access-Control-Allow-Headers"] == "authorization, content-type"
    assert {*answer.headers["Access-Control-Allow-Methods"].split(", ")} == {"GET", "POST", "OPTIONS"}


def test_without_an_origin_nothing_is_told_of_the_list() -> None:
    answer = with_origins(EHR, "https://two.example.org").get("/cds-services")
    assert EHR not in str(answer.headers)


@pytest.mark.parametrize(
    "origin", ["*", "https://*.example.org", "http://ehr.example.org", "null", "https://a.example/x"]
)
def test_no_pattern_gets_into_the_list(origin: str) -> None:
    with pytest.raises(SettingError, match="is not the origin of a web page"):
        with_origins(origin)
