"""A processor core for each worker of `serve --production`, where the machine has as many of them as workers.

The threads of a worker take turns anyhow (`cds_service.turns`). Left to the kernel, each of them wakes up on
whichever core is idle, and what the interpreter was working on has to follow it there.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from contextlib import suppress


def cores() -> frozenset[int]:
    """The cores that this process may use; none where the system does not tell."""
    if not hasattr(os, "sched_getaffinity"):
        return frozenset()
    return frozenset(os.sched_getaffinity(0))


def core_for(allowed: Collection[int], workers: int, taken: Iterable[int | None]) -> int | None:
    """The core of the next worker, when the living ones have `taken` theirs; None to leave it to the kernel.

    With fewer workers than cores nobody knows which of them are idle: other programs, other containers of the same
    machine. With more, the kernel shares them out better.
    """
    if len(allowed) != workers:
        return None
    free = set(allowed).difference(taken)
    return min(free, default=None)


def stay_on(core: int | None) -> None:
    """Let this process, and the threads that it starts from now on, run on this core alone, if the system lets it."""
    if core is None:
        return
    with suppress(OSError):
        os.sched_setaffinity(0, {core})
