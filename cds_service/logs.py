"""Log lines with declared fields only; no body, no value of a request, no exception text."""

from __future__ import annotations

import json
import logging
import traceback

_CALLS = logging.getLogger("igrt_cds.calls")
_FAILURES = logging.getLogger("igrt_cds.failures")


def log_call(service: str, status: int, cards: int, seconds: float) -> None:
    """One line for a call. An unknown service id is not repeated: callers can write anything there."""
    known = service if service.startswith("igrt-") and len(service) < 40 else "unknown"
    line = {"service": known, "status": status, "cards": cards, "ms": round(seconds * 1000, 1)}
    _CALLS.info(json.dumps(line))


def log_failure(incident: str, endpoint: str, error: Exception) -> None:
    """Where an unexpected error arose: type and code positions, never its text (it may quote the request)."""
    places = [
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    line = {"incident": incident, "endpoint": endpoint, "error": type(error).__name__, "at": places[-6:]}
    _FAILURES.error(json.dumps(line))
