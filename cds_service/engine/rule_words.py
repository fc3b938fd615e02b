"""Reads rules out: conditions, ladders, remedies and dates in words, for the diff and the policy pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from cds_service.engine.conditions import Ask, Condition, Group
from cds_service.engine.model import Severity
from cds_service.engine.rules import Cap, Ladder, RemedySpec, Span
from cds_service.engine.vocabulary import Fact

Sets = Mapping[str, frozenset[str]]
"""Named sets, so that a list is called by its name."""

_MOST = 12
_SENTENCES = {
    "is": "{} is {}",
    "is_not": "{} is not {}",
    "in": "{} is one of {}",
    "not_in": "{} is none of {}",
    "has_any": "{} holds any of {}",
    "has_none": "{} holds none of {}",
    "only": "{} holds nothing but {}",
    "at_least": "{} is {} or more",
    "more_than": "{} is more than {}",
    "on_or_after": "{} is {} or later",
    "before": "{} is before {}",
}
_YES_NO = {
    ("known", True): "{} is known",
    ("known", False): "{} is not known",
    ("several", True): "{} holds several",
    ("several", False): "{} holds one at most",
}
_HEADS = {"all": "all of", "any": "any of", "not": "not"}


def condition_words(condition: Condition, sets: Sets | None = None) -> str:
    """The condition as one sentence; groups stand in parentheses."""
    if isinstance(condition, Ask):
        return _ask(condition, sets or {})
    parts = [condition_words(part, sets) for part in condition.parts]
    inner = (" or " if condition.how == "any" else " and ").join(
        f"({words})" if isinstance(part, Group) and len(part.parts) > 1 else words
        for part, words in zip(condition.parts, parts, strict=True)
    )
    if condition.how == "not":
        return f"not ({inner})"
    return inner or "always"


def outline(condition: Condition, sets: Sets | None = None, depth: int = 0) -> Iterator[tuple[int, str]]:
    """The condition as indented lines: what must all hold stands side by side, other groups under their head."""
    if isinstance(condition, Group) and condition.how == "all" and (depth == 0 or not condition.parts):
        for part in condition.parts:
            yield from outline(part, sets, depth)
        if not condition.parts:
            yield depth, "always"
        return
    if isinstance(condition, Group):
        yield depth, f"{_HEADS[condition.how]}:"
        for part in condition.parts:
            yield from outline(part, sets, depth + 1)
        return
    yield depth, _ask(condition, sets or {})


def parts_of(condition: Condition) -> tuple[Condition, ...]:
    """What must all hold, one by one."""
    if isinstance(condition, Group) and condition.how == "all":
        return tuple(inner for part in condition.parts for inner in parts_of(part))
    return (condition,)


def ladder_words(ladder: Ladder[Any], sets: Sets | None = None) -> str:
    """`critical when medicare is yes; else warning`."""
    steps = [f"{value_words(value, sets)} when {condition_words(c, sets)}" for c, value in ladder.steps]
    last = value_words(ladder.otherwise, sets)
    return "; ".join([*steps, f"else {last}" if steps else last])


def remedy_words(remedy: RemedySpec, sets: Sets | None = None) -> str:
    """`replace by 77387 (professional part)`, in the policy's own terms."""
    words = [remedy.action]
    if remedy.target:
        words.append(f"to {value_words(remedy.target)}")
    for named in (remedy.modifier, remedy.document):
        words += [named] if named else []
    for listed in (remedy.indications, remedy.modalities):
        words += [f"({', '.join(listed)})"] if listed else []
    if remedy.component != "keep":
        words.append(f"({remedy.component} part)")
    if remedy.of == "others":
        words.append("of the other lines")
    if remedy.unless is not None:
        words.append(f"unless {condition_words(remedy.unless, sets)}")
    return " ".join(words)


def value_words(value: Any, sets: Sets | None = None) -> str:
    """Any member of a rule in words."""
    if isinstance(value, Ask | Group):
        return condition_words(value, sets)
    if isinstance(value, Ladder):
        return ladder_words(value, sets)
    if isinstance(value, RemedySpec):
        return remedy_words(value, sets)
    if isinstance(value, Cap):
        return f"{value.at_most.name} at most when {condition_words(value.when, sets)}"
    if isinstance(value, Severity):
        return value.name
    if isinstance(value, Fact):
        return value.name
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, frozenset):
        return ", ".join(sorted(value))
    if isinstance(value, tuple):
        return ", ".join(value_words(each, sets) for each in value) or "nothing"
    return str(value) if value not in ("", None) else "nothing"


def span_words(span: Span) -> str:
    """`from 2015-01-01 to 2025-12-31`, `from 2026-01-01 on`, `to 2014-12-31` or `on every day`."""
    if span.first and span.last:
        return f"on {span.first}" if span.first == span.last else f"from {span.first} to {span.last}"
    if span.first:
        return f"from {span.first} on"
    return f"to {span.last}" if span.last else "on every day"


def _ask(ask: Ask, sets: Sets) -> str:
    name = ask.fact.name
    if ask.nested is not None:
        inner = condition_words(ask.nested, sets)
        return f"{'some' if ask.operator == 'some' else 'none'} of {name} meets ({inner})"
    if ask.operator in ("known", "several"):
        return _YES_NO[ask.operator, ask.argument].format(name)
    return _SENTENCES[ask.operator].format(name, _argument(ask.argument, sets))


def _argument(argument: Any, sets: Sets) -> str:
    if isinstance(argument, frozenset):
        named = next((name for name, members in sets.items() if members == argument), "")
        members = sorted(argument)
        shown = ", ".join(members[:_MOST]) + (f", … ({len(members)} in all)" if len(members) > _MOST else "")
        return f"{named} ({shown})" if named and len(members) > 2 else shown
    if isinstance(argument, date):
        return argument.isoformat()
    if isinstance(argument, float):
        return f"{argument:g}"
    return value_words(argument)
