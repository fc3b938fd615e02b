"""`igrt-cds serve`: its address, its port, slow clients, and its end."""

from __future__ import annotations

import json
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from cds_service.cms_files.store import save
from tests.cli.conftest import Igrt
from tests.cms_files.build import read as cms_tables
from tests.cms_files.build import samples
from tests.conftest import ROOT
from tests.contract.calls import DOUBLE_BILLED, Site, findings, read
from tests.trust import tokens

START = 30
SLOW_CLIENTS = 40


@dataclass
class Served:
    """A running `igrt-cds serve`, with what it has printed."""

    process: subprocess.Popen[str]
    site: Site
    printed: list[str]
    coming: queue.Queue[str]

    @property
    def port(self) -> int:
        return int(self.site.address.rpartition(":")[2])

    @property
    def said(self) -> str:
        """All that it has printed."""
        while not self.coming.empty():
            self.printed.append(self.coming.get())
        return "".join(self.printed)

    def stop(self, how: signal.Signals) -> int:
        """Send a signal and wait for the end."""
        self.process.send_signal(how)
        return self.process.wait(timeout=10)


@contextmanager
def serve(*options: str, **variables: str) -> Iterator[Served]:
    """The command in a process of its own, once it has printed its address."""
    command = [str(Path(sys.executable).parent / "igrt-cds"), "serve", *options]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "200", "PYTHONUNBUFFERED": "1"} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    lines: queue.Queue[str] = queue.Queue()
    stream = process.stdout

    def listen() -> None:
        for line in stream:
            lines.put(line)

    reader = threading.Thread(target=listen)
    reader.start()
    printed: list[str] = []
    site: Site | None = None
    try:
        while not any("discovery" in line for line in printed):
            printed.append(lines.get(timeout=START))
        found = re.search(r"listens on (http://\S+)", "".join(printed))
        assert found, printed
        site = Site(found[1])
        yield Served(process, site, printed, lines)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(timeout=10)
        reader.join(timeout=10)
        stream.close()
        if site is not None:
            site.session.close()


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serve("--port", "0") as running:
        yield running


def test_it_prints_its_address_and_answers_there(served: Served) -> None:
    said = served.said
    assert re.search(r"^igrt-cds listens on http://127\.0\.0\.1:\d+$", said, re.MULTILINE)
    assert f"discovery         {served.site.address}/cds-services" in said
    assert "\x1b" not in said
    health = served.site.get("/healthz")
    assert (health.status_code, read(health)["status"]) == (200, "ok")
    assert {s["id"] for s in read(served.site.get("/cds-services"))["services"]} >= {"igrt-claim-review"}
    assert len(read(served.site.story(DOUBLE_BILLED))["cards"]) == 1


def test_it_prints_the_imported_editions_and_uses_them(tmp_path: Path) -> None:
    place = tmp_path / "catalogue.sqlite3"
    save(place, cms_tables(*samples()), date(2026, 11, 23))
    with serve("--port", "0", "--catalogue", str(place)) as running:
        answer = read(running.site.story(DOUBLE_BILLED))
        assert "EXT-PTP" in findings(answer)[0]["rules"]
        assert "CMS edit files    2026Q4" in running.said


def test_without_an_import_it_speaks_of_none(served: Served) -> None:
    assert "CMS edit files" not in served.said
    assert "EXT-PTP" not in findings(read(served.site.story(DOUBLE_BILLED)))[0]["rules"]


def test_on_loopback_it_shows_the_start_page_and_lets_pages_call(served: Served) -> None:
    assert served.site.get("/").headers["Content-Type"].startswith("text/html")
    assert "Development mode" in served.said
    page = {"Origin": "https://sandbox.example"}
    asked = page | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    url = served.site.url("/cds-services/igrt-claim-review")
    preflight = served.site.session.options(url, headers=asked, timeout=30)
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert preflight.headers["Access-Control-Allow-Headers"].lower() == "content-type"
    refused = served.site.send("igrt-claim-review", b"[]", **page)
    assert (preflight.status_code, refused.status_code) == (200, 400)
    for answer in (served.site.get("/cds-services", headers=page), preflight, refused):
        assert answer.headers["Access-Control-Allow-Origin"] in ("*", page["Origin"])
        assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_busy_port_is_passed_over(served: Served) -> None:
    with serve("--port", str(served.port)) as second:
        assert served.port < second.port < served.port + 20
        assert second.site.get("/healthz").status_code == 200
        assert served.site.get("/healthz").status_code == 200


def test_when_no_port_is_free_there_is_a_letter(igrt: Igrt, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: socket.socket, address: object) -> None:
        raise OSError(98, "Address already in use")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    shown = igrt("serve", "--port", "9000")
    assert shown.code == 3
    assert "No port from 9000 to 9019 is free" in shown.err
    assert "--port" in shown.err


def half_a_request(served: Served) -> socket.socket:
    """A client that has promised a large body and sent its beginning."""
    made = socket.create_connection(("127.0.0.1", served.port), timeout=10)
    head = (
        "POST /cds-services/igrt-claim-review HTTP/1.1\r\nHost: x\r\n"
        'Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"hook": "'
    )
    made.sendall(head.encode())
    return made


def test_slow_clients_keep_nobody_else_waiting(served: Served) -> None:
    with ExitStack() as opened:
        slow = [opened.enter_context(half_a_request(served)) for _ in range(SLOW_CLIENTS)]
        for client in slow:
            client.sendall(b"a")
        started = time.monotonic()
        answer = served.site.story(DOUBLE_BILLED)
        assert time.monotonic() - started < 5
        assert len(read(answer)["cards"]) == 1
        slow[0].settimeout(0.2)
        with pytest.raises(TimeoutError):
            slow[0].recv(1)  # still waited for, neither answered nor thrown out


def test_a_call_that_is_broken_off_does_no_harm(served: Served) -> None:
    half_a_request(served).close()
    assert served.site.story(DOUBLE_BILLED).status_code == 200


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=lambda how: how.name)
def test_a_signal_ends_it_at_once(how: signal.Signals) -> None:
    with serve("--port", "0") as running:
        slow = half_a_request(running)
        assert running.site.get("/healthz").status_code == 200
        code = running.stop(how)
        slow.close()
    assert code in (0, -how)
    assert "Traceback" not in running.said
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", running.port), timeout=5)


def test_off_loopback_it_wants_clients_and_shows_no_pages(tmp_path: Path) -> None:
    trust = tmp_path / "trust.yaml"
    trust.write_text(
        "clients:\n  - name: example-ehr\n    profile: generic\n    issuer: https://ehr.example.org\n"
        f"    keys:\n      - {json.dumps(tokens.key().jwk())}\n"
    )
    known = {"IGRT_CDS_TRUST": str(trust), "IGRT_CDS_PUBLIC_URL": tokens.PUBLIC_URL}
    with serve("--host", "0.0.0.0", "--port", "0", **known) as running:  # noqa: S104 - what is tested
        here = Site(f"http://127.0.0.1:{running.port}")
        assert here.get("/").status_code == 404
        assert here.get("/cds-services").status_code == 401
        here.session.auth = tokens.Signs()
        answer = here.get("/cds-services", headers={"Origin": "https://sandbox.example"})
        assert answer.status_code == 200
        assert "Access-Control-Allow-Origin" not in answer.headers
        here.session.close()
        running.stop(signal.SIGINT)
    assert "Development mode" not in running.said
    assert "clients           example-ehr" in running.said


@pytest.mark.parametrize("more", [(), ("--pages",)])
def test_off_loopback_without_clients_it_does_not_start(igrt: Igrt, more: tuple[str, ...]) -> None:
    shown = igrt("serve", "--host", "0.0.0.0", *more)  # noqa: S104 - what is tested
    assert shown.code == 3
    assert shown.err.startswith("IGRT_CDS_TRUST: no clients are registered")
    assert "igrt-cds trust add" in shown.err
