"""`python -m benchmarks.fhir_faults`: 32 calls at once against each shape of a bad FHIR server (threat T15).

Printed are p50 and p99 of the answers in milliseconds, once with every call waiting for the server (no circuit, a
place for each call) and once as shipped, and the p99 of another client that reads from a healthy server meanwhile, as
a ratio to its p99 while the 32 callers' own server is healthy too. The servers run in a process of their own.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from multiprocessing.connection import Connection

from rich.console import Console
from rich.table import Table

from cds_service.books import Library, standard_library
from cds_service.fhir_client.limits import ReadLimits
from cds_service.fhir_client.reading import FhirReader
from cds_service.service import Advisor
from cds_service.trust.model import Client
from fhir_fixtures import load
from tests.fhir_client.ehr import Ehr, serving, with_server
from tests.fhir_client.faults import SHAPES, misbehaving

NAME = "florida-blue-document-one-day-too-old"
SERVICE = "igrt-claim-review"
DAY = date(2026, 11, 24)
CALLERS = 32
HEALTHY = "healthy"


@dataclass(frozen=True)
class Measured:
    """Seconds of the callers' answers and of the other client's, and how many answers were not 200."""

    callers: list[float]
    other: list[float]
    refused: int


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fhir_faults", description=__doc__)
    parser.add_argument("--calls", type=int, default=4, help="calls of each caller (default: %(default)s)")
    parser.add_argument("--budget", type=float, default=2.0, help="seconds (default: %(default)s)")
    parser.add_argument("--shapes", nargs="*", default=list(SHAPES), choices=SHAPES)
    options = parser.parse_args(arguments)
    waiting = ReadLimits(budget=options.budget, failures=10**9, calls=CALLERS * 2, http_on_loopback=True)
    shipped = ReadLimits(budget=options.budget, http_on_loopback=True)
    console = Console()
    table = Table(
        title=f"{CALLERS} callers, {options.calls} calls each, budget {options.budget:g} s; milliseconds"
    )
    heads = (
        "shape",
        "p50",
        "p99",
        "over",
        "other ×",
        "p50 shipped",
        "p99 shipped",
        "other × shipped",
        "not 200",
    )
    for head in heads:
        table.add_column(head, justify="left" if head == "shape" else "right")
    base: dict[bool, float] = {}
    for shape in (HEALTHY, *options.shapes):
        row, refused = [shape], 0
        for limits in (waiting, shipped):
            found = measure(shape, limits, options.calls)
            refused += found.refused
            row += [_ms(percentile(found.callers, 50)), _ms(percentile(found.callers, 99))]
            if limits is waiting:
                row.append(_ms(max(percentile(found.callers, 99) - options.budget, 0.0)))
            tail = percentile(found.other, 99)
            row.append(f"{tail / base.setdefault(limits is waiting, tail):.2f}")
        table.add_row(*row, str(refused))
        console.print(" ".join(row), style="dim")
    console.print(table)


def measure(shape: str, limits: ReadLimits, calls: int) -> Measured:
    """All callers against one shape, and the other client against a healthy server, for as long as they call."""
    advisor = Advisor(_library(), reader=FhirReader(limits))
    request = load(NAME)
    prefetch = request["prefetch"]
    with server(shape) as bad, server(HEALTHY) as good:
        without = request | {"prefetch": {k: v for k, v in prefetch.items() if k != "documents"}}
        callers: list[float] = []
        other: list[float] = []
        statuses: list[int] = []
        over = threading.Event()

        def ask(base: str, name: str, times: list[float]) -> None:
            client = Client(name, f"https://{name}.example", fhir_bases=(base,))
            body = json.dumps(with_server(without, base)).encode()
            started = time.perf_counter()
            answer = advisor.advise(SERVICE, body, DAY, client)
            times.append(time.perf_counter() - started)
            statuses.append(answer.status)

        def caller(number: int) -> None:
            time.sleep(number * 0.02)
            for _ in range(calls):
                begun = time.perf_counter()
                ask(bad, "one", callers)
                time.sleep(max(limits.budget + 0.5 - (time.perf_counter() - begun), 0.0))

        def bystander() -> None:
            while not over.is_set():
                ask(good, "other", other)
                over.wait(0.05)

        ask(good, "other", [])
        beside = threading.Thread(target=bystander)
        threads = [threading.Thread(target=caller, args=(n,)) for n in range(CALLERS)]
        for thread in (beside, *threads):
            thread.start()
        for thread in threads:
            thread.join()
        over.set()
        beside.join()
    return Measured(callers, other, sum(status != 200 for status in statuses))


@lru_cache(maxsize=1)
def _library() -> Library:
    return standard_library()


def percentile(seconds: Sequence[float], percent: int) -> float:
    """Nearest rank."""
    ordered = sorted(seconds)
    return ordered[min(-(-len(ordered) * percent // 100), len(ordered)) - 1]


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f}"


@contextmanager
def server(shape: str) -> Iterator[str]:
    """The base URL of a server in a process of its own."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(shape, theirs), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send("stop")
        process.join(timeout=10)
        process.kill()


def _serve(shape: str, pipe: Connection) -> None:
    if shape == HEALTHY:
        prefetch = load(NAME)["prefetch"]
        documents = [entry["resource"] for entry in prefetch["documents"]["entry"]]
        with serving(Ehr(documents)) as ehr:
            pipe.send(ehr.base)
            pipe.recv()
        return
    with misbehaving(shape) as bad:
        pipe.send(bad.base)
        pipe.recv()


if __name__ == "__main__":
    main()
