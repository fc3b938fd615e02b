"""A machine that has no thread to give: calls are answered with what there is, and no worker ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from cds_service.cli.workers import Pool
from cds_service.request.errors import Refusal
from cds_service.settings import Settings
from cds_service.store import decisions
from cds_service.store.database import Store, default_url
from cds_service.store.ledger import Ledger
from cds_service.store.migrate import prepare
from cds_service.store.names import Host, HostUnknown
from cds_service.trust.fetch import FetchFailed, fetch_key_set
from cds_service.web.limits import WINDOW, Limits
from tests.operations.test_doctor import serving_keys
from tests.store.build import decision

NoThreads = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def no_threads(monkeypatch: pytest.MonkeyPatch) -> NoThreads:
    """While it lasts, this thread starts no other."""
    here, start = threading.current_thread(), threading.Thread.start

    def refuse(started: threading.Thread) -> None:
        if threading.current_thread() is here:
            raise RuntimeError("can't start new thread")
        start(started)

    @contextmanager
    def while_it_lasts() -> Iterator[None]:
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", refuse)
            yield

    return while_it_lasts


def test_the_threads_that_a_worker_has_do_the_work_of_those_that_it_cannot_have(
    no_threads: NoThreads,
) -> None:
    pool = Pool(8)
    with no_threads():
        given = [pool.submit(pow, 2, n) for n in range(20)]
    assert [future.result(20) for future in given] == [2**n for n in range(20)]
    pool.shutdown()


def test_a_worker_without_any_thread_does_not_start(no_threads: NoThreads) -> None:
    with no_threads(), pytest.raises(RuntimeError):
        Pool(8)


def test_a_decision_waits_for_a_thread_and_its_call_does_not(
    no_threads: NoThreads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(default_url(tmp_path))
    prepare(store)
    ledger = Ledger(store)
    monkeypatch.setattr("cds_service.store.ledger.decisions.write_at_once", lambda *_: False)
    monkeypatch.setattr("cds_service.store.ledger.PATIENCE", 60.0)
    with no_threads():
        started = time.monotonic()
        assert [ledger.put(decision()) for _ in range(2)] == [False, False]
        assert time.monotonic() - started < 20
        assert ledger.troubled(60)
        assert not ledger.flush(0)
    assert ledger.flush(20)
    assert decisions.count(store) == 2
    ledger.close()
    store.close()


def test_a_ledger_that_never_had_a_thread_can_be_closed(no_threads: NoThreads, tmp_path: Path) -> None:
    store = Store(default_url(tmp_path))
    prepare(store)
    ledger = Ledger(store)
    ledger._flowing = False
    with no_threads():
        ledger.put(decision())
        ledger.close(0)
    store.close()


def test_a_call_is_judged_by_those_before_it_while_the_limits_have_no_timer(no_threads: NoThreads) -> None:
    limits = Limits(Settings(rate_limit=1))
    for _ in range(WINDOW):
        limits.count("busy", "")
    time.sleep(0.1)  # the timer that is running ends
    with no_threads():
        limits.count("calm", "")
        limits.count_refused("10.0.0.1")
        with pytest.raises(Refusal):
            limits.count("busy", "")


def test_the_address_of_a_database_that_nobody_can_look_up_is_unknown(no_threads: NoThreads) -> None:
    host = Host("localhost", 5432)
    with no_threads(), pytest.raises(HostUnknown):
        host.addresses()
    assert host.addresses()


def test_a_key_set_whose_time_nobody_can_watch_is_not_fetched(no_threads: NoThreads) -> None:
    with serving_keys(b"{}") as url:
        with no_threads(), pytest.raises(FetchFailed):
            fetch_key_set(url)
        assert fetch_key_set(url) == b"{}"
