"""Bringing the tables to the form that this version needs, and telling which form they have."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect

from cds_service.settings import SettingError
from cds_service.store.causes import AWAY, cause
from cds_service.store.database import Store, StoreBusy, StoreDamaged, StoreUnavailable
from cds_service.store.tables import metadata

HEAD: Final = "0001"
"""The newest migration."""
_VERSION: Final = "alembic_version"
_MIGRATION: Final = re.compile(r"[0-9]{4}")
"""How our migrations are called; other programs that use Alembic let it make hexadecimal names."""
_LOCK: Final = 0x49475254
"""Advisory lock of PostgreSQL that one upgrade at a time holds."""
_PAUSES: Final = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds between the tries of an upgrade of SQLite that finds the file taken."""


def revision(store: Store) -> str | None:
    """The migration that the database has reached, or None when it has none of our tables.

    Raises:
        StoreUnavailable: the database does not answer.
    """
    with store.reading() as connection:
        return _revision(connection)


def upgrade(store: Store) -> tuple[str | None, str]:
    """Run the migrations that are missing, all or none of them; several processes may try at once.

    Returns:
        The migration before and after.

    Raises:
        StoreUnavailable: the database does not answer.
        SettingError: it was set up by a newer version of the service, or is another program's.
    """
    if store.file is not None:
        _make_folder(store.file.parent)
    elif not store.sqlite:
        before = revision(store)
        if before == HEAD:
            return before, HEAD
    for pause in _PAUSES if store.sqlite else ():
        try:
            return _upgraded(store)
        except StoreBusy:
            # Of several that turn a new file to WAL at once SQLite lets one in, and turns the others away unheard.
            time.sleep(pause)
    return _upgraded(store)


def _upgraded(store: Store) -> tuple[str | None, str]:
    look_at(store)
    with store.writing(durable=True) as connection:
        if not store.sqlite:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        before = _revision(connection)
        if before != HEAD:
            _run(connection, before)
        return before, HEAD


def look_at(store: Store) -> None:
    """Whether a SQLite file is ours, before anything is changed in it. One that is not there, or empty, is.

    Raises:
        SettingError: it is another program's.
        StoreDamaged: it is no SQLite database, or tables of ours are missing.
        StoreUnavailable: it cannot be read.
    """
    if store.file is None or not _is_there(store.file):
        return
    with store.untouched() as raw:
        rows = raw.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        names = {name for (name,) in rows}
        told = (
            raw.execute("SELECT version_num FROM alembic_version").fetchone() if _VERSION in names else None
        )
    if not names or names == {_VERSION}:
        return
    ours = metadata.tables.keys()
    if told is None and names >= ours:
        raise StoreDamaged("the number of its migration is missing")
    if told is None or not _MIGRATION.fullmatch(str(told[0])) or names.isdisjoint(ours):
        raise SettingError(
            f"The database {store.shown} is none of igrt-cds: it holds other tables. "
            "Name another file in IGRT_CDS_DATABASE_URL, or move this one away."
        )
    if told[0] == HEAD and not names >= ours:
        raise StoreDamaged("tables are missing")


def missing_tables(store: Store) -> list[str]:
    """The tables of HEAD that the database does not have.

    Raises:
        StoreUnavailable: the database does not answer.
    """
    with store.reading() as connection:
        looking = inspect(connection)
        return sorted(name for name in metadata.tables if not looking.has_table(name))


def prepare(store: Store) -> str:
    """Make ready for `serve`: as `make_ready`, but a database that does not answer is no reason not to start: cards
    come without it.

    Returns:
        A sentence to tell, or nothing.

    Raises:
        SettingError: as `make_ready`.
    """
    try:
        make_ready(store)
    except StoreUnavailable as error:
        what, remedy = cause(error)
        told = f"The database {store.shown} {what} ({error})."
        if isinstance(error, StoreDamaged):
            return (
                f"{told} Restore a backup or move it away, and start again. Cards come all the same; until then "
                "feedback is answered with 503."
            )
        wanted = "" if what == AWAY else f"{remedy} "
        return f"{told} {wanted}Cards come all the same; feedback is answered with 503 until it is back."
    return ""


def make_ready(store: Store) -> None:
    """SQLite is upgraded by itself, PostgreSQL has to be upgraded already.

    A shared database is changed when somebody decides so (`igrt-cds store upgrade`), not when the first of several
    processes starts.

    Raises:
        SettingError: PostgreSQL lacks migrations, or the database is a newer version's, or another program's.
        StoreUnavailable: it does not answer, or is damaged.
    """
    if store.sqlite:
        upgrade(store)
        return
    reached = revision(store)
    if reached == HEAD:
        return
    if reached is not None and reached > HEAD:
        raise _newer(reached)
    raise SettingError(
        f"The database {store.shown} has not been set up for this version. Run: igrt-cds store upgrade"
    )


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_VERSION):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if found is None else str(found)


def _run(connection: Connection, before: str | None) -> None:
    if before is not None and before > HEAD:
        raise _newer(before)
    # Loaded only when there is something to do: most starts find the tables as they should be.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "cds_service.store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)


def _newer(reached: str) -> SettingError:
    return SettingError(
        f"The database was set up by a newer version of igrt-cds (migration {reached}; this version knows {HEAD}). "
        "Run that version, or name another database in IGRT_CDS_DATABASE_URL."
    )


def _is_there(file: Path) -> bool:
    try:
        return file.is_file()
    except OSError:  # in a folder that may not be entered: opening it will tell
        return False


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreUnavailable(f"{folder}: {error.strerror}") from None
