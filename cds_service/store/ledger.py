"""Writes decisions so that the hook waits for the database a moment at most (threat T20).

Into a SQLite file that nobody else is writing to, a call writes its decision itself (`store.at_once`). Otherwise it
hands it over to a thread and waits until it is written, but never longer than `PATIENCE`; while the database is down
or slow it does not wait at all. What could not be written is kept in memory and tried again, in order. Many calls at
once share a transaction.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from cds_service.clock import now
from cds_service.logs import log_event
from cds_service.store import decisions
from cds_service.store.database import Store, StoreRefused, StoreUnavailable
from cds_service.store.purge import expired
from cds_service.store.records import Decision
from cds_service.store.sealing import Sealer

PATIENCE: Final = 0.1
"""Seconds that a call waits for its decision to be written."""
ROOM: Final = 10_000
"""Decisions that are kept in memory while the database is down; beyond it the oldest are given up."""
_BATCH: Final = 200
_PAUSE: Final = 0.5
"""Seconds between two tries while the database is down."""
_STUCK: Final = 10.0
"""Seconds that a failed try speaks for: tries follow each other faster, even if each has to wait for an answer."""
_TIDY_EVERY: Final = 500
"""Decisions written by their calls, after which the thread tidies up behind them (`Store.tidy`)."""
_PURGE_EVERY: Final = 600.0
"""Seconds between two deletions of inputs whose days are over."""
_Ticketed = tuple[int, Decision]


class Ledger:
    """The decisions on their way into the store. Safe to share between threads.

    Its own thread starts when it is first needed, after any fork.
    `dropped` counts decisions that were given up: their cards are not known, feedback on them is refused.
    """

    def __init__(
        self, store: Store, sealer: Sealer | None = None, keep: timedelta = timedelta(days=30)
    ) -> None:
        self._store, self._sealer, self._keep = store, sealer, keep
        self.dropped = 0
        self._changed = threading.Condition()
        self._waiting: deque[_Ticketed] = deque()
        self._last = self._written = 0
        self._flowing, self._ended = True, False
        self._untidy = 0
        self._trouble = float("-inf")
        self._next_purge = 0.0
        self._thread: threading.Thread | None = None

    def put(self, decision: Decision, before_waiting: Callable[[], object] = lambda: None) -> bool:
        """Keep a decision. Returns whether it is in the store by now; never raises, never waits long, and calls
        `before_waiting` first.
        """
        if self._sealer is None and self._flowing and decisions.write_at_once(self._store, decision):
            self._tidy_later()
            return True
        before_waiting()
        with self._changed:
            writing = self._start()
            if len(self._waiting) >= ROOM:
                self._waiting.popleft()
                self.dropped += 1
            self._last += 1
            ticket = self._last
            self._waiting.append((ticket, decision))
            self._changed.notify_all()
            if not writing:  # no thread is to be had now: it waits until there is one
                self._trouble = time.monotonic()
                return False
            written = self._changed.wait_for(lambda: self._written >= ticket or not self._flowing, PATIENCE)
            # Whoever comes next need not find out again; the first transaction that ends sets it right.
            if not written:
                self._flowing = False
            return self._written >= ticket

    def _tidy_later(self) -> None:
        self._untidy += 1  # two threads may count as one: the thread comes a little later then
        if self._to_tidy:
            with self._changed:
                self._start()
                self._changed.notify_all()

    @property
    def _to_tidy(self) -> bool:
        return self._untidy >= _TIDY_EVERY or time.monotonic() >= self._next_purge

    def flush(self, seconds: float) -> bool:
        """Wait until all that has been put so far is written. Returns whether it is."""
        with self._changed:
            if self._waiting:  # there may have been no thread for it
                self._start()
            ticket = self._last
            return self._changed.wait_for(lambda: self._written >= ticket, seconds)

    @property
    def waiting(self) -> int:
        """How many decisions are not in the store yet."""
        with self._changed:
            return self._last - self._written

    def troubled(self, seconds: float) -> bool:
        """Whether something is waiting, or was not written at once during the last `seconds`."""
        with self._changed:
            return self._last > self._written or time.monotonic() - self._trouble < seconds

    @property
    def stuck(self) -> bool:
        """Whether the last try to write failed, so that decisions wait in memory for the next one."""
        with self._changed:
            return not self._flowing and time.monotonic() - self._trouble < _STUCK

    def close(self, seconds: float = 5.0) -> None:
        """Write what is waiting, for so long at most, and end the thread. What is lost with the process is told."""
        if not self.flush(seconds):
            log_event("records of answers are lost with the end of the process", self.waiting, logging.ERROR)
        with self._changed:
            self._ended = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(seconds)

    def _start(self) -> bool:
        """Have a thread that writes. Returns whether there is one: the machine may have none to give."""
        if self._thread is None or not self._thread.is_alive():
            thread = threading.Thread(target=self._work, name="igrt-cds-ledger", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                return False
            self._thread = thread
        return True

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._ended or self._to_tidy)
                if self._ended:
                    return
                batch = [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]
            if batch:
                self._settle(batch)
            if self._untidy >= _TIDY_EVERY:
                self._tidy()
            if time.monotonic() >= self._next_purge:
                self._purge()

    def _settle(self, batch: list[_Ticketed]) -> None:
        """Write a batch, and put back what is to be tried again."""
        left = self._write(batch)
        with self._changed:
            if len(left) < len(batch):
                self._written = batch[-1 - len(left)][0]
            self._waiting.extendleft(reversed(left))
            while len(self._waiting) > ROOM:
                self._waiting.popleft()
                self.dropped += 1
            self._flowing = not left
            self._changed.notify_all()
            if left:
                self._trouble = time.monotonic()
                self._changed.wait_for(lambda: self._ended, _PAUSE)

    def _tidy(self) -> None:
        self._untidy = 0
        with contextlib.suppress(StoreUnavailable):  # what is wrong shows with the next decision
            self._store.tidy()

    def _purge(self) -> None:
        """Also without a key of their own: those of a site that keeps no more inputs are over one day too."""
        self._next_purge = time.monotonic() + _PURGE_EVERY
        with contextlib.suppress(StoreUnavailable), self._store.writing(durable=False) as connection:
            expired(connection, now())

    def _write(self, batch: list[_Ticketed]) -> list[_Ticketed]:
        """Write them, or give up those that the database refuses. Returns those that are to be tried again."""
        try:
            self._write_all([decision for _, decision in batch])
        except StoreRefused:
            return self._one_by_one(batch)
        except StoreUnavailable:
            if self._flowing:
                log_event("the database does not answer; records wait", len(batch), logging.WARNING)
            return batch
        except Exception:  # whatever it is, the others are written
            return self._one_by_one(batch)
        return []

    def _one_by_one(self, batch: list[_Ticketed]) -> list[_Ticketed]:
        """As `_write`, after one of them was refused: the others are not to suffer from it."""
        if len(batch) == 1:
            with self._changed:
                self.dropped += 1
            log_event("a record was refused by the database", 1, logging.ERROR)
            return []
        for place, each in enumerate(batch):
            if self._write([each]):
                return batch[place:]
        return []

    def _write_all(self, batch: list[Decision]) -> None:
        if self._store.sqlite and self._sealer is None:
            decisions.write_quickly(self._store, batch)
            return
        with self._store.writing(durable=False) as connection:
            decisions.write(connection, batch, self._sealer, self._keep)
