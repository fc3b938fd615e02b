"""One Spark session in local mode for all of these tests: starting Java takes longer than they do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from cds_service.audit_spark.session import session_of

CORES = 3


@pytest.fixture(scope="session")
def spark() -> Iterator[None]:
    """A session with several executor threads; skipped where there is no Java."""
    _require_java()
    session = session_of(CORES)
    yield
    session.stop()


@pytest.fixture
def java() -> None:
    """Java itself; skipped where there is none."""
    _require_java()


def _require_java() -> None:
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        pytest.skip(
            "Java is not installed: Spark needs version 17 or later (Debian: openjdk-17-jre-headless)"
        )
