"""Transactions: what they leave behind, how they fail, and that no failure tells a value of its statement."""

from __future__ import annotations

import contextlib
import socket
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, text

from cds_service.store import decisions, tables
from cds_service.store.database import MEMORY, Store, StoreRefused, StoreUnavailable, default_url
from cds_service.store.migrate import prepare
from tests.store.build import card, decision
from tests.store.postgres import Postgres

CANARY = "Zaphod Beeblebrox MRN 4711"


def opened(file: Path) -> list[str]:
    """Which files of a SQLite database this process holds open."""
    found: list[str] = []
    for number in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found.append(str(number.readlink()))
    return [each for each in found if each.startswith(str(file))]


def emptied(connection: sqlite3.Connection | Connection) -> None:
    """What is done here is never committed."""
    if isinstance(connection, Connection):
        connection.execute(tables.decisions.delete())
    else:
        connection.execute("DELETE FROM decisions")
    raise ZeroDivisionError


def test_a_closed_store_holds_no_file_open(tmp_path: Path) -> None:
    store = Store(default_url(tmp_path))
    prepare(store)
    assert decisions.write_at_once(store, decision(card()))
    decisions.write_quickly(store, [decision(card())])
    assert decisions.count(store) == 2
    store.tidy()
    assert opened(tmp_path)
    store.close()
    assert opened(tmp_path) == []


def test_a_file_that_is_no_database_is_not_held_open(tmp_path: Path) -> None:
    (tmp_path / "igrt-cds.db").write_bytes(b"no database at all" * 500)
    store = Store(default_url(tmp_path))
    for _ in range(3):
        assert not decisions.write_at_once(store, decision(card()))
    assert store.at_once is not None
    store.at_once.begin_anew()
    assert opened(tmp_path) == []
    store.close()


def test_connections_come_back_whatever_becomes_of_their_transactions(tmp_path: Path) -> None:
    store = Store(default_url(tmp_path))
    prepare(store)
    for _ in range(100):  # more than there may be at once
        with pytest.raises(ZeroDivisionError), store.writing_quickly() as connection:
            emptied(connection)
        decisions.write_quickly(store, [decision(card())])
    assert decisions.count(store) == 100
    store.close()


def test_a_store_in_memory_is_one_for_threads_that_read_and_write() -> None:
    store = Store(MEMORY)
    prepare(store)

    def both(number: int) -> int:
        decisions.write_quickly(store, [decision(card())])
        with store.writing(durable=number % 2 == 0) as connection:
            connection.execute(text("UPDATE decisions SET reads = reads + 1"))
        return decisions.count(store)

    with ThreadPoolExecutor(8) as pool:
        counted = list(pool.map(both, range(80)))
    assert max(counted) == decisions.count(store) == 80
    with pytest.raises(ZeroDivisionError), store.writing(durable=True) as connection:
        emptied(connection)
    assert decisions.count(store) == 80
    store.close()


def test_a_reader_sees_one_moment_while_others_write(store: Store) -> None:
    other = Store(store.url.render_as_string(hide_password=False))
    with store.reading() as connection:
        if not store.sqlite:
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        before = len(connection.execute(select(tables.decisions.c.id)).all())
        with other.writing(durable=False) as writes:
            decisions.write(writes, [decision(card())], None, timedelta(days=1))
        assert len(connection.execute(select(tables.decisions.c.id)).all()) == before
    assert decisions.count(store) == before + 1
    other.close()


def faults(store: Store) -> list[Callable[[], None]]:
    def in_a_row() -> None:
        with store.writing(durable=False) as connection:
            connection.execute(tables.decisions.insert(), {"id": CANARY, "client": CANARY})

    def in_text() -> None:
        with store.reading() as connection:
            connection.execute(text("SELECT :value FROM no_such_table"), {"value": CANARY})

    def in_a_type() -> None:
        with store.writing(durable=False) as connection:
            connection.execute(tables.decisions.insert(), {"id": CANARY, "at": CANARY})

    return [in_a_row, in_text, in_a_type]


def test_a_statement_that_fails_tells_none_of_its_values_and_leaves_the_store_well(store: Store) -> None:
    for number, fault in enumerate(faults(store)):
        with pytest.raises(StoreUnavailable) as told:
            fault()
        assert isinstance(told.value, StoreRefused) is (number != 1)
        assert CANARY not in str(told.value)
        assert told.value.__cause__ is None
        assert told.value.__suppress_context__
        assert decisions.count(store) == 0, "it can be asked again at once"


def test_a_postgresql_that_does_not_answer_is_not_waited_for_by_the_next_caller() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        store = Store(f"postgresql://igrt@127.0.0.1:{silent.getsockname()[1]}/igrt?connect_timeout=2")
        ended = []
        for _ in range(2):
            started = time.monotonic()
            with pytest.raises(StoreUnavailable), store.reading():
                pass
            ended.append(time.monotonic() - started)
        assert ended[0] > 1
        assert ended[1] < 0.5
        store.close()


def test_what_the_url_says_of_a_connection_goes_before_what_we_would(postgres: Postgres) -> None:
    plain, own = (
        Store(f"{postgres.url()}{more}") for more in ("", "&application_name=mine&options=-c%20work_mem=5MB")
    )
    for store, name, timeout in ((plain, "igrt-cds", "5s"), (own, "mine", "0")):
        with store.reading() as connection:
            assert connection.execute(text("SHOW application_name")).scalar() == name
            assert connection.execute(text("SHOW statement_timeout")).scalar() == timeout
        store.close()


def test_a_postgresql_that_began_anew_costs_the_next_caller_nothing(postgres: Postgres) -> None:
    store, other = Store(postgres.url()), Store(postgres.url())
    with store.reading() as connection:
        number = connection.execute(text("SELECT pg_backend_pid()")).scalar()
    with other.writing(durable=False) as connection:
        connection.execute(text("SELECT pg_terminate_backend(:number)"), {"number": number})
    with store.reading() as connection:
        assert connection.execute(text("SELECT pg_backend_pid()")).scalar() != number
    store.close()
    other.close()
