"""The short way into SQLite writes the same rows, and fails with the same exceptions, as the one for all databases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from cds_service.store import decisions, tables
from cds_service.store.database import Store, StoreBusy, StoreRefused, StoreUnavailable, default_url
from cds_service.store.migrate import prepare
from tests.store.build import card, decision

TABLES = (tables.decisions, tables.issued_cards, tables.card_rules)


def made(folder: Path) -> Store:
    store = Store(default_url(folder))
    assert prepare(store) == ""
    return store


def held(store: Store) -> list[Sequence[Any]]:
    with store.reading() as connection:
        return [[*map(tuple, connection.execute(select(table)))] for table in TABLES]


def test_both_ways_write_the_same_rows(tmp_path: Path) -> None:
    one, other = made(tmp_path / "one"), made(tmp_path / "other")
    batch = [decision(card(), card()), decision(), decision(card())]
    for _ in range(2):  # written again, nothing changes
        decisions.write_quickly(one, batch)
        with other.writing(durable=False) as connection:
            decisions.write(connection, batch, None, timedelta(days=30))
    assert held(one) == held(other)
    assert [len(rows) for rows in held(one)[:2]] == [3, 3]
    one.close()
    other.close()


def test_a_batch_is_written_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    store = made(tmp_path)
    with store.writing(durable=False) as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER no BEFORE INSERT ON card_rules BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    with pytest.raises(StoreRefused):
        decisions.write_quickly(store, [decision(card())])
    assert held(store) == [[], [], []]
    with store.writing(durable=False) as connection:
        connection.exec_driver_sql("DROP TRIGGER no")
    decisions.write_quickly(store, [decision(card())])
    assert [len(rows) for rows in held(store)[:2]] == [1, 1]
    store.close()


def test_a_database_that_others_hold_is_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cds_service.store.database.BUSY", 0.05)
    store, other = made(tmp_path), Store(default_url(tmp_path))
    with other.writing(durable=True), pytest.raises(StoreBusy):
        decisions.write_quickly(store, [decision(card())])
    decisions.write_quickly(store, [decision(card())])
    store.close()
    other.close()


def test_without_tables_the_store_is_unavailable(tmp_path: Path) -> None:
    store = Store(default_url(tmp_path))
    tmp_path.mkdir(exist_ok=True)
    with pytest.raises(StoreUnavailable):
        decisions.write_quickly(store, [decision(card())])
    store.close()
