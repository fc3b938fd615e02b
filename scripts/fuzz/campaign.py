"""Runs one target over many inputs, with a budget of time for each and of memory for all."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType
from typing import TYPE_CHECKING

from scripts.fuzz.mutations import damaged

if TYPE_CHECKING:  # the guided mode imports what is fuzzed itself, to see which branches are reached
    from scripts.fuzz.targets import Target

HANG = 2.0
"""Seconds of processor time after which an input counts as a hang."""
GROWTH = 256 * 1024 * 1024
"""Bytes by which the process may grow after its first thousand inputs."""
_WARM = 1000


class Hang(Exception):
    """An input took longer than the budget."""


@dataclass
class Outcome:
    """What a campaign saw: inputs by outcome, the slowest (seconds of processor time), growth in bytes, faults."""

    counts: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    growth: int = 0
    faults: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def inputs(self) -> int:
        """How many inputs were run."""
        return self.counts.total()


def run(
    target: Target, seed: int, inputs: int, seconds: float | None = None, most_faults: int = 20
) -> Outcome:
    """Damage good inputs and feed them, until a number of inputs, a time or a number of faults is reached.

    Only the main thread can do this: the budget of an input is kept by a signal.
    """
    outcome = Outcome()
    started, base = time.monotonic(), 0
    with budget():
        for number in range(inputs):
            late = seconds is not None and time.monotonic() - started > seconds
            if late or len(outcome.faults) >= most_faults:
                break
            random = Random(f"{seed}:{number}")  # noqa: S311 - to be repeated, not to be secret
            given = random.choice(target.seeds)
            if number % 50:
                given = damaged(given, target.seeds, random)
            feed(target, given, outcome)
            if number == min(_WARM, inputs // 2):
                base = resident()
    outcome.growth = max(0, resident() - base) if base else 0
    if outcome.growth > GROWTH:
        outcome.faults.append((f"the process grew by {outcome.growth // 2**20} MiB", b""))
    return outcome


@contextmanager
def budget() -> Iterator[None]:
    """Inside it an input that takes too long is ended by a signal."""
    before = signal.signal(signal.SIGPROF, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGPROF, before)


def feed(target: Target, given: bytes, outcome: Outcome) -> None:
    """Run one input and note what came of it."""
    started = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, HANG)
    try:
        word = target.run(given)
    except Hang:
        word = "hang"
    except Exception as error:
        word = f"{type(error).__name__}: {error}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    spent = time.process_time() - started
    outcome.slowest = max(outcome.slowest, spent)
    if word == "hang" or ": " in word:
        outcome.faults.append((word, given))
        word = "fault"
    outcome.counts[word] += 1


def resident() -> int:
    """Bytes of the process in memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096


def _stop(number: int, frame: FrameType | None) -> None:
    raise Hang
