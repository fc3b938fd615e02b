"""Why the database cannot be used, in words: what is said of it, and what to do."""

from __future__ import annotations

from sqlalchemy import text

from cds_service.settings import SettingError
from cds_service.store.database import Store, StoreBarred, StoreDamaged, StoreReadOnly, StoreUnavailable

DAMAGED = "is damaged, or no SQLite database"
AWAY = "does not answer"
_GRANT = (
    "Make this user the owner of the database, or grant it what it lacks on the schema and the tables; "
    "the log of the server names it."
)


def cause(error: StoreUnavailable) -> tuple[str, str]:
    """What follows “The database”, without a full stop, and the remedy."""
    if isinstance(error, StoreDamaged):
        return DAMAGED, "Restore a backup, or move it away: serve makes a new one."
    if isinstance(error, StoreBarred):
        return "answers, but does not allow its user what is needed", _GRANT
    if isinstance(error, StoreReadOnly):
        return "may be read, but not written", "Name one that takes changes, or the primary of this one."
    return AWAY, "Check that it runs and may be reached."


def cause_in(store: Store, error: StoreUnavailable) -> tuple[str, str]:
    """As `cause`; a PostgreSQL that lets nobody in is asked whether it has a database of that name."""
    if cause(error)[0] == AWAY and not store.sqlite and _is_missing(store):
        what = f"{store.url.database or store.url.username} does not exist on its server"
        return what, "Make it (createdb), or correct its name in IGRT_CDS_DATABASE_URL."
    return cause(error)


def _is_missing(store: Store) -> bool:
    """Whether a PostgreSQL that lets nobody in has no database of the name, as its database `postgres` tells.

    The driver tells an error of the login by a text alone, which is in the language of the server.
    """
    name = store.url.database or store.url.username
    if not name or "dbname" in store.url.query:
        return False
    try:
        beside = Store(store.url.set(database="postgres").render_as_string(hide_password=False))
    except SettingError:
        return False
    try:
        with beside.reading() as connection:
            known = text("SELECT 1 FROM pg_database WHERE datname = :name")
            return connection.execute(known, {"name": name}).first() is None
    except StoreUnavailable:
        return False
    finally:
        beside.close()
