"""Processes that share the work, and die with whoever gave it to them.

A pool of the standard library leaves its processes waiting for ever when their parent is killed: here each has a pipe
of its own, whose end it sees.
"""

from __future__ import annotations

import gc
import os
import signal
import sqlite3
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from cds_service.audit.errors import AuditError

_RARELY = (5000, 20, 50)
"""When the collector looks for cycles: a patient's views are many, and gone together. Saves some percent."""

T = TypeVar("T")
A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class _Fault:
    """An error of ours in a worker: what and where, nothing of the data."""

    what: str


def processors() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def fault_words(error: BaseException) -> str:
    """Type and place of an unexpected error. Its text is left out: it may hold patient data."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"


class Workers(Generic[T, A]):
    """`count` processes that answer tasks with `handle`; with one, this process does the work itself.

    Raises:
        AuditError: the machine does not give so many.
    """

    def __init__(self, count: int, handle: Callable[[T], A]) -> None:
        self._handle = handle
        self._pipes: list[Connection] = []
        self._processes: list[Any] = []
        gc.freeze()  # the rulebook stays; the collector need not look at it again, here and in the workers
        self._threshold = gc.get_threshold()
        if count < 2:
            gc.set_threshold(*_RARELY)
            return
        try:
            for _ in range(count):
                self._start()
        except OSError as error:
            self.close()
            what = f"{count} processes cannot be started here ({error.strerror})."
            raise AuditError("--workers", what, "Give fewer, or 0 for one on each core.") from None

    def _start(self) -> None:
        # A forked worker shares the loaded rulebook; elsewhere than on Linux forking is not safe.
        context = get_context("fork" if sys.platform == "linux" else "spawn")
        ours, theirs = context.Pipe()
        process = context.Process(  # type: ignore[attr-defined]  # both kinds of context have it
            target=_serve, args=(theirs, self._handle, [*self._pipes, ours]), daemon=True
        )
        try:
            process.start()
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        self._pipes.append(ours)
        self._processes.append(process)

    def run(self, tasks: Iterable[T]) -> Iterator[tuple[T, A]]:
        """Tasks and answers, as they are done.

        Raises:
            AuditError: a worker died or met a fault of ours; what is done stays done.
        """
        if not self._pipes:
            for task in tasks:
                yield task, _told(_answered(self._handle, task))
            return
        waiting = iter(tasks)
        under_way: dict[Connection, T] = {}
        for pipe in self._pipes:
            self._give(pipe, waiting, under_way)
        while under_way:
            for ready in wait(list(under_way)):
                pipe = cast(Connection, ready)
                task = under_way.pop(pipe)
                answer = self._answer(pipe)
                self._give(pipe, waiting, under_way)
                yield task, answer

    def close(self) -> None:
        """Let the processes end."""
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.join(timeout=10)
        self._pipes, self._processes = [], []
        gc.set_threshold(*self._threshold)
        gc.unfreeze()

    def _give(self, pipe: Connection, waiting: Iterator[T], under_way: dict[Connection, T]) -> None:
        for task in waiting:
            try:
                pipe.send(task)
            except OSError:
                raise self._died(pipe) from None
            under_way[pipe] = task
            return

    def _answer(self, pipe: Connection) -> Any:
        try:
            return _told(pipe.recv())
        except (EOFError, OSError):
            raise self._died(pipe) from None

    def _died(self, pipe: Connection) -> AuditError:
        process = self._processes[self._pipes.index(pipe)]
        process.join(timeout=5)
        return AuditError(
            "audit",
            f"lost a worker process (exit {process.exitcode}).",
            "If memory was short, use fewer --workers. Run the same command again: it goes on where it stopped.",
        )


def _serve(pipe: Connection, handle: Callable[[Any], Any], others: list[Connection]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends the run
    gc.set_threshold(*_RARELY)
    for each in others:
        each.close()  # else this process would keep its brothers' pipes open, and its own
    while True:
        try:
            task = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            pipe.send(_answered(handle, task))
        except OSError:
            return


@contextmanager
def files_told() -> Iterator[None]:
    """What is done here fails with a letter when a file cannot be read or written.

    Raises:
        AuditError: that letter.
    """
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise _of_a_file(error) from None


def _of_a_file(error: OSError | sqlite3.Error) -> AuditError:
    why = str(error) if isinstance(error, sqlite3.Error) else error.strerror
    name = getattr(error, "filename", None) or "a file"
    return AuditError(
        "audit",
        f"could not read or write {name} ({why or 'damaged'}).",
        "See that the inputs are there and the disk has room, also where TMPDIR is. "
        "Run the same command again: it goes on.",
    )


def _answered(handle: Callable[[Any], Any], task: Any) -> Any:
    try:
        return handle(task)
    except AuditError as error:
        return error
    except (OSError, sqlite3.Error) as error:
        return _of_a_file(error)
    except Exception as error:
        return _Fault(fault_words(error))


def _told(answer: Any) -> Any:
    if isinstance(answer, AuditError):
        raise answer
    if isinstance(answer, _Fault):
        raise AuditError(
            "audit", f"stopped at a fault of this program ({answer.what}).", "Please report this line."
        )
    return answer
