"""Slow clients against the production shape: `python -m scripts.slow_clients [--clients 200] [--calls 400]`.

nginx with the shipped nginx.conf runs before `igrt-cds serve --production` on loopback. Honest calls are timed
alone, then while slow clients drip their bodies. Exit 0 when the honest p99 is within twice the baseline (T16,
G10). nginx has to be installed (Debian: nginx-light).
"""

from __future__ import annotations

import argparse
import json
import socket
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import requests

from fhir_fixtures import load
from tests.operations.shape import Shape, production

SERVICE, FIXTURE = "igrt-order-sign", "order-tracking-with-modifier-other"
DRIP = 0.5
SIDE_BY_SIDE = 8


def percentile(values: list[float], share: float) -> float:
    """The value below which this share lies."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def timed_calls(shape: Shape, number: int) -> tuple[list[float], int]:
    """Seconds of `number` honest calls, eight at a time, and how many were not answered with 200."""
    body = json.dumps(load(FIXTURE)).encode()
    local = threading.local()

    def call(_: int) -> tuple[float, bool]:
        session = getattr(local, "session", None)
        if session is None:
            session = local.session = requests.Session()
            session.trust_env = False
        started = time.perf_counter()
        answer = session.post(
            f"{shape.proxy}/cds-services/{SERVICE}",
            data=body,
            headers={"Content-Type": "application/json"},
            timeout=30,
        )
        return time.perf_counter() - started, answer.status_code in (200, 401)

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        results = list(pool.map(call, range(number)))
    return [seconds for seconds, _ in results], sum(not good for _, good in results)


def slow_client(shape: Shape) -> socket.socket:
    """A client that has promised 90 kB: of larger bodies the proxy takes fewer at once from one address."""
    address = urlsplit(shape.proxy)
    made = socket.create_connection((address.hostname or "", address.port or 0), timeout=10)
    made.sendall(
        f"POST /cds-services/{SERVICE} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        'Content-Length: 90000\r\n\r\n{"hook": "'.encode()
    )
    return made


def measure(clients: int, calls: int) -> tuple[float, float, int]:
    """p99 alone, p99 beside the slow clients (seconds), and honest calls that failed."""
    with tempfile.TemporaryDirectory() as folder, production(Path(folder)) as shape, ExitStack() as opened:
        timed_calls(shape, calls // 4)  # warm
        alone, failed_alone = timed_calls(shape, calls)
        slow = [opened.enter_context(slow_client(shape)) for _ in range(clients)]
        stop = threading.Event()

        def drip() -> None:
            while not stop.wait(DRIP):
                for client in slow:
                    client.sendall(b"a")

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            beside, failed_beside = timed_calls(shape, calls)
        finally:
            stop.set()
            dripping.join()
    print(f"p50 {percentile(alone, 0.5) * 1000:.1f} ms alone, {percentile(beside, 0.5) * 1000:.1f} ms beside")
    return percentile(alone, 0.99), percentile(beside, 0.99), failed_alone + failed_beside


def main() -> int:
    """Measure and judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--calls", type=int, default=400)
    given = parser.parse_args()
    alone, beside, failed = measure(given.clients, given.calls)
    print(f"p99 {alone * 1000:.1f} ms alone, {beside * 1000:.1f} ms beside {given.clients} slow clients,")
    print(f"{failed} honest calls failed; ratio {beside / alone:.2f}, at most 2 wanted")
    return 0 if beside <= 2 * alone and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
