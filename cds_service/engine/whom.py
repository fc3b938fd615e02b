"""For whom a condition can hold at all: the payers to which it bounds a file or a rule."""

from __future__ import annotations

from cds_service.engine.conditions import Ask, Condition

OF_A_PROGRAMME = "(a programme)"
"""Stands among the payers for the members of a programme, whoever insures them; no payer is called so."""

PAYER_FACTS = frozenset({"payer", "payer_on_date"})
_NAMING = frozenset({"is", "in", "has_any", "only"})
"""Operators that are true only of the values that they name."""
_OF_MANY = frozenset({"other", "unknown", "other-medicare-advantage"})
"""Answers of the fact `plan` that stand for members of many payers."""


def payers_of(condition: Condition, medicare: bool = False) -> frozenset[str] | None:
    """The payers for whose members the condition can hold, None when nothing in it bounds them.

    Nothing under `not` or `none`, and no operator that only leaves values out, bounds: beside the payers that it
    leaves out, all others stay.

    Args:
        condition: `applies` or `when` of a rule.
        medicare: whether members of Medicare count as those of one programme; other payers insure some too.
    """
    if isinstance(condition, Ask):
        if condition.operator == "some" and condition.nested is not None:
            return payers_of(condition.nested, medicare)
        return _of_ask(condition, medicare)
    found = [payers_of(part, medicare) for part in condition.parts]
    bounds = [payers for payers in found if payers is not None]
    if condition.how == "all" and bounds:
        named = [payers for payers in bounds if OF_A_PROGRAMME not in payers]
        return frozenset.intersection(*(named or bounds))
    if condition.how == "any" and len(bounds) == len(found):
        return frozenset().union(*bounds)
    return None


def _of_ask(ask: Ask, medicare: bool) -> frozenset[str] | None:
    if ask.fact.name == "medicare" and medicare:
        return frozenset({OF_A_PROGRAMME}) if ask.argument is (ask.operator == "is") else None
    if ask.operator not in _NAMING:
        return None
    values = ask.argument if isinstance(ask.argument, frozenset) else frozenset({ask.argument})
    if ask.fact.name in PAYER_FACTS:
        return values
    if ask.fact.name == "programs":
        return frozenset({OF_A_PROGRAMME})
    if ask.fact.name == "plan" and not values & _OF_MANY:
        return frozenset(value.removesuffix("-medicare") for value in values)
    return None
