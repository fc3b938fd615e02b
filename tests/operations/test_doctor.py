"""`igrt-cds doctor`: what is wrong, each with what to do; the exit code; nothing secret."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from cds_service.settings import PREFIX
from cds_service.store.database import Store
from cds_service.store.migrate import upgrade
from cds_service.store.sealing import new_key
from tests.cli.conftest import Igrt, igrt
from tests.store.conftest import postgres
from tests.store.postgres import Postgres
from tests.trust.tokens import ISSUER, key, key_set, write_registry

__all__ = ["igrt", "postgres"]
Report = tuple[int, dict[str, dict[str, str]], str]


def report(igrt: Igrt, monkeypatch: pytest.MonkeyPatch, *options: str, **variables: str) -> Report:
    for name, value in variables.items():
        monkeypatch.setenv(PREFIX + name, value)
    shown = igrt("doctor", "--json", *options)
    body = json.loads(shown.out)
    assert body["ok"] is (shown.code == 0)
    return shown.code, {row["check"]: row for row in body["checks"]}, shown.out


def test_a_trial_on_loopback_is_fine_with_warnings(igrt: Igrt, monkeypatch: pytest.MonkeyPatch) -> None:
    code, rows, _ = report(igrt, monkeypatch)
    assert code == 0
    assert rows["settings"]["level"] == rows["policies"]["level"] == rows["clock"]["level"] == "ok"
    assert rows["trust"]["level"] == rows["address"]["level"] == "warn"


def test_production_with_gaps_fails_and_each_gap_has_its_remedy(
    igrt: Igrt, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "postgresql+psycopg://u:hunter2@127.0.0.1:1/x"
    code, rows, out = report(
        igrt, monkeypatch, "--production", DATABASE_URL=secret, THREADS="many", TRUTS="x"
    )
    assert code == 1
    for name in ("settings", "trust", "address", "database"):
        assert rows[name]["level"] == "fail", name
        assert rows[name]["remedy"], name
    assert rows["proxy"]["level"] == "warn"
    assert "hunter2" not in out


def test_production_as_it_should_be(igrt: Igrt, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    trust = tmp_path / "trust.yaml"
    write_registry(trust)
    given = {"TRUST": str(trust), "PUBLIC_URL": "https://cds.example.org", "PROXIES": "1"}
    _, rows, _ = report(igrt, monkeypatch, "--production", DATABASE_URL=f"sqlite:///{tmp_path}/x.db", **given)
    assert "https://cds.example.org/cds-services/igrt-order-sign" in rows["address"]["what"]
    assert rows["trust"]["what"] == f"{trust} registers 1 client(s)."
    assert rows["database"]["level"] == rows["proxy"]["level"] == rows["trust"]["level"] == "ok"
    assert rows["keys"] == {
        "check": "keys",
        "level": "ok",
        "what": "1 client(s) have usable keys.",
        "remedy": "",
    }
    assert "No web page may call" in rows["origins"]["what"]


def test_a_store_that_cannot_be_written_is_told(
    igrt: Igrt, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A container whose user has / as its home: cards come, and all feedback is lost."""
    monkeypatch.setattr(
        "cds_service.cli.doctor_database.os.access",
        lambda path, mode: not str(path).startswith(str(tmp_path)),
    )
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home" / "data"))
    code, rows, _ = report(igrt, monkeypatch)
    assert code == 1
    assert rows["database"]["level"] == "fail"
    assert f"{tmp_path}/home/data/igrt-cds" in rows["database"]["what"]
    assert "HOME" in rows["database"]["remedy"]
    assert not (tmp_path / "home").exists(), "it looks, and makes nothing"


def test_a_database_without_our_tables_is_told(
    igrt: Igrt, monkeypatch: pytest.MonkeyPatch, postgres: Postgres
) -> None:
    url = postgres.url(f"doctor_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}")
    code, rows, _ = report(igrt, monkeypatch, DATABASE_URL=url)
    assert code == 1
    assert rows["database"]["what"] == "The database is not set up for this version."
    assert "igrt-cds store upgrade" in rows["database"]["remedy"]
    store = Store(url)
    upgrade(store)
    code, rows, _ = report(igrt, monkeypatch, DATABASE_URL=url)
    assert code == 0
    assert rows["database"]["what"] == "postgresql answers."
    with store.writing(durable=True) as connection:
        connection.exec_driver_sql("DROP TABLE feedback")
    store.close()
    code, rows, _ = report(igrt, monkeypatch, DATABASE_URL=url)
    assert code == 1
    assert rows["database"]["what"] == "Tables are missing in the database: feedback."


def test_a_database_that_lets_nobody_in_is_not_told_as_one_that_is_away(
    igrt: Igrt, monkeypatch: pytest.MonkeyPatch, postgres: Postgres, tmp_path: Path
) -> None:
    wrong = postgres.url().replace("//postgres@", "//nobody@")
    code, rows, _ = report(igrt, monkeypatch, DATABASE_URL=wrong)
    assert code == 1
    assert "lets nobody in" in rows["database"]["what"]
    assert "password" in rows["database"]["remedy"]
    for away in (f"postgresql://u:hunter2@/x?host={tmp_path}", "postgresql://u:hunter2@127.0.0.1:1/x"):
        code, rows, out = report(igrt, monkeypatch, DATABASE_URL=away)
        assert code == 1
        assert rows["database"]["what"].startswith("No connection")
        assert "hunter2" not in out


def test_something_that_answers_by_network_and_lets_nobody_in_is_told(
    igrt: Igrt, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"postgresql://u:hunter2@127.0.0.1:{mute.getsockname()[1]}/x"
        code, rows, out = report(igrt, monkeypatch, DATABASE_URL=url)
    assert code == 1
    assert "lets nobody in" in rows["database"]["what"]
    assert "hunter2" not in out


def test_keys_are_fetched_as_the_service_would(
    igrt: Igrt, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trust = tmp_path / "trust.yaml"
    entry = {
        "name": "page-ehr",
        "profile": "generic",
        "issuer": ISSUER,
        "origins": ["https://ehr.example.org"],
    }
    with serving_keys(json.dumps(key_set(key())).encode()) as url:
        trust.write_text(json.dumps({"clients": [entry | {"jwks_url": url}]}))
        _, rows, _ = report(igrt, monkeypatch, TRUST=str(trust))
    assert rows["keys"]["level"] == "ok", rows
    assert "https://ehr.example.org" in rows["origins"]["what"]
    for body in (b"{}", b"no JSON"):
        with serving_keys(body) as url:
            trust.write_text(json.dumps({"clients": [entry | {"jwks_url": url}]}))
            code, rows, _ = report(igrt, monkeypatch, TRUST=str(trust))
        assert code == 1
        assert rows["keys"]["level"] == "fail"
        assert "page-ehr" in rows["keys"]["what"]
    code, rows, _ = report(igrt, monkeypatch, TRUST=str(trust))  # nobody listens any more
    assert rows["keys"]["level"] == "fail"
    assert "cannot be reached" in rows["keys"]["what"]


@contextmanager
def serving_keys(body: bytes) -> Iterator[str]:
    """The address of a server that gives this body."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/jwks.json"
        server.shutdown()


def test_broken_policies_and_catalogues_are_told(
    igrt: Igrt, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code, rows, _ = report(
        igrt, monkeypatch, POLICY_PATH=str(tmp_path / "gone"), CATALOGUE=str(tmp_path / "no")
    )
    assert code == 1
    assert rows["policies"]["level"] == rows["CMS edit files"]["level"] == "fail"
    assert "is no folder" in rows["policies"]["what"]


def test_what_would_end_the_start_is_told(
    igrt: Igrt, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A key and a collector that `serve` refuses: nothing looked at either."""
    monkeypatch.setenv(f"{PREFIX}DATABASE_URL", f"sqlite:///{tmp_path}/x.db")
    code, rows, _ = report(igrt, monkeypatch)
    assert code == 0
    assert "not kept" in rows["inputs"]["what"]
    assert "None are made" in rows["traces"]["what"]
    with monkeypatch.context() as missing:
        missing.setitem(sys.modules, "opentelemetry.sdk.trace", None)
        code, rows, out = report(
            igrt, monkeypatch, INPUT_KEY="c2hvcnQgYnV0IHNlY3JldA==", OTEL_ENDPOINT="http://127.0.0.1:4318"
        )
    assert code == 1
    assert rows["inputs"]["level"] == rows["traces"]["level"] == "fail"
    assert rows["inputs"]["what"] == "IGRT_CDS_INPUT_KEY: this is not a key of 32 bytes in base64."
    assert "igrt-cds store new-key" in rows["inputs"]["remedy"]
    assert "OpenTelemetry is not installed" in rows["traces"]["what"]
    assert "igrt-cds[otel]" in rows["traces"]["remedy"]
    assert "c2hvcnQg" not in out
    code, rows, out = report(igrt, monkeypatch, INPUT_KEY=new_key())
    assert code == 0
    assert "for 30 day(s)" in rows["inputs"]["what"]
    assert "http://127.0.0.1:4318" in rows["traces"]["what"]
