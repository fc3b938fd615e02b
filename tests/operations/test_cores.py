"""`serve --production` keeps each worker on a core of its own, where there are as many cores as workers."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cds_service.cli.cores import core_for
from tests.operations.shape import START, WORKERS, free_port, service

MINE = sorted(os.sched_getaffinity(0))
TWO = frozenset(MINE[:WORKERS])
needs_two = pytest.mark.skipif(len(TWO) < WORKERS, reason="this machine has one core")


@contextmanager
def on_two_cores() -> Iterator[None]:
    os.sched_setaffinity(0, TWO)
    try:
        yield
    finally:
        os.sched_setaffinity(0, MINE)


def ready(folder: Path, number: int) -> list[int]:
    """Process numbers of the workers in the order in which they became ready, once there have been so many."""
    end = time.monotonic() + START
    while True:
        lines = (folder / "service.log").read_text().splitlines()
        found = [json.loads(line)["count"] for line in lines if '"worker ready"' in line]
        if len(found) >= number:
            return found
        assert time.monotonic() < end, lines
        time.sleep(0.05)


def threads_of(worker: int) -> set[frozenset[int]]:
    """On which cores the threads of a process may run."""
    return {frozenset(os.sched_getaffinity(int(t.name))) for t in Path(f"/proc/{worker}/task").iterdir()}


@needs_two
def test_each_worker_stays_on_its_core_and_a_new_one_takes_that_of_the_killed(tmp_path: Path) -> None:
    with on_two_cores(), service(tmp_path, free_port()) as process:
        first, second = ready(tmp_path, 2)
        before = threads_of(first)
        assert {frozenset({core}) for core in TWO} == before | threads_of(second)
        assert len(before) == 1
        os.kill(first, signal.SIGKILL)
        third = ready(tmp_path, 3)[2]
        assert threads_of(third) == before
        assert frozenset(os.sched_getaffinity(process.pid)) == TWO


@needs_two
def test_a_site_can_leave_the_workers_to_the_kernel(tmp_path: Path) -> None:
    with on_two_cores(), service(tmp_path, free_port(), IGRT_CDS_PIN_WORKERS="false"):
        assert threads_of(ready(tmp_path, 1)[0]) == {TWO}


@pytest.mark.parametrize(
    ("allowed", "workers", "taken", "core"),
    [
        ({4, 6}, 2, [], 4),
        ({4, 6}, 2, [4], 6),
        ({4, 6}, 2, [6, None], 4),
        ({4, 6}, 2, [4, 6], None),
        ({4, 6}, 1, [], None),
        ({4, 6}, 3, [4], None),
        (set(), 2, [], None),
    ],
)
def test_only_as_many_workers_as_cores_get_one_each(
    allowed: set[int], workers: int, taken: list[int | None], core: int | None
) -> None:
    assert core_for(allowed, workers, taken) == core
