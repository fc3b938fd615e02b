"""Calls take turns while they compute, and hold nobody up while they wait or when they are long."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cds_service.books import standard_library
from cds_service.service import Advisor
from cds_service.store.database import Store, default_url
from cds_service.store.keeping import Keeping
from cds_service.store.migrate import prepare
from cds_service.trust.model import DEVELOPMENT, Client
from cds_service.turns import PATIENCE, Turn
from cds_service.web.hooks import answer_of
from cds_service.web.watch import Call
from fhir_fixtures import load, stories
from tests.fhir_client.ehr import Ehr, client_of, reader, serving, with_server

STORY = next(story for story in stories() if story.service == "igrt-order-sign")
BODY = json.dumps(load(STORY.name)).encode()


@pytest.fixture
def keeping(tmp_path: Path) -> Iterator[Keeping]:
    store = Store(default_url(tmp_path))
    prepare(store)
    made = Keeping(store)
    yield made
    made.close()


def is_free(turn: Turn) -> bool:
    with turn:
        return turn.held


def has(turn: Turn) -> bool:
    return turn.held


def while_held(turn: Turn, act: Callable[[], bool]) -> bool:
    """What `act` gives while another thread has the turn."""
    taken, over = threading.Event(), threading.Event()

    def hold() -> None:
        with turn:
            taken.set()
            over.wait(20)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(hold)
        assert taken.wait(20)
        try:
            return act()
        finally:
            over.set()


def test_one_has_its_turn_and_the_next_comes_when_it_is_over() -> None:
    turn = Turn()
    under_way = most = 0
    counting = threading.Lock()

    def compute(_: int) -> None:
        nonlocal under_way, most
        with turn:
            with counting:
                under_way += 1
                most = max(most, under_way)
            time.sleep(0.001)  # lets all others run, as a statement of the database does
            with counting:
                under_way -= 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(compute, range(40)))
    assert most == 1
    assert is_free(turn)


def test_nobody_waits_longer_than_its_patience() -> None:
    turn = Turn()
    started = time.monotonic()
    assert not while_held(turn, lambda: is_free(turn))
    assert PATIENCE <= time.monotonic() - started < 10
    assert is_free(turn), "who computed beside it has given back what it never had"


def test_a_turn_is_over_after_a_fault_too() -> None:
    turn = Turn()
    with pytest.raises(ZeroDivisionError), turn:
        raise ZeroDivisionError
    assert is_free(turn)


def test_who_waits_has_no_turn_meanwhile_and_has_it_again_afterwards() -> None:
    turn = Turn()
    with turn:
        with turn.aside(), ThreadPoolExecutor(1) as pool:
            assert pool.submit(is_free, turn).result()
        assert has(turn)
        turn.end()
        assert not has(turn)
    with turn.aside():
        assert not has(turn), "waiting outside a turn gives none"
    assert is_free(turn)


def answered(
    advisor: Advisor, keeping: Keeping, body: bytes = BODY, client: Client = DEVELOPMENT
) -> tuple[int, bytes]:
    status, answer, _ = answer_of(advisor, keeping, STORY.service, client, body, Call("test"))
    return status, answer


def test_a_call_computes_in_its_turn_and_a_long_one_beside_the_others(
    keeping: Keeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    advisor = Advisor(standard_library())
    held = []
    advise = Advisor.advise

    def seen(self: Advisor, *given: object, **named: object) -> object:
        held.append(self.turn.held)
        return advise(self, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Advisor, "advise", seen)
    short = answered(advisor, keeping)
    long = answered(advisor, keeping, BODY + b" " * 200_000)
    assert held == [True, False]
    assert short == long
    assert short[0] == 200
    assert is_free(advisor.turn)


def test_a_slow_fhir_server_holds_no_turn(keeping: Keeping) -> None:
    request = load(STORY.name)
    request.pop("prefetch")
    asked, go_on = threading.Event(), threading.Event()

    class Slow(Ehr):
        def answer(self, path: str) -> tuple[int, object]:
            asked.set()
            go_on.wait(20)
            return super().answer(path)

    advisor = Advisor(standard_library(), reader=reader())
    with serving(Slow([])) as ehr, ThreadPoolExecutor(1) as pool:
        body = json.dumps(with_server(request, ehr.base)).encode()
        call = pool.submit(answered, advisor, keeping, body, client_of(ehr.base))
        try:
            assert asked.wait(20)
            assert is_free(advisor.turn)
        finally:
            go_on.set()
        assert call.result()[0] in (200, 412)
    assert is_free(advisor.turn)


def test_a_database_that_is_held_holds_no_turn(keeping: Keeping, tmp_path: Path) -> None:
    advisor = Advisor(standard_library())
    free = []

    def waiting(*given: object) -> bool:
        with ThreadPoolExecutor(1) as pool:
            free.append(pool.submit(is_free, advisor.turn).result())
        return False

    keeping.ledger._changed.wait_for = waiting  # type: ignore[method-assign, assignment]
    other = Store(default_url(tmp_path))
    keeping.ledger._start = lambda: True  # type: ignore[method-assign]
    with other.writing(durable=False):
        assert answered(advisor, keeping)[0] == 200
    other.close()
    assert free == [True]
