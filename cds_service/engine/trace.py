"""What settling did with what each rule said: kept, merged, or silenced, by which rule and which of M-1 to M-11.

A `Trace` is handed to `settle`, which tells it the drafts after each stage; why a draft is gone is worked out
afterwards, so that settling itself stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cds_service.engine.drafts import Draft, Merged
from cds_service.engine.model import Finding
from cds_service.engine.subjects import LineLike, UnitLike

Key = tuple[str, int | None]
"""Name of a rule version, and the identity of the line (None: the unit) of which it speaks."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of what a rule said of a line or unit.

    `word` is kept, merged, silenced or said-once; `by` are the rules that did it; `convention` is the one of
    rulebook 2.4 by which it was done, or `overrides`; empty when it was kept as it is.
    """

    word: str
    convention: str = ""
    by: tuple[str, ...] = ()
    finding: Finding | None = None


@dataclass
class Trace:
    """The stages through which the drafts of one unit went."""

    unit: UnitLike
    stages: list[tuple[str, list[Draft]]] = field(default_factory=list)
    changed: Mapping[int, Draft] = field(default_factory=dict)
    merged: Sequence[Merged] = ()
    findings: Sequence[Finding] = ()

    def after(self, stage: str, drafts: Sequence[Draft]) -> None:
        """Keep what is left after a stage: `said`, then `overrides`, `M-10`, `M-2` and `M-3`."""
        self.stages.append((stage, list(drafts)))

    def outcome(self, rule: str, line: LineLike | None) -> Outcome:
        """What became of what the rule version said of the line, or of the unit."""
        key: Key = (rule, None if line is None else id(line))
        if not self.stages or key not in _keys(self.stages[0][1]):
            return Outcome("said-once", by=(rule,))
        for (_, before), (stage, after) in zip(self.stages, self.stages[1:], strict=False):
            if key not in _keys(after):
                return Outcome("silenced", stage, tuple(dict.fromkeys(self._culprits(stage, key, before))))
        return self._shown(key)

    def _shown(self, key: Key) -> Outcome:
        merged = next((m for m in self.merged if key in _keys(m.drafts)), None)
        finding = next((f for f in self.findings if self._tells(f, key)), None)
        others = [d.rule.name for d in merged.drafts if d.rule.name != key[0]] if merged else []
        if others:
            return Outcome("merged", "M-1", tuple(dict.fromkeys(others)), finding)
        return Outcome("kept", finding=finding)

    def _tells(self, finding: Finding, key: Key) -> bool:
        if key[0] not in finding.rule_names:
            return False
        line = next((each for each in self.unit.lines if id(each) == key[1]), None)
        return line is None or not finding.lines or line.ref in finding.lines

    def _culprits(self, stage: str, key: Key, before: Sequence[Draft]) -> Iterator[str]:
        gone = next(d for d in before if key in _keys([d]))
        if stage == "overrides":
            here = (d for d in before if gone.rule.id in d.rule.overrides and key[1] in _lines(d))
            yield from (d.rule.name for d in here)
        elif stage == "M-10":
            yield from (
                d.rule.name for d in before if d.kind == "code-effective-date" and key[1] in _lines(d)
            )
        elif stage == "M-3":
            yield from (d.rule.name for d in self.changed.values() if d.lines[0].is_guidance)
        else:
            yield from self._corrections(gone, key)

    def _corrections(self, gone: Draft, key: Key) -> Iterator[str]:
        own = self.changed.get(key[1]) if key[1] is not None else None
        if own is not None and own.rule.name != gone.rule.name:
            yield own.rule.name
            return
        lines = {id(line) for line in gone.lines}
        for line, draft in self.changed.items():
            other = draft.lines[0]
            if line not in lines and (other in gone.others or _counted(other, gone)):
                yield draft.rule.name


def _counted(other: LineLike, gone: Draft) -> bool:
    return any(other.code == line.code and other.date == line.date for line in gone.lines)


def _lines(draft: Draft) -> set[int | None]:
    return {id(line) for line in draft.lines} or {None}


def _keys(drafts: Sequence[Draft]) -> set[Key]:
    return {(draft.rule.name, line) for draft in drafts for line in _lines(draft)}
