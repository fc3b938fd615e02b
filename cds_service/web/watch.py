"""Watches each request from its first to its last moment: its number, one log line, metrics and a span (T17, T27).

Works for every answer, those of 404, 405, 413, 415, 429, 503 and 500 too. Nothing that a caller wrote is kept: an
address is known by the name of our function that serves it, a service by its id in our table.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, g, request

from cds_service import metrics
from cds_service.logs import bind_request, log_request
from cds_service.tracing import NO_TRACER, Tracer

HEADER = "X-Request-ID"
_UNKNOWN = "unknown"
# Nothing but a random number is taken over: a freer form could hold a name or a record number.
_NUMBER = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})


@dataclass(slots=True)
class Call:
    """What is known of the request under way."""

    request_id: str
    started: float = field(default_factory=time.perf_counter)
    service: str = _UNKNOWN
    hook: str = ""
    client: str = ""
    cards: int = 0
    span: Any = None


def current_call() -> Call:
    """The request under way; its members are filled as they become known."""
    call: Call | None = g.get("call")
    if call is None:
        call = g.call = Call(_request_id())
    return call


def answered(cards: Sequence[Mapping[str, Any]]) -> None:
    """The call was answered with these cards."""
    current_call().cards = len(cards)
    metrics.count_cards(cards)


def register_watch(app: Flask, hooks: Mapping[str, str], tracer: Tracer = NO_TRACER) -> None:
    """Watch every request of `app`. `hooks` names the hook of each service id; register this before anything else.

    Flask runs what was registered first before all others at the start of a request, and last at its end.
    """

    @app.before_request
    def begin() -> None:
        call = current_call()
        bind_request(call.request_id)
        call.service = _service(hooks)
        call.hook = hooks.get(call.service, "") if request.method == "POST" else ""
        call.span = tracer.begin(call.service, request.headers.get("traceparent", ""))

    @app.after_request
    def end(response: Response) -> Response:
        call = current_call()
        seconds = time.perf_counter() - call.started
        response.headers[HEADER] = call.request_id
        metrics.count_request(call.service, call.hook, response.status_code, seconds)
        line = {
            "method": request.method if request.method in _METHODS else "other",
            "service": call.service,
            "client": call.client or None,
            "status": response.status_code,
            "cards": call.cards,
            "ms": round(seconds * 1000, 1),
        }
        trace_id = tracer.end(call.span, {**line, "request_id": call.request_id})
        log_request(**line, trace_id=trace_id)
        return response


def _service(hooks: Collection[str]) -> str:
    endpoint = request.endpoint
    if endpoint is None:
        return _UNKNOWN
    if endpoint == "hooks.call":
        asked = (request.view_args or {}).get("service_id", "")
        return asked if asked in hooks else _UNKNOWN
    return endpoint.rpartition(".")[2] if endpoint.startswith(("hooks.", "health.")) else endpoint


def _request_id() -> str:
    given = request.headers.get(HEADER, "")
    return given if _NUMBER.fullmatch(given) else str(uuid.uuid4())
