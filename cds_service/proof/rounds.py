"""Accepting what the cards suggest, round after round, until nothing is left to correct."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cds_service.engine.model import Finding, LineRef
from cds_service.facts.case import Case
from cds_service.proof.carry_out import ON_LINES, Way, carry_out, ways
from cds_service.proof.faults import Fault, rule_ids

BOUND = 6
"""Rounds after which nothing may be left to correct."""
POLICIES = {"first": 0, "last": -1}
"""How whole answers are accepted: of every finding its first way, or its last."""

Look = Callable[[Case], Sequence[Finding]]


@dataclass(frozen=True)
class Rest:
    """How a way of accepting ends: the number of rounds to rest, or the fault."""

    rounds: int
    fault: Fault | None = None
    steps: tuple[str, ...] = ()


class Rounds:
    """Follows suggestions from a case. Remembers what it saw until `forget`."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._known: dict[tuple[Case, str], Rest] = {}

    def forget(self) -> None:
        """Drop what was remembered; to be called between points that share no cases."""
        self._known.clear()

    def to_rest(self, case: Case, policy: str) -> Rest:
        """Accept whole answers by the policy until no finding asks for a change."""
        path: list[Case] = []
        steps: list[str] = []
        end: Rest | None = None
        here = case
        while end is None:
            end = self._known.get((here, policy))
            if end is None and here in path:
                end = Rest(BOUND + 1, self._fault("cycle", here, policy))
            elif end is None:
                following, said = self._accepted(here, policy)
                if following is None:
                    end = Rest(0)
                elif following == here or len(path) > BOUND:
                    end = Rest(BOUND + 1, self._fault("no-rest", here, policy))
                else:
                    path.append(here)
                    steps.append(said)
                    here = following
        return self._remember(path, steps, end, policy)

    def _remember(self, path: list[Case], steps: list[str], end: Rest, policy: str) -> Rest:
        for before, said in zip(reversed(path), reversed(steps), strict=True):
            rounds = end.rounds + 1
            fault = end.fault
            if rounds > BOUND and fault is None:
                fault = self._fault("no-rest", before, policy)
            end = Rest(rounds, fault, (said, *end.steps)[: BOUND + 1])
            self._known[before, policy] = end
        return end

    def _accepted(self, case: Case, policy: str) -> tuple[Case | None, str]:
        """The case after one round; None when there was nothing to accept."""
        index = POLICIES[policy]
        said: list[str] = []
        made = case
        asked = False
        changed: set[LineRef] = set()
        for finding in sorted(self._look(case), key=lambda f: -f.severity):
            possible = ways(finding)
            if not possible:
                continue
            asked = True
            way = possible[index]
            touched = {
                ref for ref in finding.lines for r in way if r.action in ON_LINES and ref.code == r.code
            }
            if touched & changed:
                continue  # whoever has just corrected the line asks again before anything else is done to it
            after = carry_out(made, finding, way)
            if after is not None:
                made = after
                changed |= touched
                said.append(words(way))
        return (made, "; ".join(said)) if asked else (None, "")

    def _fault(self, kind: str, case: Case, policy: str) -> Fault:
        left = [f for f in self._look(case) if ways(f)]
        said = "; ".join(f"{', '.join(r.label for r in f.remedies)}" for f in left)
        end = "comes back to the same case" if kind == "cycle" else f"is not at rest after {BOUND} rounds"
        return Fault(kind, rule_ids(*left), f"always accepting the {policy} suggestion {end}; left: {said}.")


def words(way: Way) -> str:
    """The remedies of a way."""
    return " and ".join(_label(r) for r in way)


def _label(remedy: object) -> str:
    label = str(getattr(remedy, "label", ""))
    facts = (*getattr(remedy, "indications", ()), *getattr(remedy, "modalities", ()))
    return f"{label} {', '.join(facts)}" if facts else label
