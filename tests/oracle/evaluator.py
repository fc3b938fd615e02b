"""The oracle: rules.md read a second time, as plain conditions, to check the product's answers against.

It shares no code with the product. Where the rules leave something open, a comment at the place names the choice.
"""

from __future__ import annotations

from collections import defaultdict

from tests.oracle.coding import line_rules
from tests.oracle.coverage import coverage_rules, in_scope, scope_rules
from tests.oracle.model import IGRT, Finding, Line, Scenario
from tests.oracle.pairs import pair_rules
from tests.oracle.raw import RANK, Raw, at_most, strictest
from tests.oracle.validity import invalid_lines, is_invalid

_INFO_AT_ORDER = {"documentation", "bundling"}


def evaluate(scenario: Scenario) -> list[Finding]:
    """All findings of a claim or order, merged as rules.md 2.4 says."""
    if not any(in_scope(line) for line in scenario.lines):  # M-7
        return []
    valid = [line for line in scenario.lines if not is_invalid(line)]
    found = invalid_lines(scenario)
    for line in valid:
        found += line_rules(scenario, line)
    found += pair_rules(scenario, valid)
    settled = _settle_lines(found)
    whole = [*scope_rules(scenario), *coverage_rules(scenario)]
    if _all_guidance_goes(scenario, settled):  # M-3
        whole = [raw for raw in whole if raw.kind not in {"coverage-necessity", "documentation"}]
    if scenario.hook == "order":
        settled, whole = _order_caps(settled), _order_caps(whole)
    return _merge([*settled, *whole])


def _settle_lines(found: list[Raw]) -> list[Raw]:
    """M-2: where a line goes or is replaced, the first stage that says so is the only one that speaks of it."""
    winner: dict[Line, Raw] = {}
    for raw in sorted(found, key=lambda r: (r.stage, -RANK[r.severity])):
        if raw.decides and len(raw.lines) == 1:
            winner.setdefault(raw.lines[0], raw)
    kept = []
    for raw in found:
        silenced = any(line in winner and winner[line].remedies != raw.remedies for line in raw.lines)
        if not silenced:
            kept.append(raw)
    return _same_remedy(kept)


def _same_remedy(found: list[Raw]) -> list[Raw]:
    """M-1, first half: one finding for each line and set of remedies, strictest severity, its kind leading."""
    groups: dict[tuple[tuple[Line, ...], frozenset[str]], list[Raw]] = defaultdict(list)
    for raw in found:
        groups[raw.lines, frozenset(raw.remedies)].append(raw)
    merged = []
    for group in groups.values():
        lead = min(group, key=lambda r: (-RANK[r.severity], r.stage))
        rules = "+".join(sorted({raw.rule for raw in group}))
        severity = strictest(*(raw.severity for raw in group))
        merged.append(Raw(lead.stage, lead.kind, severity, lead.lines, lead.remedies, rules))
    return merged


def _all_guidance_goes(scenario: Scenario, settled: list[Raw]) -> bool:
    guidance = {line for line in scenario.lines if line.code in IGRT}
    gone = {line for raw in settled if raw.removes and len(raw.lines) == 1 for line in raw.lines}
    return bool(guidance) and guidance <= gone


def _order_caps(found: list[Raw]) -> list[Raw]:
    """Rules.md 2.3. Missing modifiers cannot arise: an order has no side."""
    capped = []
    for raw in found:
        severity = raw.severity
        if raw.kind in _INFO_AT_ORDER or raw.kind.startswith("code-choice"):
            severity = at_most(severity, "info")
        capped.append(Raw(raw.stage, raw.kind, severity, raw.lines, raw.remedies, raw.rule))
    return capped


def _merge(found: list[Raw]) -> list[Finding]:
    """M-1, second half: same kind, severity and remedies are one finding with several lines."""
    groups: dict[tuple[str, str, frozenset[str]], list[Raw]] = defaultdict(list)
    for raw in found:
        groups[raw.kind, raw.severity, frozenset(raw.remedies)].append(raw)
    return [
        Finding(
            kind,
            severity,
            frozenset(line.label for raw in group for line in raw.lines),
            remedies,
            frozenset(rule for raw in group for rule in raw.rule.split("+")),
        )
        for (kind, severity, remedies), group in groups.items()
    ]
