"""The path from fact to finding: every condition of a rule with the value it met (policies explain, the page)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from cds_service.engine.conditions import Ask, Condition, compile_condition, getter
from cds_service.engine.evaluate import Engine, citations, in_force
from cds_service.engine.model import UNKNOWN
from cds_service.engine.rules import Rule
from cds_service.engine.subjects import CaseLike, LineLike, UnitLike
from cds_service.engine.vocabulary import Fact, Scope

_WORDS = {True: "true", False: "false"}


def explain_case(engine: Engine, case: CaseLike) -> list[dict[str, Any]]:
    """Each rule that was asked of each line or unit, with its conditions, values and truth."""
    found: list[dict[str, Any]] = []
    for unit in case.units:
        for rule in engine.book.rules:
            if rule.status != "active" or case.hook not in rule.hooks:
                continue
            if compile_condition(rule.applies, "unit")(unit) is not True:
                continue
            for subject in _subjects(rule, unit):
                found.append(_explained(rule, unit, subject))
    return found


def _subjects(rule: Rule, unit: UnitLike) -> Iterator[Any]:
    if rule.for_each == "unit":
        if rule.effective.holds(unit.start):
            yield unit
        return
    for line in unit.lines:
        if in_force(rule, line, unit.start):
            yield line


def _explained(rule: Rule, unit: UnitLike, subject: UnitLike | LineLike) -> dict[str, Any]:
    scope: Scope = rule.for_each
    truth = compile_condition(rule.when, scope)(subject)
    line = subject.ref if rule.for_each == "line" else None
    return {
        "unit": unit.ref,
        "line": f"{line.label} {line.date}" if line is not None and not isinstance(line, str) else "",
        "rule": rule.id,
        "policy": rule.policy,
        "cites": list(citations(rule)(subject)),
        "truth": _word(truth),
        "spoke": truth is True or (truth is UNKNOWN and rule.if_unknown == "ask"),
        "conditions": list(_conditions(rule.when, subject, scope, 0)),
    }


def _conditions(condition: Condition, subject: Any, scope: Scope, depth: int) -> Iterator[dict[str, Any]]:
    truth = _word(compile_condition(condition, scope)(subject))
    if isinstance(condition, Ask):
        value = getter(condition.fact, scope)(subject)
        yield {"text": _text(condition), "value": _value(value), "truth": truth, "depth": depth}
        return
    yield {"text": condition.how, "value": "", "truth": truth, "depth": depth}
    for part in condition.parts:
        yield from _conditions(part, subject, scope, depth + 1)


def condition_text(condition: Condition) -> str:
    """The condition on one line, as an author would read it."""
    if isinstance(condition, Ask):
        return _text(condition)
    inner = ", ".join(condition_text(part) for part in condition.parts)
    return f"{condition.how}({inner})"


def _text(ask: Ask) -> str:
    operator = ask.operator.replace("_", " ")
    if ask.nested is not None:
        return f"{ask.fact.name} {operator} ({condition_text(ask.nested)})"
    return f"{ask.fact.name} {operator} {_argument(ask.argument)}"


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


def _value(value: Any) -> str:
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


def _member(value: Any) -> str:
    return value if isinstance(value, str) else str(value.ref.label)


def _word(truth: Any) -> str:
    return "unknown" if truth is UNKNOWN else _WORDS[bool(truth)]
