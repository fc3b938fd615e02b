"""The address of a database's host, without waiting for a slow name server.

The system's look-up knows no time limit that a caller could set, and the driver's does not hold for it: while a name
server is away each new connection waits for many seconds, and the hook behind it too (T23).
"""

from __future__ import annotations

import socket
import threading
import time
from typing import Final

WAIT: Final = 1.0
"""Seconds to wait for an answer."""
FRESH: Final = 30.0
"""Seconds for which an answer is used without asking again."""


class HostUnknown(Exception):
    """No address in time, and none from earlier."""


class Host:
    """One host and port; safe to share between threads.

    An answer that comes too late is taken for the next connection. While none comes, the last one that came is used.
    """

    def __init__(self, name: str, port: int) -> None:
        self._name, self._port = name, port
        self._lock = threading.Lock()
        self._found: tuple[str, ...] = ()
        self._asked: threading.Thread | None = None
        self._until = 0.0

    def addresses(self) -> tuple[str, ...]:
        """Its addresses, best first, within about a second.

        Raises:
            HostUnknown: there are none.
        """
        if time.monotonic() >= self._until:
            with self._lock:
                if self._asked is None or not self._asked.is_alive():
                    self._asked = _started(threading.Thread(target=self._ask, name="igrt-name", daemon=True))
                asked = self._asked
            if asked is not None:
                asked.join(WAIT)
        if not self._found:
            raise HostUnknown
        return self._found

    def _ask(self) -> None:
        try:
            rows = socket.getaddrinfo(self._name, self._port, type=socket.SOCK_STREAM)
        except OSError:
            return
        # A set that keeps its order.
        self._found = tuple({str(row[4][0]): None for row in rows})
        self._until = time.monotonic() + FRESH


def _started(thread: threading.Thread) -> threading.Thread | None:
    """None where the machine has no thread to give."""
    try:
        thread.start()
    except RuntimeError:
        return None
    return thread
