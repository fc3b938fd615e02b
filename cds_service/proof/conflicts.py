"""Whether two findings of one answer can both be followed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, product

from cds_service.engine.model import Finding, LineRef, Remedy, Severity
from cds_service.proof.carry_out import COMPONENTS, ON_LINES
from cds_service.proof.faults import Fault, rule_ids

_OF_ONE_LINE = ON_LINES - {"add-line"}


def contradictions(findings: Sequence[Finding]) -> Iterator[Fault]:
    """Pairs of findings that share a line and leave no way to follow both of them."""
    changing = [f for f in findings if any(r.action in _OF_ONE_LINE for r in f.remedies)]
    for one, other in combinations(changing, 2):
        if one.unit != other.unit or _stand_together(one, other):
            continue
        for line in one.lines:
            if line in other.lines and not _can_follow_both(one, other, line):
                what = (
                    f"{line.label} is to be changed in ways that exclude each other: "
                    f"`{_labels(one, line)}` and `{_labels(other, line)}`."
                )
                yield Fault("contradiction", rule_ids(one, other), what)
                break
    for finding in changing:
        if finding.all_of:
            yield from _within(finding)


def _stand_together(one: Finding, other: Finding) -> bool:
    """Whether two findings may ask for different things of a line by the rulebook's own word.

    A hint beside something weightier: the weightier goes first, and the hint is judged anew afterwards. A code that
    is invalid on its date keeps its card although the service is not necessary: coverage rules run all the same
    (M-10).
    """
    if Severity.info in (one.severity, other.severity) and one.severity != other.severity:
        return True
    return {one.kind, other.kind} == {"code-effective-date", "not-necessary"}


def _within(finding: Finding) -> Iterator[Fault]:
    for line in finding.lines:
        for one, other in combinations(_on(finding, line), 2):
            if not _compatible(one, other):
                what = f"all of `{one.label}` and `{other.label}` are asked for of one line."
                yield Fault("contradiction", rule_ids(finding), what)
                return


def _on(finding: Finding, line: LineRef) -> list[Remedy]:
    return [r for r in finding.remedies if _touches(r, line)]


def _touches(remedy: Remedy, line: LineRef) -> bool:
    return (
        remedy.action in _OF_ONE_LINE
        and remedy.code == line.code
        and remedy.sequence in (None, line.sequence)
    )


def _labels(finding: Finding, line: LineRef) -> str:
    return " | ".join(r.label for r in _on(finding, line))


def _alternatives(finding: Finding, line: LineRef) -> list[list[Remedy]]:
    """What following the finding does to the line, by alternative; an empty list leaves the line alone."""
    if finding.all_of:
        return [_on(finding, line)]
    return [[r] if _touches(r, line) else [] for r in finding.remedies]


def _can_follow_both(one: Finding, other: Finding, line: LineRef) -> bool:
    return any(
        all(_compatible(a, b) for a in first for b in second)
        for first, second in product(_alternatives(one, line), _alternatives(other, line))
    )


def _compatible(one: Remedy, other: Remedy) -> bool:
    if one == other:
        return True
    if "remove-line" in (one.action, other.action):
        return False
    if one.action == other.action == "replace":
        return one.to == other.to
    if "replace" in (one.action, other.action):
        kept, rest = (one, other) if one.action == "replace" else (other, one)
        return _fits_replacement(str(kept.to).split("-")[1:], rest)
    if {one.action, other.action} == {"add-modifier", "remove-modifier"}:
        return one.modifier != other.modifier
    if one.action == other.action == "add-modifier":
        return not {one.modifier, other.modifier} <= COMPONENTS
    return True


def _fits_replacement(modifiers: Sequence[str], other: Remedy) -> bool:
    """Whether a replacement that brings these modifiers leaves room for the other remedy."""
    if other.action == "add-modifier":
        return other.modifier in modifiers or other.modifier not in COMPONENTS
    return other.action != "remove-modifier" or other.modifier not in modifiers
