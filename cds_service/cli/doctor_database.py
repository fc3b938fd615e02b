"""What `igrt-cds doctor` looks at in the store: whether it answers and could be written. It makes nothing."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from sqlalchemy import URL

from cds_service.cli.doctor_rows import refused
from cds_service.cms_files.store import default_file
from cds_service.health import Health
from cds_service.settings import SettingError, Settings
from cds_service.store.causes import AWAY, cause_in
from cds_service.store.database import Store, StoreUnavailable
from cds_service.store.keeping import store_of
from cds_service.store.migrate import HEAD, look_at, missing_tables, revision
from cds_service.store.rights import lacking, only_read, sees_no_schema

_OWN = "IGRT_CDS_DATABASE_URL is not set"
_OWN_DATA = f"{_OWN}: SQLite in the user's own data."
_LET_IN = (
    "Check user, password, name of the database and TLS in IGRT_CDS_DATABASE_URL, and who may come from here "
    "(pg_hba.conf); the log of the server names the reason."
)
_PORT = 5432
_WAIT = 2.0


def database(settings: Settings) -> Health:
    """How the store of these settings stands, without changing it."""
    if settings.database_url is None:
        file = default_file().parent / "igrt-cds.db"
        if fault := _not_writable(file, f"{_OWN}, and "):
            return fault
        if not _exists(file):
            return Health("ok", _OWN_DATA)
    try:
        store = store_of(settings)
    except SettingError as error:
        return refused(str(error))
    try:
        if store.file is not None:
            if fault := _not_writable(store.file):
                return fault
            if not store.file.exists():
                return Health("ok", "SQLite, whose file the service makes when it starts.")
        seen = _tables(store)
        return Health("ok", _OWN_DATA) if settings.database_url is None and seen.level == "ok" else seen
    except StoreUnavailable as error:
        return _unavailable(store, error)
    finally:
        store.close()


def _unavailable(store: Store, error: StoreUnavailable) -> Health:
    what, remedy = cause_in(store, error)
    if what != AWAY:
        return Health("fail", f"The database {what} ({error}).", remedy, public=False)
    if not store.sqlite and _answers(store.url):
        what = f"Something answers at the address of the database, but lets nobody in ({error})."
        return Health("fail", what, _LET_IN, public=False)
    remedy = "Check IGRT_CDS_DATABASE_URL, and that the server takes connections from here."
    return Health("fail", f"No connection ({error}).", remedy, public=False)


def _tables(store: Store) -> Health:
    """Whether the tables are there, and those of this version; SQLite gets them when the service starts."""
    try:
        look_at(store)
    except SettingError as error:
        return refused(str(error))
    reached = revision(store)
    if reached is not None and reached > HEAD:
        what = f"The database was set up by a newer version (migration {reached}; this one knows {HEAD})."
        return Health("fail", what, "Run that version, or name another database.")
    if not store.sqlite and reached is None and (fault := _no_schema(store)):
        return fault
    if not store.sqlite and reached != HEAD:
        return Health("fail", "The database is not set up for this version.", "Run: igrt-cds store upgrade")
    if reached is None:
        return Health("ok", "SQLite, whose tables the service makes when it starts.")
    if reached == HEAD and (lost := missing_tables(store)):
        what = f"Tables are missing in the database: {', '.join(lost)}."
        return Health("fail", what, "Restore a backup, or name another database.", public=False)
    if not store.sqlite and (fault := _not_changeable(store)):
        return fault
    return Health("ok", f"{'sqlite' if store.sqlite else 'postgresql'} answers.")


def _no_schema(store: Store) -> Health | None:
    """Tables that may not be seen look as if they were not there."""
    with store.reading() as connection:
        if not sees_no_schema(connection):
            return None
    what = "The user of the database may look into none of its schemas."
    return Health(
        "fail", what, "Grant it USAGE on the schema of the tables (GRANT USAGE ON SCHEMA public …)."
    )


def _not_changeable(store: Store) -> Health | None:
    """What keeps `serve` from writing to a PostgreSQL that has all tables; nothing when it may."""
    with store.reading() as connection:
        if why := only_read(connection):
            what = f"The database may be read, but not written: {why}."
            return Health("fail", what, "Name one that takes changes; feedback is lost otherwise.")
        if lost := [*lacking(connection)]:
            what = f"The user of the database lacks rights: {', '.join(lost)}."
            return Health("fail", what, "Grant them, or make it the owner; feedback is lost otherwise.")
    return None


def _answers(url: URL) -> bool:
    """Whether something takes connections where this URL says: what fails then is the login, not the way."""
    told = [text for text in (url.host, url.query.get("host")) if isinstance(text, str)]
    port = url.port or _PORT
    for host in filter(None, ",".join(told).split(",")):
        try:
            if host.startswith("/"):
                with socket.socket(socket.AF_UNIX) as way:
                    way.settimeout(_WAIT)
                    way.connect(f"{host}/.s.PGSQL.{port}")
            else:
                socket.create_connection((host, port), _WAIT).close()
        except (OSError, UnicodeError):
            continue
        return True
    return False


def _not_writable(file: Path, before: str = "") -> Health | None:
    """What keeps SQLite from writing this file, or the two beside it; nothing when it may."""
    place = next(each for each in file.absolute().parents if _exists(each))
    wrong = [each for each in (place, *([file] if _exists(file) else [])) if not os.access(each, os.W_OK)]
    if not wrong and os.access(place, os.X_OK):
        return None
    what = f"{before}SQLite cannot be written in {file.parent}."
    remedy = (
        "Set IGRT_CDS_DATABASE_URL, or HOME to a folder that can be written; feedback is lost otherwise."
        if before
        else f"Let user {os.getuid()} write the file and the folder that it is in; feedback is lost otherwise."
    )
    return Health("fail", what, remedy, public=False)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # in a folder that may not be entered
        return False
