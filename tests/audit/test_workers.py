"""More processes than the machine gives are a letter, and those that were begun end."""

from __future__ import annotations

import gc
import multiprocessing
import resource
from collections.abc import Iterator

import pytest

from cds_service.audit.errors import AuditError
from cds_service.audit.workers import Workers
from tests.cli.conftest import Igrt, igrt

__all__ = ["igrt"]


@pytest.fixture
def few_files() -> Iterator[None]:
    """A process that may open only few files more; each worker takes one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_workers_that_cannot_be_started_are_told_and_leave_none_behind(few_files: None) -> None:
    before, threshold = set(multiprocessing.active_children()), gc.get_threshold()
    with pytest.raises(
        AuditError, match=r"--workers: 200 processes cannot be started here \(.+\)\. Give fewer"
    ):
        Workers(200, str)
    assert set(multiprocessing.active_children()) == before
    assert (gc.get_threshold(), gc.get_freeze_count()) == (threshold, 0)


@pytest.mark.parametrize(
    "words",
    [("audit", "x", "--output", "y", "--workers"), ("policies", "prove", "--processes")],
    ids=["audit", "prove"],
)
def test_numbers_of_processes_have_an_end(igrt: Igrt, words: tuple[str, ...]) -> None:
    refused = igrt(*words, "1025")
    assert refused.code == 3
    assert f"Invalid value for '{words[-1]}'" in refused.err
