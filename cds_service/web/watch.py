"""Watches each request from its first to its last moment: its number, one log line, metrics and a span (T17, T27).

Works for every answer, those of 404, 405, 413, 415, 429, 503 and 500 too. Nothing that a caller wrote is kept: an
address is known by the name of our function that serves it, a service by its id in our table.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, g, request

from cds_service import metrics
from cds_service.logs import bind_request, log_request
from cds_service.tracing import NO_TRACER, Tracer
from cds_service.trust.model import Client
from cds_service.uuids import random_uuid

HEADER = "X-Request-ID"
HANDED = "igrt_cds.handed"
"""Member of the WSGI environment for `Handed`."""
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
        begun = handed()
        call = g.call = begun.call if begun else Call(request_id(request.headers.get(HEADER, "")))
    return call


def answered(cards: Sequence[Mapping[str, Any]], call: Call | None = None) -> None:
    """The call, the request under way by default, was answered with these cards."""
    (call or current_call()).cards = len(cards)
    metrics.count_cards(cards)


@dataclass(slots=True)
class Handed:
    """A call that `web.shortcut` began and could not answer: what it knows of it, and what ended it."""

    call: Call
    error: Exception
    client: Client | None = None


def handed() -> Handed | None:
    """What `web.shortcut` knows of the request under way."""
    found: Handed | None = request.environ.get(HANDED)
    return found


def told(call: Call, method: str, status: int, tracer: Tracer = NO_TRACER) -> None:
    """Count an answer that is about to be sent, and write its line."""
    seconds = time.perf_counter() - call.started
    metrics.count_request(call.service, call.hook, status, seconds)
    line = {
        "method": method if method in _METHODS else "other",
        "service": call.service,
        "client": call.client or None,
        "status": status,
        "cards": call.cards,
        "ms": round(seconds * 1000, 1),
    }
    if call.span is not None:
        line["trace_id"] = tracer.end(call.span, {**line, "request_id": call.request_id})
    log_request(**line)


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
        response.headers[HEADER] = call.request_id
        told(call, request.method, response.status_code, tracer)
        return response


def _service(hooks: Collection[str]) -> str:
    endpoint = request.endpoint
    if endpoint is None:
        return _UNKNOWN
    if endpoint == "hooks.call":
        asked = (request.view_args or {}).get("service_id", "")
        return asked if asked in hooks else _UNKNOWN
    return endpoint.rpartition(".")[2] if endpoint.startswith(("hooks.", "health.")) else endpoint


def request_id(given: str) -> str:
    """The number of a request: the caller's if it is nothing but a number, else a new one."""
    return given if _NUMBER.fullmatch(given) else random_uuid()
