"""The one statement that SQLite and PostgreSQL share, but SQLAlchemy has once for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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


class PlainInsert:
    """The statement of `insert_new` on SQLite as text, for rows that are tuples in the order of the columns."""

    def __init__(self, table: Table) -> None:
        dialect = sqlite.dialect()
        self.text = str(_insert("sqlite", table).compile(dialect=dialect))
        made = (column.type.dialect_impl(dialect).bind_processor(dialect) for column in table.columns)
        self._bind: tuple[tuple[int, Callable[[Any], Any]], ...] = tuple(
            (place, bind) for place, bind in enumerate(made) if bind is not None
        )

    def bound(self, row: tuple[Any, ...]) -> Sequence[Any]:
        """The row as the driver takes it."""
        if not self._bind:
            return row
        values = [*row]
        for place, bind in self._bind:
            values[place] = bind(values[place])
        return values


@lru_cache(maxsize=32)
def _insert(dialect: str, table: Table) -> Any:
    return (sqlite if dialect == "sqlite" else postgresql).insert(table).on_conflict_do_nothing()
