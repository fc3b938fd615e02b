"""The one statement that SQLite and PostgreSQL share, but SQLAlchemy has once for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """INSERT ... ON CONFLICT DO NOTHING: rows whose key is there already stay as they are."""
    if rows:
        connection.execute(_insert(connection.dialect.name, table), rows)


def insert_first(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """As `insert_new`, of one row: whether it is new. Of many that try at once exactly one gets True."""
    statement = _insert(connection.dialect.name, table)
    done = connection.execute(statement, row, execution_options={"preserve_rowcount": True})
    return done.rowcount == 1


@lru_cache(maxsize=32)
def _insert(dialect: str, table: Table) -> Any:
    return (sqlite if dialect == "sqlite" else postgresql).insert(table).on_conflict_do_nothing()
