"""Log lines: JSON, declared fields only; no body, no URL, no header, no value of a request, no exception text (T17).

structlog renders our own lines and carries the request's id. Lines of libraries are reduced to where they came
from: their texts may quote a request (docs/decisions/0011).
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
import traceback
from collections.abc import Mapping, MutableMapping
from contextvars import ContextVar
from datetime import UTC, datetime
from json.encoder import encode_basestring_ascii
from math import isfinite
from types import TracebackType
from typing import Any

import structlog

from cds_service.clock import now

LINES: Mapping[str, Mapping[str, str]] = {
    "request": {
        "request_id": "number of the request; also in the answer's header X-Request-ID",
        "method": "GET, HEAD, POST, OPTIONS or other",
        "service": "our id of the service or page; `unknown` for every other address",
        "client": "name of the caller in the trust registry; absent when there is none",
        "status": "HTTP status of the answer",
        "cards": "number of cards",
        "ms": "milliseconds from the first to the last line of our code",
        "trace_id": "trace of OpenTelemetry; absent when none is made",
    },
    "token": {
        "request_id": "as above",
        "client": "registered name that the token's issuer has; absent when it has none",
        "refused": "code of the reason for a 401 (docs/trust.md)",
        "clock_ahead": "seconds by which the clock of an accepted client runs before ours",
    },
    "failure": {
        "request_id": "as above",
        "incident": "number that the caller was told",
        "endpoint": "name of our function that was called",
        "error": "type of the error, never its text",
        "at": "the last places in the code, as file:line",
    },
    "library": {
        "request_id": "as above",
        "logger": "name of the library's logger",
        "at": "place in the library's code that spoke, as file:line; its text is left out",
        "error": "type of the error, never its text",
    },
    "event": {
        "what": "our own words for what happened, such as `stopping`",
        "count": "a number that belongs to it",
    },
}
"""Kind of line -> field -> what it holds. Every line has `time` (UTC), `level` and `event` (the kind) too."""

_ALWAYS = frozenset({"time", "level", "event"})
_LONGEST = 200
_OURS: set[str] = set()


def _declared(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The last gate: what is not declared for this kind of line, or is no plain value, does not pass."""
    fields = LINES.get(line["event"], {})
    return {
        name: value
        for name, value in line.items()
        if (name in _ALWAYS or name in fields) and value is not None and _plain(value)
    }


def _plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(part, str) and _plain(part) for part in value)
    return isinstance(value, int | float) or (isinstance(value, str) and len(value) <= _LONGEST)


def _logger(name: str) -> Any:
    _OURS.add(name)
    return structlog.wrap_logger(
        logging.getLogger(name),
        wrapper_class=structlog.stdlib.BoundLogger,
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            _declared,
            structlog.processors.JSONRenderer(),
        ],
    )


_CALLS = logging.getLogger("igrt_cds.calls")
_OURS.add(_CALLS.name)
_JSON = json.JSONEncoder().encode
_TOKENS = _logger("igrt_cds.tokens")
_FAILURES = _logger("igrt_cds.failures")
_EVENTS = _logger("igrt_cds.events")


def log_request(**fields: Any) -> None:
    """One line for a request; the fields are those of LINES["request"]. Nothing in it is the caller's text.

    The same line as structlog would make, without the logger that it would make first: each call writes one.
    """
    if not _CALLS.isEnabledFor(logging.INFO):
        return
    line = fields | {"event": "request"}
    number = _REQUEST_ID.get(None)
    if number is not None and number is not Ellipsis:
        line["request_id"] = number
    line["level"] = "info"
    line["time"] = now().isoformat().replace("+00:00", "Z")
    # As `_CALLS.info`, which would look for the place in the code first, and our lines have none.
    _CALLS.handle(_Line(_written(line)))


def _written(line: Mapping[str, Any]) -> str:
    """The line as `_declared` lets it pass and `json` writes it."""
    declared = LINES[line["event"]]
    parts = []
    for name, value in line.items():
        if value is None or not (name in declared or name in _ALWAYS):
            continue
        kind = type(value)
        if kind is int:
            parts.append(f'"{name}": {value}')
        elif kind is str:
            if len(value) <= _LONGEST:
                parts.append(f'"{name}": {encode_basestring_ascii(value)}')
        elif kind is float and isfinite(value):
            parts.append(f'"{name}": {value!r}')
        elif _plain(value):
            parts.append(f'"{name}": {_JSON(value)}')
    return f"{{{', '.join(parts)}}}"


class _Line(logging.LogRecord):
    """A record as `logging` makes it of a line of a call; what it would find out from a path, ours do without."""

    def __init__(self, text: str) -> None:
        self.__dict__.update(_USUAL)
        self.msg = text
        self.created = created = time.time()
        self.msecs = int((created - int(created)) * 1000) + 0.0
        self.relativeCreated = (created - _STARTED) * 1000
        self.thread = threading.get_ident()
        self.threadName = threading.current_thread().name
        self.process = os.getpid()


_USUAL: Mapping[str, Any] = vars(logging.LogRecord(_CALLS.name, logging.INFO, "", 0, "", None, None))
_STARTED = _USUAL["created"] - _USUAL["relativeCreated"] / 1000


def log_event(what: str, count: int | None = None, level: int = logging.INFO) -> None:
    """Something that belongs to no request. `what` is a constant of the code."""
    _EVENTS.log(level, "event", what=what, count=count)


def log_refused_token(client: str, reason: str) -> None:
    """A call answered with 401: our code for the reason (docs/trust.md), and the registered name that the token's
    issuer has, empty when it has none. Never the token or a claim of it."""
    _TOKENS.warning("token", refused=reason, client=client or None)


def log_clock_ahead(client: str, seconds: int) -> None:
    """An accepted token was issued this many seconds in our future: one of the clocks is wrong (threat T30)."""
    _TOKENS.warning("token", clock_ahead=seconds, client=client)


def log_failure(incident: str, endpoint: str, error: BaseException) -> None:
    """Where an unexpected error arose: type and code positions, never its text (it may quote the request)."""
    places = _places(error.__traceback__)
    _FAILURES.error("failure", incident=incident, endpoint=endpoint, error=type(error).__name__, at=places)


def bind_request(request_id: str) -> None:
    """All lines of this thread carry the number of this request, until the next one."""
    _REQUEST_ID.set(request_id)


def _variable(name: str) -> ContextVar[Any]:
    """The variable of structlog's context with this name."""
    tokens = structlog.contextvars.bind_contextvars(**{name: ""})
    structlog.contextvars.reset_contextvars(**tokens)
    return tokens[name].var


_REQUEST_ID = _variable("request_id")  # the only one that we bind


def _places(trace: TracebackType | None) -> list[str]:
    return [f"{f.filename.rpartition('/')[2]}:{f.lineno}" for f in traceback.extract_tb(trace)][-6:]


class LineFormatter(logging.Formatter):
    """Our own lines as they are; of any other only when, which logger, where in its code and the error's type."""

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON."""
        if record.name in _OURS:
            return str(record.msg)
        line: dict[str, Any] = {
            "event": "library",
            "level": record.levelname.lower(),
            "time": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
            "logger": record.name,
            "at": f"{record.filename}:{record.lineno}",
            **structlog.contextvars.get_contextvars(),
        }
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
        return json.dumps(dict(_declared(None, "", line)))


class LineHandler(logging.StreamHandler[Any]):
    """Writes lines to standard error; a line that cannot be written is dropped, not quoted."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line, at once."""
        try:
            self.stream.write(f"{self.format(record)}\n")
            self.stream.flush()
        except RecursionError:
            raise
        except Exception:
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name that logging gives it
        """Nothing: the standard answer prints the arguments of the line."""


def configure(level: str = "info") -> None:
    """Send all lines of the process to standard error, and nothing else there.

    Warnings and errors of threads come as lines, too.
    """
    handler = LineHandler(sys.stderr)
    handler.setFormatter(LineFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(True)
    threading.excepthook = _thread_failed


def _thread_failed(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_value is not None:
        log_failure("", "thread", failed.exc_value)
