"""The work of one process: planning the neighbourhoods of a rule, and judging points."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cds_service.engine.evaluate import Engine
from cds_service.engine.model import Finding
from cds_service.engine.rules import Rule
from cds_service.facts.knowledge import Knowledge
from cds_service.proof.anchors import seeds
from cds_service.proof.faults import Fault, Ledger
from cds_service.proof.givens import Given, fingerprint, view_of
from cds_service.proof.goals import SPEAKS, Goal, Goals
from cds_service.proof.judge import Judge
from cds_service.proof.neighbours import Neighbourhood, Reader, neighbourhood
from cds_service.proof.search import Search
from cds_service.proof.space import Space
from cds_service.proof.speaking import Speaker

MOST_SEARCHES = 8
"""Searches for open goals of one rule version; the others may still be met while points are judged."""


@dataclass
class Planned:
    """The neighbourhoods of one rule version, the goals that no anchor meets, and what its questions answered.

    `answered` has the fact's name and the truths seen for each question, in words.
    """

    rule: str
    around: list[Neighbourhood] = field(default_factory=list)
    open: list[Goal] = field(default_factory=list)
    goals: int = 0
    answered: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    searched: int = 0
    silenced: Given | None = None


@dataclass
class Judged:
    """What judging some points showed; `distinct` are the fingerprints of those not judged before here."""

    points: int = 0
    distinct: bytes = b""
    evaluated: int = 0
    faults: list[Fault] = field(default_factory=list)
    met: list[Goal] = field(default_factory=list)


class Worker:
    """Everything that one process keeps."""

    def __init__(self, engine: Engine, knowledge: Knowledge, space: Space, seed: int, tries: int) -> None:
        self.engine, self.knowledge, self.space = engine, knowledge, space
        self.seed, self.tries = seed, tries
        self.judge = Judge(engine, knowledge, space.plain.days)
        self._every = [r for r in engine.book.rules if r.status == "active"]
        self._rules = {r.name: r for r in self._every}
        self._speakers = {r.name: Speaker(r) for r in self._every}
        self._open = {r.name: self._goals(r) for r in space.rules}
        self._seen: set[int] = set()

    def _goals(self, rule: Rule) -> Goals:
        return Goals(rule, self.engine.book, self._speakers)

    def plan(self, name: str) -> Planned:
        """Anchors of a rule version from its cases, by search for what they do not show, and what is around."""
        rule = self._rules[name]
        goals = self._goals(rule)
        made = Planned(name, goals=len(goals.open))
        written = self.space.plain.written.get((rule.policy, rule.id), [])
        anchors: list[Given] = []
        for point in written:
            if goals.open and self._met(goals, point):
                anchors.append(point)
        anchors += self._searched(goals, [*anchors, *written], made)
        made.open = list(goals.open)
        if not anchors or SPEAKS in {goal.what for goal in made.open}:
            anchors += list(seeds(rule, self.engine.book))[:3]
        reader = Reader(rule, self.engine.book)
        for number, anchor in enumerate(anchors):
            around = neighbourhood(
                anchor, rule, self.space.dimensions, self.knowledge, reader, others=number == 0
            )
            made.around.append(around)
        made.answered = [
            (ask.fact.name, frozenset(map(str, truths)))
            for ask, truths in zip(reader.asked, reader.truths, strict=True)
        ]
        return made

    def _searched(self, goals: Goals, starts: list[Given], made: Planned) -> Iterator[Given]:
        search = Search(self.space.dimensions, self.knowledge, self._rules, self._meets, self.seed)
        rule = goals.rule
        starts = [*starts, *seeds(rule, self.engine.book)]
        for goal in list(goals.open)[:MOST_SEARCHES]:
            if goal in goals.open:
                point = search.find(goal, rule, starts, self.tries)
                if point is not None:
                    self._met(goals, point)
                    yield point
        made.searched = search.tries

    def _meets(self, given: Given, goal: Goal) -> bool:
        goals = self._goals(self._rules[goal.rule])
        return goal in self._met(goals, given)

    def _met(self, goals: Goals, given: Given) -> list[Goal]:
        view = view_of(given, self.knowledge)
        try:
            if view is None:
                return []
            findings = self.engine.evaluate(view)
            return [goal for unit in view.units for goal in goals.meet(unit, findings)]
        except Exception:  # what raises is reported where points are judged
            return []

    def neighbourhood(self, around: Neighbourhood) -> Judged:
        """Judge every point of a neighbourhood that this process has not judged before."""
        return self._judged(self._new(around.points()), {around.rule})

    def blocks(self, slice_number: int, first: int, last: int) -> Judged:
        """Judge blocks of a slice of the core product, `last` excluded."""
        of = self.space.plain.slices[slice_number]
        made = self._judged(
            ((0, p) for n in range(first, last) for p in of.block(n, self.seed)), set(), thorough=False
        )
        made.distinct = b""
        return made

    def _new(self, points: Iterable[Given]) -> Iterator[tuple[int, Given]]:
        for point in points:
            mark = fingerprint(point)
            if mark not in self._seen:
                self._seen.add(mark)
                yield mark, point

    def _judged(self, points: Iterable[tuple[int, Given]], of: set[str], thorough: bool = True) -> Judged:
        made, ledger, marks = Judged(), Ledger(), array("Q")
        before = self.judge.evaluated
        for mark, point in points:
            view = view_of(point, self.knowledge)
            if view is None:
                continue
            made.points += 1
            marks.append(mark)
            try:
                findings = self.engine.evaluate(view)
            except Exception as error:  # the fault that is looked for
                ledger.add(self.judge.raised(error).at(point))
                continue
            for fault in self.judge.faults(view, findings, thorough):
                ledger.add(fault.at(point))
            made.met += self._goals_met(view, findings, of)
        made.evaluated = made.points + self.judge.evaluated - before
        made.faults, made.distinct = list(ledger.faults.values()), marks.tobytes()
        return made

    def _goals_met(self, view: Any, findings: Iterable[Finding], of: set[str]) -> list[Goal]:
        names = of | {name for f in findings for name in f.rule_names}
        waiting = [g for name in names if (g := self._open.get(name)) is not None and g.open]
        return [
            goal for goals in waiting for unit in view.units for goal in goals.meet(unit, tuple(findings))
        ]

    def faults_at(self, given: Given) -> list[Fault]:
        """Every fault at one point."""
        view = view_of(given, self.knowledge)
        if view is None:
            return []
        try:
            findings = self.engine.evaluate(view)
        except Exception as error:  # the fault that is looked for
            return [self.judge.raised(error)]
        return self.judge.faults(view, findings, again=True)
