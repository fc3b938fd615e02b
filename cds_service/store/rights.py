"""What `serve` has to be allowed in PostgreSQL, where its user need not own the tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from sqlalchemy import Connection, text

from cds_service.store import tables

NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    tables.decisions.name: ("INSERT",),
    tables.issued_cards.name: ("SELECT", "INSERT"),
    tables.card_rules.name: ("INSERT",),
    tables.feedback.name: ("SELECT", "INSERT"),
    tables.seen_tokens.name: ("SELECT", "INSERT", "DELETE"),
    tables.decision_inputs.name: ("SELECT", "INSERT", "DELETE"),
}
"""Table -> the rights that answering calls takes. `store purge` and `replay` need more, and may have a user of their
own."""

_HAS: Final = text("SELECT has_table_privilege(quote_ident(:name), :right)")


def lacking(connection: Connection) -> Iterator[str]:
    """Each right that the user of this PostgreSQL lacks, such as `INSERT on feedback`; the tables are there."""
    for name, rights in NEEDED.items():
        for right in rights:
            if not connection.execute(_HAS, {"name": name, "right": right}).scalar_one():
                yield f"{right} on {name}"


def only_read(connection: Connection) -> str:
    """Why nobody may write in this PostgreSQL, as the end of a sentence; empty when somebody may."""
    if connection.exec_driver_sql("SELECT pg_is_in_recovery()").scalar_one():
        return "it is a standby, which takes its changes from another server"
    # Of the session as it begins: a role or a database can be set to read only.
    if connection.exec_driver_sql("SHOW transaction_read_only").scalar_one() == "on":
        return "transactions of this user are set to read only"
    return ""


def sees_no_schema(connection: Connection) -> bool:
    """Whether the user may look into none of the schemas in which tables are looked for (`search_path`)."""
    return connection.exec_driver_sql("SELECT current_schema()").scalar_one() is None
