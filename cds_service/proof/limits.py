"""What every single finding must keep to: valid codes, the caps of an order, the card's summary, its sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from cards.model import SUMMARY_LIMIT
from cards.wording import in_full
from cds_service.engine.model import Finding, Severity
from cds_service.engine.rules import Book
from cds_service.facts.case import Case
from cds_service.proof.faults import Fault, rule_ids

_INFO_ON_ORDERS = frozenset(
    {
        "documentation",
        "bundling",
        "code-choice-by-payer",
        "code-choice-by-setting",
        "code-choice-by-method",
    }
)
"""Rulebook 2.3, on purpose not taken from engine.settle, which it is held against."""
_NOT_LIMITED_ON_ORDERS = frozenset({"77336", "77427"})


def limit_faults(
    findings: Sequence[Finding], case: Case, book: Book, statements: frozenset[str]
) -> Iterator[Fault]:
    """Every finding that breaks a limit; `statements` are all that the registers hold."""
    ends = {line.path: line.end for unit in case.units for line in unit.lines}
    for finding in findings:
        yield from _codes(finding, book, ends)
        yield from _sources(finding, statements)
        yield from _summary(finding)
        if case.hook == "order":
            yield from _order(finding)


def _codes(finding: Finding, book: Book, ends: Mapping[str, date]) -> Iterator[Fault]:
    """Suggested codes have to be valid on the line's whole period."""
    for remedy in finding.remedies:
        if remedy.action not in ("replace", "add-line"):
            continue
        text = str(remedy.to if remedy.action == "replace" else remedy.code)
        entry = book.catalogue.code(text.partition("-")[0])
        for ref in finding.lines:
            if remedy.action == "replace" and ref.code != remedy.code:
                continue
            first = date.fromisoformat(ref.date)
            last = ends.get(ref.path, first) if remedy.action == "replace" else first
            wrong = next((d for d in (first, last) if entry is None or not entry.valid_on(d)), None)
            if wrong is not None:
                what = f"`{remedy.label}` suggests {text}, which cannot be reported on {wrong}."
                yield Fault("invalid-code", rule_ids(finding), what)
                return


def _sources(finding: Finding, statements: frozenset[str]) -> Iterator[Fault]:
    if not finding.rules or not finding.sources or not set(finding.rules) <= statements:
        cited = ", ".join(finding.rules) or "nothing"
        yield Fault("no-source", rule_ids(finding), f"it cites {cited}.")


def _summary(finding: Finding) -> Iterator[Fault]:
    text = in_full([finding], 1)
    if len(text) > SUMMARY_LIMIT:
        what = f"the summary has {len(text)} characters where a card takes {SUMMARY_LIMIT}: “{text}”"
        yield Fault("long-summary", rule_ids(finding), what)


def _order(finding: Finding) -> Iterator[Fault]:
    ids = rule_ids(finding)
    if finding.kind in _INFO_ON_ORDERS and finding.severity > Severity.info:
        yield Fault(
            "order-cap", ids, f"{finding.kind} is {finding.severity.name} on an order; info is the most."
        )
    if finding.kind == "supervision":
        yield Fault("order-cap", ids, "supervision is not looked at on an order.")
    if any(r.action == "add-modifier" for r in finding.remedies):
        yield Fault("order-cap", ids, "an order is asked for a missing modifier; an order is no claim.")
    if finding.kind == "unit-limit" and any(ref.code in _NOT_LIMITED_ON_ORDERS for ref in finding.lines):
        yield Fault("order-cap", ids, "orders of 77336 and 77427 are not limited.")
