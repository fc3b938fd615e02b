"""Log lines with declared fields only; no body, no value of a request, no exception text."""

from __future__ import annotations

import json
import logging
import traceback

_CALLS = logging.getLogger("igrt_cds.calls")
_TOKENS = logging.getLogger("igrt_cds.tokens")
_FAILURES = logging.getLogger("igrt_cds.failures")


def log_call(service: str, status: int, cards: int, seconds: float) -> None:
    """One line for a call. `service` is an id of ours, never what the caller wrote."""
    line = {"service": service, "status": status, "cards": cards, "ms": round(seconds * 1000, 1)}
    _CALLS.info(json.dumps(line))


def log_refused_token(client: str, reason: str) -> None:
    """A call answered with 401: our code for the reason (docs/trust.md), and the registered name that the token's
    issuer has, empty when it has none. Never the token or a claim of it."""
    _TOKENS.warning(json.dumps({"refused": reason, "client": client}))


def log_clock_ahead(client: str, seconds: int) -> None:
    """An accepted token was issued this many seconds in our future: one of the clocks is wrong (threat T30)."""
    _TOKENS.warning(json.dumps({"clock_ahead": seconds, "client": client}))


def log_failure(incident: str, endpoint: str, error: Exception) -> None:
    """Where an unexpected error arose: type and code positions, never its text (it may quote the request)."""
    places = [
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    line = {"incident": incident, "endpoint": endpoint, "error": type(error).__name__, "at": places[-6:]}
    _FAILURES.error(json.dumps(line))
