"""Mixed load on `igrt-cds serve --production`, with the memory of its workers: `python -m scripts.soak --minutes 3`.

Signed calls of all services, feedback on the cards that came, bodies that are refused, calls without a token, discovery
and health run from four threads on loopback, and the resident memory of each process is read every few seconds. Exit 0
when no answer was an error of ours, hooks and feedback were answered, and memory stayed flat: after a warm-up of a
quarter of the time it grew by less than a tenth (or 8 MB, in short runs).
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import requests

from cds_service.clock import now
from fhir_fixtures import stories
from tests.operations.shape import free_port, service
from tests.trust.tokens import Signs

CLIENTS = 4
PAUSE = 0.02
EVERY = 2.0
GROWTH, SLACK = 0.10, 8 * 2**20
WRONG = [b"{", b"[]", b'{"hook": 1}', b'{"hook": "order-sign"}', b"\xff\xfe", b"x" * 600_000]


@dataclass
class Tally:
    """What the clients saw."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def resident(pid: int) -> int:
    """Bytes of resident memory of a process and its children; its own pages and shared ones alike."""
    total = 0
    for each in (pid, *children(pid)):
        try:
            text = Path(f"/proc/{each}/status").read_text()
        except FileNotFoundError:
            continue
        total += int(text.split("VmRSS:")[1].split()[0]) * 1024
    return total


def children(pid: int) -> list[int]:
    """The processes that it has started."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


class Client:
    """One system that calls until it is told to stop."""

    def __init__(self, address: str, seed: int, tally: Tally) -> None:
        self._address, self._tally = address, tally
        self._random = random.Random(seed)  # noqa: S311 - which call comes next, no secret
        self._calls = [(f"/cds-services/{story.service}", story.request()) for story in stories()]
        self._cards: list[tuple[str, str]] = []

    def run(self, stop: threading.Event) -> None:
        """Call."""
        with requests.Session() as session:
            session.trust_env = False
            while not stop.wait(PAUSE):
                try:
                    self._call(session, self._random.random())
                except requests.RequestException as error:
                    self._tally.errors.append(type(error).__name__)

    def _call(self, session: requests.Session, kind: float) -> None:
        path, body = self._random.choice(self._calls)
        if kind < 0.05:
            self._send(session, "others", "GET", self._random.choice(("/healthz", "/readyz", "/x")))
        elif kind < 0.1:
            self._send(session, "discovery", "GET", "/cds-services", auth=Signs())
        elif kind < 0.15:
            self._send(session, "without a token", "POST", path, b"{}")
        elif kind < 0.25:
            self._send(session, "wrong bodies", "POST", path, self._random.choice(WRONG), Signs())
        elif kind < 0.4 and self._cards:
            of, card = self._cards.pop(self._random.randrange(len(self._cards)))
            item = {"card": card, "outcome": "overridden", "outcomeTimestamp": now().isoformat()}
            sent = json.dumps({"feedback": [item]}).encode()
            self._send(session, "feedback", "POST", f"{of}/feedback", sent, Signs())
        else:
            sent = json.dumps({**body, "hookInstance": str(uuid.uuid4())}).encode()
            answer = self._send(session, "hooks", "POST", path, sent, Signs())
            if answer.status_code == HTTPStatus.OK:
                self._cards += [(path, card["uuid"]) for card in answer.json()["cards"]]
                del self._cards[:-50]

    def _send(
        self,
        session: requests.Session,
        kind: str,
        method: str,
        path: str,
        body: bytes | None = None,
        auth: Signs | None = None,
    ) -> requests.Response:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        started = time.perf_counter()
        answer = session.request(
            method, f"{self._address}{path}", data=body, headers=headers, auth=auth, timeout=30
        )
        self._tally.seconds.append(time.perf_counter() - started)
        self._tally.statuses[kind, answer.status_code] += 1
        return answer


def _service(folder: Path, port: int) -> AbstractContextManager[subprocess.Popen[bytes]]:
    return service(folder, port, IGRT_CDS_DATABASE_URL=f"sqlite:///{folder}/soak.db", IGRT_CDS_RATE_LIMIT="0")


def run(minutes: float) -> tuple[Tally, list[int]]:
    """Load for so many minutes; what was seen, and the memory over time."""
    tally, memory, stop = Tally(), [], threading.Event()
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, _service(Path(folder), port) as process:
        address = f"http://127.0.0.1:{port}"
        clients = [Client(address, number, tally) for number in range(CLIENTS)]
        threads = [threading.Thread(target=each.run, args=(stop,)) for each in clients]
        for thread in threads:
            thread.start()
        end = time.monotonic() + 60 * minutes
        while time.monotonic() < end:
            time.sleep(EVERY)
            memory.append(resident(process.pid))
        stop.set()
        for thread in threads:
            thread.join()
    return tally, memory


def main() -> int:
    """Run, report and judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30)
    tally, memory = run(parser.parse_args().minutes)
    warm = memory[len(memory) // 4 :]
    edge = max(1, len(warm) // 5)
    before, after = sorted(warm[:edge])[edge // 2], sorted(warm[-edge:])[edge // 2]
    failed = sum(n for (_, status), n in tally.statuses.items() if status >= HTTPStatus.INTERNAL_SERVER_ERROR)
    answered = all(tally.statuses[kind, HTTPStatus.OK] for kind in ("hooks", "feedback", "discovery"))
    ordered = sorted(tally.seconds)
    print(f"{len(ordered)} calls, {len(tally.errors)} broken off")
    for (kind, status), number in sorted(tally.statuses.items()):
        print(f"  {kind}: {number} x {status}")
    print(
        f"p50 {ordered[len(ordered) // 2] * 1000:.1f} ms, p99 {ordered[len(ordered) * 99 // 100] * 1000:.1f} ms"
    )
    print(
        f"memory {memory[0] >> 20} MB at start, {before >> 20} MB after warm-up, {after >> 20} MB at the end"
    )
    flat = after - before <= max(GROWTH * before, SLACK)
    print("flat" if flat else "NOT FLAT")
    return 0 if flat and answered and not failed and not tally.errors else 1


if __name__ == "__main__":
    sys.exit(main())
