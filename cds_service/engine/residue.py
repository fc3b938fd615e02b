"""What is left of a condition once some of its facts are known: True, False, UNKNOWN, or a test of the rest.

Facts that are cheap and have few answers are marked `indexed` in the vocabulary. Subjects that agree on them agree on
every part of a condition that asks nothing else, so that an engine works these parts out once for all such subjects.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cds_service.engine.closures import Test, Truth, compile_condition, joined
from cds_service.engine.conditions import Ask, Condition
from cds_service.engine.model import UNKNOWN, Unknown
from cds_service.engine.vocabulary import Fact, Scope

Residue = Truth | Test


@dataclass(frozen=True, slots=True)
class Node:
    """A condition with its tests made ready. `settled`: it asks indexed facts only, about the subject itself."""

    how: str
    parts: tuple[Node, ...]
    test: Test
    settled: bool


def node_of(condition: Condition, scope: Scope) -> Node:
    """Compile a condition that is asked of a subject of `scope`, part by part."""
    test = compile_condition(condition, scope)
    if isinstance(condition, Ask):
        facts = [condition.fact, *([condition.argument] if isinstance(condition.argument, Fact) else [])]
        return Node("ask", (), test, condition.nested is None and all(f.indexed for f in facts))
    parts = tuple(node_of(part, scope) for part in condition.parts)
    return Node(condition.how, parts, test, all(part.settled for part in parts))


def residue(node: Node, subject: Any, whole: bool = True) -> Residue:
    """What is left of the condition for every subject whose indexed facts answer as those of `subject` do.

    With `whole` False only whether the condition holds matters, and what is UNKNOWN may count as False: nothing more
    needs to be asked once one part of an `all` does not hold. That is so where a rule stays silent when it does not
    know; under a `not` it is not.
    """
    if node.settled:
        return _as_asked(node.test(subject), whole)
    if node.how == "ask":
        return node.test
    if node.how == "not":
        return _as_asked(_negated(residue(node.parts[0], subject)), whole)
    parts = [residue(part, subject, whole) for part in node.parts]
    # Kleene: one part decides `all` by being false and `any` by being true; until then UNKNOWN outlives the rest.
    deciding = node.how == "any"
    if any(part is deciding for part in parts):
        return deciding
    tests = [part for part in parts if callable(part)]
    start: Truth = UNKNOWN if any(part is UNKNOWN for part in parts) else not deciding
    if not tests:
        return start
    if len(tests) == 1 and start is not UNKNOWN:
        return tests[0]
    return joined(tests, deciding, start) if whole or deciding else _holding(tests)


def _as_asked(found: Residue, whole: bool) -> Residue:
    return found if whole or found is not UNKNOWN else False


def _holding(tests: list[Test]) -> Test:
    def holding(subject: Any) -> Truth:
        for test in tests:  # noqa: SIM110 - to begin a generator costs as much as many a test
            if test(subject) is not True:
                return False
        return True

    return holding


def _negated(part: Residue) -> Residue:
    if not callable(part):
        return part if isinstance(part, Unknown) else not part
    test: Callable[[Any], Truth] = part

    def negated(subject: Any) -> Truth:
        truth = test(subject)
        return truth if isinstance(truth, Unknown) else not truth

    return negated
