"""Brings together the lines of each claim, however far apart they stand, without holding them in memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import groupby
from operator import itemgetter

import msgspec

from cds_service.audit_inputs.drafts import Head, Line

_CACHE_KIB = 16 * 1024
_BATCH = 1000


class Spooled(msgspec.Struct, frozen=True, array_like=True):
    """One line with what its row says of the claim. `row` is its line in the file, `listed` the row's diagnoses,
    `ordinal` which of the claim's rows it is.
    """

    row: int
    head: Head
    line: Line
    listed: tuple[str, ...] = ()
    ordinal: int = 0

    @property
    def reversal(self) -> bool:
        """Whether it takes a line back: its amount or its units are below zero."""
        return any(number is not None and number < 0 for number in (self.line.charge, self.line.units))


class Spool:
    """Takes lines in any order and gives them back claim by claim, each claim's in the order of the file.

    They wait in a private database of SQLite's own, a file that has no name and is gone when the process ends: it
    holds at most `_CACHE_KIB` in memory. It stands in the folder that SQLITE_TMPDIR or TMPDIR names, and holds what
    the file holds.
    """

    def __init__(self) -> None:
        self._store = sqlite3.connect("")
        self._store.executescript(
            f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -{_CACHE_KIB};"
            "PRAGMA temp_store = FILE; CREATE TABLE line (claim TEXT, row INTEGER, data BLOB)"
        )
        self._waiting: list[tuple[str, int, bytes | None]] = []
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(Spooled)

    def add(self, claim: str, line: Spooled) -> None:
        """Keep a line."""
        self._keep(claim, line.row, self._encoder.encode(line))

    def lose(self, claim: str, row: int) -> None:
        """Remember that a row of this claim could not be read."""
        self._keep(claim, row, None)

    def claims(self) -> Iterator[tuple[str, list[Spooled], list[int]]]:
        """The claims, in the order of their numbers, each with the rows of it that could not be read."""
        self._flush()
        with closing(self._store.execute("SELECT claim, row, data FROM line ORDER BY claim, row")) as rows:
            for claim, lines in groupby(rows, key=itemgetter(0)):
                found, lost = [], []
                for _, row, data in lines:
                    if data is None:
                        lost.append(row)
                    else:
                        found.append(self._decoder.decode(data))
                if found:
                    yield claim, found, lost

    def close(self) -> None:
        """Give the space back."""
        self._store.close()

    def _keep(self, claim: str, row: int, data: bytes | None) -> None:
        self._waiting.append((claim, row, data))
        if len(self._waiting) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        self._store.executemany("INSERT INTO line VALUES (?, ?, ?)", self._waiting)
        self._waiting.clear()
