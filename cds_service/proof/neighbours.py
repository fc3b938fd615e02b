"""The points around an anchor: a rule's own dimensions, partitioned by what the rule answers to each value."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from math import prod
from typing import Any, NamedTuple

from cds_service.engine.closures import Test, compile_condition, getter
from cds_service.engine.rule_checks import asks_of
from cds_service.engine.rules import Book, Rule
from cds_service.engine.vocabulary import Fact, Scope
from cds_service.facts.knowledge import Knowledge
from cds_service.proof.changes import Change, changed
from cds_service.proof.dimensions import Dimensions
from cds_service.proof.givens import Given, view_of
from cds_service.proof.questions import named_facts
from cds_service.proof.speaking import Speaker

FULL_CROSS = 700
"""Own dimensions are crossed in full up to so many points; above, all single changes and all pairs of changes."""


@dataclass(frozen=True)
class Neighbourhood:
    """An anchor of a rule version with the dimensions around it.

    `own` are those that the truth of the rule's conditions depends on, each value standing for all that give the
    same truths; they are combined. `other` are all remaining values, taken one at a time: other rules may tell
    them apart. `raw` counts the points of the own dimensions before the partition.
    """

    rule: str
    anchor: Given
    own: tuple[tuple[Change, ...], ...]
    other: tuple[Change, ...]
    raw: int

    @property
    def crossed(self) -> bool:
        """Whether the own dimensions are crossed in full."""
        return prod(len(changes) + 1 for changes in self.own) <= FULL_CROSS

    @property
    def size(self) -> int:
        """Number of points."""
        sizes = [len(changes) for changes in self.own]
        if self.crossed:
            own = prod(n + 1 for n in sizes)
        else:
            own = 1 + sum(sizes) + sum(a * b for a, b in combinations(sizes, 2))
        return own + len(self.other)

    def points(self) -> Iterator[Given]:
        """Every point, the anchor first."""
        if self.crossed:
            for choice in product(*((None, *changes) for changes in self.own)):
                yield changed(self.anchor, [c for c in choice if c is not None])
        else:
            yield changed(self.anchor, ())
            for changes in self.own:
                yield from (changed(self.anchor, (c,)) for c in changes)
            for one, other in combinations(self.own, 2):
                yield from (changed(self.anchor, pair) for pair in product(one, other))
        yield from (changed(self.anchor, (c,)) for c in self.other)


class Answers(NamedTuple):
    """What a rule reads at a point: the truth of each condition, and the values that its remedies and texts name."""

    truths: Hashable
    values: Hashable


class Reader:
    """What one rule version reads at a point: the answers to all of its questions."""

    def __init__(self, rule: Rule, book: Book) -> None:
        self.rule = rule
        self._speaker = Speaker(rule)
        scope: Scope = rule.for_each
        order = ("case", "unit", "line")
        asked = [(ask, of) for _, ask, of in asks_of(rule) if order.index(of) <= order.index(scope)]
        self._tests: list[Test] = [compile_condition(ask, of if of != "line" else scope) for ask, of in asked]
        self._on_unit = [of == "unit" for _, of in asked]
        facts = [f for f in named_facts(rule, book) if order.index(f.scope) <= order.index(scope)]
        self._facts: list[Callable[[Any], Any]] = [getter(f, scope) for f in facts if _plain(f)]
        self.truths: list[set[Any]] = [set() for _ in asked]
        self.asked = [ask for ask, _ in asked]

    def read(self, view: Any) -> Answers:
        """The answers, for every subject in turn; what raises is an answer of its own."""
        unit = view.units[0]
        subjects = [unit] if self.rule.for_each == "unit" else unit.lines
        truths = tuple(self._truths(s, unit) for s in subjects)
        values = tuple(self._values(s) for s in subjects)
        return Answers((unit.case.hook, truths, self._in_force(unit)), values)

    def _in_force(self, unit: Any) -> Hashable:
        spans = self.rule.effective
        return tuple(spans.holds(line.date) for line in unit.lines), spans.holds(unit.start)

    def _truths(self, subject: Any, unit: Any) -> Hashable:
        answers: list[Hashable] = []
        for n, test in enumerate(self._tests):
            truth: Any
            try:
                truth = test(unit if self._on_unit[n] else subject)
            except Exception as error:  # found where points are judged
                truth = type(error).__name__
            self.truths[n].add(truth)
            answers.append(truth)
        return tuple(answers)

    def _values(self, subject: Any) -> Hashable:
        answers: list[Hashable] = []
        for get in self._facts:
            try:
                answers.append(_hashable(get(subject)))
            except Exception as error:  # as above
                answers.append(type(error).__name__)
        return tuple(answers)


def _plain(fact: Fact) -> bool:
    return fact.type in ("codes", "number", "choice", "yes-no")


def _hashable(value: Any) -> Hashable:
    if isinstance(value, list | tuple | set | frozenset):
        return tuple(sorted(map(str, value)))
    return value  # type: ignore[no-any-return]


def neighbourhood(
    anchor: Given, rule: Rule, dimensions: Dimensions, knowledge: Knowledge, reader: Reader, others: bool
) -> Neighbourhood:
    """The anchor's neighbourhood; `others`: whether dimensions that the rule does not read are varied too."""
    base = _read(anchor, knowledge, reader)
    own: list[tuple[Change, ...]] = []
    rest: list[Change] = []
    raw = 1
    for changes in dimensions.around(anchor, rule).values():
        told: dict[Hashable, Change] = {}
        read: set[Hashable] = set()
        apart: list[Change] = []
        same: list[Change] = []
        for change in changes:
            answers = _read(changed(anchor, (change,)), knowledge, reader)
            if answers is None:
                continue
            if base is not None and answers.truths != base.truths and answers.truths not in told:
                told[answers.truths] = change
                read.add(answers)
            elif answers != base and answers not in read:
                read.add(answers)
                apart.append(change)
            else:
                same.append(change)
        if told:
            own.append(tuple(told.values()))
            raw *= len(changes) + 1
        rest += apart
        if told or apart or others:
            rest += same
    return Neighbourhood(rule.name, anchor, tuple(own), tuple(rest), raw)


def _read(given: Given, knowledge: Knowledge, reader: Reader) -> Answers | None:
    view = view_of(given, knowledge)
    return None if view is None or not view.units else reader.read(view)


def sizes(found: Sequence[Neighbourhood]) -> tuple[int, int, int]:
    """Points before the partition, after it, and how many neighbourhoods are crossed in full."""
    return sum(n.raw for n in found), sum(n.size for n in found), sum(1 for n in found if n.crossed)
