"""Compares the oracle with the product. What rulebook leaves open is normalised here, each with its rule id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from tests.oracle.evaluator import contested_days, evaluate, paired_lines, removed_and_not_necessary
from tests.oracle.model import IGRT, Finding, Scenario
from tests.oracle.product import answer
from tests.oracle.raw import RANK

# M-1: these speak for the claim or order; whether they name the guidance lines they are about is open.
WHOLE = frozenset({"coverage-necessity", "documentation", "scope-applicability"})

Key = tuple[str, str, tuple[str, ...], tuple[str, ...]]


def disagreement(scenario: Scenario) -> tuple[list[Finding], list[Finding]]:
    """Findings that only the product has, and findings that only the oracle has."""
    return differences(scenario, answer(scenario), evaluate(scenario))


def differences(
    scenario: Scenario, product: Iterable[Finding], oracle: Iterable[Finding]
) -> tuple[list[Finding], list[Finding]]:
    """The same for findings that are at hand."""
    theirs, their_reviews = _keyed(scenario, product)
    ours, our_reviews = _keyed(scenario, oracle)
    only_product = [finding for key, finding in theirs.items() if key not in ours]
    only_oracle = [finding for key, finding in ours.items() if key not in theirs]
    for label in their_reviews.keys() | our_reviews.keys():
        his, mine = their_reviews.get(label, []), our_reviews.get(label, [])
        if {f.severity for f in his} != {f.severity for f in mine} or not (
            {f.kind for f in his} & {f.kind for f in mine}
        ):
            only_product += his
            only_oracle += mine
    return only_product, only_oracle


def _keyed(
    scenario: Scenario, findings: Iterable[Finding]
) -> tuple[dict[Key, Finding], dict[str, list[Finding]]]:
    """Findings by what makes them the same, and apart from them the strictest `review` of each line.

    Open in M-1: whether a bare `review` of two codes is one finding or two; `test_one_review_for_a_line` sees to it
    that a line has no more than one.
    """
    contested, paired = contested_days(scenario), paired_lines(scenario)
    undecided = removed_and_not_necessary(scenario)
    guided = any(line.code in IGRT for line in scenario.lines)
    kept: dict[Key, Finding] = {}
    reviews: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        lines = finding.lines
        if finding.kind in WHOLE:
            lines = frozenset()
            # Open: AST-02 on a claim that has a delivery but no guidance (contract.md section 2, M-7).
            if "AST-02" in finding.rules and not guided:
                continue
            # M-3 hangs on what is removed, which is open on a contested day.
            if contested and finding.kind != "scope-applicability":
                continue
        else:
            lines = frozenset(label for label in lines - undecided if label.split()[-1] not in contested)
            if not lines:
                continue
        # Open: a reminder to bill guidance (AST-18, AST-19) to a member whose guidance may not be necessary.
        doubtful = scenario.programme and (scenario.whole_brain or "C79.51" in scenario.diagnoses)
        if doubtful and finding.rules & {"AST-18", "AST-19"}:
            continue
        if finding.remedies == {"review"} and finding.kind not in WHOLE:
            for label in lines - paired:
                reviews[label].append(replace(finding, lines=frozenset({label})))
            continue
        if any(remedy.startswith("add-line ") for remedy in finding.remedies):
            # AST-18, AST-19: which line of the day carries the reminder is open; the day counts.
            lines = frozenset(label.split()[-1] for label in lines)
        # Lines over one limit are one finding, other ones with the same remedies another: here each line by itself.
        apart = [frozenset({label}) for label in lines] if finding.kind == "unit-limit" else [lines]
        for one in apart:
            plain = replace(finding, lines=one)
            key = plain.key()
            if key in kept:  # the same finding twice is one too many
                key = (*key[:2], (*key[2], "twice"), key[3])
            kept[key] = plain
    return kept, {label: _strictest(found) for label, found in reviews.items()}


def _strictest(found: list[Finding]) -> list[Finding]:
    top = max(RANK[finding.severity] for finding in found)
    return [finding for finding in found if RANK[finding.severity] == top]


def describe(scenario: Scenario) -> str:
    """The scenario and both answers in a few lines, to judge a disagreement by."""
    only_product, only_oracle = disagreement(scenario)
    bill = f" bill {scenario.bill}" if scenario.bill else ""
    kind = f"{scenario.hook} {scenario.claim_type}{bill}"
    told = [f"{scenario.name}: {scenario.payer}, {kind}, {'+'.join(scenario.diagnoses)}"]
    if scenario.programme:
        brain = ", whole brain" if scenario.whole_brain else ""
        told.append(f"  member of the programme, intent {scenario.intent}{brain}")
    for line in scenario.lines:
        points = f" diagnoses {line.points}" if line.points != (1,) else ""
        until = f" until {line.end}" if line.end else ""
        told.append(
            f"  line {line.label}{until} units {line.units} pos {line.pos} fractions {line.fractions}{points}"
        )
    for claim in scenario.history:
        own = "own" if claim.own else "another's"
        told += [
            f"  earlier {own} {claim.claim_type}: {line.label} units {line.units}" for line in claim.lines
        ]
    for record in scenario.records:
        told.append(f"  record {record.what} {record.date} {record.methods} {record.techniques}")
    told.append(f"  indications {scenario.indications} breath hold {scenario.breath_hold}")
    told.append(f"  documents {_dated(scenario.documents)} attached {_dated(scenario.attached)}")
    told += [f"  product only: {tell(finding)}" for finding in only_product]
    told += [f"  oracle only:  {tell(finding)}" for finding in only_oracle]
    return "\n".join(told)


def _dated(documents: tuple | None) -> str:
    if documents is None:
        return "not visible"
    return ", ".join(f"{document.loinc} {document.date}" for document in documents) or "none"


def tell(finding: Finding) -> str:
    """One finding in one line."""
    remedies = "; ".join(sorted(finding.remedies))
    return (
        f"{finding.kind} {finding.severity} [{remedies}] {sorted(finding.lines)} by {sorted(finding.rules)}"
    )
