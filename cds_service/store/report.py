"""How often cards are accepted and overridden: by rule, version, reason and week."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Select, select

from cds_service.store.database import Store
from cds_service.store.tables import card_rules, feedback, issued_cards

NO_REASON: Final = "no reason given"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a report. `what` are its headings, such as (rule, version) or (rule, version, week, reason).

    `issued` are cards issued in the period, None where a breakdown has no such number; `accepted` and `overridden`
    outcomes reported in it, repeated reports of one card included.
    """

    what: tuple[str, ...]
    accepted: int
    overridden: int
    issued: int | None = None

    @property
    def override_rate(self) -> float | None:
        """Overridden among those with an outcome; None when there is none. Ignored cards are not reported."""
        told = self.accepted + self.overridden
        return self.overridden / told if told else None


@dataclass(frozen=True, slots=True)
class Report:
    """All breakdowns of one period; `detail` is the data behind them."""

    since: date | None
    until: date | None
    rules: tuple[Row, ...]
    reasons: tuple[Row, ...]
    weeks: tuple[Row, ...]
    detail: tuple[Row, ...]
    cards: Row


def report(store: Store, since: date | None = None, until: date | None = None) -> Report:
    """Count the feedback whose outcome lies from `since` to `until`, both days included, in UTC.

    A card of several rules counts for each of them; in `cards`, in reasons and in weeks it counts once.

    Raises:
        StoreUnavailable: the database does not answer.
    """
    first = datetime.combine(since, time.min, UTC) if since else None
    # The calendar ends with the last day that --until can name; nothing lies after it.
    end = datetime.combine(until + timedelta(days=1), time.min, UTC) if until and until < date.max else None
    with store.reading() as connection:
        issued = _issued(connection, first, end)
        rows = _outcomes(connection, first, end)
    by_rule: dict[tuple[str, ...], list[str]] = defaultdict(list)
    by_reason: dict[tuple[str, ...], list[str]] = defaultdict(list)
    by_week: dict[tuple[str, ...], list[str]] = defaultdict(list)
    detail: dict[tuple[str, ...], list[str]] = defaultdict(list)
    once: list[str] = []
    for outcome, reason, week, rules in rows:
        once.append(outcome)
        by_week[(week,)].append(outcome)
        if outcome == "overridden":
            by_reason[(reason,)].append(outcome)
        for rule in rules:
            by_rule[rule].append(outcome)
            detail[(*rule, week, reason)].append(outcome)
    for name in issued:
        by_rule.setdefault(name, [])
    return Report(
        since=since,
        until=until,
        rules=tuple(
            _row(what, outcomes, len(issued.get(what, ()))) for what, outcomes in sorted(by_rule.items())
        ),
        reasons=tuple(
            sorted((_row(*each) for each in by_reason.items()), key=lambda r: (-r.overridden, r.what))
        ),
        weeks=tuple(_row(*each) for each in sorted(by_week.items())),
        detail=tuple(_row(*each) for each in sorted(detail.items())),
        cards=_row((), once, len(set().union(*issued.values())) if issued else 0),
    )


def week_of(instant: datetime) -> str:
    """The ISO week of an instant in UTC, such as 2026-W48."""
    year, week, _ = instant.astimezone(UTC).isocalendar()
    return f"{year}-W{week:02}"


def _row(what: tuple[str, ...], outcomes: Iterable[str], issued: int | None = None) -> Row:
    told = list(outcomes)
    return Row(what, told.count("accepted"), told.count("overridden"), issued)


def _within(query: Select[Any], column: Any, first: datetime | None, end: datetime | None) -> Select[Any]:
    if first is not None:
        query = query.where(column >= first)
    return query.where(column < end) if end is not None else query


def _issued(
    connection: Connection, first: datetime | None, end: datetime | None
) -> dict[tuple[str, ...], set[tuple[str, str, str]]]:
    rules, cards = card_rules.c, issued_cards.c
    joined = (rules.client == cards.client) & (rules.service == cards.service) & (rules.card == cards.card)
    query = select(rules.rule, rules.version, rules.client, rules.service, rules.card).join_from(
        card_rules, issued_cards, joined
    )
    found: dict[tuple[str, ...], set[tuple[str, str, str]]] = defaultdict(set)
    for rule, version, *card in connection.execute(_within(query, cards.at, first, end)):
        found[rule, version].add((card[0], card[1], card[2]))
    return dict(found)


def _outcomes(
    connection: Connection, first: datetime | None, end: datetime | None
) -> list[tuple[str, str, str, list[tuple[str, str]]]]:
    """(outcome, reason, week, rules) of each feedback."""
    given, rules = feedback.c, card_rules.c
    joined = (rules.client == given.client) & (rules.service == given.service) & (rules.card == given.card)
    query = select(feedback, rules.rule, rules.version).join_from(feedback, card_rules, joined, isouter=True)
    found: dict[tuple[object, ...], tuple[str, str, str, list[tuple[str, str]]]] = {}
    for row in connection.execute(_within(query, given.outcome_at, first, end)):
        key = (row.client, row.service, row.card, row.outcome_at)
        reason = (row.reason_code or NO_REASON) if row.outcome == "overridden" else ""
        entry = found.setdefault(key, (row.outcome, reason, week_of(row.outcome_at), []))
        if row.rule is not None:
            entry[3].append((row.rule, row.version))
    return list(found.values())
