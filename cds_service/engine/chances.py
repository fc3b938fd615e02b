"""Whether a condition can hold for any line of a claim or order: asked once of the claim, before it is asked of lines.

Facts about the claim answer for all its lines. Of a fact about a line the claim may be able to say among which values
all its answers are (`Fact.among`): that no code on it names a technique, that nobody told fractions. A condition that
then holds for none of the lines need not be asked of each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cds_service.engine.closures import compile_condition
from cds_service.engine.conditions import Ask, Condition, codes_of
from cds_service.engine.vocabulary import Fact

Chance = Callable[[Any], bool]
"""Asked of a claim or order; False: the condition holds for none of its lines."""


def chance_of(condition: Condition) -> Chance | None:
    """The chance of a condition that is asked of lines; None where the claim as a whole can tell nothing."""
    if isinstance(condition, Ask):
        return _of_ask(condition)
    if condition.how == "not":
        return None
    # To look at what is among what costs least, and tells most.
    chances = [chance_of(part) for part in sorted(condition.parts, key=_asks_the_claim)]
    if condition.how == "all":
        return _every([chance for chance in chances if chance is not None])
    told = [chance for chance in chances if chance is not None]
    return _some(told) if len(told) == len(chances) else None


def _asks_the_claim(part: Condition) -> bool:
    return isinstance(part, Ask) and part.fact.scope != "line"


def _every(chances: list[Chance]) -> Chance | None:
    if len(chances) < 2:
        return chances[0] if chances else None

    def every(unit: Any) -> bool:
        for chance in chances:  # noqa: SIM110 - as in `residue`, no generator for two or three
            if not chance(unit):
                return False
        return True

    return every


def _some(chances: list[Chance]) -> Chance:
    return lambda unit: any(chance(unit) for chance in chances)


def _of_ask(ask: Ask) -> Chance | None:
    fact, argument = ask.fact, ask.argument
    if isinstance(argument, Fact) and argument.scope == "line":
        return _among_these(argument, None)  # what is compared with nothing that is known does not hold
    if fact.scope != "line":
        if fact.indexed:
            return None  # settled before
        test = compile_condition(ask, "unit")
        return lambda unit: test(unit) is True
    if ask.nested is not None:
        return _among_these(fact, codes_of(ask.nested)) if ask.operator == "some" else None
    if ask.operator not in ("is", "in", "has_any", "only"):
        return None
    return _among_these(fact, argument if isinstance(argument, frozenset) else frozenset({argument}))


def _among_these(fact: Fact, wanted: frozenset[Any] | None) -> Chance | None:
    """Whether the claim cannot tell, or one of `wanted` (of any, when that is None) is among what it tells of the fact.

    What it tells is worked out once of each claim.
    """
    work, key = fact.among, f"among {fact.name}"
    if work is None:
        return None

    def chance(unit: Any) -> bool:
        known = unit.__dict__
        if key in known:
            found = known[key]
        else:
            found = known[key] = work(unit)
        return found is None or (bool(found) if wanted is None else not wanted.isdisjoint(found))

    return chance
