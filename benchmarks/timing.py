"""Fair comparison of small jobs: all take turns within each round, and ratios are formed round by round."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import quantiles
from time import process_time

Job = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and quartiles of a series."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Raises ValueError for fewer than three values: they have no spread to speak of."""
        if len(values) < 3:
            raise ValueError(f"{len(values)} values have no quartiles: measure at least 3 rounds")
        low, median, high = quantiles(values, n=4, method="inclusive")
        return cls(low, median, high)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one job costs: seconds a call, and its ratio to the first job of the run."""

    name: str
    seconds: Spread
    ratio: Spread


def compare(jobs: Mapping[str, Job], rounds: int, seconds_a_turn: float = 0.02) -> list[Cost]:
    """Measure every job `rounds` times in turn; the first is the yardstick of the ratios.

    Counted is CPU time of the process: what else the machine does takes little part in it. A turn repeats its job for
    about `seconds_a_turn`. Since turns of a round lie side by side, a machine that
    slows down for a while slows all jobs of that round, and their ratio stays.
    """
    repeats = {name: _repeats(job, seconds_a_turn) for name, job in jobs.items()}
    series: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            series[name].append(_turn(job, repeats[name]))
    yardstick = series[next(iter(jobs))]
    return [
        Cost(
            name,
            Spread.of(taken),
            Spread.of([own / base for own, base in zip(taken, yardstick, strict=True)]),
        )
        for name, taken in series.items()
    ]


def _repeats(job: Job, seconds: float) -> int:
    count = 1
    while (taken := _turn(job, count) * count) < seconds / 4:
        count *= 2
    return max(1, round(count * seconds / taken))


def _turn(job: Job, repeats: int) -> float:
    gc.collect()
    start = process_time()
    for _ in range(repeats):
        job()
    return (process_time() - start) / repeats
