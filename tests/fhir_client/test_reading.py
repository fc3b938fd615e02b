"""Places, threads and circuits of reading, with a server that answers when the test lets it."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from cds_service.fhir_client.addresses import query_at
from cds_service.fhir_client.exchange import Fault, fetch
from cds_service.fhir_client.reading import FhirReader, Outcome, Reading
from cds_service.trust.bases import Base
from tests.fhir_client.ehr import TOKEN, Ehr, client_of, reader, serving

EMPTY: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "entry": []}


class Told(Ehr):
    """Answers each kind with its status, at once or when `free` is set; counts how many ask at the same time."""

    def __init__(self, **statuses: int) -> None:
        super().__init__([])
        self.statuses, self.held = statuses, set[str]()
        self.free = threading.Event()
        self.here = self.most = 0
        self._lock = threading.Lock()

    def answer(self, path: str) -> tuple[int, Any]:
        """Status and body for a path below the base."""
        kind = path.partition("?")[0]
        with self._lock:
            self.here += 1
            self.most = max(self.most, self.here)
        if kind in self.held:
            self.free.wait(30)
        with self._lock:
            self.here -= 1
        return self.statuses.get(kind, 200), EMPTY


def based(fhir: FhirReader, ehr: Ehr) -> Base:
    base = fhir.base_of(client_of(ehr.base), ehr.base)
    assert base is not None
    return base


def opened(fhir: FhirReader, ehr: Ehr, started: float | None = None) -> Reading:
    return fhir.open(client_of(ehr.base), based(fhir, ehr), TOKEN, started)


def search(ehr: Ehr, fhir: FhirReader, *kinds: str) -> list[Outcome]:
    """One call that searches these kinds, all at once."""
    with opened(fhir, ehr) as reading:
        for number, kind in enumerate(kinds):
            reading.ask(number, query_at(based(fhir, ehr), f"{kind}?patient={{{{context.patientId}}}}", "p"))
        return list(reading.outcomes())


def until(ehr: Told, asking: int) -> None:
    end = time.monotonic() + 20
    while ehr.here != asking:
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.01)


def until_threads_have_ended() -> None:
    """A moment after its call each thread has seen that nothing is left to do, and has left its place."""
    end = time.monotonic() + 20
    while any(thread.name == "fhir-read" for thread in threading.enumerate()):
        assert time.monotonic() < end, "a thread goes on"
        time.sleep(0.01)


def test_so_many_requests_run_at_once_and_no_more() -> None:
    fhir = reader(parallel=3)
    with serving(Told()) as ehr, ThreadPoolExecutor(1) as pool:
        assert isinstance(ehr, Told)
        ehr.held = {"Claim"}
        done = pool.submit(search, ehr, fhir, *["Claim"] * 7)
        until(ehr, 3)
        time.sleep(0.1)
        ehr.free.set()
        assert [outcome.fault for outcome in done.result()] == [None] * 7
        assert ehr.most == 3


def test_a_call_waits_for_a_place_while_the_server_is_well() -> None:
    fhir = reader(calls=1)
    with serving(Told()) as ehr, ThreadPoolExecutor(2) as pool:
        assert isinstance(ehr, Told)
        ehr.held = {"Claim"}
        first = pool.submit(search, ehr, fhir, "Claim")
        until(ehr, 1)
        second = pool.submit(search, ehr, fhir, "Coverage")
        time.sleep(0.1)
        assert not second.done()
        ehr.free.set()
        assert [o.fault for each in (first, second) for o in each.result()] == [None, None]


def test_a_call_does_not_wait_for_a_place_of_a_server_that_fails() -> None:
    fhir = reader(calls=1)
    with serving(Told(Procedure=500)) as ehr, ThreadPoolExecutor(1) as pool:
        assert isinstance(ehr, Told)
        ehr.held = {"Claim"}
        search(ehr, fhir, "Procedure")
        until_threads_have_ended()
        first = pool.submit(search, ehr, fhir, "Claim")
        until(ehr, 1)
        started = time.monotonic()
        assert [outcome.fault for outcome in search(ehr, fhir, "Coverage")] == [Fault.busy]
        assert time.monotonic() - started < 3
        ehr.free.set()
        first.result()


def test_places_are_free_again_after_calls_of_every_kind() -> None:
    fhir = reader(calls=1)
    with serving(Told(Procedure=500)) as ehr:
        for kinds in (("Claim",), (), ("Claim", "Coverage", "Procedure"), ("Claim", "Coverage")):
            faults = [outcome.fault for outcome in search(ehr, fhir, *kinds)]
            assert Fault.busy not in faults
            until_threads_have_ended()
        with pytest.raises(ZeroDivisionError), opened(fhir, ehr):
            raise ZeroDivisionError
        assert [outcome.fault for outcome in search(ehr, fhir, "Claim")] == [None]


def test_a_place_is_kept_while_a_look_up_of_a_name_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    free, real = threading.Event(), socket.getaddrinfo

    def slow(*asked: Any, **more: Any) -> Any:
        free.wait(30)
        return real(*asked, **more)

    fhir = reader(calls=1, budget=0.6)
    with serving(Ehr([])) as ehr:
        with monkeypatch.context() as patch:
            patch.setattr(socket, "getaddrinfo", slow)
            assert [outcome.fault for outcome in search(ehr, fhir, "Claim")] == [Fault.timeout]
            assert [outcome.fault for outcome in search(ehr, fhir, "Claim")] == [Fault.busy]
            free.set()
            until_threads_have_ended()
        assert Fault.busy not in [outcome.fault for outcome in search(ehr, fhir, "Claim")]


def test_the_time_that_a_call_took_before_counts() -> None:
    fhir = reader(budget=5.0)
    with serving(Told()) as ehr, opened(fhir, ehr, time.monotonic() - 5.0) as reading:
        reading.ask("claims", query_at(based(fhir, ehr), "Claim?patient={{context.patientId}}", "p"))
        assert [outcome.fault for outcome in reading.outcomes()] == [Fault.timeout]
        assert ehr.seen == []


@pytest.mark.parametrize("between", [200, 404])
def test_an_answer_of_any_kind_between_failures_begins_the_count_anew(between: int) -> None:
    fhir = reader(failures=2, rest=60.0)
    with serving(Told()) as ehr:
        assert isinstance(ehr, Told)
        for status, fault in (
            (500, Fault.failing),
            (between, None),
            (500, Fault.failing),
            (500, Fault.failing),
        ):
            ehr.statuses["Claim"] = status
            (outcome,) = search(ehr, fhir, "Claim")
            assert outcome.fault is (Fault.absent if status == 404 else fault)
        (outcome,) = search(ehr, fhir, "Claim")
        assert outcome.fault is Fault.resting


def test_a_kind_that_had_its_time_and_gave_nothing_rests_and_one_that_had_none_does_not() -> None:
    fhir = reader(failures=1, rest=60.0, budget=1.5)
    with serving(Told()) as ehr:
        assert isinstance(ehr, Told)
        ehr.held = {"Claim", "Coverage"}
        assert [o.fault for o in search(ehr, fhir, "Claim")] == [Fault.timeout]
        with opened(fhir, ehr, time.monotonic() - 1.0) as reading:
            reading.ask("late", query_at(based(fhir, ehr), "Coverage?patient={{context.patientId}}", "p"))
            assert [outcome.fault for outcome in reading.outcomes()] == [Fault.timeout]
        until_threads_have_ended()
        ehr.free.set()
        assert [o.fault for o in search(ehr, fhir, "Claim", "Coverage")] == [Fault.resting, None]


def test_a_failure_that_is_told_late_counts_all_the_same() -> None:
    fhir = reader(failures=1, rest=60.0, budget=20.0)
    with serving(Told(Claim=500)) as ehr:
        with opened(fhir, ehr, time.monotonic() - 15.0) as reading:
            reading.ask("late", query_at(based(fhir, ehr), "Claim?patient={{context.patientId}}", "p"))
            assert [outcome.fault for outcome in reading.outcomes()] == [Fault.failing]
        assert [outcome.fault for outcome in search(ehr, fhir, "Claim")] == [Fault.resting]


def test_what_was_told_to_have_timed_out_does_not_come_a_second_time() -> None:
    fhir = reader()
    with serving(Told()) as ehr, opened(fhir, ehr) as reading:
        reading._done.put(Outcome("late", b"{}"))
        reading.ask("asked", query_at(based(fhir, ehr), "Claim?patient={{context.patientId}}", "p"))
        assert [outcome.key for outcome in reading.outcomes()] == ["asked"]


def test_another_server_of_the_same_client_is_asked_though_one_fails() -> None:
    fhir = reader(failures=1, rest=60.0)
    with serving(Told(Claim=500)) as bad, serving(Told()) as good:
        assert [o.fault for o in search(bad, fhir, "Claim")] == [Fault.failing]
        assert [o.fault for o in search(bad, fhir, "Claim")] == [Fault.resting]
        assert [o.fault for o in search(good, fhir, "Claim")] == [None]


def test_a_fault_of_ours_ends_its_read_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(session: Any, target: Any, *more: Any) -> bytes:
        if target.segments[0] == "Claim":
            raise ZeroDivisionError
        return fetch(session, target, *more)

    monkeypatch.setattr("cds_service.fhir_client.reading.fetch", faulty)
    with serving(Told()) as ehr:
        outcomes = search(ehr, reader(parallel=1), "Claim", "Coverage")
    assert {outcome.key: outcome.fault for outcome in outcomes} == {0: Fault.otherwise, 1: None}
