"""The local catalogue: a SQLite file with the imported tables, as far as they concern radiotherapy codes."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cds_service.cms_files.importing import Imported
from cds_service.cms_files.kinds import PAIRS, UNITS
from cds_service.cms_files.letters import EditFilesError, refusal
from cds_service.cms_files.reasons import words
from cds_service.facts.edits import EditIndex, Edition, PairEdit, UnitEdit, pair_table, unit_table
from cds_service.files import why_no_file

VARIABLE = "IGRT_CDS_CATALOGUE"
"""Environment variable: the catalogue that the service uses."""
_APPLICATION = 0x49475254
_VERSION = 1
_WAIT = 10.0
"""Seconds to wait for another import to end."""
_SCHEMA = f"""
CREATE TABLE edition (
    id INTEGER PRIMARY KEY,
    programme TEXT NOT NULL, setting TEXT NOT NULL, kind TEXT NOT NULL, quarter TEXT NOT NULL,
    first TEXT NOT NULL, last TEXT NOT NULL, rows_read INTEGER NOT NULL, rows_kept INTEGER NOT NULL,
    files TEXT NOT NULL, imported_on TEXT NOT NULL,
    UNIQUE (programme, setting, kind, quarter)
);
CREATE TABLE pair (
    edition INTEGER NOT NULL REFERENCES edition ON DELETE CASCADE,
    column1 TEXT NOT NULL, column2 TEXT NOT NULL, first TEXT NOT NULL, last TEXT,
    indicator TEXT NOT NULL, reason TEXT NOT NULL
);
CREATE TABLE unit (
    edition INTEGER NOT NULL REFERENCES edition ON DELETE CASCADE,
    code TEXT NOT NULL, most INTEGER NOT NULL, counted TEXT NOT NULL, reason TEXT NOT NULL
);
CREATE INDEX pair_edition ON pair (edition);
CREATE INDEX unit_edition ON unit (edition);
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {_VERSION};
"""


@dataclass(frozen=True, slots=True)
class Loaded:
    """One imported table, for lists."""

    edition: Edition
    kind: str
    read: int
    kept: int
    files: str
    imported_on: date


def default_file() -> Path:
    """Where the catalogue stands when nobody names a place: among the user's application data."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "igrt-cds" / "catalogue.sqlite3"


def save(path: Path, tables: Sequence[Imported], today: date) -> None:
    """Put tables into the catalogue; each replaces the one of its kind and quarter. All, or none.

    Raises:
        EditFilesError: the file cannot be written, or is something else.
    """
    with _told(path), _writing(path) as db:
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("BEGIN IMMEDIATE")
        try:
            if not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                for statement in _SCHEMA.split(";"):
                    db.execute(statement)
            _check(db, path)
            for table in tables:
                _replace(db, table, today)
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")


@contextmanager
def _writing(path: Path) -> Iterator[sqlite3.Connection]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=_WAIT, isolation_level=None)) as db:
        yield db


def _replace(db: sqlite3.Connection, table: Imported, today: date) -> None:
    kind, quarter = table.kind, str(table.quarter)
    key = (kind.programme, kind.setting, kind.table, quarter)
    db.execute("DELETE FROM edition WHERE (programme, setting, kind, quarter) = (?, ?, ?, ?)", key)
    days = (table.first.isoformat(), table.last.isoformat())
    counts = (table.read, table.kept, ", ".join(table.files), today.isoformat())
    number = db.execute(
        "INSERT INTO edition (programme, setting, kind, quarter, first, last, rows_read, rows_kept, files,"
        " imported_on) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*key, *days, *counts),
    ).lastrowid
    db.executemany(
        "INSERT INTO pair VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (
                number,
                p.column1,
                p.column2,
                p.first.isoformat(),
                p.last and p.last.isoformat(),
                p.indicator,
                p.reason,
            )
            for p in table.pairs
        ),
    )
    db.executemany(
        "INSERT INTO unit VALUES (?, ?, ?, ?, ?)",
        ((number, u.code, u.most, u.counted, u.reason) for u in table.units),
    )


def loaded(path: Path) -> tuple[Loaded, ...]:
    """The imported tables, the newest first.

    Raises:
        EditFilesError: the file is not there, or is something else.
    """
    with _reading(path) as db:
        return tuple(found for _, found in _editions(db))


def edits_of(path: Path) -> EditIndex:
    """All imported edits, in memory.

    Raises:
        EditFilesError: the file is not there, or is something else.
    """
    with _reading(path) as db:
        editions = _editions(db)
        return EditIndex(
            pairs=tuple(
                pair_table(e.edition, _pairs(db, number)) for number, e in editions if e.kind == PAIRS
            ),
            units=tuple(
                unit_table(e.edition, _units(db, number)) for number, e in editions if e.kind == UNITS
            ),
        )


def _editions(db: sqlite3.Connection) -> list[tuple[int, Loaded]]:
    found = db.execute(
        "SELECT id, programme, setting, kind, quarter, first, last, rows_read, rows_kept, files, imported_on"
        " FROM edition ORDER BY quarter DESC, programme DESC, setting DESC, kind DESC"
    )
    return [
        (
            number,
            Loaded(
                Edition(programme, setting, quarter, date.fromisoformat(first), date.fromisoformat(last)),
                kind,
                read,
                kept,
                files,
                date.fromisoformat(day),
            ),
        )
        for number, programme, setting, kind, quarter, first, last, read, kept, files, day in found
    ]


def _pairs(db: sqlite3.Connection, edition: int) -> Iterator[PairEdit]:
    said = words(PAIRS)
    rows = db.execute(
        "SELECT column1, column2, first, last, indicator, reason FROM pair WHERE edition = ? ORDER BY rowid",
        (edition,),
    )
    for one, two, first, last, indicator, reason in rows:
        end = date.fromisoformat(last) if last else None
        why = said.get(reason, said["other"])
        yield PairEdit(sys.intern(one), sys.intern(two), date.fromisoformat(first), end, indicator, why)


def _units(db: sqlite3.Connection, edition: int) -> Iterator[UnitEdit]:
    said = words(UNITS)
    rows = db.execute(
        "SELECT code, most, counted, reason FROM unit WHERE edition = ? ORDER BY rowid", (edition,)
    )
    for code, most, counted, reason in rows:
        yield UnitEdit(code, most, counted, said.get(reason, said["other"]))


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    if why := why_no_file(path):
        raise refusal(
            str(path),
            f"{why}.",
            "Import CMS files with `igrt-cds catalogue import`, or correct the path.",
        )
    address = f"{path.absolute().as_uri()}?mode=ro"
    with _told(path), closing(sqlite3.connect(address, timeout=_WAIT, uri=True)) as db:
        _check(db, path)
        yield db


def _check(db: sqlite3.Connection, path: Path) -> None:
    application = db.execute("PRAGMA application_id").fetchone()[0]
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if application != _APPLICATION:
        raise refusal(str(path), "is no catalogue of igrt-cds.", "Name another file.")
    if version != _VERSION:
        what = f"was written by another version of igrt-cds (form {version}, this one reads {_VERSION})."
        raise refusal(str(path), what, "Move it away, and import the CMS files again.")


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except EditFilesError:
        raise
    except (sqlite3.Error, ValueError, OSError) as error:
        what = f"cannot be used as catalogue ({error})."
        raise refusal(
            str(path), what, "Is another import running? Else name another file, or move it away."
        ) from None
