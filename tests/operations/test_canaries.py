"""T17: what a caller sends is found in no log, metric, trace, error, row or file (issue: 60 canaries).

Every leaf of a request, the token's parts and the headers are canaries of their own. A part of the service that
writes somewhere else adds its place to `WRITTEN`: a function from the folder of the run to the bytes it wrote.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from fhir_fixtures import load
from tests.conftest import ROOT
from tests.contract.calls import DOUBLE_BILLED, ORDER, SELECT, SERVICE_OF, leaves, put

MARK = "CANARY"


def files_below(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file that the run has left: logs, temporary files, databases and their journals."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes()


WRITTEN: list[Callable[[Path], Iterator[tuple[str, bytes]]]] = [files_below]


def canary(number: int) -> str:
    return f"{MARK}{number:05d}"


def token(numbers: Iterator[int]) -> str:
    """A JWT whose every claim and header is a canary."""
    head = {
        "alg": "ES384",
        "typ": "JWT",
        "kid": canary(next(numbers)),
        "jku": f"https://{canary(next(numbers))}",
    }
    claims = {name: canary(next(numbers)) for name in ("iss", "sub", "aud", "jti", "tenant", "name")}
    parts = [json.dumps(head), json.dumps(claims), canary(next(numbers))]
    return ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)


def headers(numbers: Iterator[int]) -> dict[str, str]:
    named = (
        "User-Agent",
        "Referer",
        "X-Request-ID",
        "X-Forwarded-For",
        "tracestate",
        "baggage",
        "Cookie",
        "X-MRN",
    )
    return {"Authorization": f"Bearer {token(numbers)}", **{name: canary(next(numbers)) for name in named}}


def bodies(numbers: Iterator[int]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Requests whose leaves are canaries: all of them, and all but what makes the request readable."""
    for name in (DOUBLE_BILLED, ORDER, SELECT):
        for keep in (
            (),
            ("resourceType", "hook", "hookInstance", "status", "system", "code", "use", "intent"),
        ):
            body = load(name)
            for path in [*leaves(body)]:
                if path[-1] not in keep:
                    put(body, path, canary(next(numbers)))
            yield SERVICE_OF[name], body
        readable = load(name)
        readable["fhirServer"] = f"https://{canary(next(numbers)).lower()}.example/fhir"
        readable["fhirAuthorization"] = {
            "access_token": canary(next(numbers)),
            "token_type": "Bearer",
            "expires_in": 300,
            "scope": canary(next(numbers)),
            "subject": canary(next(numbers)),
        }
        for path in [*leaves(readable)]:
            if path[-1] in {"family", "text", "display", "birthDate", "userId", "title"} or "given" in path:
                put(readable, path, canary(next(numbers)))
        yield SERVICE_OF[name], readable


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """`igrt-cds serve` at DEBUG, writing nowhere but below a folder: (address, folder)."""
    folder = tmp_path / "run"
    for name in ("tmp", "home"):
        (folder / name).mkdir(parents=True)
    environment = os.environ | {
        "IGRT_CDS_LOG_LEVEL": "debug",
        "TMPDIR": str(folder / "tmp"),
        "HOME": str(folder / "home"),
        "XDG_DATA_HOME": str(folder / "home"),
        "PYTHONUNBUFFERED": "1",
        "COLUMNS": "200",
    }
    with (folder / "log").open("w") as log:
        command = [str(Path(sys.executable).parent / "igrt-cds"), "serve", "--port", "0"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            end = time.monotonic() + 40
            while "discovery" not in (said := (folder / "log").read_text()):
                assert process.poll() is None, said
                assert time.monotonic() < end, said
                time.sleep(0.1)
            address = said.split("listens on ")[1].split()[0]
            yield address, folder
        finally:
            process.terminate()
            process.wait(timeout=20)


def test_nothing_that_was_sent_is_found_anywhere(running: tuple[str, Path]) -> None:
    address, folder = running
    numbers = iter(range(100_000))
    session = requests.Session()
    session.trust_env = False
    statuses: set[int] = set()
    told: list[str] = []

    def call(method: str, path: str, data: bytes = b"", **more: str) -> None:
        sent = headers(numbers) | {"Content-Type": "application/json"} | more
        answer = session.request(method, f"{address}{path}", data=data, headers=sent, timeout=30)
        statuses.add(answer.status_code)
        told.append(repr(answer.headers) + (answer.text if answer.status_code != 200 else ""))

    for service, body in bodies(numbers):
        data = json.dumps(body).encode()
        query = f"?patient={canary(next(numbers))}"
        call("POST", f"/cds-services/{service}{query}", data)
        call("POST", f"/cds-services/{service}/feedback{query}", data)
        call("POST", f"/playground/explain?service={service}", data[:-2])
        call("POST", f"/cds-services/{service}", data[:-2])
        call("POST", f"/cds-services/{service}", data, **{"Content-Type": f"text/{canary(next(numbers))}"})
        call("POST", f"/cds-services/{service}", data, **{"Content-Encoding": canary(next(numbers))})
        call("DELETE", f"/cds-services/{service}", data)
    for path in ("/cds-services", "/healthz", "/readyz", "/metrics", f"/{canary(next(numbers))}"):
        call("GET", f"{path}?x={canary(next(numbers))}")
    call("POST", "/cds-services/igrt-order-sign", canary(next(numbers)).encode() * 1_000_000)
    told.append(session.get(f"{address}/metrics", timeout=30).text)
    session.close()

    assert next(numbers) >= 1000, "fewer canaries than there should be"
    assert {200, 400, 404, 405, 413, 415} <= statuses
    assert max(statuses) < 500
    assert [text[:300] for text in told if MARK in text] == []
    logged = (folder / "log").read_text()
    assert logged.count('"event": "request"') >= len(told) - 1
    found = [where for look in WRITTEN for where, content in look(folder) if MARK.encode() in content]
    assert found == []
