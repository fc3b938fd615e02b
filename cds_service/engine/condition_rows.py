"""A condition as rows: each part with the value it met, its truth, and the lines that a nested part looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from cds_service.engine.closures import compile_condition, getter
from cds_service.engine.conditions import Ask, Condition
from cds_service.engine.model import UNKNOWN
from cds_service.engine.vocabulary import Fact, Scope

_WORDS = {True: "true", False: "false"}
_LINES_SHOWN = 4


def condition_rows(
    condition: Condition, subject: Any, scope: Scope, depth: int = 0
) -> Iterator[dict[str, Any]]:
    """`{text, value, truth, depth}` of the condition and of its parts, each with what the subject answered.

    Under `some` and `none` stand the lines that were looked at, those that meet the condition first, and under a
    line that does not the parts that are not true.
    """
    truth = truth_word(compile_condition(condition, scope)(subject))
    if isinstance(condition, Ask):
        value = getter(condition.fact, scope)(subject)
        yield {"text": ask_text(condition), "value": value_text(value), "truth": truth, "depth": depth}
        if condition.nested is not None and value is not UNKNOWN:
            yield from _lines(condition.nested, value, depth + 1)
        return
    yield {"text": condition.how, "value": "", "truth": truth, "depth": depth}
    for part in condition.parts:
        yield from condition_rows(part, subject, scope, depth + 1)


def _lines(nested: Condition, lines: Sequence[Any], depth: int) -> Iterator[dict[str, Any]]:
    order = ("true", "unknown", "false")
    test = compile_condition(nested, "line")
    met = sorted(((truth_word(test(line)), line) for line in lines), key=lambda pair: order.index(pair[0]))
    for truth, line in met[:_LINES_SHOWN]:
        yield {"text": f"{line.ref.label} {line.date}", "value": "", "truth": truth, "depth": depth}
        if truth != "true":
            for row in condition_rows(nested, line, "line", depth + 1):
                if row["truth"] != "true" and row["value"] and row["depth"] <= depth + 2:
                    yield row | {"depth": depth + 1}
    if len(met) > _LINES_SHOWN:
        rest = [truth for truth, _ in met[_LINES_SHOWN:]]
        text = f"and {len(rest)} more lines"
        yield {"text": text, "value": "", "truth": min(rest, key=order.index), "depth": depth}


def condition_text(condition: Condition) -> str:
    """The condition on one line, as an author would read it."""
    if isinstance(condition, Ask):
        return ask_text(condition)
    inner = ", ".join(condition_text(part) for part in condition.parts)
    return f"{condition.how}({inner})"


def ask_text(ask: Ask) -> str:
    """A question as `fact operator value`."""
    operator = ask.operator.replace("_", " ")
    if ask.nested is not None:
        return f"{ask.fact.name} {operator} ({condition_text(ask.nested)})"
    return f"{ask.fact.name} {operator} {_argument(ask.argument)}"


def value_text(value: Any) -> str:
    """What a fact answered."""
    if value is UNKNOWN:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | frozenset):
        return ", ".join(sorted(_member(v) for v in value)) or "none"
    return str(value)


def truth_word(truth: Any) -> str:
    """true, false or unknown."""
    return "unknown" if truth is UNKNOWN else _WORDS[bool(truth)]


def _argument(argument: Any) -> str:
    if isinstance(argument, frozenset):
        members = sorted(argument)
        shown = ", ".join(members[:6])
        return f"[{shown}{', …' if len(members) > 6 else ''}]"
    if isinstance(argument, Fact):
        return argument.name
    if isinstance(argument, bool):
        return "yes" if argument else "no"
    return f"{argument:g}" if isinstance(argument, float) else str(argument)


def _member(value: Any) -> str:
    return value if isinstance(value, str) else str(value.ref.label)
