"""Which rules an engine has to ask of a claim and of each of its lines, worked out once for all that are alike.

Alike are subjects of one era, the days between two on which some rule begins or ends, whose indexed facts (payer,
state, code, side, component ...) answer alike. What is kept is bounded; a book of many payers costs a call what the
rules of its own payer cost.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import count
from typing import Any

from cds_service.engine.closures import Getter, Test, getter
from cds_service.engine.conditions import Ask, Condition
from cds_service.engine.residue import Node, Residue, node_of, residue
from cds_service.engine.rules import Rule, Span
from cds_service.engine.subjects import UnitLike
from cds_service.engine.vocabulary import Fact, Scope


@dataclass(slots=True)
class Candidate:
    """A rule version that may speak: its place in the book, the codes that it needs, and its condition, made ready
    when it is first asked."""

    number: int
    rule: Rule
    codes: frozenset[str] | None
    _node: Node | None = None

    @property
    def when(self) -> Node:
        """The condition."""
        if self._node is None:
            self._node = node_of(self.rule.when, self.rule.for_each)
        return self._node

    def left_of(self, subject: Any) -> Residue:
        """What of the condition is left to be asked of a subject; False when the rule will not speak, whatever that
        is."""
        return residue(self.when, subject, whole=self.rule.if_unknown == "ask")


@dataclass(frozen=True, slots=True)
class Plan:
    """The rules that govern a unit: those of its lines by code and of any code, and those of the unit itself.

    `number` tells plans apart. A rule of the unit stands with what is left to be asked.
    """

    number: int
    by_code: dict[str, tuple[Candidate, ...]]
    any_code: tuple[Candidate, ...]
    of_unit: tuple[tuple[int, Residue], ...]

    def of_line(self, code: str) -> tuple[Candidate, ...]:
        """Rules that may speak of a line with this code, in the order in which they are asked."""
        return self.by_code.get(code, self.any_code)


class Eras:
    """Numbers of the stretches of days within which the same rule versions are in force."""

    def __init__(self, spans: Iterable[Span]) -> None:
        firsts = set()
        for span in spans:
            if span.first is not None:
                firsts.add(span.first)
            if span.last is not None and span.last < date.max:
                firsts.add(span.last + timedelta(days=1))
        self.of: Callable[[date], int] = partial(bisect_right, sorted(firsts))
        """The era of a day."""


class Plans:
    """The plans of one book, for one engine. `kept` bounds their number.

    Args:
        rules: the active rules, numbered by their place.
        codes: for each the billing codes outside of which its condition is false, or None.
    """

    def __init__(self, rules: Sequence[Rule], codes: Sequence[frozenset[str] | None]) -> None:
        self.eras = Eras(rule.effective for rule in rules)
        self._candidates = tuple(
            Candidate(n, rule, limit) for n, (rule, limit) in enumerate(zip(rules, codes, strict=True))
        )
        applies = {rule.policy: rule.applies for rule in reversed(rules)}
        self._applies = {policy: node_of(condition, "unit") for policy, condition in applies.items()}
        self._asked_of_unit: tuple[Getter, ...] = _getters(_unit_conditions(rules), ("case", "unit"), "unit")
        self._open: dict[Hashable, tuple[tuple[str, Test], ...]] = {}
        self._plans: dict[Hashable, Plan] = {}
        self._numbers = count(1)  # no two threads get the same one

    def of(self, unit: UnitLike, hook: str, most: int) -> Plan:
        """The plan of a unit; at most `most` are kept."""
        key: Hashable = (hook, self.eras.of(unit.start), *[get(unit) for get in self._asked_of_unit])
        known = self._open.get(key)
        if known is None:
            if len(self._open) >= most:
                self._open.clear()
            known = self._open[key] = tuple(self._unsettled(unit))
        if known:
            key = (key, *[test(unit) is True for _, test in known])
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= most:
                self._plans.clear()
            plan = self._plans[key] = self._made_for(unit, hook)
        return plan

    def _unsettled(self, unit: UnitLike) -> Iterator[tuple[str, Test]]:
        """Policies whose `applies` asks more than indexed facts."""
        for policy, node in self._applies.items():
            left = residue(node, unit)
            if callable(left):
                yield policy, left

    def _made_for(self, unit: UnitLike, hook: str) -> Plan:
        governing = {policy for policy, node in self._applies.items() if node.test(unit) is True}
        by_code: dict[str, list[Candidate]] = defaultdict(list)
        any_code: list[Candidate] = []
        of_unit: list[tuple[int, Residue]] = []
        for each in self._candidates:
            rule = each.rule
            if rule.policy not in governing or hook not in rule.hooks:
                continue
            if rule.for_each == "unit":
                if rule.effective.holds(unit.start) and (left := each.left_of(unit)) is not False:
                    of_unit.append((each.number, left))
                continue
            if rule.dated_by == "service-start" and not rule.effective.holds(unit.start):
                continue
            if each.codes is None:
                any_code.append(each)
            for code in each.codes or ():
                by_code[code].append(each)
        ordered = {code: (*found, *any_code) for code, found in by_code.items()}
        return Plan(next(self._numbers), ordered, tuple(any_code), tuple(of_unit))


def _unit_conditions(rules: Iterable[Rule]) -> Iterator[Condition]:
    for rule in rules:
        yield rule.applies
        yield rule.when


def _getters(conditions: Iterable[Condition], of: tuple[Scope, ...], scope: Scope) -> tuple[Getter, ...]:
    """Functions that read the indexed facts of some scopes that the conditions ask, each fact once."""
    facts = {
        fact.name: fact
        for condition in conditions
        for fact in _facts(condition)
        if fact.indexed and fact.scope in of
    }
    return tuple(getter(fact, scope) for _, fact in sorted(facts.items()))


def _facts(condition: Condition) -> Iterator[Fact]:
    """Facts that a condition asks of its own subject; those of nested lines are not among them."""
    if isinstance(condition, Ask):
        yield condition.fact
        if isinstance(condition.argument, Fact):
            yield condition.argument
        return
    for part in condition.parts:
        yield from _facts(part)
