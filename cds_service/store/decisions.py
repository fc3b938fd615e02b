"""Writing decisions with their cards, and reading them back; each reading leaves a trace of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from cds_service.store.at_once import Statement
from cds_service.store.database import Store
from cds_service.store.dialect import PlainInsert, insert_new
from cds_service.store.records import Decision, IssuedCard, compact
from cds_service.store.sealing import Sealed, Sealer
from cds_service.store.tables import card_rules, decision_inputs, decision_reads, decisions, issued_cards


@dataclass(frozen=True, slots=True)
class Kept:
    """A decision as read back: its row, and its encrypted input where there is one."""

    row: dict[str, Any]
    sealed: Sealed | None


def write(connection: Connection, batch: Sequence[Decision], sealer: Sealer | None, keep: timedelta) -> None:
    """Write decisions and the cards that they issued. Writing the same again changes nothing.

    A card that was issued before, because the same call came again, keeps its first row. Inputs are kept, for
    `keep`, when there is a sealer.
    """
    insert_new(connection, decisions, [_row(each) for each in batch])
    cards = [(decision, card) for decision in batch for card in decision.cards]
    insert_new(connection, issued_cards, [_issued(decision, card) for decision, card in cards])
    rules = [
        _key(decision, card) | {"rule": rule, "version": first}
        for decision, card in cards
        for rule, first in card.rules
    ]
    insert_new(connection, card_rules, rules)
    if sealer is not None:
        insert_new(connection, decision_inputs, [s for each in batch for s in _sealed(each, sealer, keep)])


def write_quickly(store: Store, batch: Sequence[Decision]) -> None:
    """As `write` without a sealer, in a transaction of its own, on SQLite.

    Raises:
        StoreUnavailable: as `Store.writing_quickly`.
    """
    with store.writing_quickly() as connection:
        for text, rows in _statements(batch):
            connection.executemany(text, rows)


def write_at_once(store: Store, decision: Decision) -> bool:
    """As `write_quickly`, if it can be done without waiting for anybody. Returns whether it was."""
    return store.at_once is not None and store.at_once.write(_statements([decision]))


def _statements(batch: Sequence[Decision]) -> list[Statement]:
    """What `write` carries out on SQLite without a sealer."""
    issued = [(decision, card) for decision in batch for card in decision.cards]
    rules = [
        (decision.client, decision.service, card.card, rule, first)
        for decision, card in issued
        for rule, first in card.rules
    ]
    tables = (
        (_DECISION, [(*_row(each).values(),) for each in batch]),
        (_CARD, [(*_issued(decision, card).values(),) for decision, card in issued]),
        (_RULE, rules),
    )
    return [(insert.text, [insert.bound(row) for row in rows]) for insert, rows in tables if rows]


def read(store: Store, id: str, who: str, what: str, at: datetime) -> Kept | None:
    """The decision of this identifier, or None. That it was read, by whom and what for is written first.

    Raises:
        StoreUnavailable: the database does not answer; then nothing is shown.
    """
    with store.writing(durable=True) as connection:
        found = connection.execute(select(decisions).where(decisions.c.id == id)).mappings().first()
        if found is None:
            return None
        connection.execute(
            decision_reads.insert(), {"decision": id, "at": at, "who": who[:200], "what": what}
        )
        sealed = (
            connection.execute(select(decision_inputs).where(decision_inputs.c.decision == id))
            .mappings()
            .first()
        )
        return Kept(
            dict(found), Sealed(sealed["key_id"], sealed["nonce"], sealed["sealed"]) if sealed else None
        )


def readings(store: Store, id: str) -> list[tuple[datetime, str, str]]:
    """Who has read this decision: (when, who, what for), the first reading first.

    Raises:
        StoreUnavailable: the database does not answer.
    """
    reads = decision_reads.c
    with store.reading() as connection:
        rows = connection.execute(
            select(reads.at, reads.who, reads.what).where(reads.decision == id).order_by(reads.number)
        )
        return [(row.at, row.who, row.what) for row in rows]


def count(store: Store) -> int:
    """How many decisions are kept.

    Raises:
        StoreUnavailable: the database does not answer.
    """
    with store.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(decisions)).scalar_one())


def _row(decision: Decision) -> dict[str, Any]:
    """The values of `decisions`, in the order of its columns."""
    return {
        "id": decision.id,
        "at": decision.at,
        "service": decision.service,
        "client": decision.client,
        "status": decision.status,
        "day": decision.day,
        "book": decision.book,
        "setup": decision.setup,
        "input_sha256": decision.input_sha256,
        "answer_sha256": decision.answer_sha256,
        "reads": decision.reads,
        "findings": decision.findings,
        "cards": compact([card.card for card in decision.cards]),
    }


def _key(decision: Decision, card: IssuedCard) -> dict[str, Any]:
    return {"client": decision.client, "service": decision.service, "card": card.card}


def _issued(decision: Decision, card: IssuedCard) -> dict[str, Any]:
    """The values of `issued_cards`, in the order of its columns."""
    return _key(decision, card) | {
        "decision": decision.id,
        "at": decision.at,
        "kind": card.kind,
        "severity": card.severity,
        "statements": compact(card.statements),
        "suggestions": compact(card.suggestions),
        "book": decision.book,
    }


def _sealed(decision: Decision, sealer: Sealer, keep: timedelta) -> Iterator[dict[str, Any]]:
    if decision.input is None:
        return
    sealed = sealer.seal(decision.id, decision.input.encode())
    yield {
        "decision": decision.id,
        "key_id": sealed.key_id,
        "nonce": sealed.nonce,
        "sealed": sealed.data,
        "delete_after": decision.at + keep,
    }


_DECISION = PlainInsert(decisions)
_CARD = PlainInsert(issued_cards)
_RULE = PlainInsert(card_rules)
