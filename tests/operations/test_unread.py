"""What gunicorn cannot read, and what it meets of ours, as an answer: status, letter, nothing of the request (T17)."""

from __future__ import annotations

import json
import os
import subprocess

import pytest
from gunicorn.http.errors import (
    ExpectationFailed,
    InvalidHeader,
    InvalidRequestLine,
    InvalidResponseHeader,
    LimitRequestHeaders,
    LimitRequestLine,
    UnsupportedTransferCoding,
)

from cds_service.cli import servers
from cds_service.cli.unread import refused
from cds_service.settings import Settings

CANARY = "canary-of-the-request"
SETTINGS = Settings(public_url="https://cds.example.org")
ERRORS: dict[str, tuple[BaseException, int, str]] = {
    "request line": (InvalidRequestLine(CANARY), 400, "invalid"),
    "header": (InvalidHeader(CANARY), 400, "invalid"),
    "long address": (LimitRequestLine(9000, 8190), 414, "too-long"),
    "large headers": (LimitRequestHeaders(CANARY), 431, "too-long"),
    "expectation": (ExpectationFailed(CANARY), 417, "not-supported"),
    "transfer coding": (UnsupportedTransferCoding(CANARY), 501, "not-supported"),
    "a header of our own answer": (InvalidResponseHeader(CANARY), 500, "exception"),
    "a fault of ours": (ZeroDivisionError(CANARY), 500, "exception"),
}


@pytest.mark.parametrize(("error", "status", "code"), ERRORS.values(), ids=ERRORS)
def test_each_is_answered_in_our_form(error: BaseException, status: int, code: str) -> None:
    answer = refused(error, SETTINGS)
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    assert first.split()[:2] == ["HTTP/1.1", str(status)]
    assert headers["Content-Length"] == str(len(body))
    assert headers["Connection"] == "close"
    assert "Strict-Transport-Security" in headers
    (issue,) = json.loads(body)["issue"]
    assert issue["code"] == code
    assert issue["diagnostics"].count(".") >= 2
    assert CANARY.encode() not in answer


@pytest.mark.parametrize(
    ("ending", "told"),
    [
        pytest.param("exit 0", [], id="in order"),
        pytest.param("exit 3", ["a worker ended with code 3"], id="with a code"),
        pytest.param(
            "kill -KILL $$", ["a worker was killed by SIGKILL, as when memory runs out"], id="killed"
        ),
    ],
)
def test_how_a_worker_ended(monkeypatch: pytest.MonkeyPatch, ending: str, told: list[str]) -> None:
    said: list[str] = []
    monkeypatch.setattr(servers, "log_event", lambda what, pid, level: said.append(what))
    with subprocess.Popen(["/bin/sh", "-c", ending]) as child:
        ended = os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert ended is not None
    servers._tell_end(child.pid, ended)
    assert said == told
