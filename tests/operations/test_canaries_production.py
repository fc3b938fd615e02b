"""T17 in the production shape: nginx, worker processes, a database, a collector of traces, signed tokens."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.operations.shape import NGINX, production
from tests.operations.test_canaries import MARK, bodies, canary, files_below, headers
from tests.trust.tokens import PUBLIC_URL, token


class Collector:
    """A collector of traces that keeps every byte, at `address`."""

    def __init__(self) -> None:
        heard: list[bytes] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                heard.append(self.path.encode() + self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.heard = heard
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"


@contextmanager
def collecting() -> Iterator[Collector]:
    made = Collector()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.server.shutdown()
        made.server.server_close()
        thread.join(timeout=10)


def with_outcome(answer: dict[str, Any], numbers: Iterator[int]) -> dict[str, Any]:
    """Feedback on every card of an answer, with a comment and a reason that are canaries."""
    reason = {"code": "other", "display": canary(next(numbers))}
    override = {"reason": reason, "userComment": canary(next(numbers))}
    at = datetime.now(UTC).isoformat()
    told = {"outcome": "overridden", "overrideReason": override, "outcomeTimestamp": at}
    return {"feedback": [{"card": card["uuid"], **told} for card in answer["cards"]]}


def test_nothing_that_was_sent_is_found_in_production(tmp_path: Path) -> None:
    if NGINX is None:
        pytest.fail("nginx is missing. What to do: apt-get install nginx-light", pytrace=False)
    numbers = iter(range(100_000))
    statuses: dict[str, set[int]] = {}
    told: list[str] = []
    session = requests.Session()
    session.trust_env = False
    database = tmp_path / "store"
    database.mkdir()
    with collecting() as collector:
        with production(
            tmp_path,
            IGRT_CDS_LOG_LEVEL="debug",
            IGRT_CDS_OTEL_ENDPOINT=collector.address,
            IGRT_CDS_DATABASE_URL=f"sqlite:///{database}/store.sqlite",
        ) as shape:

            def call(path: str, data: bytes) -> requests.Response:
                claims: dict[str, Any] = {
                    "jti": canary(next(numbers)) + uuid.uuid4().hex,
                    "sub": canary(next(numbers)),
                }
                sent = headers(numbers) | {"Content-Type": "application/json"}
                sent["Authorization"] = f"Bearer {token(PUBLIC_URL + path, **claims)}"
                query = f"?patient={canary(next(numbers))}"
                answer = session.post(f"{shape.proxy}{path}{query}", data=data, headers=sent, timeout=60)
                statuses.setdefault(path.rpartition("/")[2], set()).add(answer.status_code)
                told.append(repr(answer.headers) + (answer.text if answer.status_code != 200 else ""))
                return answer

            for service, body in bodies(numbers):
                answer = call(f"/cds-services/{service}", json.dumps(body).encode())
                call(f"/cds-services/{service}", json.dumps(body).encode()[:-2])
                if answer.status_code == 200 and answer.json()["cards"]:
                    outcome = json.dumps(with_outcome(answer.json(), numbers)).encode()
                    call(f"/cds-services/{service}/feedback", outcome)
            session.get(f"{shape.proxy}/{canary(next(numbers))}", timeout=30)
            told.append(session.get(f"{shape.service}/metrics", timeout=30).text)
        # The service has stopped, so that its last traces have been sent and its rows are on the disk.
        session.close()

    assert next(numbers) >= 500, "fewer canaries than there should be"
    assert 200 in statuses["feedback"]
    assert any(200 in found for name, found in statuses.items() if name != "feedback")
    assert max(max(found) for found in statuses.values()) < 500
    assert [text[:300] for text in told if MARK in text] == []
    assert any(b"v1/traces" in part and b"igrt_cds.status" in part for part in collector.heard)
    assert [part[:300] for part in collector.heard if MARK.encode() in part] == []
    left = dict(files_below(tmp_path))
    assert any(name.endswith(".sqlite") and b"overridden" in content for name, content in left.items())
    assert b'"event": "request"' in left["service.log"]
    assert left["access.log"]
    assert [name for name, content in left.items() if MARK.encode() in content] == []
