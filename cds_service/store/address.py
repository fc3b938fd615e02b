"""What the URL of a store may be: what could never work is refused, not told as a database that is away."""

from __future__ import annotations

from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from cds_service.settings import SettingError

WHERE: Final = "IGRT_CDS_DATABASE_URL"
"""The setting that names the store."""
_REMEDY: Final = "Write sqlite:////folder/igrt-cds.db or postgresql://USER:PASSWORD@HOST/NAME."
_SSL_MODES: Final = frozenset({"disable", "allow", "prefer", "require", "verify-ca", "verify-full"})


def checked(url: str) -> URL:
    """The URL with the driver that is used here.

    Raises:
        SettingError: it names no database that can be used. No part of it that could be a password is shown.
    """
    try:
        made = make_url(url)
        backend = made.get_backend_name()
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise _refused("this is no URL of a database") from None
    if url != url.strip():
        raise _refused("blanks stand around it")
    if "@" in f"{made.username or ''}{made.host or ''}":
        # SQLAlchemy takes what follows the first @ for the host, and that would be shown.
        raise _refused("write an @ in name or password as %40, and / as %2F")
    if backend == "postgres":
        made, backend = made.set(drivername="postgresql"), "postgresql"
    if backend not in ("postgresql", "sqlite"):
        raise _refused(f"databases of the kind {backend!r} are not used here")
    if fault := (_postgresql_fault if backend == "postgresql" else _sqlite_fault)(made):
        raise _refused(fault)
    return made.set(drivername="postgresql+psycopg" if backend == "postgresql" else "sqlite+pysqlite")


def is_memory(url: URL) -> bool:
    """Whether what is stored there ends with the process."""
    return url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:")


def _postgresql_fault(url: URL) -> str:
    """What is wrong with port or options of a PostgreSQL, which would seem not to answer; empty if it may be there."""
    from psycopg import ProgrammingError  # late: most commands need no driver
    from psycopg.conninfo import make_conninfo

    host = (url.host or "").lower()
    if "," in host or "%2f" in host:  # as libpq writes them; here they would be a name
        return "several hosts, or the folder of a socket, stand behind a question mark: `?host=`"
    if url.port is not None and not 0 < url.port < 2**16:
        return f"{url.port} is no port"
    for name, value in url.query.items():
        try:
            make_conninfo("", **{name: "1"})
        except ProgrammingError:
            return "what stands behind the question mark is no option of PostgreSQL"
        if name == "sslmode" and value not in _SSL_MODES:
            return f"`sslmode` is not one of {', '.join(sorted(_SSL_MODES))}"
        if name == "connect_timeout" and not str(value).isdecimal():
            return "`connect_timeout` is no whole number of seconds"
    return ""


def _sqlite_fault(url: URL) -> str:
    """What is wrong with the URL of a SQLite file, which would be a file of another name, or none."""
    file, uri = url.database or "", "uri" in url.query
    if url.host or url.username or url.port:
        return "a file has no host: three slashes stand before its path, and its path begins with a fourth"
    if not uri and (url.query or file.startswith("file:")):
        return "`file:`, and what stands behind a question mark, are read only with `uri=true`"
    if uri and (url.query.get("mode") == "memory" or ":memory:" in file):
        return "a database in memory has no name here; that is `sqlite://`"
    return ""


def _refused(what: str) -> SettingError:
    return SettingError(f"{WHERE}: {what}. {_REMEDY}")
