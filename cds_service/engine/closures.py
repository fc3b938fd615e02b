"""Conditions made into functions that are asked of a claim, an order or a line; each fact is asked once.

True, False or UNKNOWN (Kleene): `all` is false as soon as one part is false, `any` true as soon as one is true,
and what nobody told us stays UNKNOWN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cds_service.engine.conditions import COLLECTIONS, Ask, Condition, codes_of
from cds_service.engine.model import UNKNOWN, OpenSet, Unknown
from cds_service.engine.vocabulary import Fact, Scope

Truth = bool | Unknown
Test = Callable[[Any], Truth]
Getter = Callable[[Any], Any]

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
    deciding = condition.how == "any"
    return joined(tests, deciding, not deciding)


def joined(tests: list[Test], deciding: bool, start: Truth) -> Test:
    """A test that is settled as soon as one part is `deciding`; until then UNKNOWN outlives `start` (Kleene)."""

    def every(subject: Any) -> Truth:
        result = start
        for test in tests:
            truth = test(subject)
            if truth is deciding:
                return deciding
            if truth is UNKNOWN:
                result = UNKNOWN
        return result

    return every


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
        nested = compile_condition(ask.nested, "line")
        return _quantified(get, nested, codes_of(ask.nested), ask.operator == "none")
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


def _quantified(get: Getter, test: Test, codes: frozenset[str] | None, negate: bool) -> Test:
    """`codes` are those outside of which the test is false, so that other lines need not be asked."""

    def quantified(subject: Any) -> Truth:
        lines = get(subject)
        if isinstance(lines, Unknown):
            return UNKNOWN
        result: Truth = False
        for line in lines:
            if codes is not None and line.code not in codes:
                continue
            truth = test(line)
            if truth is True:
                return not negate
            if truth is UNKNOWN:
                result = UNKNOWN
        return result if isinstance(result, Unknown) else negate

    return quantified


def _comparison(ask: Ask, scope: Scope) -> Callable[[Any, Any], Truth]:
    argument = ask.argument
    collection = ask.fact.type in COLLECTIONS
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
