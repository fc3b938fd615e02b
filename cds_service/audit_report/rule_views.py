"""Causes and rules as the report shows them, with sample claims."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Any

from cards.escape import plain
from cds_service.audit.rows import Row, RowCite
from cds_service.audit_report.causes import SAMPLES, Cause, first_rule
from cds_service.audit_report.charts import Part, bar
from cds_service.audit_report.groups import by_money, rows_of
from cds_service.audit_report.money import amount, shown
from cds_service.audit_report.tally import Tally
from cds_service.audit_report.wording import (
    SEVERITY,
    cite_url,
    cite_words,
    claim_number,
    counted,
    kind_words,
    lines_words,
    remedies_words,
    remedy_list,
)

_RULES_SHOWN = 60
_CHOICES = 3
_CITES = 6
_SERIOUS = ("critical", "warning")
_NOT_A_NAME = re.compile(r"[^A-Za-z0-9-]+")


def cause_views(tally: Tally, most: int) -> tuple[list[dict[str, Any]], str]:
    """The causes with the most money, then findings, and which part of all money they make."""
    currency = tally.currency
    whole = tally.whole.at_stake(currency)
    ordered = [c for c in _ordered(tally.causes.values(), currency) if c.serious]
    first = ordered[:most]
    top = float(max((c.at_stake(currency) for c in first), default=Decimal(0))) or 1.0
    held = sum((c.at_stake(currency) for c in first), Decimal(0))
    share = f"These {len(first)} hold {held / whole:.0%} of it." if whole and len(first) > 1 else ""
    if len(ordered) > len(first):
        share += f" {counted(len(ordered) - len(first), 'further cause')} below, by rule."
    return [_cause(cause, currency, whole, top) for cause in first], share.strip()


def rule_views(tally: Tally, with_patients: bool) -> dict[str, Any]:
    """Every rule with its samples. A finding that rests on several paragraphs stands under the first of them."""
    currency = tally.currency
    by_rule: dict[str, list[Cause]] = defaultdict(list)
    for cause in tally.causes.values():
        by_rule[first_rule(cause.rules, cause.kind)].append(cause)
    ordered = by_money(tally.rules.by_key.items(), currency)
    kept = ordered[:_RULES_SHOWN]
    rows = rows_of([(plain(group.name, 200), group) for _, group in kept], currency)
    for row, (name, _) in zip(rows, kept, strict=True):
        row["target"], row["link"] = (_target(name), plain(name, 40)) if name in by_rule else ("", "")
    hidden = len(ordered) - len(kept)
    return {
        "rules": {
            "rows": rows,
            "head": "Rule",
            "measure": "At stake",
            "caption": "Findings by the first paragraph that they rest on, most money first. "
            "The figures of all rows add up to the totals above.",
            "more": f"{counted(hidden, 'more rule')}: see the findings file." if hidden > 0 else "",
        },
        "samples": [
            _rule_view(name, by_rule[name], currency, with_patients) for name, _ in kept if name in by_rule
        ],
    }


def _ordered(causes: Any, currency: str) -> list[Cause]:
    return sorted(causes, key=lambda c: (-c.at_stake(currency), -c.serious, -c.total, c.title))


def _target(rule: str) -> str:
    name = _NOT_A_NAME.sub("-", rule)
    unlike = "" if name == rule else f"-{sha256(rule.encode()).hexdigest()[:8]}"
    return f"rule-{name[:40]}{unlike}"


def _cause(cause: Cause, currency: str, whole: Decimal, top: float) -> dict[str, Any]:
    money = cause.at_stake(currency)
    sets = list(dict.fromkeys(remedy_list(r, with_lines=False) for r, _ in cause.choices()))
    first = sets[0] if sets else ("Review it; no change is proposed",)
    joining = "; and " if cause.all_of else "; or "
    return {
        "title": plain(cause.title, 240),
        "severity": cause.severity,
        "severity_word": SEVERITY.get(cause.severity, cause.severity),
        "kind": kind_words(cause.kind),
        "count": _count(cause),
        "choices": first,
        "choice_word": ""
        if len(first) < 2
        else ": all of these together"
        if cause.all_of
        else ": one of these",
        "elsewhere": [joining.join(other) for other in sets[1:_CHOICES]],
        "cite": _cite(cause.cites),
        "target": _target(first_rule(cause.rules, cause.kind)),
        "money": shown(money, currency) if money else "no amount",
        "bar": bar([Part(s, float(cause.stake[s].of(currency)) / top, "") for s in _SERIOUS]),
        "share": f"{money / whole:.0%} of what is at stake" if whole else "",
    }


def _count(cause: Cause) -> str:
    """How many findings in how many claims; how many are critical, if not all are."""
    critical = cause.findings["critical"]
    said = f"{counted(cause.serious, 'finding')} in {counted(cause.claims_serious, 'claim')}"
    return f"{said}, {critical:,} critical and the others warnings" if 0 < critical < cause.serious else said


def _cite(cites: Sequence[RowCite]) -> dict[str, str] | None:
    """The first paragraph in full, the others by their numbers."""
    if not cites:
        return None
    others = [plain(cite.statement, 30) for cite in cites[1:_CITES]]
    more = len(cites) - 1 - len(others)
    also = f"; also {', '.join(others)}" if others else ""
    return {
        "statement": plain(cites[0].statement, 40),
        "url": cite_url(cites[0]),
        "text": cite_words(cites[0]),
        "also": also + (f" and {more} more" if more > 0 else ""),
    }


def _rule_view(name: str, causes: list[Cause], currency: str, with_patients: bool) -> dict[str, Any]:
    causes = _ordered(causes, currency)
    money = sum((c.at_stake(currency) for c in causes), Decimal(0))
    samples: list[Row] = []
    for cause in causes:
        samples += cause.samples()
    samples.sort(key=lambda row: -(amount(row.stake) or Decimal(0)))
    total = sum(c.total for c in causes)
    severity = min((c.severity for c in causes), key=list(SEVERITY).index)
    kept = samples[:SAMPLES]
    caption = f"{counted(len(kept), 'sample')} of {counted(total, 'finding')}, largest amounts first"
    return {
        "name": plain(name, 40),
        "target": _target(name),
        "severity": severity,
        "severity_word": SEVERITY[severity],
        "title": plain(causes[0].title, 200),
        "count": counted(total, "finding"),
        "money": shown(money, currency) if money else "",
        "cite": _cite(causes[0].cites),
        "caption": caption,
        "samples": [_sample(row, currency, with_patients) for row in kept],
    }


def _sample(row: Row, currency: str, with_patients: bool) -> dict[str, str]:
    billed = amount(row.billed)
    return {
        "claim": claim_number(row),
        "patient": plain(row.patient, 80),
        "lines": lines_words(row, with_dates=with_patients),
        "todo": remedies_words(row.remedies, row.all_of, with_lines=len(row.lines) > 1, by_hand=row.by_hand),
        "money": shown(billed, row.currency or currency, cents=True) if billed is not None else "not stated",
    }
