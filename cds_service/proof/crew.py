"""Carries out tasks in this process, or in several of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from cds_service.books import Library, load_library
from cds_service.proof.space import Plain, Space, space_from
from cds_service.proof.work import Worker

_AHEAD = 3
"""Tasks given out for each process, so that none waits."""


@dataclass(frozen=True)
class Task:
    """A method of Worker with its arguments; `weight` is how many points (or rules) it stands for."""

    method: str
    arguments: tuple[Any, ...]
    weight: int = 1


@dataclass(frozen=True)
class Done:
    """A task with its result."""

    task: Task
    result: Any


class Alone:
    """Carries out tasks in this process."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def run(self, tasks: Sequence[Task], deadline: float) -> Iterator[Done]:
        """Each task's result, until the deadline (time.monotonic)."""
        for task in tasks:
            if time.monotonic() > deadline:
                return
            yield Done(task, getattr(self._worker, task.method)(*task.arguments))

    def close(self) -> None:
        """Nothing is open."""


class Several:
    """Carries out tasks in processes of their own, each with a book of its own."""

    def __init__(self, processes: int, folders: Sequence[Path], space: Space, seed: int, tries: int) -> None:
        self._count = processes
        self._pool = ProcessPoolExecutor(
            processes,
            mp_context=get_context("spawn"),
            initializer=_begin,
            initargs=(tuple(folders), space.plain, seed, tries),
        )

    def run(self, tasks: Sequence[Task], deadline: float) -> Iterator[Done]:
        """Each task's result as it comes, until the deadline (time.monotonic)."""
        waiting = iter(tasks)
        running: dict[Future[Any], Task] = {}
        while True:
            while len(running) < self._count * _AHEAD and time.monotonic() <= deadline:
                task = next(waiting, None)
                if task is None:
                    break
                running[self._pool.submit(_carry_out, task.method, task.arguments)] = task
            if not running:
                return
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield Done(running.pop(future), future.result())

    def close(self) -> None:
        """End the processes."""
        self._pool.shutdown(wait=True, cancel_futures=True)


_worker: Worker | None = None
"""The worker of this process."""


def _begin(folders: tuple[Path, ...], plain: Plain, seed: int, tries: int) -> None:
    global _worker
    library: Library = load_library(folders)
    space = space_from(library.engine, plain)
    _worker = Worker(library.engine, library.knowledge, space, seed, tries)


def _carry_out(method: str, arguments: tuple[Any, ...]) -> Any:
    return getattr(_worker, method)(*arguments)
