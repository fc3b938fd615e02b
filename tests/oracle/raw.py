"""A finding before merging: which stage of rules.md 2.1 raised it, on which lines, with which remedies."""

from __future__ import annotations

from dataclasses import dataclass

from tests.oracle.model import Line

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

    @property
    def removes(self) -> bool:
        """Is removing the line the only way out?"""
        return bool(self.remedies) and all(r.startswith("remove-line ") for r in self.remedies)

    @property
    def decides(self) -> bool:
        """Will the line be removed or replaced, whichever alternative is taken (M-2)?"""
        verbs = ("remove-line ", "replace ")
        return bool(self.remedies) and all(r.startswith(verbs) for r in self.remedies)


def at_most(severity: str, cap: str) -> str:
    """The milder of the two."""
    return min(severity, cap, key=RANK.__getitem__)


def strictest(*severities: str) -> str:
    """The strictest of several."""
    return max(severities, key=RANK.__getitem__)
