"""Storing feedback: all of a call or nothing, on the disk before it is acknowledged, once however often it comes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from cds_service.request.errors import Problem, Refusal
from cds_service.request.feedback import LEEWAY, Item
from cds_service.store.database import Store, StoreUnavailable
from cds_service.store.dialect import insert_first
from cds_service.store.tables import feedback, issued_cards

_MOST_PROBLEMS: Final = 20


@dataclass(frozen=True, slots=True)
class Stored:
    """How many items were new, and how many had been stored by an earlier call."""

    stored: int
    repeated: int


@dataclass(frozen=True, slots=True)
class _Issued:
    at: datetime
    suggestions: frozenset[str]


def store_feedback(
    store: Store, client: str, service: str, items: Sequence[Item], now: datetime, settled: bool = True
) -> Stored:
    """Store the feedback of one call.

    The natural key of an item is client, service, card and time of the outcome: the same item again is counted as
    repeated and changes nothing.

    Args:
        settled: whether all cards that were answered are in the store by now. Right after an outage other processes
            may still have some in memory: then an unknown card is no reason to turn its feedback away for good.

    Raises:
        Refusal: nothing is stored. 422: a card is not one that this service issued to this client, or does not
            fit the item. 409: an item contradicts one of the same key.
        StoreUnavailable: nobody knows whether it is stored; the client is to send it again.
    """
    with store.writing(durable=True) as connection:
        issued = _issued(connection, client, service, {item.card for item in items})
        if not settled and any(item.card not in issued for item in items):
            raise StoreUnavailable("a card may still have to be written")
        problems = [p for number, item in enumerate(items) for p in _misfits(number, item, issued)]
        if problems:
            raise Refusal(422, problems[:_MOST_PROBLEMS], code="not-found")
        # In one order for everybody: two calls about the same cards wait for each other, and never in a ring.
        new = {
            number: insert_first(connection, feedback, _row(client, service, item, now))
            for number, item in sorted(enumerate(items), key=lambda pair: (pair[1].card, pair[1].at))
        }
        kept = _kept(connection, client, service, {item.card for item in items})
        contradictions = [
            Problem(
                f"feedback[{number}]",
                "Another outcome of this card has been reported for this very instant.",
                "Send the instant of each outcome; one that has been stored cannot be changed.",
            )
            for number, item in enumerate(items)
            if kept[item.card, item.at] != _content(item)
        ]
        if contradictions:
            raise Refusal(409, contradictions[:_MOST_PROBLEMS], code="conflict")
    stored = sum(new.values())
    return Stored(stored, len(items) - stored)


def _misfits(number: int, item: Item, issued: Mapping[str, _Issued]) -> list[Problem]:
    where, found = f"feedback[{number}]", issued.get(item.card)
    if found is None:
        return [
            Problem(
                f"{where}.card",
                "This service has issued no such card to you.",
                "Send the feedback to the service that issued the card, as the client that it was issued to.",
            )
        ]
    problems = []
    if not found.suggestions.issuperset(item.suggestions):
        problems.append(
            Problem(
                f"{where}.acceptedSuggestions",
                "The card has no such suggestion.",
                "Send the `uuid` of the suggestions that the user accepted.",
            )
        )
    if item.at < found.at - LEEWAY:
        problems.append(
            Problem(
                f"{where}.outcomeTimestamp",
                "This is more than a day before the card was issued.",
                "Check the clock of the sender.",
            )
        )
    return problems


def _issued(connection: Connection, client: str, service: str, cards: set[str]) -> dict[str, _Issued]:
    columns = issued_cards.c
    rows = connection.execute(
        select(columns.card, columns.at, columns.suggestions).where(
            columns.client == client, columns.service == service, columns.card.in_(cards)
        )
    )
    return {row.card: _Issued(row.at, frozenset(json.loads(row.suggestions))) for row in rows}


def _kept(
    connection: Connection, client: str, service: str, cards: set[str]
) -> dict[tuple[str, datetime], tuple[str, ...]]:
    columns = feedback.c
    rows = connection.execute(
        select(feedback).where(columns.client == client, columns.service == service, columns.card.in_(cards))
    )
    return {
        (row.card, row.outcome_at): (row.outcome, row.reason_system, row.reason_code, row.suggestions)
        for row in rows
    }


def _content(item: Item) -> tuple[str, ...]:
    return (item.outcome, *item.reason, json.dumps(item.suggestions))


def _row(client: str, service: str, item: Item, now: datetime) -> dict[str, Any]:
    outcome, system, code, suggestions = _content(item)
    return {
        "client": client,
        "service": service,
        "card": item.card,
        "outcome_at": item.at,
        "outcome": outcome,
        "reason_system": system,
        "reason_code": code,
        "suggestions": suggestions,
        "received_at": now,
    }
