"""A database that is read but not written, as on a full disk: it is told, and no feedback is turned away for good."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cds_service.request.errors import Refusal
from cds_service.request.feedback import Feedback
from cds_service.store.database import Store, StoreUnavailable, default_url
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
