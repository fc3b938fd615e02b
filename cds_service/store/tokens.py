"""Tokens that have been used: each opens one call, in whichever process it arrives (threat T5)."""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from collections.abc import Sequence

from sqlalchemy import delete

from cds_service.store.database import Store, StoreBusy, StoreUnavailable
from cds_service.store.dialect import insert_first, insert_new
from cds_service.store.tables import seen_tokens
from cds_service.store.token_files import TokenFiles

_PURGE_EVERY = 60.0
"""Seconds between two purges of expired tokens."""
_TURNS = 5
"""How often to wait for one's turn to write; a token that still has none is refused."""


Row = dict[str, str | int]


class SeenTokens:
    """Remembers the tokens of all processes that share a store.

    While the database is down, cards keep coming, and a token opens one call at most for all processes that share
    `files`, without them one for each process. What was remembered meanwhile is written when the database is back.

    Args:
        store: the database.
        files: what the processes of one machine share besides.
    """

    def __init__(self, store: Store, files: TokenFiles | None = None) -> None:
        self._store, self._files = store, files
        self._lock = threading.Lock()
        self._own: dict[tuple[str, str], int] = {}
        self._unwritten: dict[tuple[str, str], int] = {}
        self._next_purge = 0.0
        self._trouble = float("-inf")

    def troubled(self, seconds: float) -> bool:
        """Whether a token could not be written to the database during the last `seconds`, or still has to be."""
        return bool(self._unwritten) or time.monotonic() - self._trouble < seconds

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
        # Before the database is asked: it may go down between this use of the token and the next one.
        if self._files is not None and not self._files.take(key, expires):
            return False
        first = self._first_in_store(key, expires, owed)
        self._purge()
        return first

    def _first_in_store(self, key: tuple[str, str], expires: int, owed: Sequence[Row]) -> bool:
        """Whether no process has written the token to the database before, or the database is down; `owed` are the
        rows of the time while it was."""
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
                    self._trouble = time.monotonic()
                return True
            with self._lock:
                for row in owed:
                    self._unwritten.pop((str(row["issuer_sha256"]), str(row["jti_sha256"])), None)
            return first
        return False

    def _purge(self) -> None:
        """Forget what has expired, once a minute."""
        with self._lock:
            if time.monotonic() < self._next_purge:
                return
            self._next_purge = time.monotonic() + _PURGE_EVERY
            now = int(time.time())
            for table in (self._own, self._unwritten):
                for key in [key for key, end in table.items() if end < now]:
                    del table[key]
        if self._files is not None:
            self._files.forget(now)
        # What is left over, the next purge finds.
        with contextlib.suppress(StoreUnavailable), self._store.writing(durable=False) as connection:
            connection.execute(delete(seen_tokens).where(seen_tokens.c.expires < now))


def _row(key: tuple[str, str], expires: int) -> Row:
    return {"issuer_sha256": key[0], "jti_sha256": key[1], "expires": expires}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
