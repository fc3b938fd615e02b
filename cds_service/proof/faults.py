"""What can be wrong at a point: one fault, with the rules concerned and the point that shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from cds_service.engine.model import Finding
from cds_service.engine.rules import Rule
from cds_service.proof.givens import Given, key_of

KINDS = {
    "raises": "evaluating, showing or correcting the case raises an error",
    "dead-rule": "the rule version never speaks, or nothing that it says survives settling",
    "dead-part": "a part of the rule can never matter",
    "contradiction": "two findings ask for changes of one line that exclude each other",
    "both-halves": "two findings, or one about two lines, remove both halves of a pair",
    "no-effect": "a suggestion changes nothing: what it speaks of is not there",
    "comes-back": "the finding is there again after its suggestion was accepted",
    "draws-again": "the line that a suggestion makes draws a new correction at once",
    "no-rest": "accepting what the cards suggest does not come to rest",
    "cycle": "accepting what the cards suggest goes round in a circle",
    "invalid-code": "a suggested code cannot be reported on the date of the line",
    "order-cap": "a finding on an order breaks what rulebook 2.3 allows there",
    "long-summary": "a summary does not fit on a card",
    "no-source": "a finding cites nothing that is registered",
}
"""Kind -> what is wrong, in one sentence."""


@dataclass(frozen=True)
class Fault:
    """One fault. `rules` are ids as `policy.rule`; `steps` say what was accepted on the way to it."""

    kind: str
    rules: tuple[str, ...]
    what: str
    given: Given | None = None
    steps: tuple[str, ...] = ()
    places: tuple[str, ...] = field(default=(), compare=False)
    seen: int = field(default=1, compare=False)

    @property
    def key(self) -> tuple[object, ...]:
        """Faults of one key are the same fault at different points."""
        detail = self.what if self.kind in ("dead-part", "raises") else ""
        return self.kind, self.rules, detail

    def at(self, given: Given) -> Fault:
        """The same, shown by this point."""
        return replace(self, given=given)


class Ledger:
    """The faults found so far, each with its smallest example and how often it was seen."""

    def __init__(self) -> None:
        self.faults: dict[tuple[object, ...], Fault] = {}

    def add(self, fault: Fault) -> None:
        """Keep the fault, or only its example when that is smaller than the one kept."""
        known = self.faults.get(fault.key)
        if known is None:
            self.faults[fault.key] = fault
            return
        smaller = _size(fault) < _size(known)
        self.faults[fault.key] = replace(fault if smaller else known, seen=known.seen + fault.seen)


def _size(fault: Fault) -> tuple[int, str]:
    text = key_of(fault.given) if fault.given is not None else ""
    return len(text), text


def rule_ids(*findings: Finding) -> tuple[str, ...]:
    """Ids of the rules behind the findings, without their versions."""
    return tuple(sorted({name.partition("@")[0] for f in findings for name in f.rule_names}))


def places(ids: Iterable[str], rules: Iterable[Rule]) -> tuple[str, ...]:
    """Where rules stand, as file:line."""
    wanted = set(ids)
    return tuple(f"{r.file}:{r.line}" for r in rules if f"{r.policy}.{r.id}" in wanted)


def without_larger(faults: Iterable[Fault]) -> list[Fault]:
    """The faults whose rules do not include those of another fault of the same kind."""
    kept: list[Fault] = []
    for fault in sorted(faults, key=lambda f: (len(f.rules), f.rules)):
        same = [f for f in kept if f.kind == fault.kind and f.rules and set(f.rules) < set(fault.rules)]
        if not same:
            kept.append(fault)
    return kept
