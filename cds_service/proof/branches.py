"""Conditions without one of their `any` branches: a branch matters where leaving it out changes the answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cds_service.engine.conditions import Ask, Condition, Group


def without_each_branch(condition: Condition) -> Iterator[tuple[str, Condition]]:
    """(the branch in words, the condition without it) for every branch of every `any` of two or more."""
    if isinstance(condition, Ask):
        if condition.nested is not None:
            for words, nested in without_each_branch(condition.nested):
                yield f"{condition.fact.name}: {words}", replace(condition, nested=nested)
        return
    for n, part in enumerate(condition.parts):
        if condition.how == "any" and len(condition.parts) > 1:
            others = condition.parts[:n] + condition.parts[n + 1 :]
            yield brief(part), Group("any", others)
        for words, changed in without_each_branch(part):
            yield words, Group(condition.how, (*condition.parts[:n], changed, *condition.parts[n + 1 :]))


def brief(condition: Condition) -> str:
    """The condition in a few words, for a letter."""
    if isinstance(condition, Group):
        inner = ", ".join(brief(part) for part in condition.parts)
        return f"{condition.how} [{inner}]" if condition.how != "all" or len(condition.parts) != 1 else inner
    if condition.nested is not None:
        return f"{condition.fact.name} {condition.operator} ({brief(condition.nested)})"
    return f"{condition.fact.name} {condition.operator} {_argument(condition)}"


def _argument(ask: Ask) -> str:
    value = ask.argument
    if isinstance(value, frozenset):
        members = sorted(value)
        return "[" + ", ".join(members[:4]) + (", …]" if len(members) > 4 else "]")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(getattr(value, "name", value))
