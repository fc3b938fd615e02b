"""The tables and charts by payer, site and month."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from cds_service.audit_report.charts import Column, Part, bar, columns, scale
from cds_service.audit_report.money import shown
from cds_service.audit_report.tally import Group, Groups, Tally
from cds_service.audit_report.wording import counted, month_words

_SHOWN = 15
_MONTHS_DRAWN = 36
_ADDED = "The figures of all rows add up to the totals above; each line's amount counts once."


def payers(tally: Tally) -> dict[str, Any]:
    """By payer, most money at stake first."""
    return _table(tally.payers, tally.currency, "Payer", "payers")


def sites(tally: Tally) -> dict[str, Any]:
    """By site, most money at stake first."""
    return _table(tally.sites, tally.currency, "Site", "sites")


def months(tally: Tally) -> dict[str, Any]:
    """By the month in which findings begin, in order; the chart shows the last three years at most."""
    currency = tally.currency
    ordered = sorted(tally.months.by_key.items())
    made = rows_of([(month_words(key) if key else "no date", group) for key, group in ordered], currency)
    everyone = [(key, group) for key, group in ordered if key and key[0].isdecimal()]
    dated = everyone[-_MONTHS_DRAWN:]
    drawn = _filled(dated)
    largest = max((group.at_stake(currency) for _, group in dated), default=Decimal(0))
    chart, lead = "", ""
    if largest > 0:
        top = max(everyone, key=lambda item: item[1].at_stake(currency))
        amount = shown(top[1].at_stake(currency), currency)
        lead = f"Most is at stake in findings that begin in {month_words(top[0])}: {amount}."
        if len(everyone) > len(dated):
            lead += f" The chart shows the last {len(dated)} of {len(everyone)} months."
        axis = [(mark, shown(mark, currency)) for mark in scale(largest)]
        bars = [_column(key, group, currency) for key, group in drawn]
        words = "; ".join(column.label for column in bars)
        chart = columns("Amount at stake by the month in which findings begin", words, bars, axis)
    return {
        "chart": chart,
        "lead": lead,
        "rows": made,
        "head": "Month",
        "measure": "At stake",
        "caption": "Findings by the month of their first line. One over several months stands, with all its money, "
        f"under the first. {_ADDED}",
        "more": "",
    }


def _filled(dated: Sequence[tuple[str, Group]]) -> list[tuple[str, Group]]:
    """Months without findings in between are drawn too: a gap says something."""
    if not dated:
        return []
    known = dict(dated)
    year, month = (int(part) for part in dated[0][0].split("-")[:2])
    found: list[tuple[str, Group]] = []
    while len(found) < _MONTHS_DRAWN:
        key = f"{year:04}-{month:02}"
        found.append((key, known.get(key, Group())))
        if key >= dated[-1][0]:
            return found
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return list(dated)  # too far apart: drawn side by side


def _column(key: str, group: Group, currency: str) -> Column:
    parts = [(name, group.stake[name].of(currency)) for name in ("critical", "warning")]
    name = month_words(key)
    return Column(
        name,
        parts,
        f"{name}: {shown(parts[0][1], currency)} critical, {shown(parts[1][1], currency)} warning",
    )


def _table(groups: Groups, currency: str, head: str, noun: str) -> dict[str, Any]:
    ordered = [group for _, group in by_money(groups.by_key.items(), currency)]
    hidden = ordered[_SHOWN:]
    more = ""
    if hidden:
        amount = sum((g.at_stake(currency) for g in hidden), Decimal(0))
        findings = counted(sum(g.total for g in hidden), "finding")
        more = f"{len(hidden):,} more {noun} with {shown(amount, currency)} at stake in {findings}."
    return {
        "rows": rows_of([(g.name, g) for g in ordered[:_SHOWN]], currency),
        "head": head,
        "measure": "At stake",
        "caption": f"Findings by {head.lower()}, most money first. {_ADDED}",
        "more": more,
    }


def by_money(named: Iterable[tuple[str, Group]], currency: str) -> list[tuple[str, Group]]:
    """Groups with most money at stake first, then with most findings."""
    return sorted(
        named, key=lambda item: (-item[1].at_stake(currency), -item[1].serious, -item[1].total, item[0])
    )


def rows_of(named: Sequence[tuple[str, Group]], currency: str) -> list[dict[str, Any]]:
    """Rows of a table, each with its bar; the longest bar is the row with most money."""
    top = float(max((group.at_stake(currency) for _, group in named), default=Decimal(0))) or 1.0
    return [
        {
            "name": name,
            "target": "",
            "bar": bar(
                [
                    Part(
                        s,
                        float(group.stake[s].of(currency)) / top,
                        shown(group.stake[s].of(currency), currency),
                    )
                    for s in ("critical", "warning")
                ]
            ),
            "money": shown(group.at_stake(currency), currency),
            **{s: f"{group.findings[s]:,}" for s in ("critical", "warning", "info")},
            "claims": f"{group.claims:,}",
        }
        for name, group in named
    ]
