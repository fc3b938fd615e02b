"""Mixed load on `igrt-cds serve --production`, with the memory of its workers: `python -m scripts.soak --minutes 3`.

Calls of every kind (all services, refusals, discovery, health) run from four threads on loopback, and the resident
memory of each process is read every few seconds. Exit 0 when no answer was an error of ours and memory stayed
flat: after a warm-up of a quarter of the time it grew by less than a tenth (or 8 MB, in short runs).
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import requests

from fhir_fixtures import stories
from tests.operations.shape import free_port, service

CLIENTS = 4
PAUSE = 0.02
EVERY = 2.0
GROWTH, SLACK = 0.10, 8 * 2**20


@dataclass
class Tally:
    """What the clients saw."""

    statuses: Counter[int] = field(default_factory=Counter)
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


def client(address: str, seed: int, stop: threading.Event, tally: Tally) -> None:
    """Calls until it is told to stop."""
    choose = random.Random(seed)  # noqa: S311 - which call comes next, no secret
    calls = [(f"/cds-services/{story.service}", story.path.read_bytes()) for story in stories()]
    wrong = [
        b"{",
        b"[]",
        b'{"hook": 1}',
        json.dumps({"hook": "order-sign"}).encode(),
        b"\xff\xfe",
        b"x" * 600_000,
    ]
    with requests.Session() as session:
        session.trust_env = False
        while not stop.wait(PAUSE):
            path, body = choose.choice(calls)
            kind = choose.random()
            started = time.perf_counter()
            try:
                if kind < 0.1:
                    answer = session.get(
                        f"{address}{choose.choice(('/cds-services', '/healthz', '/x'))}", timeout=30
                    )
                else:
                    data = choose.choice(wrong) if kind < 0.25 else body
                    headers = {"Content-Type": "application/json"}
                    answer = session.post(f"{address}{path}", data=data, headers=headers, timeout=30)
            except requests.RequestException as error:
                tally.errors.append(type(error).__name__)
                continue
            tally.statuses[answer.status_code] += 1
            tally.seconds.append(time.perf_counter() - started)


def run(minutes: float) -> tuple[Tally, list[int]]:
    """Load for so many minutes; what was seen, and the memory over time."""
    tally, memory, stop = Tally(), [], threading.Event()
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, service(Path(folder), port) as process:
        address = f"http://127.0.0.1:{port}"
        threads = [threading.Thread(target=client, args=(address, n, stop, tally)) for n in range(CLIENTS)]
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
    failed = sum(number for status, number in tally.statuses.items() if status >= 500)
    ordered = sorted(tally.seconds)
    print(f"{len(ordered)} calls: {dict(sorted(tally.statuses.items()))}, {len(tally.errors)} broken off")
    print(
        f"p50 {ordered[len(ordered) // 2] * 1000:.1f} ms, p99 {ordered[len(ordered) * 99 // 100] * 1000:.1f} ms"
    )
    print(
        f"memory {memory[0] >> 20} MB at start, {before >> 20} MB after warm-up, {after >> 20} MB at the end"
    )
    flat = after - before <= max(GROWTH * before, SLACK)
    print("flat" if flat else "NOT FLAT")
    return 0 if flat and not failed and not tally.errors else 1


if __name__ == "__main__":
    sys.exit(main())
