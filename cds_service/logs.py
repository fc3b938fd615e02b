"""Log lines with declared fields only; no body, no value of a request, no exception text."""

from __future__ import annotations

import json
import logging
import traceback

_CALLS = logging.getLogger("igrt_cds.calls")
_FAILURES = logging.getLogger("igrt_cds.failures")


def log_call(service: str, status: int, cards: int, seconds: float) -> None:
    """One line for a call. `service` is an id of ours, never what the caller wrote."""
    line = {"service": service, "status": status, "cards": cards, "ms": round(seconds * 1000, 1)}
    _CALLS.info(json.dumps(line))


def log_failure(incident: str, endpoint: str, error: Exception) -> None:
    """Where an unexpected error arose: type and code positions, never its text (it may quote the request)."""
    places = [
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    line = {"incident": incident, "endpoint": endpoint, "error": type(error).__name__, "at": places[-6:]}
    _FAILURES.error(json.dumps(line))
