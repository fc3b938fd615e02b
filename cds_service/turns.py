"""Taking turns: calls that compute do so one after the other.

Python runs one thread at a time anyhow. Threads that each want to go on hand the interpreter to and fro at every
statement of the database and whenever five milliseconds are over; that costs a third of what the calls themselves do,
and the last of them comes no sooner for it.
"""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Final, Self

PATIENCE: Final = 0.05
"""Seconds that a call waits for its turn; then it computes beside the others, so that a long one holds nobody up."""


class Turn:
    """Used as a context by each call while it computes. Safe to share between threads; not to be nested."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._here = threading.local()

    def __enter__(self) -> Self:
        self._here.held = self._lock.acquire(timeout=PATIENCE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """Let the others go on, before the context is left. Does nothing outside a turn."""
        if self.held:
            self._here.held = False
            self._lock.release()

    @property
    def held(self) -> bool:
        """Whether this thread has its turn."""
        return getattr(self._here, "held", False)

    def aside(self) -> Aside:
        """A context in which the others may go on: for waiting. Does nothing outside a turn."""
        return Aside(self)


class Aside:
    """See `Turn.aside`."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._held = turn.held

    def __enter__(self) -> None:
        if self._held:
            self._turn.end()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._held:
            self._turn.__enter__()
