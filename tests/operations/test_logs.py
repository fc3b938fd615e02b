"""Log lines: declared fields only, ours and those of libraries."""

from __future__ import annotations

import errno
import io
import json
import logging
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.logs import (
    LINES,
    LineFormatter,
    LineHandler,
    _declared,
    _written,
    bind_request,
    configure,
    log_event,
    log_request,
)
from cds_service.service import Advisor
from tests.cli.conftest import Igrt, igrt
from tests.contract.calls import JSON
from tests.trust.tokens import signing_app

__all__ = ["igrt"]
ALWAYS = {"time", "level", "event"}


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the process writes once its logs are configured at the lowest level."""
    root = logging.getLogger()
    before, level, hook = list(root.handlers), root.level, threading.excepthook
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    configure("debug")
    yield stream
    root.handlers[:] = before
    root.setLevel(level)
    logging.captureWarnings(False)
    threading.excepthook = hook


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_one_line_for_each_request_whatever_becomes_of_it(written: io.StringIO) -> None:
    client = signing_app(max_body=100, rate_limit=1).test_client()
    order = "/cds-services/igrt-order-sign"
    answers = [
        client.get("/cds-services?patient=Jane"),
        client.post(order, data=b"{", headers=JSON),
        client.post(order, data=b"x" * 200, headers=JSON),
        client.post(order, data=b"x", headers={"Content-Type": "text/plain"}),
        client.put(order),
        client.open("/Jane", method="JANE"),
        *(client.get("/cds-services") for _ in range(8)),
    ]
    found = [line for line in lines(written) if line["event"] == "request"]
    assert [line["status"] for line in found] == [answer.status_code for answer in answers]
    assert [line["request_id"] for line in found] == [answer.headers["X-Request-ID"] for answer in answers]
    assert {400, 404, 405, 413, 415, 429} <= {line["status"] for line in found}
    assert {line["cards"] for line in found} == {0}
    assert [line["method"] for line in found[4:6]] == ["other", "other"]
    for line in lines(written):
        assert set(line) <= ALWAYS | set(LINES[line["event"]])
    assert "Jane" not in written.getvalue()


def test_a_failure_is_found_by_the_number_that_the_caller_was_told(
    written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError("Jane Doe")

    monkeypatch.setattr(Advisor, "advise", fail)
    answer = signing_app().test_client().post("/cds-services/igrt-order-sign", data=b"{}", headers=JSON)
    (line,) = [each for each in lines(written) if each["event"] == "failure"]
    assert line["incident"] in answer.text
    assert (line["endpoint"], line["error"]) == ("hooks.call", "RuntimeError")
    assert "Jane" not in written.getvalue()


def test_what_is_not_declared_does_not_pass(written: io.StringIO) -> None:
    log_request(service="x", status=200, patient="Jane", url="/Jane", ms={"name": "Jane"}, client="J" * 300)
    (line,) = lines(written)
    assert set(line) - ALWAYS - {"request_id"} == {"service", "status"}


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text(), max_size=2)


@given(st.dictionaries(st.sampled_from([*LINES["request"], "patient", "time", "level"]), VALUES))
def test_the_line_of_a_call_is_that_of_json(members: dict[str, Any]) -> None:
    line = members | {"event": "request"}
    assert _written(line) == json.dumps(_declared(None, "", line))


def test_the_record_of_a_call_is_as_logging_makes_it(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "igrt_cds.calls"):
        log_request(service="x", status=200)
    (record,) = caplog.records
    usual = logging.LogRecord("igrt_cds.calls", logging.INFO, "", 0, record.msg, None, None)
    assert vars(record).keys() - {"message"} == vars(usual).keys()
    of_its_moment = {"created", "msecs", "relativeCreated"}
    same = vars(usual).keys() - of_its_moment
    assert {name: vars(record)[name] for name in same} == {name: vars(usual)[name] for name in same}
    for name in ("created", "relativeCreated"):
        assert 0 <= vars(usual)[name] - vars(record)[name] < 60_000
    assert record.msecs == int(record.created % 1 * 1000)


def test_a_library_loses_its_words(written: io.StringIO) -> None:
    bind_request("0f" * 16)
    try:
        raise ValueError("Jane Doe")
    except ValueError:
        logging.getLogger("urllib3").exception("GET /Patient?name=%s", "Jane")
    logging.getLogger("igrt_cds.unheard").info("Jane")
    logging.captureWarnings(False)
    logging.captureWarnings(True)  # once more: pytest keeps warnings of each phase for itself
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("Jane", stacklevel=1)
    first, second, third = lines(written)
    assert (first["logger"], first["error"], first["request_id"]) == ("urllib3", "ValueError", "0f" * 16)
    assert first["at"].startswith("test_logs.py:")
    assert (second["logger"], third["logger"]) == ("igrt_cds.unheard", "py.warnings")
    assert "Jane" not in written.getvalue()


def test_a_thread_that_fails_is_a_line_without_its_words(written: io.StringIO) -> None:
    def fail() -> None:
        raise KeyError("Jane")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    (line,) = lines(written)
    assert (line["event"], line["error"]) == ("failure", "KeyError")
    assert "Jane" not in written.getvalue()


def test_a_line_that_cannot_be_written_is_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError

    handler = LineHandler(Closed())
    handler.setFormatter(LineFormatter())
    handler.handle(logging.makeLogRecord({"name": "x", "msg": "Jane %s", "args": ("Doe",)}))
    assert "Jane" not in "".join(capsys.readouterr())


def test_levels_are_kept(written: io.StringIO) -> None:
    logging.getLogger().setLevel(logging.WARNING)
    log_event("quiet")
    log_event("loud", level=logging.WARNING)
    assert [line["what"] for line in lines(written)] == ["loud"]


def test_a_log_that_cannot_be_written_keeps_the_service_from_nothing(
    igrt: Igrt, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lines were dropped while it ran, but a restart on a full disk was none."""
    started = []

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("cds_service.cli.serve.console.print", full)
    monkeypatch.setattr("cds_service.cli.serve.configure", lambda _: None)
    monkeypatch.setattr("cds_service.cli.serve._run_one", lambda bound, *_: started.append(bound.close()))
    assert igrt("serve", "--port", "0").code == 0
    assert len(started) == 1
