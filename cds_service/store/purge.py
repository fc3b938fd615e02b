"""Deleting what has been kept long enough."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, delete, exists, select

from cds_service.store.database import Store
from cds_service.store.tables import (
    decision_inputs,
    decision_reads,
    decisions,
    feedback,
    issued_cards,
    seen_tokens,
)


@dataclass(frozen=True, slots=True)
class Purged:
    """How many rows were deleted. Feedback goes with its card, an input with its decision."""

    inputs: int
    tokens: int
    decisions: int
    cards: int


def purge(store: Store, now: datetime, before: datetime | None = None) -> Purged:
    """Delete inputs and tokens whose time is over, and with `before` all that is older than it.

    A card stays as long as feedback on it came after `before`. The traces of readings go with the decisions, unless
    they are younger.

    Raises:
        StoreUnavailable: nothing is deleted.
    """
    with store.writing(durable=True) as connection:
        inputs = expired(connection, now)
        tokens = _delete(connection, seen_tokens, seen_tokens.c.expires < int(now.timestamp()))
        if before is None:
            return Purged(inputs, tokens, 0, 0)
        issued = issued_cards.c
        answered = exists(
            select(1).where(
                feedback.c.client == issued.client,
                feedback.c.service == issued.service,
                feedback.c.card == issued.card,
                feedback.c.received_at >= before,
            )
        )
        return Purged(
            inputs + _delete(connection, decision_inputs, _old(before)),
            tokens,
            _decisions(connection, before),
            _delete(connection, issued_cards, (issued.at < before) & ~answered),
        )


def expired(connection: Connection, now: datetime) -> int:
    """Delete the inputs whose days are over."""
    return _delete(connection, decision_inputs, decision_inputs.c.delete_after < now)


def _old(before: datetime) -> ColumnElement[bool]:
    return decision_inputs.c.decision.in_(select(decisions.c.id).where(decisions.c.at < before))


def _decisions(connection: Connection, before: datetime) -> int:
    _delete(connection, decision_reads, decision_reads.c.at < before)
    return _delete(connection, decisions, decisions.c.at < before)


def _delete(connection: Connection, table: Table, which: ColumnElement[bool]) -> int:
    return connection.execute(delete(table).where(which)).rowcount
