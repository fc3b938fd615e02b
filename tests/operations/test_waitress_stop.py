"""`serve` on waitress: SIGTERM takes no more calls and ends those under way."""

from __future__ import annotations

import signal
import threading
import time
from typing import Any

import pytest
import requests
from waitress.server import create_server

from cds_service.cli import servers


def stopping(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The handlers that `run_until_stopped` sets, called by hand as signals would call them."""
    handlers: list[Any] = []
    monkeypatch.setattr(signal, "signal", lambda number, handler: handlers.append(handler))
    monkeypatch.setattr(threading, "main_thread", threading.current_thread)
    return handlers


@pytest.mark.parametrize(("seconds", "drain", "answered"), [(1.0, 10, True), (8.0, 1, False)])
def test_a_call_under_way_gets_its_time(
    monkeypatch: pytest.MonkeyPatch, seconds: float, drain: int, answered: bool
) -> None:
    entered, gone = threading.Event(), threading.Event()

    def slow(environ: Any, start_response: Any) -> list[bytes]:
        entered.set()
        gone.wait(seconds)
        start_response("200 OK", [("Content-Length", "300000")])
        return [b"x" * 300000]

    handlers = stopping(monkeypatch)
    server: Any = create_server(slow, host="127.0.0.1", port=0, threads=2)
    address = f"http://127.0.0.1:{server.effective_port}/"
    results: list[int] = []

    def call() -> None:
        try:
            results.append(len(requests.get(address, timeout=20).content))
        except requests.RequestException:
            results.append(0)

    running = threading.Thread(target=servers.run_until_stopped, args=(server, drain))
    running.start()
    calling = threading.Thread(target=call)
    calling.start()
    assert entered.wait(10)
    started = time.monotonic()
    handlers[0](15, None)
    running.join(20)
    assert not running.is_alive()
    assert time.monotonic() - started < 7
    gone.set()
    calling.join(20)
    assert results == ([300000] if answered else [0])
    with pytest.raises(requests.ConnectionError):
        requests.get(address, timeout=5)
