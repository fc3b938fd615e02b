"""One read at a time, by what the server really sends: which answers are taken, how large, and what is asked again."""

from __future__ import annotations

import gzip
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from cds_service.fhir_client.addresses import query_at, resource_at
from cds_service.fhir_client.exchange import Allowance, Fault, ReadFailed, fetch
from cds_service.fhir_client.limits import ReadLimits
from cds_service.fhir_client.reading import FhirReader, Outcome
from cds_service.fhir_client.transport import open_session
from cds_service.fhir_client.watch import Watch
from cds_service.trust.bases import Base
from tests.fhir_client.ehr import TOKEN, client_of, reader

BODY = b'{"resourceType":"Claim","id":"c"}'
JSON = "Content-Type: application/fhir+json"


class Wire:
    """Sends each connection the next of its texts, and hangs up; the last one is sent for ever."""

    def __init__(self, *texts: bytes) -> None:
        self._texts = list(texts)
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.base = f"http://127.0.0.1:{self._listener.getsockname()[1]}/fhir"

    def serve(self) -> None:
        """Answer until the listener is closed."""
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                text = self._texts.pop(0) if len(self._texts) > 1 else self._texts[0]
                with connection:
                    if text:
                        connection.recv(65536)
                        connection.sendall(text)

    def close(self) -> None:
        """Wake up who accepts."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@contextmanager
def sending(*texts: bytes) -> Iterator[Wire]:
    wire = Wire(*texts)
    thread = threading.Thread(target=wire.serve)
    thread.start()
    try:
        yield wire
    finally:
        wire.close()
        thread.join(20)


def http(body: bytes, *headers: str, length: bool = True) -> bytes:
    lines = ["HTTP/1.1 200 OK", *(headers or (JSON,)), *([f"Content-Length: {len(body)}"] if length else [])]
    return "\r\n".join([*lines, "", ""]).encode() + body


def based(reading: FhirReader, wire: Wire) -> Base:
    base = reading.base_of(client_of(wire.base), wire.base)
    assert base is not None
    return base


def read(wire: Wire, times: int = 1, **limits: object) -> list[Outcome]:
    """So many reads of one call, one after the other."""
    found: list[Outcome] = []
    fhir = reader(**({"parallel": 1} | limits))
    base = based(fhir, wire)
    with fhir.open(client_of(wire.base), base, TOKEN) as reading:
        for number in range(times):
            reading.ask(number, resource_at(base, f"Claim/{number}"))
        found += reading.outcomes()
    return found


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        (("Content-Type: application/json",), True),
        (("content-type: APPLICATION/FHIR+JSON ; charset=utf-8",), True),
        (("Content-Type: application/vnd.of-somebody+json",), True),
        (("Content-Type: application/fhir+xml",), False),
        (("Content-Type: text/anything+json",), False),
        (("Content-Type: text/html",), False),
        (("X-Other: 1",), False),
        ((JSON, "Content-Encoding: identity"), True),
        ((JSON, "Content-Encoding: br"), False),
        ((JSON, "Content-Encoding: gzip, gzip"), False),
    ],
    ids=str,
)
def test_only_json_that_can_be_unpacked_is_taken(headers: tuple[str, ...], taken: bool) -> None:
    with sending(http(BODY, *headers)) as wire:
        (outcome,) = read(wire)
    assert (outcome.body, outcome.fault) == ((BODY, None) if taken else (b"", Fault.otherwise))


@pytest.mark.parametrize("name", ["gzip", "GZIP", "x-gzip"])
def test_a_packed_answer_is_unpacked(name: str) -> None:
    with sending(http(gzip.compress(BODY), JSON, f"Content-Encoding: {name}")) as wire:
        assert [outcome.body for outcome in read(wire)] == [BODY]


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(BODY)[:-4], gzip.compress(BODY) + b"more", BODY],
    ids=["cut short", "more after it", "not packed"],
)
def test_what_is_packed_badly_is_not_taken(packed: bytes) -> None:
    with sending(http(packed, JSON, "Content-Encoding: gzip")) as wire:
        assert [outcome.fault for outcome in read(wire)] == [Fault.otherwise]


@pytest.mark.parametrize("headers", [(JSON,), (JSON, "Content-Encoding: gzip")], ids=["plain", "packed"])
def test_an_answer_and_a_call_have_their_most_bytes(headers: tuple[str, ...]) -> None:
    text = http(gzip.compress(BODY) if len(headers) == 2 else BODY, *headers)
    most = len(BODY)
    with sending(text) as wire:
        assert [o.fault for o in read(wire, answer_bytes=most)] == [None]
        assert [o.fault for o in read(wire, answer_bytes=most - 1)] == [Fault.too_large]
        assert [o.fault for o in read(wire, 3, call_bytes=2 * most)] == [None, None, Fault.too_large]


def test_an_answer_without_length_ends_with_its_connection() -> None:
    with sending(http(BODY, length=False)) as wire:
        assert [outcome.body for outcome in read(wire)] == [BODY]


def test_an_answer_that_ends_too_soon_is_not_taken() -> None:
    with sending(http(BODY)[:-1]) as wire:
        (outcome,) = read(wire)
    assert (outcome.body, outcome.fault) == (b"", Fault.otherwise)


@pytest.mark.parametrize(
    "sent",
    [b"", b"HTTP/1.1 200 OK\r\nX-", http(BODY)[:-1], http(BODY, length=False)],
    ids=["nothing", "a part of the head", "a part of the body", "a body without length, which looks whole"],
)
def test_what_the_deadline_ends_is_no_answer(sent: bytes) -> None:
    over = threading.Event()

    class Holding(Wire):
        def serve(self) -> None:
            with suppress(OSError):
                connection, _ = self._listener.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(sent)
                    over.wait(20)

    wire = Holding()
    thread = threading.Thread(target=wire.serve)
    thread.start()
    base, watch = based(reader(), wire), Watch(time.monotonic() + 30)
    threading.Timer(0.3, watch.cut).start()
    with open_session(base, watch, 1) as session, pytest.raises(ReadFailed) as failed:
        fetch(session, resource_at(base, "Claim/c"), TOKEN, watch, Allowance(ReadLimits()))
    over.set()
    wire.close()
    thread.join(20)
    assert failed.value.fault is Fault.timeout


@pytest.mark.parametrize(
    "first", [b"", b"HTTP/1.1 503 no\r\nContent-Length: 0\r\n\r\n"], ids=["hangs up", "503"]
)
def test_a_server_that_restarts_is_asked_once_more(first: bytes) -> None:
    with sending(first, http(BODY)) as wire:
        assert [outcome.body for outcome in read(wire)] == [BODY]
        assert wire.connections == 2
    with sending(first) as wire:
        expected = Fault.failing if first else Fault.unreachable
        assert [outcome.fault for outcome in read(wire)] == [expected]
        assert wire.connections == 2


def test_a_server_that_hangs_up_is_left_alone_for_a_while() -> None:
    fhir, faults = reader(failures=2, rest=60.0), []
    with sending(b"") as wire:
        for _ in range(3):
            base = based(fhir, wire)
            with fhir.open(client_of(wire.base), base, TOKEN) as reading:
                reading.ask("claim", resource_at(base, "Claim/c"))
                faults += [outcome.fault for outcome in reading.outcomes()]
    assert faults == [Fault.unreachable, Fault.unreachable, Fault.resting]


@pytest.mark.parametrize(
    "text", [b"nonsense\r\n\r\n", http(BODY, JSON, "Transfer-Encoding: chunked", length=False)]
)
def test_what_is_no_http_is_no_answer_and_costs_no_thread(text: bytes) -> None:
    with sending(text) as wire:
        faults = [outcome.fault for outcome in read(wire, 2)]
    assert len(faults) == 2
    assert set(faults) <= {Fault.otherwise, Fault.unreachable}


@pytest.mark.parametrize(
    "text", [http(BODY, JSON, "no header at all"), http(BODY, JSON, " folded"), b"HTTP/1.1 9\r\n"]
)
def test_no_answer_brings_an_address_into_a_log(text: bytes, caplog: pytest.LogCaptureFixture) -> None:
    fhir = reader()
    with sending(text) as wire, caplog.at_level(logging.DEBUG):
        base = based(fhir, wire)
        with fhir.open(client_of(wire.base), base, TOKEN) as reading:
            reading.ask("claims", query_at(base, "Claim?patient={{context.patientId}}", "verysecret"))
            assert len(list(reading.outcomes())) == 1
    assert caplog.text == ""
