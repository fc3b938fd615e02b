"""Conditions of policy files: what they may ask, and how they are read. `engine.closures` makes them functions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from cds_service.engine.letters import did_you_mean
from cds_service.engine.vocabulary import Fact, FactType, Scope, Vocabulary

_SCALARS: tuple[FactType, ...] = ("choice", "code", "yes-no")
COLLECTIONS: tuple[FactType, ...] = ("choices", "codes")
"""Types of facts with several values."""
OPERATORS: Mapping[str, tuple[FactType, ...]] = {
    "is": (*_SCALARS, *COLLECTIONS, "number"),
    "is_not": (*_SCALARS, "number"),
    "in": ("choice", "code"),
    "not_in": ("choice", "code"),
    "has_any": COLLECTIONS,
    "has_none": COLLECTIONS,
    "only": COLLECTIONS,
    "several": COLLECTIONS,
    "at_least": ("number",),
    "more_than": ("number",),
    "on_or_after": ("day",),
    "before": ("day",),
    "known": (*_SCALARS, *COLLECTIONS, "number", "day", "lines"),
    "some": ("lines",),
    "none": ("lines",),
}
"""Operator -> the fact types it can be asked of."""
_EXAMPLES: Mapping[FactType, str] = {
    "choice": "{is: value}",
    "code": "{is: value}",
    "yes-no": "{is: yes}",
    "choices": "{has_any: [value]}",
    "codes": "{has_any: [value]}",
    "number": "{more_than: 1}",
    "day": "{on_or_after: YYYY-MM-DD}",
    "lines": "{some: {fact: {is: value}}}",
}
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,8})(\.[0-9]{1,3})?", re.ASCII)

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
            if isinstance(value, list):
                raise ConditionError(
                    path, "`not` takes one condition, no list.", "Write `not: {any: [...]}`."
                )
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
            raise ConditionError(
                path, f"`{key}` needs one operator.", f"Write `{key}: {_EXAMPLES[fact.type]}`."
            )
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
            if other is None:
                numbers = {fact.name: fact for fact in self._vocabulary.values() if fact.type == "number"}
                raise ConditionError(path, f"there is no fact `{name}`.", _nearest(name, numbers))
            if other.type != "number":
                raise ConditionError(path, f"`{name}` is no number fact.", "Name a fact of type number.")
            return other
        try:
            float(argument)
        except (TypeError, ValueError):
            raise ConditionError(path, f"{argument!r} is no number.", "Write digits.") from None
        if not _NUMBER.fullmatch(argument):
            # float() takes nan, 1e3, 010, 1_0 and digits of other scripts, and hardly for what was meant.
            what = f"{argument!r} is no number that can be compared."
            raise ConditionError(path, what, "Write plain digits, as 2 or 1.5.")
        return float(argument)

    def _check_values(self, fact: Fact, given: tuple[str, ...], path: tuple[str | int, ...]) -> None:
        for value in given:
            if fact.values and value not in fact.values:
                raise ConditionError(
                    path, f"`{fact.name}` is never {value!r}.", f"It is one of: {', '.join(fact.values)}."
                )
            if not value:
                raise ConditionError(path, f"`{fact.name}` is compared with nothing.", "Write the value.")
            if fact.form is not None and not fact.form.fits(value):
                raise ConditionError(path, f"`{fact.name}` is never {value!r}.", fact.form.remedy(value))


def _nearest(word: str, known: Mapping[str, Any]) -> str:
    return did_you_mean(word, known, "See docs/add-a-payer.md for the list.")


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
