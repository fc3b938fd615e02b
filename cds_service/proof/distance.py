"""How far a point is from a goal: 0 when the goal's conditions hold. Guides the search, decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cds_service.engine.closures import compile_condition, getter
from cds_service.engine.conditions import Ask, Condition
from cds_service.engine.evaluate import in_force
from cds_service.engine.model import UNKNOWN
from cds_service.engine.rules import Rule
from cds_service.engine.vocabulary import Scope
from cds_service.proof.goals import Goal

Measure = Callable[[Any], float]
_UNKNOWN, _NO_LINE = 0.7, 1.5


def measure(condition: Condition, scope: Scope, wanted: bool = True) -> Measure:
    """How many questions stand between a subject and the wanted answer."""
    if isinstance(condition, Ask):
        return _of_ask(condition, scope, wanted)
    if condition.how == "not":
        return measure(condition.parts[0], scope, not wanted)
    parts = [measure(part, scope, wanted) for part in condition.parts]
    if (condition.how == "all") is wanted:
        return lambda subject: sum(part(subject) for part in parts)
    return lambda subject: min((part(subject) for part in parts), default=1.0)


def _of_ask(ask: Ask, scope: Scope, wanted: bool) -> Measure:
    test = compile_condition(ask, scope)
    if ask.nested is not None and (ask.operator == "some") is wanted:
        lines_of, nearest = getter(ask.fact, scope), measure(ask.nested, "line")

        def nearest_line(subject: Any) -> float:
            lines = lines_of(subject)
            if lines is UNKNOWN:
                return _UNKNOWN
            return min((min(nearest(line), _NO_LINE - 0.1) for line in lines), default=_NO_LINE)

        return nearest_line

    def plain(subject: Any) -> float:
        truth = test(subject)
        return 0.0 if truth is wanted else _UNKNOWN if truth is UNKNOWN else 1.0

    return plain


class Distance:
    """The distance of a unit from a goal of a rule."""

    def __init__(self, goal: Goal, rule: Rule, rules: Mapping[str, Rule]) -> None:
        scope: Scope = rule.for_each
        self._rule = rule
        self._applies = measure(rule.applies, "unit")
        parts = [measure(rule.when, scope)] if rule.if_unknown == "stay-silent" else [_heard(rule, goal)]
        parts += [measure(c, scope) for c in goal.when]
        parts += [measure(c, scope, wanted=False) for c in goal.unless]
        self._parts = parts

    def of(self, unit: Any) -> float:
        """The nearest subject's distance."""
        rule = self._rule
        far = self._applies(unit) + (0.0 if unit.case.hook in rule.hooks else 1.0)
        subjects = [unit] if rule.for_each == "unit" else list(unit.lines)
        return far + min((self._subject(s, unit) for s in subjects), default=9.0)

    def _subject(self, subject: Any, unit: Any) -> float:
        rule = self._rule
        if rule.for_each == "unit":
            dated = rule.effective.holds(unit.start)
        else:
            dated = in_force(rule, subject, unit.start)
        return (0.0 if dated else 1.0) + sum(part(subject) for part in self._parts)


def _heard(rule: Rule, goal: Goal) -> Measure:
    """A rule that asks when it cannot know is heard when its condition is not false."""
    test = compile_condition(rule.when, rule.for_each)
    plain = measure(rule.when, rule.for_each)
    asking = goal.what.startswith("asks")

    def heard(subject: Any) -> float:
        truth = test(subject)
        if truth is UNKNOWN:
            return 0.0
        return 0.5 if asking and truth is True else plain(subject)

    return heard
