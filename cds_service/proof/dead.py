"""What no point showed: faults, or what the space cannot show because it does not vary a fact."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from cds_service.engine.conditions import Ask, Condition
from cds_service.engine.rule_checks import asks_of
from cds_service.engine.rules import Rule
from cds_service.proof.faults import Fault
from cds_service.proof.goals import SPEAKS, SURVIVES, Goal
from cds_service.proof.work import Planned


def dead_parts(
    goals: Sequence[Goal], plans: Sequence[Planned], rules: Iterable[Rule]
) -> tuple[list[Fault], list[tuple[Goal, str]]]:
    """Faults for the goals that nothing met, and those that a fact without variation keeps from being shown."""
    varied = facts_varied(plans)
    by_name = {rule.name: rule for rule in rules}
    silent = {g.rule for g in goals if g.what == SPEAKS} | {g.rule for g in goals if g.what == SURVIVES}
    faults: list[Fault] = []
    not_shown: list[tuple[Goal, str]] = []
    for goal in goals:
        rule = by_name[goal.rule]
        still = sorted(f for f in _facts_of(goal, rule) if f in varied and not varied[f])
        if still:
            not_shown.append((goal, ", ".join(still)))
            continue
        ids = (f"{rule.policy}.{rule.id}",)
        version = f"version {rule.effective}"
        if goal.what == SPEAKS:
            faults.append(Fault("dead-rule", ids, f"the {version} never speaks."))
        elif goal.what == SURVIVES:
            never = any(g.rule == goal.rule and g.what == SPEAKS for g in goals)
            if not never:
                what = f"the {version} speaks, but nothing that it says survives settling."
                faults.append(Fault("dead-rule", ids, what))
        elif goal.rule not in silent:
            faults.append(Fault("dead-part", ids, f"{goal.what} can never matter ({version})."))
    return faults, not_shown


def facts_varied(plans: Iterable[Planned]) -> dict[str, bool]:
    """Whether the questions about each fact were answered in more than one way anywhere."""
    seen: dict[str, set[str]] = defaultdict(set)
    several: dict[str, bool] = defaultdict(bool)
    for plan in plans:
        for fact, truths in plan.answered:
            seen[fact] |= truths
            several[fact] |= len(truths) > 1
    return {fact: several[fact] for fact in seen}


def _facts_of(goal: Goal, rule: Rule) -> set[str]:
    """Facts that decide whether the goal can be met."""
    if goal.what in (SPEAKS, SURVIVES):
        return {ask.fact.name for member, ask, _ in asks_of(rule) if member in ("applies", "when")}
    conditions = [*goal.when, *goal.unless]
    return {name for condition in conditions for name in _asked(condition)}


def _asked(condition: Condition) -> Iterable[str]:
    if isinstance(condition, Ask):
        yield condition.fact.name
        if condition.nested is not None:
            yield from _asked(condition.nested)
        return
    for part in condition.parts:
        yield from _asked(part)
