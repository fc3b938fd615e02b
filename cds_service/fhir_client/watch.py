"""One deadline for all sockets of a call.

A timeout of requests starts anew with each byte, so a server that drips headers, a TLS handshake or a body can hold
a thread for hours. Here every socket is known from before it connects, and when the time is over all of them are
shut down: whoever waits on one wakes up.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time


class Watch:
    """The deadline of one call, in seconds of the monotonic clock, and the sockets that it ends."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self._sockets: list[socket.socket] = []
        self._over = False
        self._lock = threading.Lock()

    @property
    def over(self) -> bool:
        """Whether the time is up or the call has ended."""
        return self._over or time.monotonic() >= self.deadline

    def remaining(self) -> float:
        """Seconds left, never below zero."""
        return 0.0 if self._over else max(self.deadline - time.monotonic(), 0.0)

    def add(self, opened: socket.socket) -> None:
        """Watch a socket. A duplicate is kept: TLS takes the original apart, and its number may be used again.

        Raises:
            TimeoutError: when the time is up already.
        """
        with self._lock:
            if self.over:
                raise TimeoutError
            self._sockets.append(opened.dup())

    def cut(self) -> None:
        """End everything that still goes on."""
        with self._lock:
            self._over = True
            ended, self._sockets = self._sockets, []
        for each in ended:
            with contextlib.suppress(OSError):  # it may have been closed by the other side
                each.shutdown(socket.SHUT_RDWR)
            each.close()
