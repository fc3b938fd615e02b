"""A database that is slow or away: calls do not wait for it, memory is bounded, and no thread is left behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from cds_service.clock import now
from cds_service.request.feedback import Feedback
from cds_service.store import decisions, ledger, tables
from cds_service.store.database import Store, StoreUnavailable, default_url
from cds_service.store.decisions import write_quickly
from cds_service.store.feedback import Stored
from cds_service.store.keeping import Keeping
from cds_service.store.ledger import PATIENCE, Ledger
from cds_service.store.migrate import prepare
from cds_service.store.records import Decision
from cds_service.store.sealing import Sealer, new_key
from tests.store.build import EHR, SERVICE, accepted, card, decision
from tests.store.test_at_once import until


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(default_url(tmp_path))
    prepare(made)
    yield made
    made.close()


@pytest.fixture
def down(tmp_path: Path, store: Store) -> Iterator[Store]:
    """The same file, which is not written."""
    made = Store(f"sqlite:///file:{tmp_path}/igrt-cds.db?mode=ro&uri=true")
    yield made
    made.close()


class Gate:
    """Holds what the thread writes until it is opened; `fails` lets the first batch fail then."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fails: bool = False) -> None:
        self.open, self.reached = threading.Event(), threading.Event()
        self.sizes: list[int] = []
        self._fails = fails
        monkeypatch.setattr("cds_service.store.ledger.decisions.write_at_once", lambda *_: False)
        monkeypatch.setattr("cds_service.store.ledger.decisions.write_quickly", self._write)

    def _write(self, store: Store, batch: Sequence[Decision]) -> None:
        self.sizes.append(len(batch))
        self.reached.set()
        assert self.open.wait(20)
        if self._fails and len(self.sizes) == 1:
            raise StoreUnavailable("away")
        write_quickly(store, batch)


def kept(store: Store) -> list[str]:
    """The decisions in the order in which they were written."""
    with store.reading() as connection:
        return [str(row[0]) for row in connection.exec_driver_sql("SELECT id FROM decisions ORDER BY rowid")]


def test_only_a_call_that_waits_does_first_what_it_has_to(store: Store, tmp_path: Path) -> None:
    own, other, done = Ledger(store), Store(default_url(tmp_path)), list[str]()
    assert own.put(decision(), lambda: done.append("at once"))
    with other.writing(durable=False):
        assert not own.put(decision(), lambda: done.append("waited"))
    assert done == ["waited"]
    other.close()
    own.close()


def test_one_call_finds_out_that_the_database_is_slow_and_the_next_do_not_wait(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, own = Gate(monkeypatch), Ledger(store)
    assert not own.put(decision())
    started = time.monotonic()
    for _ in range(30):
        assert not own.put(decision())
    assert time.monotonic() - started < 15 * PATIENCE
    assert not own.stuck, "slow is not broken"
    assert own.troubled(0), "cards are not known yet"
    gate.open.set()
    assert own.flush(20)
    assert not own.troubled(60)
    assert own.put(decision()), "it is well again"
    assert decisions.count(store) == 32
    own.close()


def test_while_it_is_down_no_call_waits_and_it_is_tried_now_and_then(
    store: Store, down: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[float] = []
    real = Ledger._write_all

    def counted(self: Ledger, batch: list[Decision]) -> None:
        tries.append(time.monotonic())
        real(self, batch)

    told: list[str] = []
    monkeypatch.setattr(ledger, "log_event", lambda what, *_: told.append(what))
    monkeypatch.setattr(Ledger, "_write_all", counted)
    own = Ledger(down)
    ids = [decision() for _ in range(30)]
    assert not own.put(ids[0])
    until(lambda: own.stuck)
    started = time.monotonic()
    for each in ids[1:]:
        assert not own.put(each)
    assert time.monotonic() - started < 15 * PATIENCE
    until(lambda: len(tries) == 3)
    assert tries[-1] - tries[0] > 0.9
    assert told == ["the database does not answer; records wait"]
    assert own.troubled(60)
    own._store = store
    assert own.flush(20)
    assert kept(store) == [each.id for each in ids]
    assert not own.stuck
    assert own.troubled(60), "another process may still have some to write"
    assert not own.troubled(0)
    own.close()


def test_beyond_its_room_the_oldest_are_given_up(
    store: Store, down: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "ROOM", 3)
    own, given = Ledger(down), [decision() for _ in range(7)]
    for each in given:
        assert not own.put(each)
        until(lambda: own.stuck)
    until(lambda: own.dropped == 4)
    own._store = store
    assert own.flush(20)
    assert kept(store) == [each.id for each in given[4:]]
    assert own.dropped == 4
    own.close()


def test_the_room_holds_while_a_try_takes_long_and_when_it_fails(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "ROOM", 2)
    gate, own, given = Gate(monkeypatch, fails=True), Ledger(store), [decision() for _ in range(4)]
    for each in given:  # the first one is under way, two more have room
        own.put(each)
        assert gate.reached.wait(20)
    assert own.dropped == 1
    gate.open.set()
    assert own.flush(20)
    assert (gate.sizes, own.dropped) == ([1, 2], 2)
    assert kept(store) == [each.id for each in given[2:]]
    own.close()


def test_feedback_waits_for_a_card_that_is_being_written(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, keeping, one = Gate(monkeypatch), Keeping(store), card()
    assert not keeping.ledger.put(decision(one))
    threading.Timer(0.2, gate.open.set).start()
    assert keeping.feedback(EHR, SERVICE, Feedback((accepted(one),), 0)) == Stored(1, 0)
    keeping.close()


@pytest.mark.parametrize("written", [True, False])
def test_the_thread_ends_with_its_ledger(store: Store, down: Store, written: bool) -> None:
    own = Ledger(store if written else down, Sealer(new_key()))
    own.put(decision())
    thread = own._thread
    assert thread is not None
    assert own.flush(5 if written else 0.2) is written
    started = time.monotonic()
    own.close(1.0)
    assert not thread.is_alive()
    assert time.monotonic() - started < (0.9 if written else 5)


def test_tidying_that_fails_neither_ends_the_thread_nor_is_repeated_at_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    tidied: list[int] = []

    def tidy(_self: Store) -> None:
        tidied.append(1)
        raise StoreUnavailable("away")

    monkeypatch.setattr(ledger, "_TIDY_EVERY", 5)
    monkeypatch.setattr(Store, "tidy", tidy)
    own = Ledger(store)
    own._next_purge = float("inf")  # each call writes at once
    for count in (1, 2):
        for _ in range(5):
            assert own.put(decision())
        until(lambda: len(tidied) == count)  # noqa: B023
    time.sleep(0.2)
    assert len(tidied) == 2
    assert own._thread is not None
    assert own._thread.is_alive()
    own.close()


@pytest.mark.parametrize("keeps_more", [True, False])
def test_inputs_whose_days_are_over_go_without_being_asked_for(store: Store, keeps_more: bool) -> None:
    """A site that took its key away kept what it had for ever."""
    sealer, keep = Sealer(new_key()), timedelta(days=5)
    old, older, young = (decision(at=now() - timedelta(days=days)) for days in (6, 7, 4))

    def inputs() -> set[str]:
        with store.reading() as connection:
            return set(connection.execute(select(tables.decision_inputs.c.decision)).scalars())

    def write(*batch: Decision) -> None:
        with store.writing(durable=False) as connection:
            decisions.write(connection, batch, sealer, keep)

    write(old, young)
    own = Ledger(store, sealer if keeps_more else None, keep)
    own.put(decision(input=None))
    until(lambda: inputs() == {young.id})
    write(older)
    own.put(decision(input=None))
    assert own.flush(20)
    time.sleep(0.2)
    assert inputs() == {young.id, older.id}, "they are looked for now and then"
    own._next_purge = 0.0
    own.put(decision(input=None))
    until(lambda: inputs() == {young.id})
    own.close()
