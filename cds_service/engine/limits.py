"""Several lines over one unit limit are one finding, whose reductions belong together (contract section 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cds_service.engine.drafts import Draft, Merged
from cds_service.engine.model import Remedy
from cds_service.engine.subjects import LineLike, UnitLike

_REDUCTIONS = ("reduce-units", "remove-line")


def one_limit_one_finding(merged: Sequence[Merged]) -> list[Merged]:
    """Join what passes the same limit: same rules and severity, and one course, or one code, component and date.

    Each line keeps its own reduction, named by the line's sequence, last lines first. Lines of an order have none:
    each stays a finding of its own, since nothing would tell whose reduction is whose.
    """
    groups: dict[object, list[Merged]] = {}
    for number, m in enumerate(merged):
        key = _limit(m) if _is_reduction(m) and m.lines[0].ref.sequence is not None else number
        groups.setdefault(key, []).append(m)
    return [group[0] if len(group) == 1 else _joined(group) for group in groups.values()]


def without_removed(unit: UnitLike, draft: Draft, strongest: Mapping[int, Draft]) -> Draft | None:
    """A unit limit once the lines that surely go use up nothing of it; None when nothing is over it any more.

    `strongest` holds, by line, the draft that changes the line most.
    """
    if draft.kind != "unit-limit" or len(draft.lines) != 1:
        return draft
    (line,) = draft.lines
    freed = sum(o.units for o in unit.lines[: unit.lines.index(line)] if _goes_before(o, line, strongest))
    if not freed or not _reduces(draft):
        return draft
    first = draft.remedies[0]
    keep = (first.to if isinstance(first.to, int) else 0) + int(freed)
    if line.units <= keep:
        return None
    return replace(draft, remedies=(Remedy("reduce-units", code=line.code, to=keep), *draft.remedies[1:]))


def _goes_before(other: LineLike, line: LineLike, strongest: Mapping[int, Draft]) -> bool:
    gone = strongest.get(id(other))
    return (
        (other.code, other.date) == (line.code, line.date)
        and other.component == line.component
        and gone is not None
        and gone.kind != "unit-limit"
        and gone.removes_its_line
        and not gone.capped
    )


def _is_reduction(merged: Merged) -> bool:
    return (
        merged.kind == "unit-limit"
        and len(merged.lines) == 1
        and len(merged.remedies) == 1
        and merged.remedies[0].action in _REDUCTIONS
        and any(_reduces(draft) for draft in merged.drafts)
    )


def _reduces(draft: Draft) -> bool:
    """Whether the rule reduces units; where nothing is left, the reduction has become a removal."""
    ladder = draft.rule.finding.remedies
    steps = [*(step for _, step in ladder.steps), ladder.otherwise]
    return any(spec.action == "reduce-units" for step in steps for spec in step)


def _limit(merged: Merged) -> object:
    line = merged.lines[0]
    rules = frozenset(d.rule.name for d in merged.drafts)
    if merged.lead.rule.finding.limit_per == "course":
        return rules, merged.severity, line.course_number
    return rules, merged.severity, line.date, line.code, line.component


def _joined(group: Sequence[Merged]) -> Merged:
    last_first = sorted(group, key=lambda m: (m.lines[0].date, m.lines[0].ref.sequence or 0), reverse=True)
    return replace(
        group[0],
        drafts=tuple(d for m in group for d in m.drafts),
        lines=tuple(m.lines[0] for m in group),
        remedies=tuple(replace(m.remedies[0], sequence=m.lines[0].ref.sequence) for m in last_first),
        all_of=True,
    )
