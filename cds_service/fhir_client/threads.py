"""How many threads read at once in one process, for the calls of all clients together (threat T15)."""

from __future__ import annotations

import threading


class Threads:
    """Places for threads that read. Nobody waits for one: a call that gets none does without.

    The last `kept` are for calls that have no thread yet, so that calls with many leave one for every other.
    """

    def __init__(self, most: int, kept: int) -> None:
        self._most, self._kept = most, kept
        self._running = 0
        self._lock = threading.Lock()

    def take(self, *, first: bool) -> bool:
        """A place for a thread, the `first` or a further one of its call. Returns whether there is one."""
        with self._lock:
            if self._running >= self._most - (0 if first else self._kept):
                return False
            self._running += 1
            return True

    def leave(self) -> None:
        """Give the place back."""
        with self._lock:
            self._running -= 1
