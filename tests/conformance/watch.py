"""Judges every answer that the suite gets, so that no test can forget to.

Four places are watched: the advisor (with the request at hand), the Flask application (every response of every
route, refusals included), the short way before it, and `requests` (servers in other processes). A fault fails the
test that was running.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

import requests
from flask import Flask, Response, request

from cds_service.service import Advisor, Answer
from cds_service.web.shortcut import Shortcut
from tests.conformance.described import status_faults
from tests.conformance.judge import answer_faults, discovery_faults, refusal_faults


class Watch:
    """What was judged (`seen`, by place) and what was wrong with it (`faults`)."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.faults: list[str] = []
        self._known: deque[bytes] = deque(maxlen=64)

    def known(self, body: bytes) -> bool:
        """Whether these bytes were judged a moment ago: an answer passes up to three places on its way."""
        if body in self._known:
            return True
        self._known.append(body)
        return False

    def judge(self, place: str, found: Iterable[str]) -> None:
        """Count an answer and keep its faults."""
        self.seen[place] += 1
        self.faults += [f"{place}: {fault}" for fault in found]

    def taken(self) -> list[str]:
        """The faults since the last call, each once."""
        found, self.faults = list(dict.fromkeys(self.faults)), []
        return found


WATCH = Watch()


def http_faults(method: str, path: str, status: int, media_type: str, body: bytes) -> list[str]:
    """What is wrong with an HTTP response of the service."""
    return status_faults(method, path, status) + _content_faults(method, path, status, media_type, body)


def _content_faults(method: str, path: str, status: int, media_type: str, body: bytes) -> list[str]:
    if method == "HEAD" or (status < 400 and not _of_hooks(path)) or status in (204, 301, 304, 308):
        return []
    if method == "OPTIONS" and status < 400:
        return []
    if path == "/readyz":
        return []  # says the state of its parts with 200 and with 503
    if media_type != "application/json":
        return [f"T-02, T27: {status} comes as {media_type or 'nothing'}, not as JSON"]
    if WATCH.known(body):
        return []
    if status >= 400:
        return refusal_faults(body)
    if method == "GET":
        return discovery_faults(body)
    return [] if path.rstrip("/").endswith("/feedback") else answer_faults(body)


def _of_hooks(path: str) -> bool:
    return path.rstrip("/") == "/cds-services" or path.startswith("/cds-services/")


def _asked(body: Any) -> Any:
    try:
        return json.loads(body) if isinstance(body, bytes | str) else None
    except (ValueError, RecursionError):
        return None


def _with_what_was_read(request: Any, answer: Answer) -> Any:
    """The request with the resources that were read from the client's FHIR server: cards may correct these too."""
    gathered = answer.seen.gathered
    if gathered is None or not isinstance(request, dict):
        return request
    texts = [*gathered.prefetch.values(), *(raw for _, raw in gathered.further)]
    return {**request, "read": [json.loads(bytes(text)) for text in texts]}


def _advisor(advise: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(advise)
    def watched(self: Advisor, *given: Any, **named: Any) -> Any:
        answer = advise(self, *given, **named)
        sent = given[1] if len(given) > 1 else named.get("body")
        body = answer.encode()
        WATCH.known(body)
        asked = _with_what_was_read(_asked(sent), answer)
        WATCH.judge("advisor", answer_faults(body, asked) if answer.status == 200 else refusal_faults(body))
        return answer

    return watched


def _flask(process: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(process)
    def watched(self: Flask, response: Response) -> Response:
        made: Response = process(self, response)
        # Other applications of the suite (a FHIR server, say) answer in their own ways.
        if "cds_service" in self.import_name and not (made.direct_passthrough or made.is_streamed):
            faults = http_faults(
                request.method, request.path, made.status_code, made.mimetype or "", made.get_data()
            )
            WATCH.judge("flask", faults)
        return made

    return watched


def _shortcut(call: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(call)
    def watched(self: Shortcut, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        sent: list[tuple[str, dict[str, str]]] = []

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            sent.append((status, dict(headers)))
            return start_response(status, headers, *more)

        made = call(self, environ, start)
        if isinstance(made, list):  # what comes from Flask is judged there
            ((status, headers),) = sent
            kind = headers["Content-Type"]
            faults = http_faults("POST", environ["PATH_INFO"], int(status[:3]), kind, b"".join(made))
            WATCH.judge("flask", faults)
        return made

    return watched


def _requests(send: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(send)
    def watched(self: requests.Session, asked: requests.PreparedRequest, **named: Any) -> Any:
        response = send(self, asked, **named)
        path = urlsplit(asked.url or "").path
        if _of_hooks(str(path)) and not named.get("stream"):
            kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
            faults = http_faults(asked.method or "", str(path), response.status_code, kind, response.content)
            WATCH.judge("requests", faults)
        return response

    return watched


@contextmanager
def watched() -> Iterator[Watch]:
    """Watch all places for the time of a `with` block."""
    places = (
        (Advisor, "advise", _advisor),
        (Flask, "process_response", _flask),
        (Shortcut, "__call__", _shortcut),
        (requests.Session, "send", _requests),
    )
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in places]
    for owner, name, wrap in places:
        setattr(owner, name, wrap(getattr(owner, name)))
    try:
        yield WATCH
    finally:
        for owner, name, own in before:
            setattr(owner, name, own)
