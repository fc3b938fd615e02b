"""Limits (T23): 429 for a client that calls too often, 503 when all places are taken; others are not held up."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import time_machine
from flask import Flask
from limits.storage import MemoryStorage

from cds_service.request.errors import Refusal
from cds_service.service import Advisor, Answer
from cds_service.settings import Settings
from cds_service.web.errors import register_errors
from cds_service.web.limits import WINDOW, Limits, register_limits, register_rate
from cds_service.web.watch import register_watch
from tests.contract.calls import JSON, outcome
from tests.trust.tokens import signing_app

ORDER_SIGN = "/cds-services/igrt-order-sign"


def test_a_client_that_calls_too_often_waits_and_others_do_not() -> None:
    limits = Limits(Settings(rate_limit=2))
    with time_machine.travel("2026-11-24T12:00:00Z", tick=False) as clock:
        for _ in range(2 * WINDOW):
            limits.count("busy", "10.0.0.1")
        with pytest.raises(Refusal) as told:
            limits.count("busy", "10.0.0.1")
        assert (told.value.status, told.value.code) == (429, "throttled")
        assert 1 <= told.value.retry_after <= WINDOW
        limits.count("calm", "10.0.0.1")
        limits.count("", "10.0.0.1")
        clock.shift(told.value.retry_after + 1)
        limits.count("busy", "10.0.0.1")


def test_without_a_rate_nobody_waits() -> None:
    limits = Limits(Settings(rate_limit=0))
    for _ in range(3000):
        limits.count("busy", "")


def test_too_many_calls_are_429_with_retry_after_and_health_is_exempt() -> None:
    client = signing_app(rate_limit=1).test_client()
    statuses = [client.get("/cds-services").status_code for _ in range(WINDOW + 3)]
    assert statuses.count(429) >= 3
    answer = client.post(ORDER_SIGN, data=b"{}", headers=JSON)
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= WINDOW
    assert outcome(answer.get_json(), "throttled")
    for path in ("/healthz", "/readyz", "/metrics"):
        assert client.get(path).status_code == 200
    assert client.options(ORDER_SIGN).status_code == 200


def test_an_address_whose_tokens_are_refused_has_to_wait() -> None:
    app = Flask(__name__)
    limits = Limits(Settings(rate_limit=2))
    register_watch(app, {})
    register_limits(app, limits)
    register_errors(app)
    app.add_url_rule("/x", "x", lambda: ("", 401))
    client = app.test_client()
    statuses = [client.get("/x").status_code for _ in range(2 * WINDOW + 5)]
    assert statuses == [401] * 2 * WINDOW + [429] * 5
    assert client.get("/x", environ_base={"REMOTE_ADDR": "10.0.0.2"}).status_code == 401


def test_callers_without_a_name_are_counted_by_their_address() -> None:
    client = signing_app(rate_limit=1).test_client()
    busy = [client.get("/openapi.json").status_code for _ in range(WINDOW + 1)]
    assert busy == [200] * WINDOW + [429]
    assert client.get("/openapi.json", environ_base={"REMOTE_ADDR": "10.0.0.2"}).status_code == 200


def test_when_all_places_are_taken_a_call_is_503_and_health_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    inside, go_on = threading.Semaphore(0), threading.Event()

    def slow(*_: Any, **__: Any) -> Answer:
        inside.release()
        assert go_on.wait(20)
        return Answer(200, {"cards": []})

    monkeypatch.setattr(Advisor, "advise", slow)
    app = signing_app(max_concurrent=2)
    codes: list[int] = []

    def call() -> None:
        codes.append(app.test_client().post(ORDER_SIGN, data=b"{}", headers=JSON).status_code)

    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in threads:
            assert inside.acquire(timeout=20)
        refused = app.test_client().post(ORDER_SIGN, data=b"{}", headers=JSON)
        assert refused.status_code == 503
        assert refused.headers["Retry-After"] == "1"
        assert outcome(refused.get_json(), "transient")
        assert app.test_client().get("/healthz").status_code == 200
        assert "igrt_cds_calls_under_way 2.0" in app.test_client().get("/metrics").text
    finally:
        go_on.set()
        for thread in threads:
            thread.join(20)
    assert codes == [200, 200]
    assert app.test_client().post(ORDER_SIGN, data=b"{}", headers=JSON).status_code == 200


def test_a_place_is_given_back_after_refusals_and_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Answer:
        raise ValueError

    client = signing_app(max_concurrent=1).test_client()
    for _ in range(3):
        assert client.post(ORDER_SIGN, data=b"{", headers=JSON).status_code == 400
        assert client.post("/nothing", data=b"{").status_code == 404
        assert client.post(ORDER_SIGN, data=b"{", headers={"Content-Type": "text/plain"}).status_code == 415
    monkeypatch.setattr(Advisor, "advise", fail)
    for _ in range(3):
        assert client.post(ORDER_SIGN, data=b"{}", headers=JSON).status_code == 500


def test_the_clients_name_is_counted_once_it_is_known() -> None:
    app = Flask(__name__)
    limits = Limits(Settings(rate_limit=1))
    register_watch(app, {})

    @app.before_request
    def authenticate() -> None:
        from flask import request

        from cds_service.web.watch import current_call

        current_call().client = request.headers["Client"]

    register_rate(app, limits)
    register_errors(app)
    app.add_url_rule("/x", "x", lambda: "")
    client = app.test_client()
    busy = [client.get("/x", headers={"Client": "busy"}).status_code for _ in range(WINDOW + 1)]
    assert busy == [200] * WINDOW + [429]
    assert client.get("/x", headers={"Client": "calm"}).status_code == 200


def test_callers_are_counted_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that met the storage of counts when its timer was over started one timer twice, and got 500."""
    timers: dict[int, threading.Timer] = {}

    def slowly(storage: MemoryStorage, timer: threading.Timer) -> None:
        timers[id(storage)] = timer
        time.sleep(0.01)

    monkeypatch.setattr(
        MemoryStorage, "timer", property(lambda storage: timers[id(storage)], slowly), raising=False
    )
    limits = Limits(Settings())
    time.sleep(0.1)  # the timer of the beginning is over
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: limits.count(f"client-{number}", ""), range(8)))
