"""Requests that gunicorn cannot read: refused as every other, with an OperationOutcome, a log line and counted.

Nothing of such a request is repeated (T17). Its number is a new one: the headers are what could not be read.
"""

from __future__ import annotations

import json
import uuid
from http import HTTPStatus

from gunicorn.http.errors import (
    ExpectationFailed,
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
    UnsupportedTransferCoding,
)

from cds_service.logs import bind_request, log_failure
from cds_service.request.errors import Problem, operation_outcome
from cds_service.settings import Settings
from cds_service.uuids import random_uuid
from cds_service.web.headers import always_sent
from cds_service.web.watch import HEADER, Call, told

_NO_HTTP = (400, "This is no request that can be read.", "Send HTTP/1.1 as RFC 9112 has it.", "invalid")
_LETTERS: dict[type[Exception], tuple[int, str, str, str]] = {
    LimitRequestLine: (
        414,
        "The address is too long.",
        "GET /cds-services lists the services; none takes a query.",
        "too-long",
    ),
    LimitRequestHeaders: (
        431,
        "The headers are too many or too large.",
        "A call needs Authorization and Content-Type; leave out cookies and what gateways have added.",
        "too-long",
    ),
    ExpectationFailed: (
        417,
        "The service cannot do what `Expect` asks for.",
        "Leave the header out.",
        "not-supported",
    ),
    UnsupportedTransferCoding: (
        501,
        "The service does not know this transfer coding.",
        "Send the body with Content-Length, or chunked.",
        "not-supported",
    ),
}


def refused(error: BaseException, settings: Settings) -> bytes:
    """The whole answer, head and body, to a request at which gunicorn met `error`; it is logged and counted."""
    call = Call(random_uuid())
    bind_request(call.request_id)
    status, what, remedy, code = _letter(error)
    body = json.dumps(operation_outcome([Problem("", what, remedy)], code)).encode()
    headers = {
        "Connection": "close",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **always_sent(settings),
        HEADER: call.request_id,
    }
    told(call, "", status)
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{n}: {v}" for n, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _letter(error: BaseException) -> tuple[int, str, str, str]:
    """Status, what is wrong, what to do, and the type of the issue."""
    ours = isinstance(error, InvalidResponseHeader | InvalidResponseHeaderName)
    if isinstance(error, ParseException) and not ours:
        return next((_LETTERS[kind] for kind in type(error).__mro__ if kind in _LETTERS), _NO_HTTP)
    incident = str(uuid.uuid4())
    log_failure(incident, "worker", error)
    return (
        500,
        "The service failed on this request.",
        f"Tell the operator this number: {incident}.",
        "exception",
    )
