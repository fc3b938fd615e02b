"""Keeps the trouble of one client's server to that client (threat T15): slots for calls, and circuits.

Our own in place of a library: what is counted is a kind of read at one server, only if it had time to succeed, and
one call at a time tries again while the others go on without.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass


@dataclass(slots=True)
class _State:
    failures: int = 0
    failed: float = 0.0
    trial: float = 0.0


class Circuits:
    """Which kinds of read are left out for a while because they failed several times in a row."""

    def __init__(self, failures: int, rest: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._rest, self._clock = failures, rest, clock
        self._states: dict[Hashable, _State] = {}
        self._lock = threading.Lock()

    def allows(self, kind: Hashable) -> bool:
        """Whether to ask now. After the rest one asker is let through, and another one each further rest."""
        with self._lock:
            state = self._states.get(kind)
            if state is None or state.failures < self._limit:
                return True
            now = self._clock()
            if now - max(state.failed, state.trial) < self._rest:
                return False
            state.trial = now
            return True

    def succeeded(self, kind: Hashable) -> None:
        """The server answered, with whatever: the count starts anew."""
        with self._lock:
            self._states.pop(kind, None)

    def failed(self, kind: Hashable) -> None:
        """The server did not answer, or answered that it fails."""
        with self._lock:
            state = self._states.setdefault(kind, _State())
            state.failures += 1
            state.failed = self._clock()

    def healthy(self) -> bool:
        """Whether no kind of read has failed of late, since it last succeeded; it may not be asked for again."""
        with self._lock:
            now = self._clock()
            return all(now - state.failed >= self._rest for state in self._states.values())


class Slots:
    """How many calls of one client may read at once. A slot is held until the last of its reads has ended."""

    def __init__(self, calls: int) -> None:
        self._free = threading.BoundedSemaphore(calls)

    def take(self, timeout: float) -> Slot | None:
        """A slot, or None when none gets free within `timeout` seconds."""
        return Slot(self._free) if self._free.acquire(timeout=max(timeout, 0.0)) else None


class Slot:
    """One call's place, shared by the call and its threads."""

    def __init__(self, free: threading.BoundedSemaphore) -> None:
        self._free, self._holders, self._lock = free, 1, threading.Lock()

    def share(self) -> None:
        """One more holder."""
        with self._lock:
            self._holders += 1

    def leave(self) -> None:
        """One holder less; the last one frees the place."""
        with self._lock:
            self._holders -= 1
            last = self._holders == 0
        if last:
            self._free.release()
