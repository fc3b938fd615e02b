"""Connections to SQLite and PostgreSQL: durable or quick transactions, and one exception when there is none.

A *durable* transaction is on the disk when it ends: what is acknowledged has to survive a power cut (threats T20
and T21). A *quick* one survives the end of the process, but the last moments before a power cut may be lost; it
spares the hook a sync of the disk. Both are written in order, so that feedback never outlives its card.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Final, cast

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import StaticPool

from cds_service.settings import SettingError
from cds_service.store.address import WHERE, checked, is_memory
from cds_service.store.at_once import AtOnce
from cds_service.store.names import Host, HostUnknown

MEMORY: Final = "sqlite://"
"""The URL of a store that lives as long as its process."""
LONG_LOG: Final = 20_000
"""Pages (of 4 kB) of SQLite's log, beyond which writers are held up for a moment, so that it begins anew."""
BUSY: Final = 2.0
"""Seconds to wait for another process that writes to the same SQLite file."""
_PAUSE: Final = 1.0
"""Seconds in which a PostgreSQL that has just failed is not asked again, so that callers do not queue up for it."""
_PORT: Final = 5432
_POSTGRESQL: Final[dict[str, Any]] = {
    "connect_timeout": 2,
    "options": "-c statement_timeout=5000 -c lock_timeout=3000 -c idle_in_transaction_session_timeout=10000",
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 8000,
    "application_name": "igrt-cds",
}


class StoreUnavailable(Exception):
    """The database cannot be reached, is full, locked, read-only or not set up. Trying again later may help."""


class StoreBusy(StoreUnavailable):
    """Others write, and their turn takes too long: nothing is broken."""


class StoreDamaged(StoreUnavailable):
    """The file is damaged, or no SQLite database: it will not come back by itself."""


class StoreBarred(StoreUnavailable):
    """The database answers, but does not allow its user what is needed."""


class StoreReadOnly(StoreUnavailable):
    """The database answers, but takes no changes."""


class StoreRefused(StoreUnavailable):
    """The database works, but does not take these rows: trying again is of no use."""


class Store:
    """One database. Safe to share between threads; connections are made when they are needed.

    Args:
        url: `sqlite:///FILE`, `sqlite://` (in memory) or `postgresql://USER:PASSWORD@HOST/NAME`.

    Raises:
        SettingError: the URL names neither.
    """

    def __init__(self, url: str) -> None:
        self.url = checked(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.in_memory = is_memory(self.url)
        try:
            self._engine = _sqlite(self.url, self.in_memory) if self.sqlite else _postgresql(self.url)
        except (ArgumentError, TypeError, ValueError):
            raise SettingError(f"{WHERE}: an option behind the question mark cannot be used.") from None
        # One writer at a time is SQLite's own rule; waiting here is fair and does not poll.
        self._turn = threading.Lock()
        self._down_until = 0.0
        # A query may say how the file is to be opened (`mode=ro`), or change what its path means (`uri=true`).
        plain = self.sqlite and not self.in_memory and not self.url.query
        self.file = Path(str(self.url.database)) if plain else None
        self.at_once = AtOnce(str(self.file), self._turn) if plain else None

    @property
    def shown(self) -> str:
        """The URL without its password, and without its query: that may hold passwords too (`sslpassword`)."""
        return self.url.set(query={}).render_as_string(hide_password=True)

    @contextmanager
    def writing(self, *, durable: bool) -> Iterator[Connection]:
        """A transaction that writes; committed when the block ends, rolled back when it raises.

        Raises:
            StoreUnavailable: it could not be carried out. It may be committed all the same, if the connection
                broke while the database answered: what is written has to bear being written again.
        """
        with self._guarded(), ExitStack() as stack:
            if self.sqlite:
                if not self._turn.acquire(timeout=BUSY):
                    raise StoreBusy("another thread writes for too long")
                stack.callback(self._turn.release)
            connection = stack.enter_context(self._engine.connect())
            if self.sqlite:
                # Only between transactions can it be set.
                _raw(connection).execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                connection = connection.execution_options(igrt_writes=True)
            with connection.begin():
                if not self.sqlite and not durable:
                    connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")
                yield connection

    @contextmanager
    def writing_quickly(self) -> Iterator[sqlite3.Connection]:
        """As `writing(durable=False)`, on SQLite alone and without SQLAlchemy around each statement: every call of the
        hook writes one.

        Raises:
            StoreUnavailable: as `writing`.
        """
        with self._guarded(), ExitStack() as stack:
            if not self._turn.acquire(timeout=BUSY):
                raise StoreBusy("another thread writes for too long")
            stack.callback(self._turn.release)
            pooled = self._engine.raw_connection()
            stack.callback(pooled.close)
            raw = cast("sqlite3.Connection", pooled.dbapi_connection)
            try:
                raw.execute("PRAGMA synchronous = NORMAL")
                raw.execute("BEGIN IMMEDIATE")
                yield raw
                raw.execute("COMMIT")
            finally:
                if raw.in_transaction:
                    raw.execute("ROLLBACK")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that reads.

        Raises:
            StoreUnavailable: the database does not answer.
        """
        with self._guarded(), ExitStack() as stack:
            if self.in_memory:  # one connection, which a writing thread may be using
                stack.enter_context(self._turn)
            connection = stack.enter_context(self._engine.connect())
            with connection.begin():
                yield connection

    @contextmanager
    def untouched(self) -> Iterator[sqlite3.Connection]:
        """A connection to a SQLite file for reading that changes nothing of it: the other ways turn it to WAL, and it
        may be another program's.

        Raises:
            StoreUnavailable: as `reading`.
        """
        file = Path(str(self.url.database)).absolute()
        address = f"{file.as_uri()}?mode=rw"  # whoever opens a log has to be able to write it
        with self._guarded(), closing(sqlite3.connect(address, uri=True, timeout=BUSY)) as raw:
            yield raw

    def tidy(self) -> None:
        """Move what `at_once` has written from SQLite's log into its file; this may wait for the disk.

        Raises:
            StoreUnavailable: as `reading`.
        """
        with self._guarded(), self._engine.connect() as connection:
            done = connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)").one()
        if self.at_once is not None and done[1] > LONG_LOG:
            self.at_once.begin_anew()

    def close(self) -> None:
        """Close the connections that are not in use."""
        if self.at_once is not None:
            self.at_once.close()
        self._engine.dispose()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        if time.monotonic() < self._down_until:
            raise StoreUnavailable("the database failed a moment ago")
        try:
            yield
        except (DBAPIError, PoolTimeoutError) as error:
            if not self.sqlite and _lost(error):
                self._down_until = time.monotonic() + _PAUSE
            self._see_folder()
            # Values of the statement are part of the text of the error: its type has to do.
            raise _kind_of(error)(type(error.__cause__ or error).__name__) from None
        except sqlite3.Error as error:  # SQLAlchemy has no part in `writing_quickly`
            self._see_folder()
            raise _kind_of_sqlite(error)(type(error).__name__) from None
        except SQLAlchemyError as error:
            raise StoreRefused(type(error).__name__) from None

    def _see_folder(self) -> None:
        """A folder in place of the file, as a container makes one that mounts what is missing, is no server away."""
        with suppress(OSError):  # what may not be looked at has its own trouble
            if self.file is not None and self.file.is_dir():
                raise StoreDamaged("it is a folder") from None


def _lost(error: DBAPIError | PoolTimeoutError) -> bool:
    """Whether the database is gone, as against a statement that failed."""
    if not isinstance(error, DBAPIError):
        return True
    return error.connection_invalidated or not getattr(error.orig, "sqlstate", None)


def _kind_of(error: DBAPIError | PoolTimeoutError) -> type[StoreUnavailable]:
    if isinstance(error, DataError | IntegrityError):
        return StoreRefused
    original = error.orig if isinstance(error, DBAPIError) else None
    if isinstance(original, sqlite3.Error):
        return _kind_of_sqlite(original)
    return _POSTGRESQL_KINDS.get(getattr(original, "sqlstate", None) or "", StoreUnavailable)


def _kind_of_sqlite(error: sqlite3.Error) -> type[StoreUnavailable]:
    if isinstance(error, sqlite3.DataError | sqlite3.IntegrityError):
        return StoreRefused
    # The low byte is the primary code of SQLite; the others tell its variants apart.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return _SQLITE_KINDS.get(code, StoreUnavailable)


_SQLITE_KINDS: Final = {
    sqlite3.SQLITE_BUSY: StoreBusy,
    sqlite3.SQLITE_CORRUPT: StoreDamaged,
    sqlite3.SQLITE_NOTADB: StoreDamaged,
    sqlite3.SQLITE_READONLY: StoreReadOnly,
}
_POSTGRESQL_KINDS: Final = {
    "25006": StoreReadOnly,  # read_only_sql_transaction
    "3F000": StoreBarred,  # invalid_schema_name: there is none in which this user may make tables
    "42501": StoreBarred,  # insufficient_privilege
}


def _raw(connection: Connection) -> sqlite3.Connection:
    return cast("sqlite3.Connection", connection.connection.dbapi_connection)


def _sqlite(url: URL, in_memory: bool) -> Engine:
    options: dict[str, Any] = {"connect_args": {"timeout": BUSY, "check_same_thread": False}}
    if in_memory:
        options["poolclass"] = StaticPool
    else:
        options |= {"pool_size": 8, "max_overflow": 64, "pool_timeout": BUSY}
    engine = create_engine(url, **options)

    @event.listens_for(engine, "connect")
    def set_up(raw: sqlite3.Connection, _record: object) -> None:
        raw.isolation_level = None  # BEGIN is ours, below
        if not in_memory:
            raw.execute("PRAGMA journal_mode = WAL")
        raw.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes then would fail where it could have waited.
        writes = connection.get_execution_options().get("igrt_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(url: URL) -> Engine:
    from psycopg import OperationalError  # late: most commands need no driver

    given = set(url.query)
    engine = create_engine(
        url,
        connect_args={name: value for name, value in _POSTGRESQL.items() if name not in given},
        pool_pre_ping=True,
        pool_size=5,
        max_overflow=10,
        pool_timeout=2,
    )

    if url.host and not given & {"host", "hostaddr"}:
        host = Host(url.host, url.port or _PORT)

        @event.listens_for(engine, "do_connect")
        def look_up(_dialect: object, _record: object, _arguments: object, words: dict[str, Any]) -> None:
            try:
                found = host.addresses()
            except HostUnknown:
                raise OperationalError("the host's name has no address, or none in time") from None
            # The name stays: a certificate is compared with it.
            words |= {"host": ",".join([url.host or ""] * len(found)), "hostaddr": ",".join(found)}

    @event.listens_for(engine, "connect")
    def be_durable(raw: Any, _record: object) -> None:
        # A server that was set not to wait for its disk would make acknowledgements worthless.
        with raw.cursor() as cursor:
            cursor.execute("SHOW synchronous_commit")
            if cursor.fetchone()[0] == "off":
                cursor.execute("SET synchronous_commit TO on")
        raw.commit()

    return engine


def default_url(folder: Path) -> str:
    """The URL of the SQLite file in a data folder."""
    return URL.create("sqlite", database=str(folder / "igrt-cds.db")).render_as_string()
