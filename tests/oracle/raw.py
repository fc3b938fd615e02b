"""A finding before merging: which stage of rulebook 2.1 raised it, on which lines, with which remedies."""

from __future__ import annotations

from dataclasses import dataclass

from tests.oracle.model import Line

TWICE, PAIR, EDIT, EITHER_WAY, REPLACEMENT, UNITS, HINT = 1, 2, 4, 5, 6, 7, 8
RANK = {"info": 0, "warning": 1, "critical": 2}


@dataclass(frozen=True)
class Raw:
    """One rule's finding. No lines = it speaks for the whole claim or order."""

    stage: int
    kind: str
    severity: str
    lines: tuple[Line, ...]
    remedies: tuple[str, ...]
    rule: str
    possible: bool = (
        False  # the technique is one of several (rulebook 1.3): no reason to silence anything weightier
    )

    @property
    def removes(self) -> bool:
        """Is removing the line the only way out?"""
        return bool(self.remedies) and all(r.startswith("remove-line ") for r in self.remedies)

    @property
    def decides(self) -> int | None:
        """In which order this finding decides that its lines are removed or replaced (M-2); None = it does not.

        Open in M-2 and 2.1, taken here: the first alternative counts. What bundling removes goes first, then a part
        billed twice (AST-31), then a choice of two lines (AST-04), then AST-14, whose code settles method and pair
        at once, then pair edits, then a removal with review beside it, then replacements, then units, and last what is
        only possible.
        """
        first = self.remedies[0] if self.remedies else ""
        if not first.startswith(("remove-line ", "replace ")):
            return None
        if self.possible:
            return HINT
        if len(self.lines) > 1:
            return PAIR
        if self.kind == "unit-limit":
            return UNITS
        if self.rule == "AST-31":
            return TWICE
        if self.rule == "AST-14":
            return 3
        if self.kind == "code-choice-by-method":  # also where the right code stands and the line goes
            return REPLACEMENT
        if first.startswith("remove-line "):
            return 0 if self.removes and self.stage <= 5 else EDIT if self.removes else EITHER_WAY
        return REPLACEMENT


def at_most(severity: str, cap: str) -> str:
    """The milder of the two."""
    return min(severity, cap, key=RANK.__getitem__)


def strictest(*severities: str) -> str:
    """The strictest of several."""
    return max(severities, key=RANK.__getitem__)
