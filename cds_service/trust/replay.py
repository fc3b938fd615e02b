"""Tokens are used once (threat T5): the ledger of those seen."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

_SWEEP = 60.0


class LedgerUnavailable(Exception):
    """Nobody can say now whether a token was used. The call is refused for the moment: it fails closed."""


class Ledger(Protocol):
    """Remembers tokens until they end. Asked only after the signature was found right, so that nobody else fills it."""

    def first_use(self, issuer: str, jti: str, expires: int) -> bool:
        """Whether this token is seen for the first time, for all threads and processes that share the ledger.

        Args:
            issuer: the token's `iss`; a `jti` is unique within its issuer.
            jti: the token's id, up to 255 printable ASCII characters.
            expires: seconds since 1970 after which the token is refused anyway, leeway included.

        Raises:
            LedgerUnavailable: it cannot be told now.
        """
        ...


class MemoryLedger:
    """A ledger of one process, for development and tests: other processes and a restart know nothing of it."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._seen: dict[tuple[str, str], int] = {}
        self._swept = clock()
        self._lock = threading.Lock()

    def first_use(self, issuer: str, jti: str, expires: int) -> bool:
        """As `Ledger.first_use`."""
        with self._lock:
            now = self._clock()
            if now - self._swept >= _SWEEP:
                self._swept = now
                self._seen = {token: end for token, end in self._seen.items() if end >= now}
            if (issuer, jti) in self._seen:
                return False
            self._seen[issuer, jti] = expires
            return True
