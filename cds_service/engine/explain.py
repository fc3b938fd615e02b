"""The path from fact to finding: conditions with the values they met, the steps that decided, and what settling did.

`policies explain` and the start page show it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cds_service.engine.closures import compile_condition
from cds_service.engine.condition_rows import condition_rows, truth_word
from cds_service.engine.conditions import ALWAYS, Condition
from cds_service.engine.evaluate import Engine, citations, in_force
from cds_service.engine.model import UNKNOWN, Severity
from cds_service.engine.rule_words import remedy_words, span_words
from cds_service.engine.rules import Rule
from cds_service.engine.subjects import CaseLike, LineLike, UnitLike
from cds_service.engine.trace import Outcome, Trace
from cds_service.engine.vocabulary import Scope

SILENT_BECAUSE = {
    "hook": "is not asked on this hook",
    "applies": "does not apply to this member",
    "dates": "is not in force on the date",
    "version": "another version of the rule is in force on the date",
}
"""Why a rule was not asked."""


def explain_case(engine: Engine, case: CaseLike, rule: str = "") -> list[dict[str, Any]]:
    """Each rule that was asked of each line or unit, with its conditions, values and truth.

    What a rule that spoke said is followed to its finding (`severity`, `remedies`, `settled`). With `rule`, an
    id or policy.id, only that rule is explained, also where it was not asked; `not_asked` says why.
    """
    found: list[dict[str, Any]] = []
    for unit in case.units:
        trace = engine.trace(unit, case.hook)
        for each in engine.book.rules:
            if each.status != "active" or (rule and rule not in each.called):
                continue
            reason = _not_asked(each, unit, case.hook)
            if reason and not rule:
                continue
            for subject in _subjects(each, unit):
                silent = reason or _out_of_force(each, engine, subject, unit)
                if silent and (not rule or silent == "version"):
                    continue
                found.append(_explained(each, unit, subject, trace, silent))
    return found


def with_doubt(entries: list[dict[str, Any]], without: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entries, with `doubt` where those `without` what may be of another disease come to something else: what
    they come to. `engine.doubt` puts the two together."""
    told: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for entry in without:
        told.setdefault(_key(entry), []).append(entry)
    for entry in entries:
        alike = told.get(_key(entry))
        other = _comes_to(alike.pop(0)) if alike else ""
        if other != _comes_to(entry):
            entry["doubt"] = other or "nothing is shown"
    alone = [entry for others in told.values() for entry in others if _comes_to(entry)]
    return entries + [entry | {"doubt": _comes_to(entry)} for entry in alone]


def _key(entry: dict[str, Any]) -> tuple[str, ...]:
    return (entry["unit"], entry["line"], entry["policy"], entry["rule"], entry["in_force"])


def _comes_to(entry: dict[str, Any]) -> str:
    return str(entry.get("settled", {}).get("finding", ""))


def _not_asked(rule: Rule, unit: UnitLike, hook: str) -> str:
    if hook not in rule.hooks:
        return "hook"
    return "" if compile_condition(rule.applies, "unit")(unit) is True else "applies"


def _subjects(rule: Rule, unit: UnitLike) -> Sequence[Any]:
    return (unit,) if rule.for_each == "unit" else unit.lines


def _in_force(rule: Rule, subject: Any, unit: UnitLike) -> bool:
    if rule.for_each == "unit":
        return rule.effective.holds(unit.start)
    return in_force(rule, subject, unit.start)


def _out_of_force(rule: Rule, engine: Engine, subject: Any, unit: UnitLike) -> str:
    if _in_force(rule, subject, unit):
        return ""
    others = (
        r for r in engine.book.rules if r.status == "active" and (r.policy, r.id) == (rule.policy, rule.id)
    )
    return "version" if any(_in_force(other, subject, unit) for other in others) else "dates"


def _explained(
    rule: Rule, unit: UnitLike, subject: UnitLike | LineLike, trace: Trace, silent: str
) -> dict[str, Any]:
    scope: Scope = rule.for_each
    truth = compile_condition(rule.when, scope)(subject)
    line = subject.ref if rule.for_each == "line" else None
    spoke = not silent and (truth is True or (truth is UNKNOWN and rule.if_unknown == "ask"))
    entry: dict[str, Any] = {
        "unit": unit.ref,
        "line": f"{line.label} {line.date}" if line is not None and not isinstance(line, str) else "",
        "rule": rule.id,
        "policy": rule.policy,
        "cites": list(citations(rule)(subject)),
        "in_force": f"{span_words(rule.effective)}, by {rule.dated_by.replace('-', ' ')}",
        "truth": truth_word(truth),
        "spoke": spoke,
        "conditions": list(condition_rows(rule.when, subject, scope)),
    }
    if rule.applies != ALWAYS:
        entry["applies"] = list(condition_rows(rule.applies, unit, "unit"))
    if silent:
        entry["not_asked"] = SILENT_BECAUSE[silent]
    if spoke:
        asked = truth is UNKNOWN
        outcome = trace.outcome(rule.name, None if rule.for_each == "unit" else _line(subject))
        entry["severity"] = _severity(rule, subject, scope, asked)
        entry["remedies"] = _remedies(rule, subject, scope, asked)
        entry["settled"] = _settled(outcome)
    return entry


def _line(subject: Any) -> LineLike:
    line: LineLike = subject
    return line


def _steps(steps: Sequence[tuple[Condition, Any]], subject: Any, scope: Scope) -> Iterator[dict[str, Any]]:
    """Steps of a ladder up to the one that decides."""
    for condition, then in steps:
        truth = compile_condition(condition, scope)(subject)
        yield {
            "then": _then(then),
            "truth": truth_word(truth),
            "conditions": list(condition_rows(condition, subject, scope)),
        }
        if truth is True:
            return


def _severity(rule: Rule, subject: Any, scope: Scope, asked: bool) -> dict[str, Any]:
    spec = rule.finding
    if asked:
        return {
            "said": Severity.info.name,
            "why": "it asks, because something is not known",
            "steps": [],
            "caps": [],
        }
    steps = list(_steps(spec.severity.steps, subject, scope))
    decided = next((s for c, s in spec.severity.steps if compile_condition(c, scope)(subject) is True), None)
    severity = spec.severity.otherwise if decided is None else decided
    caps = [
        {
            "then": f"{cap.at_most.name} at most",
            "truth": truth_word(compile_condition(cap.when, scope)(subject)),
            "conditions": list(condition_rows(cap.when, subject, scope)),
        }
        for cap in spec.caps
    ]
    for cap in spec.caps:
        if compile_condition(cap.when, scope)(subject) is True:
            severity = min(severity, cap.at_most)
    why = "" if not steps else "otherwise" if decided is None else f"step {len(steps)}"
    return {"said": severity.name, "why": why, "steps": steps, "caps": caps}


def _remedies(rule: Rule, subject: Any, scope: Scope, asked: bool) -> dict[str, Any]:
    ladder = rule.finding.remedies
    if asked:
        return {"said": "review", "why": "it asks, because something is not known", "steps": []}
    steps = list(_steps(ladder.steps, subject, scope))
    decided = next((s for c, s in ladder.steps if compile_condition(c, scope)(subject) is True), None)
    why = "" if not steps else "otherwise" if decided is None else f"step {len(steps)}"
    return {"said": _then(ladder.otherwise if decided is None else decided), "why": why, "steps": steps}


def _then(then: Any) -> str:
    if isinstance(then, Severity):
        return then.name
    return "; or ".join(remedy_words(remedy) for remedy in then)


_SETTLED = {
    "said-once": "said once for the date, with another line",
    "overrides": "silenced by {by}, which overrides it",
    "M-10": "silenced by {by}: the code is not valid on its date, and that card comes alone (M-10)",
    "M-2": "silenced by {by}, which removes or replaces the line or one that it counted (M-2)",
    "M-3": "silenced by {by}: every guidance line is to be removed (M-3)",
    "M-1": "one finding with {by}, which asks for the same (M-1)",
}


def _settled(outcome: Outcome) -> dict[str, Any]:
    template = _SETTLED.get(outcome.convention or outcome.word, "shown as it is")
    says = template.format(by=" and ".join(outcome.by) or "another finding")
    settled: dict[str, Any] = {
        "outcome": outcome.word,
        "convention": outcome.convention,
        "by": list(outcome.by),
        "says": says,
    }
    if outcome.finding is not None:
        finding = outcome.finding
        lines = f", {len(finding.lines)} lines" if len(finding.lines) > 1 else ""
        remedies = "; or ".join(remedy.label for remedy in finding.remedies)
        settled["finding"] = f"{finding.severity.name} {finding.kind}: {remedies}{lines}"
    return settled
