"""Clients that ask for cards, report on them, and send again what was not acknowledged; with their bookkeeping."""

from __future__ import annotations

import json
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from sqlalchemy import select

from cds_service.store.database import Store
from cds_service.store.tables import feedback
from fhir_fixtures import load

FIXTURE = "hospital-imrt-guidance-double-billed-medicare"
SERVICE = "igrt-claim-review"
_PATIENCE = 10
_TIMES = 10
Item = dict[str, Any]


class Load:
    """Clients in threads of their own, against an address that may change.

    `acknowledged` are the (card, time) pairs that a 200 answered, `answers` counts statuses and failures.
    """

    def __init__(self, address: Callable[[], str], clients: int = 3) -> None:
        self._address, self._request = address, load(FIXTURE)
        self.acknowledged: set[tuple[str, str]] = set()
        self.answers: Counter[str] = Counter()
        self.owed: list[list[Item]] = []
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._work) for _ in range(clients)]

    def start(self) -> None:
        """Let the clients work."""
        for thread in self._threads:
            thread.start()

    def cancel(self) -> None:
        """Let the clients end, whatever they are owed."""
        self._ended.set()

    def stop(self) -> None:
        """End them; what they are owed is sent again until it is acknowledged or turned away."""
        self._ended.set()
        for thread in self._threads:
            thread.join()
        with requests.Session() as session:
            session.trust_env = False
            for items in self.owed:
                for _ in range(300):
                    if self._report(session, items):
                        break
                    threading.Event().wait(0.2)
                else:
                    raise RuntimeError(f"feedback was not taken for long: {dict(self.answers)}")
        self.owed.clear()

    def _work(self) -> None:
        mine: list[list[Item]] = []
        with requests.Session() as session:
            session.trust_env = False
            while not self._ended.is_set():
                if mine:
                    if self._report(session, mine[-1]):
                        mine.pop()
                    else:
                        self._ended.wait(0.05)
                    continue
                mine += self._cards(session)
        with self._lock:
            self.owed += mine

    def _cards(self, session: requests.Session) -> list[list[Item]]:
        request = self._request | {"hookInstance": str(uuid.uuid4())}
        try:
            answer = session.post(self._url(), json=request, timeout=_PATIENCE)
        except requests.RequestException:
            self._count("hook: no answer")
            self._ended.wait(0.05)
            return []
        self._count(f"hook: {answer.status_code}")
        now, cards = datetime.now(UTC), answer.json()["cards"]
        return [
            # The same card may be reported repeatedly; each time counts.
            [{"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": at} for card in cards]
            for at in (
                (now + timedelta(milliseconds=n)).isoformat(timespec="microseconds") for n in range(_TIMES)
            )
        ]

    def _report(self, session: requests.Session, items: list[Item]) -> bool:
        """Send feedback. Returns whether it is settled: acknowledged, or turned away for good."""
        try:
            answer = session.post(f"{self._url()}/feedback", json={"feedback": items}, timeout=_PATIENCE)
        except requests.RequestException:
            self._count("feedback: no answer")
            return False
        self._count(f"feedback: {answer.status_code}")
        if answer.status_code == 200:
            with self._lock:
                self.acknowledged |= {(item["card"], item["outcomeTimestamp"]) for item in items}
            return True
        if answer.status_code in (422, 503):
            return bool(answer.status_code == 422)
        raise RuntimeError(f"{answer.status_code}: {json.dumps(answer.json())}")

    def _url(self) -> str:
        return f"{self._address()}/cds-services/{SERVICE}"

    def _count(self, what: str) -> None:
        with self._lock:
            self.answers[what] += 1


def faults(acknowledged: set[tuple[str, str]], store: Store) -> list[str]:
    """What is wrong with the rows: an acknowledged one that is lost, or one that is there more than once."""
    columns = feedback.c
    with store.reading() as connection:
        rows = [
            (row.card, row.outcome_at.isoformat(timespec="microseconds"))
            for row in connection.execute(select(columns.card, columns.outcome_at))
        ]
    lost = acknowledged - set(rows)
    doubled = [pair for pair, count in Counter(rows).items() if count > 1]
    strange = set(rows) - acknowledged
    return [
        *(f"lost: {card} {at}" for card, at in sorted(lost)),
        *(f"doubled: {card} {at}" for card, at in doubled),
        *(f"never acknowledged, not even when sent again: {card} {at}" for card, at in sorted(strange)),
    ]
