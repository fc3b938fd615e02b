"""The same tests on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cds_service.store.database import Store, default_url
from cds_service.store.keeping import Keeping
from cds_service.store.migrate import upgrade
from cds_service.store.tables import metadata
from tests.store.postgres import Postgres

BACKENDS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for all workers of the run; the last to leave stops it."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"pid-{os.getpid()}")
    folder = Path(tempfile.gettempdir()) / f"igrt-pg-{run[:12]}"
    server = Postgres(folder)
    yield server
    server.leave()
    if not (server.server.pgdata / "postmaster.pid").exists():
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=BACKENDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, with tables."""
    if request.param == "sqlite":
        return default_url(tmp_path)
    server: Postgres = request.getfixturevalue("postgres")
    made = server.url(f"igrt_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}")
    fresh = Store(made)
    upgrade(fresh)
    with fresh.writing(durable=False) as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
    fresh.close()
    return made


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """An empty store."""
    made = Store(url)
    upgrade(made)
    yield made
    made.close()


@pytest.fixture
def keeping(store: Store) -> Iterator[Keeping]:
    """What the application keeps in the empty store."""
    made = Keeping(store)
    yield made
    made.close()
