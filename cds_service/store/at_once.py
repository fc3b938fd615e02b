"""Small transactions on a SQLite file that wait for nothing: neither for others who write, nor for the disk.

Handing a record to another thread costs several times what writing it does. So a call writes its own where that can be
done at once; where it cannot, nothing is written, and the caller has another way (`store.ledger`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from threading import Lock
from typing import Any

Statement = tuple[str, Sequence[Sequence[Any]]]
"""A statement and the rows that it is carried out with."""


class AtOnce:
    """Writes to one SQLite file. Safe to share between threads; opened at first use, after any fork.

    Args:
        file: path of the database, whose tables are there.
        turn: held by whoever of this process writes to the same file.
    """

    def __init__(self, file: str, turn: Lock) -> None:
        self._file, self._turn = file, turn
        self._connection: sqlite3.Connection | None = None

    def write(self, statements: Sequence[Statement]) -> bool:
        """Carry out the statements in one transaction, which survives the end of the process.

        Returns:
            Whether it is committed. If not, nobody can say whether it is: it has to bear being written again.
        """
        if not self._turn.acquire(blocking=False):
            return False
        try:
            connection = self._connection or self._open()
            connection.execute("BEGIN IMMEDIATE")
            for text, rows in statements:
                connection.executemany(text, rows)
            connection.execute("COMMIT")
        except Exception:  # whatever it is, the other way will meet it too, and tell it
            return False
        else:
            return True
        finally:
            if self._connection is not None and self._connection.in_transaction:
                self._close()
            self._turn.release()

    def begin_anew(self) -> None:
        """Let the log begin at its start again, if nobody reads or writes at this moment.

        Moving pages into the file beside those who write does not do that: while calls come one after the other,
        there is always a page left, and the log would grow for ever. So they are kept from writing, for as long as
        it takes to move what has come since.
        """
        with self._turn, suppress(sqlite3.Error):  # what is wrong shows with the next record
            (self._connection or self._open()).execute("PRAGMA wal_checkpoint(RESTART)")

    def close(self) -> None:
        """Close the connection."""
        with self._turn:
            self._close()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._file, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = NORMAL")
            # Moving pages from the log into the file waits for the disk: `Store.tidy` does it, beside the calls.
            connection.execute("PRAGMA wal_autocheckpoint = 0")
        except sqlite3.Error:
            connection.close()
            raise
        self._connection = connection
        return connection

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
