"""A database that is read but not written, as on a full disk: it is told, and no feedback is turned away for good."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cds_service.request.errors import Refusal
from cds_service.request.feedback import Feedback
from cds_service.store.database import Store, StoreUnavailable, default_url
from cds_service.store.decisions import count
from cds_service.store.health import store_check
from cds_service.store.keeping import Keeping
from cds_service.store.ledger import Ledger
from cds_service.store.migrate import upgrade
from cds_service.store.tokens import SeenTokens
from tests.store.build import EHR, SERVICE, accepted, card, decision


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(default_url(tmp_path))
    upgrade(made)
    yield made
    made.close()


@pytest.fixture
def read_only(store: Store, tmp_path: Path) -> Iterator[Store]:
    """The same file."""
    made = Store(f"sqlite:///file:{tmp_path}/igrt-cds.db?mode=ro&uri=true")
    yield made
    made.close()


def test_readiness_tells_it_and_that_it_is_over(store: Store, read_only: Store) -> None:
    keeping = Keeping(read_only)
    check = store_check(keeping)
    assert check().level == "ok"
    assert not keeping.ledger.put(decision(card()))
    said = check()
    assert said.level == "warn"
    assert "not written" in said.what
    keeping.ledger._store = store
    assert keeping.ledger.flush(5)
    assert check().level == "ok"
    keeping.close()


def test_a_card_of_another_worker_may_still_have_to_be_written(store: Store, read_only: Store) -> None:
    """A worker that has answered nothing itself could not know, and refused the feedback on the other one's card."""
    given = Feedback((accepted(card()),), 0)
    keeping = Keeping(store)
    with pytest.raises(Refusal):
        keeping.feedback(EHR, SERVICE, given)
    keeping.tokens = SeenTokens(read_only)
    assert keeping.tokens.first_use("iss", "jti", int(time.time()) + 300)
    with pytest.raises(StoreUnavailable):
        keeping.feedback(EHR, SERVICE, given)
    keeping.tokens._store = store
    assert keeping.tokens.first_use("iss", "another", int(time.time()) + 300)
    with pytest.raises(StoreUnavailable):
        keeping.feedback(EHR, SERVICE, given)  # the other worker may be a moment behind
    keeping.tokens._trouble -= 31
    with pytest.raises(Refusal):
        keeping.feedback(EHR, SERVICE, given)
    keeping.close()


def test_what_is_lost_at_the_end_is_told(read_only: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[Any, ...]] = []
    monkeypatch.setattr("cds_service.store.ledger.log_event", lambda *said: told.append(said))
    ledger = Ledger(read_only)
    ledger.close(0.1)
    assert not told
    ledger = Ledger(read_only)
    for _ in range(3):
        ledger.put(decision(card()))
    ledger.close(0.1)
    assert told[-1][:2] == ("records of answers are lost with the end of the process", 3)


@pytest.mark.parametrize("content", [None, b"no database at all" * 500])
def test_a_file_that_could_not_be_opened_is_written_once_it_can_be(
    tmp_path: Path, content: bytes | None
) -> None:
    """The thread that writes ended at its first try, and nothing was written until the next start."""
    file = tmp_path / "shut" / "x.db"
    if content is not None:
        file.parent.mkdir()
        file.write_bytes(content)
    made = Store(f"sqlite:///{file}")
    ledger = Ledger(made)
    assert not ledger.put(decision(card()))
    assert not ledger.flush(1)
    file.unlink(missing_ok=True)
    upgrade(made)
    assert ledger.put(decision(card())) or ledger.flush(10)
    assert ledger.flush(10)
    assert count(made) == 2
    ledger.close()
    made.close()


def test_a_thread_that_ended_is_not_the_end_of_keeping(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger(store)
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "_write", lambda *_: 1 / 0)
        broken.setattr("cds_service.store.ledger.decisions.write_at_once", lambda *_: False)
        assert not ledger.put(decision(card()))
        assert ledger._thread is not None
        ledger._thread.join(10)
    assert not ledger.put(decision(card()))
    assert ledger.flush(10)
    assert count(store) == 1
    ledger.close()
