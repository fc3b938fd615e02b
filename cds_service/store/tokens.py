"""Tokens that have been used: each opens one call, in whichever process it arrives (threat T5)."""

from __future__ import annotations

import hashlib
import threading
import time

from sqlalchemy import delete

from cds_service.store.database import Store, StoreBusy, StoreUnavailable
from cds_service.store.dialect import insert_first, insert_new
from cds_service.store.tables import seen_tokens

_PURGE_EVERY = 60.0
"""Seconds between two purges of expired tokens."""
_TURNS = 5
"""How often to wait for one's turn to write; a token that still has none is refused."""


class SeenTokens:
    """Remembers the tokens of all processes that share a store.

    While the database is down, this process remembers its own: cards keep coming, and a token opens one call in
    each process at most. What was remembered meanwhile is written when the database is back.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._own: dict[tuple[str, str], int] = {}
        self._unwritten: dict[tuple[str, str], int] = {}
        self._next_purge = 0.0

    def first_use(self, issuer: str, jti: str, expires: int) -> bool:
        """Whether a token is seen for the first time; of many that ask at once exactly one hears True.

        Args:
            issuer: its `iss`.
            jti: its `jti`; only its SHA-256 is stored.
            expires: when it stops being accepted, leeway included, in seconds since 1970.
        """
        key = (_digest(issuer), _digest(jti))
        with self._lock:
            if key in self._own:
                return False
            self._own[key] = expires
            owed = [_row(each, end) for each, end in self._unwritten.items()]
        for _ in range(_TURNS):
            try:
                with self._store.writing(durable=False) as connection:
                    insert_new(connection, seen_tokens, owed)
                    first = insert_first(connection, seen_tokens, _row(key, expires))
            except StoreBusy:
                continue  # others are served before us; who may be the first is decided there and nowhere else
            except StoreUnavailable:
                with self._lock:
                    self._unwritten[key] = expires
                return True
            with self._lock:
                for row in owed:
                    self._unwritten.pop((str(row["issuer_sha256"]), str(row["jti_sha256"])), None)
            self._purge()
            return first
        return False

    def _purge(self) -> None:
        """Forget what has expired, once a minute."""
        if time.monotonic() < self._next_purge:
            return
        now = int(time.time())
        with self._lock:
            self._next_purge = time.monotonic() + _PURGE_EVERY
            for table in (self._own, self._unwritten):
                for key in [key for key, end in table.items() if end < now]:
                    del table[key]
        try:
            with self._store.writing(durable=False) as connection:
                connection.execute(delete(seen_tokens).where(seen_tokens.c.expires < now))
        except StoreUnavailable:
            pass  # the next purge finds them


def _row(key: tuple[str, str], expires: int) -> dict[str, str | int]:
    return {"issuer_sha256": key[0], "jti_sha256": key[1], "expires": expires}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
