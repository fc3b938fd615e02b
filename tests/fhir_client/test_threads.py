"""Threads that read are few for all calls together: who gets none is told so at once, and nobody waits (T15)."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from cds_service.fhir_client.addresses import query_at
from cds_service.fhir_client.exchange import Fault
from cds_service.fhir_client.threads import Threads
from cds_service.settings import Settings
from tests.fhir_client.ehr import TOKEN, client_of, reader, serving
from tests.fhir_client.test_reading import Told, based, search, until, until_threads_have_ended


def test_the_last_places_are_for_calls_that_have_none() -> None:
    threads = Threads(most=3, kept=1)
    assert [threads.take(first=False) for _ in range(3)] == [True, True, False]
    assert [threads.take(first=True) for _ in range(2)] == [True, False]
    threads.leave()
    assert not threads.take(first=False)
    assert threads.take(first=True)


def test_so_many_threads_read_at_once_for_all_clients_together() -> None:
    fhir = reader(threads=4, first_threads=1)
    with serving(Told()) as ehr, ThreadPoolExecutor(2) as pool:
        assert isinstance(ehr, Told)
        ehr.held = {"Claim"}
        greedy = pool.submit(search, ehr, fhir, *["Claim"] * 6)
        until(ehr, 3)
        time.sleep(0.1)
        assert ehr.here == 3
        other = client_of(ehr.base, name="other")
        with fhir.open(other, based(fhir, ehr), TOKEN) as reading:
            for key in range(3):
                reading.ask(key, query_at(reading.base, "Coverage?patient={{context.patientId}}", "p"))
            assert [outcome.fault for outcome in reading.outcomes()] == [None] * 3
        until_others_have_ended(3)
        ehr.free.set()
        assert [outcome.fault for outcome in greedy.result()] == [None] * 6
        until_threads_have_ended()
        ehr.most = 0
        search(ehr, fhir, *["Claim"] * 6)
        assert ehr.most <= 3


def test_a_call_that_gets_no_thread_is_told_so_at_once() -> None:
    fhir = reader(threads=1, first_threads=0)
    with serving(Told()) as ehr, ThreadPoolExecutor(1) as pool:
        assert isinstance(ehr, Told)
        ehr.held = {"Claim"}
        first = pool.submit(search, ehr, fhir, "Claim")
        until(ehr, 1)
        started = time.monotonic()
        assert [outcome.fault for outcome in search(ehr, fhir, "Coverage", "Claim")] == [Fault.busy] * 2
        assert time.monotonic() - started < 3
        ehr.free.set()
        assert [outcome.fault for outcome in first.result()] == [None]
        until_threads_have_ended()
        assert [outcome.fault for outcome in search(ehr, fhir, "Coverage")] == [None]


def test_a_thread_that_the_machine_does_not_have_gives_its_place_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fhir = reader(threads=1, first_threads=0, calls=1)
    with serving(Told()) as ehr:
        start = threading.Thread.start

        def no_thread(self: threading.Thread) -> None:
            if self.name == "fhir-read":
                raise RuntimeError("can't start new thread")
            start(self)

        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", no_thread)
            assert [outcome.fault for outcome in search(ehr, fhir, "Claim", "Claim")] == [Fault.busy] * 2
        assert [outcome.fault for outcome in search(ehr, fhir, "Claim")] == [None]


def test_by_default_every_call_under_way_gets_a_thread() -> None:
    limits = reader().limits
    assert limits.first_threads >= Settings().max_concurrent
    assert limits.threads - limits.first_threads >= limits.calls * limits.parallel


def until_others_have_ended(left: int) -> None:
    end = time.monotonic() + 20
    while sum(thread.name == "fhir-read" for thread in threading.enumerate()) > left:
        assert time.monotonic() < end, "a thread goes on"
        time.sleep(0.01)
