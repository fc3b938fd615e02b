"""Which rules can speak at all somewhere in a part of the space, when some facts are still open there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from cds_service.engine.closures import compile_condition
from cds_service.engine.conditions import Ask, Condition, codes_of
from cds_service.engine.model import UNKNOWN
from cds_service.engine.rules import Rule
from cds_service.engine.vocabulary import Fact, Scope

Possible = frozenset[Any]
"""The truths that a condition can have: True, False, UNKNOWN."""
Test = Callable[[Any], Possible]

_ANY: Possible = frozenset({True, False, UNKNOWN})
_EXACTLY: dict[Any, Possible] = {truth: frozenset({truth}) for truth in (True, False, UNKNOWN)}


class Projection:
    """Conditions in which the facts named `open` can be answered in any way, whatever the subject."""

    def __init__(self, open: frozenset[str]) -> None:
        self._open = open
        self._tests: dict[int, tuple[Test, Test, frozenset[str] | None]] = {}

    def live(self, rules: Iterable[Rule], views: Sequence[Any]) -> list[Rule]:
        """The rules that may speak at one of the views at least."""
        return [rule for rule in rules if any(self._may_speak(rule, view) for view in views)]

    def _may_speak(self, rule: Rule, view: Any) -> bool:
        if id(rule) not in self._tests:
            applies = self._compiled(rule.applies, "unit")
            codes = codes_of(rule.when) if rule.for_each == "line" else None
            self._tests[id(rule)] = applies, self._compiled(rule.when, rule.for_each), codes
        applies, when, codes = self._tests[id(rule)]
        heard = {True, UNKNOWN} if rule.if_unknown == "ask" else {True}
        for unit in view.units:
            lines = [line for line in unit.lines if codes is None or line.code in codes]
            subjects = [unit] if rule.for_each == "unit" else lines
            if subjects and True in applies(unit) and any(heard & when(subject) for subject in subjects):
                return True
        return False

    def _compiled(self, condition: Condition, scope: Scope) -> Test:
        if isinstance(condition, Ask):
            if self._is_open(condition):
                return lambda subject: _ANY
            test = compile_condition(condition, scope)
            return lambda subject: _EXACTLY[test(subject)]
        parts = [self._compiled(part, scope) for part in condition.parts]
        if condition.how == "not":
            return lambda subject: frozenset(t if t is UNKNOWN else not t for t in parts[0](subject))
        decisive = condition.how == "any"
        return lambda subject: _combined(parts, decisive, subject)

    def _is_open(self, ask: Ask) -> bool:
        if ask.fact.name in self._open or (
            isinstance(ask.argument, Fact) and ask.argument.name in self._open
        ):
            return True
        return ask.nested is not None and any(self._is_open(inner) for inner in _asks(ask.nested))


def _asks(condition: Condition) -> Iterable[Ask]:
    if isinstance(condition, Ask):
        yield condition
        return
    for part in condition.parts:
        yield from _asks(part)


def _combined(parts: Sequence[Test], decisive: bool, subject: Any) -> Possible:
    """The truths that `any` (decisive True) or `all` (decisive False) of parts can have."""
    found: set[Any] = set()
    rests, unknown = True, False
    for part in parts:
        possible = part(subject)
        if decisive in possible:
            if len(possible) == 1:
                return possible
            found.add(decisive)
        rests = rests and (not decisive) in possible
        unknown = unknown or UNKNOWN in possible
    if rests:
        found.add(not decisive)
    if unknown:
        found.add(UNKNOWN)
    return frozenset(found)
