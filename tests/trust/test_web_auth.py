"""Tokens at the border of the application: who passes, who is let in without one, and what the log says."""

from __future__ import annotations

import json
import logging

import pytest
from flask import g

from cds_service.app import create_app
from cds_service.service import Advisor, Answer
from cds_service.settings import SettingError, Settings
from cds_service.trust.model import DEVELOPMENT, Client
from cds_service.trust.replay import LedgerUnavailable
from cds_service.web.auth import caller
from tests.trust import tokens
from tests.trust.tokens import PUBLIC_URL, bearer, client, registry, token

DISCOVERY, ORDER = "/cds-services", "/cds-services/igrt-order-sign"


def test_a_registered_client_calls_and_is_known() -> None:
    app = create_app(tokens.settings(), registry=registry())
    with app.test_client() as site:
        answer = site.get(DISCOVERY, headers=bearer())
        assert answer.status_code == 200
        assert caller() is g.client
        assert g.client == client()
        assert site.post(ORDER, json={}, headers=bearer(ORDER)).status_code == 400
        assert site.get(DISCOVERY + "/", headers=bearer()).status_code == 200
        feedback = ORDER + "/feedback"
        for aud in (feedback, ORDER):
            assert site.post(feedback, json={}, headers=bearer(aud)).status_code != 401
        assert site.post(ORDER, json={}, headers=bearer(feedback)).status_code == 401


@pytest.mark.parametrize("kind", ["application/json", "application/fhir+json"])
def test_advice_is_for_the_client_that_calls(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose FHIR servers may be read."""
    asked = []

    def advise(*_: object, client: Client) -> Answer:
        asked.append(client)
        return Answer(200, {"cards": []})

    monkeypatch.setattr(Advisor, "advise", advise)
    site = create_app(tokens.settings(), registry=registry()).test_client()
    assert site.post(ORDER, data=b"{}", content_type=kind, headers=bearer(ORDER)).status_code == 200
    assert asked == [client()]


@pytest.mark.parametrize(
    ("public", "aud", "status"),
    [
        ("https://cds.example.org", "HTTPS://CDS.example.org/cds-services", 200),
        ("https://CDS.example.org", "https://CDS.example.org/cds-services", 200),
        ("https://CDS.example.org", "https://cds.example.org/cds-services", 200),
        ("https://cds.example.org", "https://cds.example.org/CDS-services", 401),
        ("https://ckds.example.org", "https://c\u212ads.example.org/cds-services", 401),
    ],
    ids=["in-the-token", "in-both", "in-the-setting", "in-the-path", "a-letter-beyond-ascii"],
)
def test_scheme_and_host_of_an_audience_are_the_same_in_capitals(public: str, aud: str, status: int) -> None:
    site = create_app(tokens.settings(public_url=public), registry=registry()).test_client()
    assert site.get(DISCOVERY, headers={"Authorization": f"Bearer {token(aud)}"}).status_code == status


def test_a_registered_audience_is_taken_on_every_endpoint() -> None:
    theirs = client(audiences=frozenset({"urn:our-name-at-the-ehr"}))
    site = create_app(tokens.settings(), registry=registry(theirs)).test_client()
    for method, path in (("GET", DISCOVERY), ("POST", ORDER)):
        headers = {"Authorization": f"Bearer {token('urn:our-name-at-the-ehr')}"}
        assert site.open(path, method=method, json={}, headers=headers).status_code != 401


def test_the_host_header_makes_no_audience() -> None:
    site = create_app(tokens.settings(), registry=registry()).test_client()
    headers = {"Host": "other.example", "X-Forwarded-Host": "other.example"}
    stolen = {"Authorization": f"Bearer {token('https://other.example/cds-services')}"}
    assert site.get(DISCOVERY, base_url="https://other.example", headers=headers | stolen).status_code == 401


def test_a_token_is_used_once_whatever_the_endpoint() -> None:
    site = create_app(tokens.settings(), registry=registry()).test_client()
    audiences = [PUBLIC_URL + DISCOVERY, PUBLIC_URL + ORDER]
    headers = {"Authorization": f"Bearer {token(audiences)}"}
    assert site.get(DISCOVERY, headers=headers).status_code == 200
    assert site.get(DISCOVERY, headers=headers).status_code == 401
    assert site.post(ORDER, json={}, headers=headers).status_code == 401


def test_a_bad_token_does_not_use_up_a_good_one() -> None:
    site = create_app(tokens.settings(), registry=registry()).test_client()
    good = token(PUBLIC_URL + DISCOVERY, jti="once")
    bad = token(PUBLIC_URL + DISCOVERY, jti="once", signer=tokens.key("one", "ES384", 1))
    assert site.get(DISCOVERY, headers={"Authorization": f"Bearer {bad}"}).status_code == 401
    assert site.get(DISCOVERY, headers={"Authorization": f"Bearer {good}"}).status_code == 200


@pytest.mark.parametrize("path", [DISCOVERY, ORDER, ORDER + "/feedback", "/cds-services/unknown"])
def test_a_preflight_carries_no_token_and_needs_none(path: str) -> None:
    site = create_app(tokens.settings(), registry=registry()).test_client()
    asked = {"Origin": "https://app.example.org", "Access-Control-Request-Method": "POST"}
    answer = site.options(path, headers=asked)
    assert answer.status_code in (200, 404)  # 404 where no such route is there
    assert answer.status_code == 200 or path.endswith("/feedback")
    assert answer.data == b"" or answer.status_code == 404


def test_discovery_may_be_opened_and_nothing_else() -> None:
    site = create_app(tokens.settings(open_discovery=True), registry=registry()).test_client()
    assert site.get(DISCOVERY).status_code == 200
    assert site.get(DISCOVERY + "/").status_code == 200
    assert site.post(DISCOVERY, json={}).status_code == 401
    assert site.post(ORDER, json={}).status_code == 401
    assert site.get(ORDER).status_code == 401


@pytest.mark.parametrize(
    "path", ["//cds-services", "/%63ds-services", "/cds-services/./igrt-order-sign", "/cds-services//"]
)
def test_no_spelling_of_the_address_leads_past(path: str) -> None:
    site = create_app(tokens.settings(), registry=registry()).test_client()
    for method in ("GET", "POST"):
        answer = site.open(path, method=method, data=b"{}")
        assert answer.status_code in (308, 401, 404)
        assert b'services"' not in answer.data


def test_what_is_not_below_cds_services_needs_no_token() -> None:
    site = create_app(tokens.settings(), registry=registry()).test_client()
    assert site.get("/healthz").status_code == 200
    assert site.get("/elsewhere").status_code == 404


def test_without_a_ledger_the_call_fails_closed() -> None:
    class Down:
        def first_use(self, issuer: str, jti: str, expires: int) -> bool:
            raise LedgerUnavailable

    site = create_app(tokens.settings(), registry=registry(), ledger=Down()).test_client()
    answer = site.get(DISCOVERY, headers=bearer())
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.get_json()["issue"][0]["code"] == "transient"
    assert site.get(DISCOVERY).status_code == 401


def test_in_development_callers_of_this_machine_need_no_token() -> None:
    app = create_app(Settings(development=True))
    with app.test_client() as site:
        assert site.get(DISCOVERY).status_code == 200
        assert g.client is DEVELOPMENT
        assert g.client.fhir_bases == ()
        for address in ("::1", "127.0.0.2"):
            assert site.get(DISCOVERY, environ_base={"REMOTE_ADDR": address}).status_code == 200
        for address in ("192.0.2.7", "10.0.0.1", "", "::ffff:192.0.2.7"):
            assert site.get(DISCOVERY, environ_base={"REMOTE_ADDR": address}).status_code == 401


def test_in_development_with_a_registry_tokens_are_asked_for() -> None:
    site = create_app(Settings(development=True), registry=registry()).test_client()
    assert site.get(DISCOVERY).status_code == 401
    headers = {"Authorization": f"Bearer {token('http://localhost/cds-services')}"}
    assert site.get(DISCOVERY, headers=headers).status_code == 200


def test_outside_development_nothing_starts_without_clients_and_address() -> None:
    with pytest.raises(SettingError, match=r"IGRT_CDS_TRUST: no clients are registered"):
        create_app(Settings())
    with pytest.raises(SettingError, match=r"IGRT_CDS_PUBLIC_URL: it is not set"):
        create_app(Settings(), registry=registry())


def test_the_log_has_the_reason_and_nothing_of_the_token(caplog: pytest.LogCaptureFixture) -> None:
    site = create_app(tokens.settings(), registry=registry()).test_client()
    canary = "canary-7f3b"
    with caplog.at_level(logging.DEBUG):
        for text in (
            token(f"{PUBLIC_URL}{DISCOVERY}/{canary}", sub=canary, jti=canary),
            token(iss=f"https://{canary}.example"),
            token(header={"kid": canary}),
            token(tenant=canary),
            canary,
        ):
            assert site.get(DISCOVERY, headers={"Authorization": f"Bearer {text}"}).status_code == 401
    lines = [json.loads(r.getMessage()) for r in caplog.records if r.name == "igrt_cds.tokens"]
    assert [(line["refused"], line.get("client", "")) for line in lines] == [
        ("audience", "example-ehr"),
        ("issuer", ""),
        ("key", "example-ehr"),
        ("tenant", "example-ehr"),
        ("malformed", ""),
    ]
    assert canary not in caplog.text
    assert "eyJ" not in caplog.text


def test_a_clock_that_is_ahead_is_said(caplog: pytest.LogCaptureFixture) -> None:
    import time

    site = create_app(tokens.settings(), registry=registry()).test_client()
    now = int(time.time())
    with caplog.at_level(logging.WARNING):
        assert site.get(DISCOVERY, headers=bearer(iat=now + 30, exp=now + 90)).status_code == 200
    (line,) = [json.loads(r.getMessage()) for r in caplog.records if r.name == "igrt_cds.tokens"]
    assert line["client"] == "example-ehr"
    assert 20 <= line["clock_ahead"] <= 30
