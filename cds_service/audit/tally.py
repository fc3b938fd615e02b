"""Counts of an audit, kept by partition and added up at its end."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from cds_service.audit.reading import Bad
from cds_service.audit.rows import Row

FOUND = "found"
CLEAN = "nothing-found"
SILENT = "no-rule-speaks"
UNKNOWN = "not-enough-information"
ASIDE = "set-aside"
STATUSES = (FOUND, CLEAN, SILENT, UNKNOWN, ASIDE)
"""What became of a claim: something was found; it was judged and nothing was found; it has no line that a rule speaks
of; too little is known of it to say that nothing is wrong; it was not judged, for a reason that is counted too."""
WEIGHTY = frozenset({"warning", "critical"})


class RuleTally(msgspec.Struct):
    """Findings of one rule by severity, and what is at stake in those at warning or above, by currency."""

    findings: dict[str, int] = {}
    stake: dict[str, Decimal] = {}


class Tally(msgspec.Struct):
    """What was counted. `claims` by status, `reasons` of statuses, `findings` by severity, `rules` by statement,
    `stake` by currency: no line of a claim is counted twice in it. `bad` are resources that could not be read.
    """

    claims: dict[str, int] = {}
    reasons: dict[str, int] = {}
    findings: dict[str, int] = {}
    rules: dict[str, RuleTally] = {}
    stake: dict[str, Decimal] = {}
    bad: list[Bad] = []

    def claim(self, status: str, reasons: Iterable[str] = ()) -> None:
        """Count a claim, with why it could not be judged."""
        self.claims[status] = self.claims.get(status, 0) + 1
        for reason in reasons:
            name = f"{status}: {reason}"
            self.reasons[name] = self.reasons.get(name, 0) + 1

    def row(self, row: Row) -> None:
        """Count a finding."""
        self.findings[row.severity] = self.findings.get(row.severity, 0) + 1
        stake = Decimal(row.stake) if row.stake and row.severity in WEIGHTY else Decimal(0)
        if stake:
            self.stake[row.currency] = self.stake.get(row.currency, Decimal(0)) + stake
        for name in row.rules:
            rule = self.rules.setdefault(name, RuleTally())
            rule.findings[row.severity] = rule.findings.get(row.severity, 0) + 1
            if stake:
                rule.stake[row.currency] = rule.stake.get(row.currency, Decimal(0)) + stake

    def add(self, other: Tally) -> None:
        """Add the counts of another partition; what was bad there is not gathered, it may be every claim."""
        for mine, theirs in (
            (self.claims, other.claims),
            (self.reasons, other.reasons),
            (self.findings, other.findings),
        ):
            for name, count in theirs.items():
                mine[name] = mine.get(name, 0) + count
        for name, rule in other.rules.items():
            known = self.rules.setdefault(name, RuleTally())
            for severity, count in rule.findings.items():
                known.findings[severity] = known.findings.get(severity, 0) + count
            _add(known.stake, rule.stake)
        _add(self.stake, other.stake)

    def encode(self) -> bytes:
        """As JSON."""
        return msgspec.json.encode(self)

    @staticmethod
    def decode(data: bytes) -> Tally:
        """Back again."""
        return _DECODER.decode(data)


def _add(mine: dict[str, Decimal], theirs: dict[str, Decimal]) -> None:
    for currency, amount in theirs.items():
        mine[currency] = mine.get(currency, Decimal(0)) + amount


_DECODER = msgspec.json.Decoder(Tally)
