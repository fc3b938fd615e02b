"""Adds up findings while they stream by: what is kept grows with the causes and payers, not with the findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from cards.escape import plain
from cds_service.audit.rows import Row
from cds_service.audit_report.causes import Cause, cause_key, first_rule
from cds_service.audit_report.money import NONE, Money, amount
from cds_service.audit_report.wording import undated

SEVERITIES = ("critical", "warning", "info")
_MOST_GROUPS = 2000
_MOST_CAUSES = 1000
OTHERS_KEY = "\0others"
OTHERS = "all others"
"""Where a value goes that comes after the first `_MOST_GROUPS` of its kind; the report says so."""


@dataclass
class Group:
    """What was found under one payer, month or site."""

    unnamed: str = ""
    """What stands for it while no finding names it."""
    label: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    claims: int = 0
    claims_serious: int = 0
    """Claims with a critical or warning finding here."""
    stake: dict[str, Money] = field(default_factory=lambda: {name: Money() for name in SEVERITIES})

    @property
    def name(self) -> str:
        """The label that most of its findings carry."""
        return min(self.label, key=lambda text: (-self.label[text], text), default=self.unnamed)

    def at_stake(self, currency: str) -> Decimal:
        """Billed on lines with a critical or warning finding."""
        return self.stake["critical"].of(currency) + self.stake["warning"].of(currency)

    @property
    def total(self) -> int:
        """How many findings."""
        return sum(self.findings.values())

    @property
    def serious(self) -> int:
        """How many of them are critical or warnings."""
        return self.findings["critical"] + self.findings["warning"]


class Groups:
    """Groups of one kind by key, at most `_MOST_GROUPS` of them."""

    def __init__(self) -> None:
        self.by_key: dict[str, Group] = {}

    def of(self, key: str, label: str, unnamed: str = "") -> Group:
        """The group of a key, which goes by its label, and by `unnamed` where nothing gives it one."""
        if key not in self.by_key and len(self.by_key) >= _MOST_GROUPS:
            key, label = OTHERS_KEY, OTHERS
        group = self.by_key.setdefault(key, Group(unnamed))
        if not label:
            return group
        if label in group.label or len(group.label) < 20:
            group.label[label] += 1
        return group


@dataclass
class Tally:
    """Everything that the report shows, added up."""

    whole: Group = field(default_factory=Group)
    claims: Counter[str] = field(default_factory=Counter)
    """Claims by their worst finding."""
    payers: Groups = field(default_factory=Groups)
    months: Groups = field(default_factory=Groups)
    sites: Groups = field(default_factory=Groups)
    rules: Groups = field(default_factory=Groups)
    """By the first paragraph that a finding rests on."""
    causes: dict[tuple[str, ...], Cause] = field(default_factory=dict)
    missing: Counter[str] = field(default_factory=Counter)
    claims_missing: int = 0
    without_amount: Counter[str] = field(default_factory=Counter)
    currencies: Counter[str] = field(default_factory=Counter)
    first: str = ""
    last: str = ""
    unreadable: int = 0
    """Lines of the findings file that are no finding."""

    @property
    def currency(self) -> str:
        """The one in which most findings state amounts; the report adds up this one only."""
        return min(self.currencies, key=lambda c: (-self.currencies[c], c), default="USD")

    def add_claim(self, rows: Sequence[Row]) -> None:
        """Add all findings of one claim."""
        touched: dict[int, Group | Cause] = {}
        serious: set[int] = set()
        for row in rows:
            money = amount(row.stake)
            if money is None and row.lines:
                self.without_amount[row.severity] += 1
            groups = self._groups(row)
            for group in groups:
                group.findings[row.severity] += 1
                group.stake.get(row.severity, group.stake["info"]).add(money or NONE, row.currency)
            cause = self._cause(row)
            cause.add(row, money)
            concerned: tuple[Group | Cause, ...] = (*groups, cause)
            touched |= {id(each): each for each in concerned}
            if row.severity != "info":
                serious |= {id(each) for each in concerned}
            if row.currency:
                self.currencies[row.currency] += 1
            for name in dict.fromkeys(row.missing):
                if name in self.missing or len(self.missing) < _MOST_GROUPS:
                    self.missing[name] += 1
            self._dates(line.date for line in row.lines)
        for each in touched.values():
            each.claims += 1
            each.claims_serious += id(each) in serious
        self.claims_missing += any(row.missing for row in rows)
        worst = min((row.severity for row in rows), key=_rank)
        self.claims[worst] += 1

    def _groups(self, row: Row) -> tuple[Group, ...]:
        recognised = row.payer not in ("", "other", "unknown")
        payer = row.payer_name or ("" if recognised else row.payer or "not known")
        site = row.site_name or row.site or "not given"
        return (
            self.whole,
            self.payers.of(row.payer if recognised else f"={payer.lower()}", plain(payer, 80), row.payer),
            self.months.of(row.month, row.month or "no date"),
            self.sites.of(site.lower(), plain(site, 80)),
            self.rules.of(first_rule(row.rules, row.kind), plain(undated(row), 240)),
        )

    def _cause(self, row: Row) -> Cause:
        key = cause_key(row)
        if key not in self.causes and len(self.causes) >= _MOST_CAUSES:
            key = (OTHERS_KEY,)
        found = self.causes.get(key)
        if found is None:
            found = self.causes[key] = Cause(row.kind, tuple(row.rules))
        return found

    def _dates(self, dates: Iterable[str]) -> None:
        for date in dates:
            if date:
                self.first = min(self.first or date, date)
                self.last = max(self.last, date)


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)
