"""The short way answers as the application does, and leaves to it whatever is not plain or goes wrong."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from cds_service import metrics
from cds_service.app import create_app
from cds_service.service import Advisor
from cds_service.settings import Settings
from cds_service.web.limits import Limits
from cds_service.web.shortcut import Shortcut
from fhir_fixtures import stories

PATH = "/cds-services/igrt-claim-review"
BODY = json.dumps(next(s for s in stories() if s.service == "igrt-claim-review").request()).encode()
OWN = ("X-Request-ID", "IGRT-CDS-Decision")
"""Headers that differ from call to call."""


@dataclass
class Both:
    """The short way, the application behind it, and what reached the application."""

    shortcut: Shortcut
    application: Any
    passed_on: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def both() -> Both:
    app = create_app(Settings(development=True, rate_limit=0))
    shortcut = app.wsgi_app
    assert isinstance(shortcut, Shortcut)
    made = Both(shortcut, shortcut._application)

    def spied(environ: Any, start_response: Any) -> Any:
        made.passed_on.append(environ["PATH_INFO"])
        return made.application(environ, start_response)

    shortcut._application = spied
    return made


def call(
    application: Any, body: bytes = BODY, path: str = PATH, **more: str
) -> tuple[str, dict[str, str], bytes]:
    """Status, headers and body."""
    environ = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in more.items():
        if value:
            environ[name] = value
        else:
            environ.pop(name, None)
    seen: list[tuple[str, list[tuple[str, str]]]] = []
    made = application(environ, lambda status, headers, error=None: seen.append((status, headers)))
    text = b"".join(made)
    if hasattr(made, "close"):
        made.close()
    ((status, headers),) = seen
    assert len({name.lower() for name, _ in headers}) == len(headers), "a header stands twice"
    return status, {name.lower(): value for name, value in headers}, text


def alike(one: tuple[str, dict[str, str], bytes], other: tuple[str, dict[str, str], bytes]) -> None:
    own = {name.lower() for name in OWN}
    assert one[0] == other[0]
    assert one[1].keys() == other[1].keys()
    assert {n: v for n, v in one[1].items() if n not in own} == {
        n: v for n, v in other[1].items() if n not in own
    }
    assert one[2] == other[2]


@pytest.mark.parametrize("name", [story.name for story in stories()][::4])
def test_fixtures_are_answered_alike(both: Both, name: str) -> None:
    story = next(each for each in stories() if each.name == name)
    body = story.path.read_bytes()
    path = f"/cds-services/{story.service}"
    before = len(both.passed_on)
    alike(call(both.shortcut, body, path), call(both.application, body, path))
    assert len(both.passed_on) == before, "the short way was not taken"


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b'{"a":1,"a":2}', b"\xff", BODY[:-1]])
def test_what_cannot_be_read_is_refused_alike(both: Both, body: bytes) -> None:
    short = call(both.shortcut, body)
    assert short[0].startswith("400")
    alike(short, call(both.application, body))


@pytest.mark.parametrize(
    "more",
    [
        {"REQUEST_METHOD": "GET"},
        {"REQUEST_METHOD": "OPTIONS"},
        {"CONTENT_TYPE": "text/plain"},
        {"CONTENT_TYPE": "application/fhir+json"},
        {"CONTENT_LENGTH": ""},
        {"CONTENT_LENGTH": "0"},
        {"CONTENT_LENGTH": "-5"},
        {"CONTENT_LENGTH": "99999999999999999999"},
        {"HTTP_CONTENT_ENCODING": "gzip"},
        {"HTTP_TRANSFER_ENCODING": "chunked"},
        {"HTTP_ORIGIN": "https://ehr.example"},
        {"path": "/cds-services/igrt-claim-review/"},
        {"path": "/cds-services/nobody"},
        {"path": "/cds-services"},
    ],
)
def test_what_is_not_plain_is_the_application_s(both: Both, more: dict[str, Any]) -> None:
    before = len(both.passed_on)
    alike(call(both.shortcut, **more), call(both.application, **more))
    assert len(both.passed_on) == before + 1


def test_a_call_from_elsewhere_without_a_token(both: Both) -> None:
    short = call(both.shortcut, REMOTE_ADDR="203.0.113.5")
    assert short[0].startswith("401")
    alike(short, call(both.application, REMOTE_ADDR="203.0.113.5"))


def test_a_body_that_ends_before_its_length(both: Both) -> None:
    length = str(len(BODY) + 9)
    short = call(both.shortcut, CONTENT_LENGTH=length)
    assert short[0].startswith("400")
    alike(short, call(both.application, CONTENT_LENGTH=length))


def test_a_fault_of_ours_is_told_as_ever_and_leaves_no_place_taken(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError("secret of a patient")

    monkeypatch.setattr(Advisor, "advise", fail)
    before = metrics.UNDER_WAY._value.get()
    for _ in range(3):
        status, headers, text = call(both.shortcut)
        assert status.startswith("500")
        assert b"secret" not in text
        assert json.loads(text)["resourceType"] == "OperationOutcome"
        assert headers["x-request-id"]
    assert metrics.UNDER_WAY._value.get() == before


def test_the_limits_hold_on_the_short_way() -> None:
    app = create_app(Settings(development=True, rate_limit=1))
    statuses = [call(app.wsgi_app)[0][:3] for _ in range(12)]
    assert statuses == ["200"] * 10 + ["429"] * 2


def test_a_full_house_is_told_by_the_application(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Limits, "enter", lambda self: False)
    status, headers, _ = call(both.shortcut)
    assert status.startswith("503")
    assert headers["retry-after"] == "1"


def test_the_number_of_the_request_is_kept(both: Both) -> None:
    number = "0123456789abcdef0123456789abcdef"
    assert call(both.shortcut, HTTP_X_REQUEST_ID=number)[1]["x-request-id"] == number
    assert call(both.shortcut, HTTP_X_REQUEST_ID="Jane Doe")[1]["x-request-id"] != "Jane Doe"
