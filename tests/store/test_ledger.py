"""Decisions on their way into the store: each is written once, or counted as given up once."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from cds_service.clock import now
from cds_service.store import decisions
from cds_service.store.database import Store, StoreUnavailable, default_url
from cds_service.store.decisions import write_quickly
from cds_service.store.feedback import store_feedback
from cds_service.store.keeping import Keeping
from cds_service.store.ledger import Ledger
from cds_service.store.migrate import prepare
from cds_service.store.records import Decision
from tests.store.build import EHR, SERVICE, accepted, card, decision


def test_a_card_is_known_as_soon_as_its_call_is_answered(keeping: Keeping) -> None:
    for _ in range(50):
        one = card()
        assert keeping.ledger.put(decision(one))
        assert store_feedback(keeping.store, EHR, SERVICE, [accepted(one)], now()).stored == 1


def test_many_calls_at_once_are_all_kept(keeping: Keeping) -> None:
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(keeping.ledger.put, (decision(card()) for _ in range(400))))
    assert keeping.ledger.flush(20)
    assert decisions.count(keeping.store) == 400
    assert keeping.ledger.dropped == 0


@pytest.mark.parametrize("fault", [{"id": None}, {"status": 2**70}])  # one of the driver's own making
def test_one_record_that_cannot_be_stored_does_not_take_the_others_along(
    keeping: Keeping, fault: dict[str, Any]
) -> None:
    broken = decision(**fault)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(keeping.ledger.put, [decision(), broken, decision()]))
    assert keeping.ledger.flush(20)
    assert keeping.ledger.dropped == 1
    assert decisions.count(keeping.store) == 2


def test_a_refused_record_counts_once_although_the_database_fails_right_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, written = Store(default_url(tmp_path)), list[int]()
    prepare(store)

    def write(to: Store, batch: Sequence[Decision]) -> None:
        written.append(len(batch))
        if len(written) == 3:
            raise StoreUnavailable("away")
        write_quickly(to, batch)

    monkeypatch.setattr("cds_service.store.ledger.decisions.write_quickly", write)
    ledger = Ledger(store)
    with ledger._changed:  # so that both are one batch
        ledger._flowing = False
        for each in (decision(id=None), decision(card())):
            assert not ledger.put(each)
    assert ledger.flush(10)
    assert written == [2, 1, 1, 1]
    assert (ledger.dropped, decisions.count(store)) == (1, 1)
    ledger.close()
    store.close()
