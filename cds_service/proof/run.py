"""Runs the proof: plans, judges every point in one or several processes, and sums up."""

from __future__ import annotations

import random
import time
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from cds_service.books import Library
from cds_service.proof.crew import Alone, Done, Several, Task
from cds_service.proof.dead import dead_parts
from cds_service.proof.faults import Fault, Ledger, without_larger
from cds_service.proof.givens import Given
from cds_service.proof.goals import Goal
from cds_service.proof.shrink import shrunk
from cds_service.proof.space import Plain, Space, space_from, space_of
from cds_service.proof.work import Planned, Worker

_BLOCK_POINTS = 900
"""About how many points of the core product one task judges."""


@dataclass(frozen=True)
class Options:
    """How the proof is run.

    `minutes` is the time it may take, `rules` limits it to the neighbourhoods of these rule ids, `points` to a
    sample of about so many points, drawn by `seed`. `tries` are the points that the search for one open part of a
    rule may look at.
    """

    minutes: float = 20.0
    processes: int = 2
    seed: int = 0
    rules: frozenset[str] = frozenset()
    points: int = 0
    tries: int = 10_000


class Watch(Protocol):
    """Told how far the proof is."""

    def stage(self, words: str, total: int) -> None:
        """A stage of the work begins."""

    def advance(self, by: int) -> None:
        """So much of the stage is done."""


class Unwatched:
    """Nobody watches."""

    def stage(self, words: str, total: int) -> None:
        """Says nothing."""

    def advance(self, by: int) -> None:
        """Says nothing."""


@dataclass
class Proof:
    """What was shown.

    Points: `planned` of the whole space, `chosen` to be judged, `judged`, and of those around rules `distinct`
    ones. `evaluated` counts every case that was evaluated, corrected ones included.
    """

    space: Space
    plans: list[Planned] = field(default_factory=list)
    planned: int = 0
    chosen: int = 0
    judged: int = 0
    distinct: int = 0
    evaluated: int = 0
    faults: list[Fault] = field(default_factory=list)
    not_shown: list[tuple[Goal, str]] = field(default_factory=list)
    open: list[Goal] = field(default_factory=list)
    seconds: float = 0.0
    complete: bool = False

    @property
    def goals(self) -> int:
        """Parts of rules that have to be seen to matter."""
        return sum(plan.goals for plan in self.plans)


def prove(
    library: Library,
    folders: Sequence[Path],
    options: Options,
    watch: Watch,
    say: Callable[[Proof], None] | None = None,
    plain: Plain | None = None,
) -> Proof:
    """Run the proof over the library's book.

    Args:
        library: the book; one process uses it as it is, several load it from `folders`.
        folders: the policy folders, whose cases give points to start from.
        options: see Options.
        watch: told of every step.
        say: called once, when the space is known and before its points are judged.
        plain: the plain part of the space, when it is known already; else it is worked out.
    """
    began = time.monotonic()
    deadline = began + options.minutes * 60
    watch.stage("reading the book", 1)
    if plain is None:
        space = space_of(library.engine, library.knowledge, folders, options.rules)
    else:
        space = space_from(library.engine, replace(plain, only=options.rules))
    worker = Worker(library.engine, library.knowledge, space, options.seed, options.tries)
    crew: Alone | Several = Alone(worker)
    if options.processes > 1:
        crew = Several(options.processes, folders, space, options.seed, options.tries)
    made = Proof(space)
    try:
        watch.stage("planning", len(space.rules))
        plans = [Task("plan", (rule.name,)) for rule in space.rules]
        made.plans = [done.result for done in _watched(crew.run(plans, deadline), watch)]
        order = {rule.name: n for n, rule in enumerate(space.rules)}
        made.plans.sort(key=lambda plan: order[plan.rule])
        every = list(_tasks(made))
        tasks = _sample(every, options)
        made.planned, made.chosen = (sum(t.weight for t in group) for group in (every, tasks))
        if say is not None:
            say(made)
        watch.stage("judging", made.chosen)
        done = _sum_up(made, _watched(crew.run(tasks, deadline), watch))
    finally:
        crew.close()
    made.complete = len(made.plans) == len(space.rules) and done == len(every)
    _conclude(made, worker, began, options)
    made.seconds = time.monotonic() - began
    return made


def _watched(results: Iterable[Done], watch: Watch) -> Iterator[Done]:
    for done in results:
        watch.advance(done.task.weight)
        yield done


def _tasks(made: Proof) -> Iterator[Task]:
    for plan in made.plans:
        yield from (Task("neighbourhood", (around,), around.size) for around in plan.around)
    for number, of in enumerate(made.space.plain.slices):
        step = max(1, _BLOCK_POINTS // of.in_block)
        for first in range(0, of.blocks, step):
            last = min(first + step, of.blocks)
            yield Task("blocks", (number, first, last), (last - first) * of.in_block)


def _sample(tasks: Sequence[Task], options: Options) -> list[Task]:
    """All tasks in a seeded order, so that a run that ends early has seen something of everything."""
    mixed = list(tasks)
    random.Random(options.seed).shuffle(mixed)  # noqa: S311 - an order, no secret
    if not options.points:
        return mixed
    chosen: list[Task] = []
    total = 0
    for task in mixed:
        if total >= options.points:
            break
        chosen.append(task)
        total += task.weight
    return chosen


def _sum_up(made: Proof, results: Iterable[Done]) -> int:
    """Gather what the tasks found; how many there were."""
    ledger = Ledger()
    met: set[Goal] = set()
    marks: set[int] = set()
    count = 0
    for done in results:
        judged = done.result
        count += 1
        made.judged += done.task.weight
        made.evaluated += judged.evaluated
        met |= set(judged.met)
        marks |= set(array("Q", judged.distinct))
        for fault in judged.faults:
            ledger.add(fault)
    made.distinct = len(marks)
    made.faults = list(ledger.faults.values())
    made.open = [goal for plan in made.plans for goal in plan.open if goal not in met]
    return count


def _conclude(made: Proof, worker: Worker, began: float, options: Options) -> None:
    """Open goals become faults, unless the space cannot vary what they need; examples are made small."""

    def at(given: Given) -> list[Fault]:
        return worker.faults_at(given)

    found = [shrunk(fault, at) for fault in without_larger(made.faults)]
    dead, made.not_shown = dead_parts(made.open, made.plans, made.space.rules)
    made.faults = sorted([*found, *dead], key=lambda f: (f.kind, f.rules, f.what))
