"""A call writes its own record where it can be done at once, and leaves nothing behind where it cannot."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from cds_service.clock import now
from cds_service.store import database, decisions, ledger
from cds_service.store.database import MEMORY, Store, default_url
from cds_service.store.feedback import store_feedback
from cds_service.store.keeping import Keeping
from cds_service.store.migrate import prepare
from cds_service.store.sealing import Sealer, new_key
from tests.store.build import EHR, SERVICE, accepted, card, decision


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(default_url(tmp_path))
    prepare(made)
    yield made
    made.close()


def until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not what():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.01)


def test_a_record_is_there_for_all_others_when_it_is_written(store: Store, tmp_path: Path) -> None:
    one = card()
    assert decisions.write_at_once(store, decision(one, card()))
    other = Store(default_url(tmp_path))
    assert store_feedback(other, EHR, SERVICE, [accepted(one)], now()).stored == 1
    other.close()


def test_written_again_nothing_changes(store: Store) -> None:
    same = decision(card())
    assert decisions.write_at_once(store, same)
    assert decisions.write_at_once(store, same)
    assert decisions.count(store) == 1


def test_it_waits_for_nobody_who_writes(store: Store, tmp_path: Path) -> None:
    other = Store(default_url(tmp_path))
    for holder in (store, other):  # of this process, and as another process would
        with holder.writing(durable=False):
            started = time.monotonic()
            assert not decisions.write_at_once(store, decision(card()))
            assert time.monotonic() - started < 1
    assert decisions.count(store) == 0
    assert decisions.write_at_once(store, decision(card()))
    other.close()


def test_what_cannot_be_written_at_once_is_written_later(store: Store, tmp_path: Path) -> None:
    keeping, other, one = Keeping(store), Store(default_url(tmp_path)), card()
    with other.writing(durable=False):
        assert not keeping.ledger.put(decision(one))
    assert keeping.ledger.flush(20)
    assert store_feedback(store, EHR, SERVICE, [accepted(one)], now()).stored == 1
    other.close()
    keeping.close()


def test_a_refused_record_leaves_no_transaction_open(store: Store, tmp_path: Path) -> None:
    with store.writing(durable=False) as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER no BEFORE INSERT ON card_rules BEGIN SELECT RAISE(FAIL, 'no'); END"
        )
    assert not decisions.write_at_once(store, decision(card()))
    other = Store(default_url(tmp_path))
    with other.writing(durable=False) as connection:  # it would wait for a transaction, in vain
        connection.exec_driver_sql("DROP TRIGGER no")
    assert decisions.count(store) == 0
    assert decisions.write_at_once(store, decision(card()))
    other.close()


def test_without_a_file_or_with_inputs_to_seal_the_thread_writes(store: Store) -> None:
    memory = Store(MEMORY)
    prepare(memory)
    assert not decisions.write_at_once(memory, decision(card()))
    assert memory.file is None
    memory.close()
    keeping = Keeping(store, Sealer(new_key()))
    given = decision(card())
    assert keeping.ledger.put(given)
    kept = decisions.read(store, given.id, "auditor", "replay", now())
    assert kept is not None
    assert kept.sealed is not None
    keeping.close()


def test_the_log_is_moved_into_the_file_beside_the_calls(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "_TIDY_EVERY", 50)
    keeping, file = Keeping(store), tmp_path / "igrt-cds.db"
    before = file.stat().st_size
    for _ in range(200):  # one after the other: what the thread writes moves the log as well
        until(lambda: decisions.write_at_once(store, decision(card())))  # not while the log begins anew
        keeping.ledger.put(decision())
    until(lambda: file.stat().st_size > before)
    assert decisions.count(store) == 400
    keeping.close()


def test_the_log_does_not_grow_while_calls_come_one_after_the_other(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LONG_LOG", 200)
    log, over = tmp_path / "igrt-cds.db-wal", threading.Event()
    written = 0

    def calls() -> None:
        nonlocal written
        while not over.is_set():
            written += decisions.write_at_once(store, decision(card()))

    def reached(aim: int) -> bool:
        return written >= aim

    def sizes() -> Iterator[int]:
        for aim in range(100, 1700, 100):
            until(partial(reached, aim))
            store.tidy()
            yield log.stat().st_size

    with ThreadPoolExecutor(1) as pool:
        pool.submit(calls)
        try:
            grown = list(sizes())
        finally:
            over.set()
    assert grown[-1] < 3 * max(grown[:3]), grown
    assert decisions.count(store) == written


def test_a_reader_holds_up_neither_the_log_nor_a_call(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LONG_LOG", 0)
    other = Store(default_url(tmp_path))
    assert decisions.write_at_once(store, decision(card()))
    with other.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM decisions").scalar() == 1
        assert decisions.write_at_once(store, decision(card()))
        started = time.monotonic()
        store.tidy()
        assert time.monotonic() - started < 2
        assert decisions.write_at_once(store, decision(card()))
    assert decisions.count(store) == 3
    other.close()


def test_a_file_that_its_url_opens_in_another_way_is_left_to_the_thread(store: Store, tmp_path: Path) -> None:
    read_only = Store(f"sqlite:///file:{tmp_path}/igrt-cds.db?mode=ro&uri=true")
    assert not decisions.write_at_once(read_only, decision(card()))
    assert decisions.count(store) == 0
    read_only.close()
