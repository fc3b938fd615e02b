"""What a rule says before settling, and what several rules say together of one line."""

from __future__ import annotations

from dataclasses import replace

from cds_service.engine.model import Remedy, Severity, Text
from cds_service.engine.record import record
from cds_service.engine.rules import Rule
from cds_service.engine.subjects import LineLike, UnitLike

_CHANGES = ("remove-line", "replace")


@record(frozen=True, slots=True)
class Draft:
    """What one rule says of one line (or of the unit), before settling."""

    rule: Rule
    unit: UnitLike
    lines: tuple[LineLike, ...]
    others: tuple[LineLike, ...]
    severity: Severity
    remedies: tuple[Remedy, ...]
    cites: tuple[str, ...]
    summary: Text
    because: tuple[Text, ...]
    notes: tuple[Text, ...]
    checklist_summary: Text | None
    capped: bool = False
    partly: bool = False

    def with_lines(self, lines: tuple[LineLike, ...]) -> Draft:
        """The same, about these lines."""
        return replace(self, lines=lines)

    @property
    def kind(self) -> str:
        """The finding kind of the rule."""
        return self.rule.finding.kind

    @property
    def changes_its_line(self) -> bool:
        """Whether it removes or replaces its line, with no way out but a review, and touches no other line.

        A line that is valid on a part of its days stays for these, whatever becomes of the others.
        """
        if self.partly or len(self.lines) != 1 or self.remedies[0].action not in _CHANGES:
            return False
        code = self.lines[0].code
        if self.remedies[0].code != code:
            return False
        for remedy in self.remedies:
            if remedy.action != "review" and (remedy.code != code or remedy.action not in _CHANGES):
                return False
        return True

    @property
    def removes_its_line(self) -> bool:
        """Whether every alternative removes the line itself."""
        return self.changes_its_line and all(r.action == "remove-line" for r in self.remedies)


@record(frozen=True, slots=True)
class Merged:
    """Drafts that ask the same of the same line (M-1); the first leads. `all_of`: the remedies belong together."""

    drafts: tuple[Draft, ...]
    lines: tuple[LineLike, ...]
    kind: str
    severity: Severity
    remedies: tuple[Remedy, ...]
    all_of: bool = False

    @property
    def lead(self) -> Draft:
        """The strictest draft."""
        return self.drafts[0]
