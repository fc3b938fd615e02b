"""A sync of the disk before each acknowledgement (threat T21), seen in the system calls of a real server.

The negative control is the same server with transactions that do not wait for the disk: it has to fail the test.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from sqlalchemy import text

from cds_service.clock import now
from cds_service.store.database import Store, StoreUnavailable, default_url
from fhir_fixtures import load
from scripts.feedback_load import FIXTURE, SERVICE
from tests.conftest import ROOT
from tests.store.postgres import Postgres

POSTS = 12
SERVE = """
import os
print(os.getpid(), flush=True)
from cds_service.cli.serve import serve
serve(port=0)
"""
NOT_DURABLE = f"""
from cds_service.store.database import Store
real = Store.writing
Store.writing = lambda self, *, durable: real(self, durable=False)
{SERVE}
"""
_CALL = re.compile(r"\d+ +(?:<\.\.\. )?(fsync|fdatasync|sendto)\b(.*)")


@pytest.fixture(scope="module")
def strace() -> str:
    """The program; without it the test fails with a letter."""
    found = subprocess.run(
        [ROOT / "scripts" / "ensure_tool.sh", "strace", "--find"], capture_output=True, text=True, check=False
    )
    if found.returncode != 0:
        pytest.fail(found.stderr, pytrace=False)
    return found.stdout.strip()


@contextmanager
def traced(strace: str, program: str, folder: Path) -> Iterator[tuple[str, Path]]:
    """A server under strace: its address, and the file of its system calls."""
    calls = folder / "calls.txt"
    words = [strace, "-f", "--seccomp-bpf", "-qq", "-s", "200", "-e", "trace=fsync,fdatasync,sendto"]
    process = subprocess.Popen(
        [*words, "-o", str(calls), sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1", "IGRT_CDS_DATABASE_URL": default_url(folder)},
    )
    with process:
        assert process.stdout is not None
        server = int(next(process.stdout))
        try:
            yield next(line for line in process.stdout if "listens on" in line).split()[-1], calls
        finally:
            os.kill(server, signal.SIGKILL)  # the server, not strace, which ends with it


def report(address: str) -> None:
    """Get a card, and report on it several times."""
    url = f"{address}/cds-services/{SERVICE}"
    with requests.Session() as session:
        session.trust_env = False
        card = session.post(url, json=load(FIXTURE), timeout=60).json()["cards"][0]["uuid"]
        for number in range(POSTS):
            at = (now() + timedelta(milliseconds=number)).isoformat()
            item = {"card": card, "outcome": "overridden", "outcomeTimestamp": at}
            done = session.post(f"{url}/feedback", json={"feedback": [item]}, timeout=60)
            assert done.json() == {"stored": 1, "repeated": 0, "commentsNotKept": 0}


def unsynced(calls: Path) -> tuple[int, int]:
    """Acknowledgements of feedback, and how many of them had no sync since the answer before."""
    acknowledged = without = 0
    synced = True  # the first answer is the one with the card
    for line in calls.read_text("utf-8", "replace").splitlines():
        found = _CALL.match(line)
        if found is None:
            continue
        if found[1] != "sendto":
            synced = synced or found[2].rstrip().endswith("= 0")
        elif "HTTP/1.1 200" in found[2]:
            acknowledged += 1
            without += not synced
            synced = False
    return acknowledged - 1, without


def test_each_acknowledgement_comes_after_a_sync(strace: str, tmp_path: Path) -> None:
    with traced(strace, SERVE, tmp_path) as (address, calls):
        report(address)
    assert unsynced(calls) == (POSTS, 0)


def test_a_server_that_does_not_wait_for_the_disk_is_found_out(strace: str, tmp_path: Path) -> None:
    with traced(strace, NOT_DURABLE, tmp_path) as (address, calls):
        report(address)
    acknowledged, without = unsynced(calls)
    assert acknowledged == POSTS
    assert without > POSTS // 2


def test_sqlite_is_told_to_wait_for_the_disk(tmp_path: Path) -> None:
    store = Store(default_url(tmp_path))
    for durable, mode in ((True, 2), (False, 1), (True, 2)):
        with store.writing(durable=durable) as connection:
            assert connection.execute(text("PRAGMA synchronous")).scalar() == mode
            assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
    store.close()


def test_postgresql_waits_for_its_disk_even_where_it_was_told_not_to(postgres: Postgres) -> None:
    store = Store(postgres.url("igrt_lazy"))
    try:
        with store.writing(durable=True) as connection:
            connection.execute(text("ALTER DATABASE igrt_lazy SET synchronous_commit TO off"))
        store.close()
        with pytest.raises(StoreUnavailable), store.writing(durable=True) as connection:
            connection.execute(text("SELECT 1 / 0"))  # what is rolled back does not take it along
        for durable, said in ((True, "on"), (False, "off"), (True, "on")):
            with store.writing(durable=durable) as connection:
                assert connection.execute(text("SHOW synchronous_commit")).scalar() == said
                assert connection.execute(text("SHOW fsync")).scalar() == "on"
    finally:
        store.close()
