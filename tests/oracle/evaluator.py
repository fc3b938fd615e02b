"""The oracle: rulebook read a second time, as plain conditions, to check the product's answers against.

It shares no code with the product. Where the rules leave something open, a comment at the place names the choice.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from tests.oracle.coding import line_rules
from tests.oracle.coverage import coverage_rules, in_scope, scope_rules
from tests.oracle.model import IGRT, Finding, Line, Scenario
from tests.oracle.pairs import pair_rules, unit_rules
from tests.oracle.programme import programme_attestations, programme_lines
from tests.oracle.raw import (
    EDIT,
    EITHER_WAY,
    HINT,
    PAIR,
    RANK,
    REPLACEMENT,
    TWICE,
    UNITS,
    Raw,
    at_most,
    strictest,
)
from tests.oracle.validity import invalid_lines, is_invalid

_INFO_AT_ORDER = {"documentation", "bundling"}


def evaluate(scenario: Scenario) -> list[Finding]:
    """All findings of a claim or order, merged as rulebook 2.4 says."""
    if not any(in_scope(line) for line in scenario.lines):  # M-7
        return []
    settled = _settle_lines(_with_units(scenario))
    whole = [*scope_rules(scenario), *coverage_rules(scenario), *programme_attestations(scenario)]
    if _all_guidance_goes(scenario, settled):  # M-3
        whole = [raw for raw in whole if raw.kind not in {"coverage-necessity", "documentation"}]
        settled = [raw for raw in settled if not _remove_or_attest(raw)]
    if scenario.hook == "order":
        settled, whole = _order_caps(settled), _order_caps(whole)
    return _merge([*settled, *whole])


def _raw(scenario: Scenario) -> list[Raw]:
    valid = [line for line in scenario.lines if not is_invalid(line)]
    found = [*invalid_lines(scenario), *programme_lines(scenario)]
    for line in valid:
        found += line_rules(scenario, line)
    return found + pair_rules(scenario, valid)


def _with_units(scenario: Scenario) -> list[Raw]:
    found = _raw(scenario)
    decided = _winners(found)
    staying = [line for line in scenario.lines if not is_invalid(line) and not _goes(decided.get(line))]
    return [*found, *unit_rules(scenario, staying)]


def contested_days(scenario: Scenario) -> frozenset[str]:
    """Days on which rulebook leaves open which of two remedies comes first.

    A pair (AST-04(b)) or a part billed twice (AST-31) meets a replacement on one of its lines. M-2 read to the letter
    lets the replacement silence the pair, which then stands again with the new code; 2.1 puts bundling before code
    choice. The same holds for a pair that meets a pair edit (EXT-10). Either is a fair answer, so line findings of
    such a day are not compared.
    """
    found = _raw(scenario)
    doubles = {line for raw in found if raw.decides in {TWICE, PAIR} for line in raw.lines}
    replaced = {
        line for raw in found if (raw.decides or 0) in {EITHER_WAY, REPLACEMENT} for line in raw.lines
    }
    twice = {line for raw in found if raw.decides == TWICE for line in raw.lines}
    pairs = {line for raw in found if raw.decides == PAIR for line in raw.lines}
    edited = {line for raw in found if raw.decides == EDIT for line in raw.lines}
    hinted = {line for raw in found if raw.decides == HINT for line in raw.lines}
    # An edit (stage 8) that meets a replacement by method or modifier (6, 7): 2.1 puts the replacement first, M-2
    # would let any removal silence it.
    open_lines = (doubles & replaced) | (twice & pairs) | (pairs & (edited | hinted)) | (replaced & edited)
    days = {line.date for line in open_lines}
    # AST-05 beside the code that would replace the 77387: open as soon as that code is itself in question
    doubtful = {
        line.date
        for raw in found
        if raw.kind == "code-choice-by-method" or raw.decides in {EDIT, EITHER_WAY}
        for line in raw.lines
    }
    days |= doubtful & {line.date for raw in found if raw.rule == "AST-04" for line in raw.lines}
    return frozenset(day.isoformat() for day in days)


def paired_lines(scenario: Scenario) -> frozenset[str]:
    """Lines of an AST-04(b) choice, and lines that a pair edit would remove at info: whether a `review` on one of them
    stays is open in M-2."""
    found = [raw for raw in _raw(scenario) if raw.decides == PAIR or _is_hint(raw)]
    return frozenset(line.label for raw in found for line in raw.lines)


def removed_and_not_necessary(scenario: Scenario) -> frozenset[str]:
    """Lines that another rule would remove and of which CVS-08 says "remove or attest".

    Open in M-1: whether the removal that both name is one finding, and which other alternatives remain.
    """
    found = _with_units(scenario)
    brain = {line for raw in found if raw.rule == "CVS-08" for line in raw.lines}
    others = [raw for raw in found if brain & set(raw.lines) and _would_remove(raw)]
    return frozenset(line.label for raw in others for line in raw.lines)


def _would_remove(raw: Raw) -> bool:
    return raw.decides is not None and raw.remedies[0].startswith("remove-line ")


def _remove_or_attest(raw: Raw) -> bool:
    """CVS-08 and CVS-09."""
    return raw.kind == "not-necessary" and any(r.startswith("attest-indication ") for r in raw.remedies)


def _is_hint(raw: Raw) -> bool:
    """A pair edit that is none of the payer's, units of a day whose fractions are not known, a possible technique."""
    return raw.decides in {EDIT, UNITS, HINT} and raw.severity == "info"


def _settle_lines(found: list[Raw]) -> list[Raw]:
    """M-2: where a line goes or is replaced, the first stage that says so is the only one that speaks of it."""
    winner = _winners(found)
    return _same_remedy(
        [raw for raw in found if not any(_silences(winner.get(line), raw) for line in raw.lines)]
    )


def _winners(found: list[Raw]) -> dict[Line, Raw]:
    winner: dict[Line, Raw] = {}
    deciding = [raw for raw in found if raw.decides is not None]
    for raw in sorted(deciding, key=lambda r: (r.decides, r.stage, -RANK[r.severity])):
        if not any(line in winner for line in raw.lines):
            winner.update(dict.fromkeys(raw.lines, raw))
    return winner


def _goes(winner: Raw | None) -> bool:
    return winner is not None and winner.decides != PAIR


def _silences(winner: Raw | None, raw: Raw) -> bool:
    """Does the finding that decides on a line leave no room for this one?

    Open in M-2: a choice of two lines (AST-04) leaves each of them possibly standing, so it silences replacements,
    removals and review, but not a modifier or unit count that is wrong on the line that may stay.
    """
    if winner is None or winner.remedies == raw.remedies:  # the same remedy merges (M-1)
        return False
    if {raw.kind, winner.kind} == {"code-effective-date", "not-necessary"}:
        return False  # M-10: coverage rules still run on an invalid line, and it keeps its card
    if _remove_or_attest(raw):
        return False  # M-2 is about coding
    if _is_hint(winner) and raw.severity != "info" and raw.remedies != ("review",):
        return False  # a hint hides no weightier remedy
    if raw.remedies and raw.remedies[0].startswith("add-line "):
        return False  # AST-18 and AST-19 speak of the day, whatever becomes of the line that they stand at
    return len(winner.lines) == 1 or raw.decides is not None or raw.remedies == ("review",)


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
        merged.append(
            replace(lead, severity=severity, rule=rules, possible=all(raw.possible for raw in group))
        )
    return merged


def _all_guidance_goes(scenario: Scenario, settled: list[Raw]) -> bool:
    guidance = {line for line in scenario.lines if line.code in IGRT}
    sure = [raw for raw in settled if raw.removes and len(raw.lines) == 1 and not raw.possible]
    gone = {line for raw in sure for line in raw.lines}
    return bool(guidance) and guidance <= gone


def _order_caps(found: list[Raw]) -> list[Raw]:
    """Rulebook 2.3. Missing modifiers cannot arise: an order has no side."""
    capped = []
    for raw in found:
        severity = raw.severity
        if raw.kind in _INFO_AT_ORDER or raw.kind.startswith("code-choice"):
            severity = at_most(severity, "info")
        capped.append(replace(raw, severity=severity))
    return capped


def _merge(found: list[Raw]) -> list[Finding]:
    """M-1, second half: same kind, severity and remedies are one finding with several lines."""
    groups: dict[tuple[str, str, frozenset[str], str], list[Raw]] = defaultdict(list)
    for raw in found:
        apart = (
            raw.lines[0].code if raw.kind == "code-effective-date" else ""
        )  # M-10: two invalid codes, two cards
        groups[raw.kind, raw.severity, frozenset(raw.remedies), apart].append(raw)
    return [
        Finding(
            kind,
            severity,
            frozenset(line.label for raw in group for line in raw.lines),
            remedies,
            frozenset(rule for raw in group for rule in raw.rule.split("+")),
        )
        for (kind, severity, remedies, _), group in groups.items()
    ]
