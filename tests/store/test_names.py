"""A name server that is slow or away does not hold up what needs the database."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest

from cds_service.store import names
from cds_service.store.database import Store, StoreUnavailable
from cds_service.store.names import Host, HostUnknown

Row = tuple[Any, ...]
ROWS: list[Row] = [(socket.AF_INET, 1, 6, "", (address, 5432)) for address in ("192.0.2.1", "192.0.2.2")]


class Server:
    """In place of the system's look-up: answers after some seconds, or not at all."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds, self.rows, self.asked = 0.0, ROWS, 0
        monkeypatch.setattr(socket, "getaddrinfo", self)

    def __call__(self, *_: object, **__: object) -> list[Row]:
        self.asked += 1
        time.sleep(self.seconds)
        if not self.rows:
            raise socket.gaierror
        return self.rows


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setattr(names, "WAIT", 0.2)
    return Server(monkeypatch)


def test_addresses_are_kept_for_a_while(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host("db.example.org", 5432)
    assert host.addresses() == host.addresses() == ("192.0.2.1", "192.0.2.2")
    assert server.asked == 1
    monkeypatch.setattr(names, "FRESH", 0.0)
    host = Host("db.example.org", 5432)
    host.addresses()
    server.rows = ROWS[1:]
    assert host.addresses() == ("192.0.2.2",), "another address is found"


def test_a_late_answer_is_used_next_and_an_old_one_until_then(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names, "FRESH", 0.0)
    host = Host("db.example.org", 5432)
    server.seconds = 0.6
    with pytest.raises(HostUnknown):
        host.addresses()
    time.sleep(0.6)
    started = time.monotonic()
    assert host.addresses() == ("192.0.2.1", "192.0.2.2")
    assert time.monotonic() - started < 0.5
    server.seconds, server.rows = 0.0, []
    time.sleep(0.6)
    assert host.addresses() == ("192.0.2.1", "192.0.2.2"), "the name server is away"


def test_the_store_is_unavailable_at_once_and_not_after_many_seconds(server: Server) -> None:
    server.seconds = 5
    store = Store("postgresql://igrt:x@db.example.org/igrt")
    started = time.monotonic()
    with pytest.raises(StoreUnavailable), store.reading():
        pass
    assert time.monotonic() - started < 2
    store.close()


def asked_of_the_driver(monkeypatch: pytest.MonkeyPatch, url: str) -> dict[str, Any]:
    """With what the driver is asked for a connection."""
    import psycopg

    given: dict[str, Any] = {}

    def connect(*_: object, **words: Any) -> None:
        given.update(words)
        raise psycopg.OperationalError

    monkeypatch.setattr(psycopg, "connect", connect)
    store = Store(url)
    with pytest.raises(StoreUnavailable), store.reading():
        pass
    store.close()
    return given


def test_postgresql_is_reached_by_the_address_that_was_found(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the certificate is still compared with the name."""
    given = asked_of_the_driver(monkeypatch, "postgresql://igrt:x@db.example.org/igrt")
    assert given["hostaddr"] == "192.0.2.1,192.0.2.2"
    assert given["host"] == "db.example.org,db.example.org"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("postgresql:///igrt", None),
        ("postgresql://igrt:x@/igrt?host=/var/run/postgresql", "/var/run/postgresql"),
        ("postgresql://igrt:x@/igrt?host=one.example.org,two.example.org", "one.example.org,two.example.org"),
        ("postgresql://igrt:x@db.example.org/igrt?hostaddr=192.0.2.9", "db.example.org"),
    ],
)
def test_what_is_no_one_name_is_left_to_the_driver(
    server: Server, monkeypatch: pytest.MonkeyPatch, url: str, host: str | None
) -> None:
    """Without a host it is the socket of this machine."""
    given = asked_of_the_driver(monkeypatch, url)
    assert given.get("host") == host
    assert given.get("hostaddr") == ("192.0.2.9" if "hostaddr" in url else None)
    assert server.asked == 0
