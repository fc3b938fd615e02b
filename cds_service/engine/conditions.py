"""Conditions of policy files: parsed once, compiled to closures, evaluated in three-valued logic.

True, False or UNKNOWN (Kleene): `all` is false as soon as one part is false, `any` true as soon as one is true,
and what nobody told us stays UNKNOWN.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from math import isfinite
from typing import Any

from cds_service.engine.model import UNKNOWN, OpenSet, Unknown
from cds_service.engine.vocabulary import Fact, FactType, Scope, Vocabulary

Truth = bool | Unknown
Test = Callable[[Any], Truth]
Getter = Callable[[Any], Any]

_SCALARS: tuple[FactType, ...] = ("choice", "code", "yes-no")
_COLLECTIONS: tuple[FactType, ...] = ("choices", "codes")
OPERATORS: Mapping[str, tuple[FactType, ...]] = {
    "is": (*_SCALARS, *_COLLECTIONS, "number"),
    "is_not": (*_SCALARS, "number"),
    "in": ("choice", "code"),
    "not_in": ("choice", "code"),
    "has_any": _COLLECTIONS,
    "has_none": _COLLECTIONS,
    "only": _COLLECTIONS,
    "several": _COLLECTIONS,
    "at_least": ("number",),
    "more_than": ("number",),
    "on_or_after": ("day",),
    "before": ("day",),
    "known": (*_SCALARS, *_COLLECTIONS, "number", "day", "lines"),
    "some": ("lines",),
    "none": ("lines",),
}
"""Operator -> the fact types it can be asked of."""

MANUAL: Mapping[str, str] = {
    "is": "equals the value; of a collection: holds this one value and no other",
    "is_not": "differs from the value",
    "in": "is one of a list, or of a named set: `{set: image-guidance}`",
    "not_in": "is none of a list or named set",
    "has_any": "the collection holds at least one of a list or named set",
    "has_none": "the collection holds none of a list or named set",
    "only": "the collection is not empty and holds nothing but members of a list or named set",
    "several": "yes: the collection holds two or more values; no: at most one",
    "at_least": "number: is this or more (a number, or `{fact: name}`)",
    "more_than": "number: is more than this (a number, or `{fact: name}`)",
    "on_or_after": "day: falls on this day or later",
    "before": "day: falls before this day",
    "known": "yes: somebody told us; no: nobody did (the only operator that never answers UNKNOWN)",
    "some": "at least one of the lines meets the nested condition",
    "none": "no line meets the nested condition",
}
"""Operator -> one sentence for authors (docs/add-a-payer.md is tested against it)."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One fact, one operator, one argument."""

    fact: Fact
    operator: str
    argument: Any
    nested: Condition | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """`all`, `any` or `not` of parts."""

    how: str
    parts: tuple[Condition, ...]


Condition = Ask | Group
ALWAYS = Group("all", ())


class ConditionError(Exception):
    """The condition cannot be read. `path` leads to the place, `remedy` says what to do."""

    def __init__(self, path: tuple[str | int, ...], what: str, remedy: str) -> None:
        super().__init__(what)
        self.path, self.what, self.remedy = path, what, remedy


class Parser:
    """Turns text-only YAML into conditions, against a vocabulary and named sets."""

    def __init__(self, vocabulary: Vocabulary, sets: Mapping[str, frozenset[str]]) -> None:
        self._vocabulary = vocabulary
        self._sets = sets

    def parse(self, tree: Any, path: tuple[str | int, ...], scope: Scope) -> Condition:
        """Read one condition that is asked of a subject of `scope`.

        Raises:
            ConditionError: naming the place, the trouble and the remedy.
        """
        if not isinstance(tree, dict) or not tree:
            raise ConditionError(path, "a condition must be a mapping.", "Write `fact: {operator: value}`.")
        parts = [self._part(key, value, (*path, key), scope) for key, value in tree.items()]
        return parts[0] if len(parts) == 1 else Group("all", tuple(parts))

    def _part(self, key: str, value: Any, path: tuple[str | int, ...], scope: Scope) -> Condition:
        if key in ("all", "any"):
            if not isinstance(value, list) or not value:
                raise ConditionError(path, f"`{key}` needs a list.", "Give it at least one condition.")
            return Group(key, tuple(self.parse(v, (*path, i), scope) for i, v in enumerate(value)))
        if key == "not":
            return Group("not", (self.parse(value, path, scope),))
        fact = self._vocabulary.get(key)
        if fact is None:
            raise ConditionError(path, f"there is no fact `{key}`.", _nearest(key, self._vocabulary))
        order: tuple[Scope, ...] = ("case", "unit", "line")
        if order.index(fact.scope) > order.index(scope):
            raise ConditionError(
                path, f"fact `{key}` is about a {fact.scope}.", f"Ask it in a rule `for_each: {fact.scope}`."
            )
        if not isinstance(value, dict) or len(value) != 1:
            raise ConditionError(path, f"`{key}` needs one operator.", f"Write `{key}: {{is: value}}`.")
        ((operator, argument),) = value.items()
        allowed = OPERATORS.get(operator)
        if allowed is None:
            raise ConditionError(path, f"there is no operator `{operator}`.", _nearest(operator, OPERATORS))
        if fact.type not in allowed:
            fitting = ", ".join(name for name, types in OPERATORS.items() if fact.type in types)
            raise ConditionError(
                path, f"`{operator}` cannot be asked of `{key}` ({fact.type}).", f"Use one of: {fitting}."
            )
        if operator in ("some", "none"):
            nested = self.parse(argument, (*path, operator), "line")
            return Ask(fact, operator, None, nested)
        return Ask(fact, operator, self._argument(fact, operator, argument, (*path, operator)))

    def _argument(self, fact: Fact, operator: str, argument: Any, path: tuple[str | int, ...]) -> Any:
        if operator in ("known", "several") or (fact.type == "yes-no" and isinstance(argument, str)):
            if argument not in ("yes", "no"):
                raise ConditionError(path, f"{argument!r} is neither yes nor no.", "Write yes or no.")
            return argument == "yes"
        if operator in ("in", "not_in", "has_any", "has_none", "only"):
            return self._members(fact, argument, path)
        if fact.type == "number":
            return self._number(argument, path)
        if fact.type == "day":
            try:
                return date.fromisoformat(argument)
            except (TypeError, ValueError):
                raise ConditionError(path, f"{argument!r} is no date.", "Write YYYY-MM-DD.") from None
        if not isinstance(argument, str):
            raise ConditionError(path, "one plain value is needed.", "Use `in` or `has_any` for a list.")
        self._check_values(fact, (argument,), path)
        return argument

    def _members(self, fact: Fact, argument: Any, path: tuple[str | int, ...]) -> frozenset[str]:
        if isinstance(argument, dict) and set(argument) == {"set"}:
            name = argument["set"]
            if not isinstance(name, str):
                raise ConditionError(path, "`set` needs one name.", "Write {set: name}.")
            if name not in self._sets:
                raise ConditionError(path, f"there is no set `{name}`.", _nearest(name, self._sets))
            return self._sets[name]
        if isinstance(argument, list) and argument and all(isinstance(a, str) for a in argument):
            self._check_values(fact, tuple(argument), path)
            return frozenset(argument)
        raise ConditionError(path, "a list or `{set: name}` is needed.", "Write [a, b] or {set: name}.")

    def _number(self, argument: Any, path: tuple[str | int, ...]) -> Any:
        if isinstance(argument, dict) and set(argument) == {"fact"}:
            name = argument["fact"]
            if not isinstance(name, str):
                raise ConditionError(path, "`fact` needs one name.", "Write {fact: name}.")
            other = self._vocabulary.get(name)
            if other is None or other.type != "number":
                raise ConditionError(path, f"`{name}` is no number fact.", "Name a fact of type number.")
            return other
        try:
            number = float(argument)
        except (TypeError, ValueError):
            raise ConditionError(path, f"{argument!r} is no number.", "Write digits.") from None
        if not isfinite(number):
            raise ConditionError(path, f"{argument!r} is no number that can be compared.", "Write digits.")
        return number

    def _check_values(self, fact: Fact, given: tuple[str, ...], path: tuple[str | int, ...]) -> None:
        for value in given:
            if fact.values and value not in fact.values:
                raise ConditionError(
                    path, f"`{fact.name}` is never {value!r}.", f"It is one of: {', '.join(fact.values)}."
                )


def _nearest(word: str, known: Mapping[str, Any]) -> str:
    import difflib

    close = difflib.get_close_matches(word, list(known), n=1)
    return f"Did you mean `{close[0]}`?" if close else "See docs/add-a-payer.md for the list."


_NOT_ASKED = object()
"""Stands where a fact has not been asked: most are asked of a subject once, and to raise a KeyError costs more."""


def _remembering(fact: Fact) -> Getter:
    """The fact's function, asked once of each subject: many rules read the same facts, and a fact never changes."""
    get, key = fact.get, _key(fact)

    def remembered(subject: Any) -> Any:
        known = subject.__dict__
        value = known.get(key, _NOT_ASKED)
        if value is _NOT_ASKED:
            value = known[key] = get(subject)
        return value

    return remembered


def _key(fact: Fact) -> str:
    return f"fact {fact.name}"


def getter(fact: Fact, scope: Scope) -> Getter:
    """The fact's function, lifted so that it can be asked of a subject of a narrower scope."""
    get = _remembering(fact)
    if fact.scope == scope:
        return get
    if fact.scope == "case" and scope == "line":
        return lambda line: get(line.unit.case)
    if fact.scope == "case":
        return lambda unit: get(unit.case)
    return lambda line: get(line.unit)


def compile_condition(condition: Condition, scope: Scope) -> Test:
    """A closure that evaluates the condition on one subject of `scope`."""
    if isinstance(condition, Ask):
        return _compile_ask(condition, scope)
    tests = [compile_condition(part, scope) for part in condition.parts]
    if condition.how == "not":
        return _negated(tests[0])
    return _all(tests) if condition.how == "all" else _any(tests)


def _all(tests: list[Test]) -> Test:
    def every(subject: Any) -> Truth:
        result: Truth = True
        for test in tests:
            truth = test(subject)
            if truth is False:
                return False
            if truth is UNKNOWN:
                result = UNKNOWN
        return result

    return every


def _any(tests: list[Test]) -> Test:
    def some(subject: Any) -> Truth:
        result: Truth = False
        for test in tests:
            truth = test(subject)
            if truth is True:
                return True
            if truth is UNKNOWN:
                result = UNKNOWN
        return result

    return some


def _negated(test: Test) -> Test:
    def negated(subject: Any) -> Truth:
        truth = test(subject)
        return truth if isinstance(truth, Unknown) else not truth

    return negated


def _compile_ask(ask: Ask, scope: Scope) -> Test:
    get = getter(ask.fact, scope)
    if ask.operator == "known":
        wanted = ask.argument
        return lambda subject: (get(subject) is not UNKNOWN) == wanted
    if ask.operator in ("some", "none"):
        assert ask.nested is not None  # noqa: S101 - the parser always nests here  # nosec B101
        return _quantified(get, compile_condition(ask.nested, "line"), ask.operator == "none")
    compare = _comparison(ask, scope)
    if ask.fact.scope != scope:

        def asked(subject: Any) -> Truth:
            value = get(subject)
            return UNKNOWN if value is UNKNOWN else compare(value, subject)

        return asked
    fact, key = ask.fact.get, _key(ask.fact)

    def asked_itself(subject: Any) -> Truth:  # as `asked`, with one call less on the busiest way
        known = subject.__dict__
        value = known.get(key, _NOT_ASKED)
        if value is _NOT_ASKED:
            value = known[key] = fact(subject)
        return UNKNOWN if value is UNKNOWN else compare(value, subject)

    return asked_itself


def _quantified(get: Getter, test: Test, negate: bool) -> Test:
    def quantified(subject: Any) -> Truth:
        lines = get(subject)
        if isinstance(lines, Unknown):
            return UNKNOWN
        result: Truth = False
        for line in lines:
            truth = test(line)
            if truth is True:
                return not negate
            if truth is UNKNOWN:
                result = UNKNOWN
        return result if isinstance(result, Unknown) else negate

    return quantified


def _comparison(ask: Ask, scope: Scope) -> Callable[[Any, Any], Truth]:
    argument = ask.argument
    collection = ask.fact.type in _COLLECTIONS
    if ask.operator == "is" and not collection:
        return lambda value, _: bool(value == argument)
    if ask.operator == "is":
        one = frozenset({argument})
        return lambda value, _: _settled(value, one == frozenset(value), one.issuperset(value))
    if ask.operator == "only":
        return lambda value, _: _settled(
            value, bool(value) and argument.issuperset(value), argument.issuperset(value)
        )
    if ask.operator == "several":
        return lambda value, _: _settled(value, (len(value) > 1) == argument, len(value) < 2)
    if ask.operator in ("at_least", "more_than") and isinstance(argument, Fact):
        other = getter(argument, scope)
        strict = ask.operator == "more_than"

        def against_fact(value: Any, subject: Any) -> Truth:
            limit = other(subject)
            if isinstance(limit, Unknown):
                return UNKNOWN
            return bool(value > limit) if strict else bool(value >= limit)

        return against_fact
    if collection and ask.operator in ("has_any", "has_none"):
        return _membership(argument, ask.operator == "has_any")
    simple: dict[str, Callable[[Any, Any], Truth]] = {
        "is_not": lambda value, _: value != argument,
        "in": lambda value, _: value in argument,
        "not_in": lambda value, _: value not in argument,
        "at_least": lambda value, _: value >= argument,
        "more_than": lambda value, _: value > argument,
        "on_or_after": lambda value, _: value >= argument,
        "before": lambda value, _: value < argument,
    }
    return simple[ask.operator]


def _settled(value: Any, truth: bool, may_change: bool) -> Truth:
    """`truth`, unless the collection is open and members that nobody told of may change it."""
    return UNKNOWN if isinstance(value, OpenSet) and may_change else truth


def _membership(wanted: frozenset[str], positive: bool) -> Callable[[Any, Any], Truth]:
    def member(value: Any, _: Any) -> Truth:
        if not wanted.isdisjoint(value):
            return positive
        return UNKNOWN if isinstance(value, OpenSet) else not positive

    return member


def codes_of(condition: Condition) -> frozenset[str] | None:
    """The billing codes a line must have for the condition to hold, or None when any code may do.

    Used to index rules by code, and by the checks that look for codes outside their dates.
    """
    if isinstance(condition, Ask):
        if condition.fact.name != "code":
            return None
        if condition.operator == "is":
            return frozenset({condition.argument})
        return condition.argument if condition.operator == "in" else None
    found = [codes_of(part) for part in condition.parts]
    if condition.how == "all":
        limits = [codes for codes in found if codes is not None]
        return frozenset.intersection(*limits) if limits else None
    if condition.how == "any" and found and all(codes is not None for codes in found):
        return frozenset().union(*(codes for codes in found if codes is not None))
    return None
