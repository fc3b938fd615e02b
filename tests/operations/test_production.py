"""`serve --production` as it is shipped: behind nginx with the shipped configuration, several worker processes."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from sqlalchemy import inspect

from cds_service.cli.servers import counted_together
from cds_service.production import missing
from cds_service.settings import SettingError, Settings
from cds_service.store.database import Store, default_url
from cds_service.store.migrate import upgrade
from fhir_fixtures import load
from tests.cli.conftest import Igrt, igrt_process
from tests.contract.calls import JSON, ORDER, SERVICE_OF, Site, letters
from tests.operations.shape import NGINX, Shape, free_port, production, service

__all__ = ["igrt_process"]
CALL = f"/cds-services/{SERVICE_OF[ORDER]}"
BODY = json.dumps(load(ORDER)).encode()


@pytest.fixture(scope="module")
def shape(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shape]:
    if NGINX is None:
        pytest.fail("nginx is missing. What to do: apt-get install nginx-light", pytrace=False)
    with production(tmp_path_factory.mktemp("shape")) as running:
        yield running


@pytest.fixture
def site(shape: Shape) -> Iterator[Site]:
    made = Site(shape.proxy)
    yield made
    made.session.close()


def test_what_is_open_is_told_before_the_start(igrt_process: Igrt, tmp_path: Path) -> None:
    shown = igrt_process("serve", "--production", "--pages", IGRT_CDS_PUBLIC_URL="http://cds.example.org")
    assert shown.code == 3
    assert [line.partition(":")[0] for line in shown.err.splitlines()] == [
        "--pages",
        "IGRT_CDS_TRUST",
        "IGRT_CDS_PUBLIC_URL",
    ]
    there = tmp_path / "trust.yaml"
    there.write_text("")
    whole = Settings(production=True, trust=there, public_url="https://cds.example.org")
    assert list(missing(whole)) == []
    assert len(list(missing(Settings(production=True, trust=tmp_path / "gone")))) == 2


def test_the_proxy_passes_on_the_services_and_nothing_else(site: Site) -> None:
    assert site.get("/cds-services").status_code < 500
    for path in ("/", "/metrics", "/healthz", "/readyz", "/cds-servicesx", "/playground/fixtures"):
        letters(site.get(path), 404)
    assert site.get("/proxy-health").status_code == 204


def test_each_header_stands_once_and_the_number_is_the_proxys(site: Site, shape: Shape) -> None:
    answer = site.get("/cds-services")
    for name in ("Content-Security-Policy", "Cache-Control", "X-Frame-Options", "Strict-Transport-Security"):
        assert "," not in answer.headers[name].replace("'none', ", ""), name
    number = answer.headers["X-Request-ID"]
    assert len(number) == 32
    assert number in shape.log()
    refused = site.get("/nothing")
    assert refused.headers["X-Content-Type-Options"] == "nosniff"
    assert "Strict-Transport-Security" in refused.headers


def test_a_body_that_is_too_large_is_refused_by_the_service_and_far_beyond_by_the_proxy(site: Site) -> None:
    limit = Settings().max_body
    headers = JSON | {"Connection": "close"}
    near = site.session.post(site.url(CALL), data=b" " * (limit + 1), headers=headers, timeout=30)
    assert near.status_code in (401, 413)
    assert near.headers["X-Request-ID"]
    with socket.create_connection(("127.0.0.1", urlsplit(site.address).port or 0), timeout=10) as far:
        far.sendall(f"POST {CALL} HTTP/1.1\r\nHost: x\r\nContent-Length: {3 * limit}\r\n\r\n".encode())
        answer = far.recv(65536)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b'"OperationOutcome"' in answer


@pytest.mark.parametrize("size", [300_000, 9_000_000])
def test_a_refused_body_does_not_cost_the_next_call_its_connection(shape: Shape, size: int) -> None:
    """A stranger's large body was answered with 401, and whoever's call the proxy sent there next with 503."""
    host = urlsplit(shape.service)
    connection = http.client.HTTPConnection(host.hostname or "", host.port, timeout=30)
    connection.connect()
    for _ in range(3):
        connection.request("POST", CALL, body=b" " * size, headers=JSON)
        refused = connection.getresponse()
        refused.read()
        assert refused.status in (401, 413)
        assert refused.headers["Connection"] == "keep-alive"
        kept = connection.sock
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        answer.read()
        assert (answer.status, connection.sock) == (200, kept)
    connection.close()


UNREADABLE = {
    "a header beyond what is read": ({"Cookie": "CANARY" * 3000}, "", 400),
    "more headers than are read": ({f"X-Canary-{n}": "CANARY" for n in range(110)}, "", 431),
    "a longer address than is read": ({}, f"?x={'CANARY' * 1500}", 414),
}


@pytest.mark.parametrize(("headers", "query", "status"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_refused_as_every_other_request(
    site: Site, shape: Shape, headers: dict[str, str], query: str, status: int
) -> None:
    """gunicorn's own refusal was HTML, in no log and in no count."""
    before = refused(shape, status)
    answer = site.session.post(site.url(CALL + query), data=BODY, headers=JSON | headers, timeout=30)
    assert letters(answer, status)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "CANARY" not in answer.text + shape.log() + shape.log("proxy")
    if status == 400:  # the proxy's own
        return
    (line,) = [line for line in shape.log().splitlines() if answer.headers["X-Request-ID"] in line]
    told = json.loads(line)
    assert (told["event"], told["service"], told["status"]) == ("request", "unknown", status)
    assert refused(shape, status) == before + 1


def refused(shape: Shape, status: int) -> float:
    """How many requests the service has counted as refused with this status."""
    with requests.Session() as session:
        session.trust_env = False
        text = session.get(f"{shape.service}/metrics", timeout=30).text
    found = re.findall(rf'(?m)^igrt_cds_refusals_total{{status="{status}"}} (\S+)$', text)
    return float(found[0]) if found else 0.0


def test_a_long_token_reaches_the_service_which_says_what_it_thinks_of_it(site: Site) -> None:
    answer = site.session.post(
        site.url(CALL), data=BODY, headers=JSON | {"Authorization": f"Bearer {'a' * 12000}"}, timeout=30
    )
    letters(answer, 401)
    assert "WWW-Authenticate" in answer.headers


def test_what_is_no_http_is_refused_in_our_form_too(shape: Shape) -> None:
    port = urlsplit(shape.service).port or 0
    with socket.create_connection(("127.0.0.1", port), timeout=10) as made:
        made.sendall(b"GET /CANARY HTTP/9.9\r\nHost: x\r\n\r\n")
        answer = b"".join(iter(lambda: made.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert json.loads(body)["resourceType"] == "OperationOutcome"
    assert b"CANARY" not in answer


def test_metrics_add_up_all_workers(shape: Shape) -> None:
    with requests.Session() as session:
        session.trust_env = False
        for _ in range(12):
            session.get(f"{shape.service}/healthz", headers={"Connection": "close"}, timeout=30)
        text = session.get(f"{shape.service}/metrics", timeout=30).text
    lines = [line for line in text.splitlines() if 'requests_total{service="healthz"' in line]
    assert len(lines) == 1
    assert float(lines[0].rpartition(" ")[2]) >= 12
    workers = [line for line in shape.log().splitlines() if '"worker ready"' in line]
    assert len(workers) == 2


def test_a_store_in_the_folder_of_the_metrics_stays_and_is_no_metric(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    store = Store(default_url(folder))
    upgrade(store)
    with store.writing(durable=True) as connection:
        connection.exec_driver_sql("CREATE TABLE mark (word TEXT)")
    store.close()
    old, foreign = folder / "counter_1.db", folder / "counter_of_ours.db"
    for file in (old, foreign):
        file.write_bytes(b"x")
    variables = {"PROMETHEUS_MULTIPROC_DIR": str(folder), "IGRT_CDS_DATABASE_URL": default_url(folder)}
    port = free_port()
    with service(tmp_path, port, **variables):
        assert (old.exists(), foreign.exists()) == (False, True)
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(f"http://127.0.0.1:{port}/metrics", timeout=30)
    assert answer.status_code == 200
    assert 'igrt_cds_requests_total{service="healthz"' in answer.text
    with store.reading() as connection:
        assert inspect(connection).has_table("mark")
    store.close()


def test_a_folder_for_metrics_that_cannot_be_made_is_a_letter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path / "file" / "metrics"))
    with pytest.raises(SettingError, match=r"PROMETHEUS_MULTIPROC_DIR: .*/metrics cannot be written"):
        counted_together().__enter__()


def test_a_stop_ends_what_is_under_way_and_then_the_proxy_says_so(tmp_path: Path) -> None:
    """SIGTERM comes while a request is half in; its other half comes after it, and is answered."""
    with production(tmp_path) as running:
        port = urlsplit(running.service).port or 0
        with socket.create_connection(("127.0.0.1", port), 10) as half:
            length = f"Content-Length: {len(BODY)}"
            head = f"POST {CALL} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{length}\r\n\r\n"
            half.sendall(head.encode() + BODY[:100])
            time.sleep(0.5)
            running.process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            assert running.process.poll() is None
            with pytest.raises(ConnectionRefusedError):  # and no new caller waits for the end of it
                socket.create_connection(("127.0.0.1", port), 10).close()
            half.sendall(BODY[100:])
            half.settimeout(20)
            assert half.recv(12) in (b"HTTP/1.1 200", b"HTTP/1.1 401")
        assert running.process.wait(timeout=30) == 0
        assert list((tmp_path / "tmp").glob("igrt-cds-metrics*")) == []
        site = Site(running.proxy)
        answer = site.send("igrt-order-sign", BODY)
        assert letters(answer, 503, "transient")
        assert answer.headers["Retry-After"] == "5"
        site.session.close()


def test_how_a_worker_ended_that_was_killed_is_told(tmp_path: Path) -> None:
    """As when memory runs out; the log had only the place in gunicorn that had said so."""
    with service(tmp_path, free_port()) as process:
        log = tmp_path / "service.log"
        (first, *_) = [event["count"] for event in events(log, "worker ready")]
        os.kill(first, signal.SIGKILL)
        end = time.monotonic() + 30
        while len(events(log, "worker ready")) < 3:
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        (told,) = events(log, "a worker was killed by SIGKILL, as when memory runs out")
        assert (told["count"], told["level"]) == (first, "error")
        process.terminate()
        assert process.wait(timeout=30) == 0
    assert [event["what"] for event in events(log) if event["what"].startswith("a worker")] == [told["what"]]


def test_a_hangup_says_that_nothing_is_read_again_and_ends_nobody(tmp_path: Path) -> None:
    """It put new workers with the old policies in place of the others."""
    with service(tmp_path, free_port()) as process:
        log = tmp_path / "service.log"
        end = time.monotonic() + 30
        while len(workers := [event["count"] for event in events(log, "worker ready")]) < 2:
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        process.send_signal(signal.SIGHUP)
        while not (
            told := events(log, "SIGHUP changes nothing: restart to read policies and settings again")
        ):
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        assert told[0]["level"] == "warning"
        process.terminate()
        assert process.wait(timeout=30) == 0
    assert [event["count"] for event in events(log, "worker ready")] == workers


def events(log: Path, what: str = "") -> list[dict[str, Any]]:
    """The lines of this log about what happened."""
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return [line for line in lines if line["event"] == "event" and (not what or line["what"] == what)]
