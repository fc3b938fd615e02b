"""One cause of findings: what it says, what to do, how much hangs on it, and the claims that show it best."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from cds_service.audit.rows import Row, RowCite, RowRemedy
from cds_service.audit_report.money import NONE, Money
from cds_service.audit_report.wording import undated

SAMPLES = 5
_MOST_TITLES = 50


def cause_key(row: Row) -> tuple[str, ...]:
    """Findings with the same key have one cause: the same rules of the book spoke, in whichever
    version, for the same kind of reason."""
    return (row.kind, row.document, *(name.partition("@")[0] for name in row.policy or row.rules))


def first_rule(rules: Sequence[str], kind: str) -> str:
    """The statement under which the report lists a finding: the first of those that it rests on."""
    return rules[0] if rules else kind


@dataclass(order=True)
class _Sample:
    stake: Decimal
    order: int
    row: Row = field(compare=False)


@dataclass
class Cause:
    """A cause, added up. `rules` are the statements that the first of its findings rests on."""

    kind: str
    rules: tuple[str, ...]
    titles: Counter[tuple[tuple[str, ...], str]] = field(default_factory=Counter)
    remedies: Counter[tuple[str, ...]] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    claims: int = 0
    claims_serious: int = 0
    stake: dict[str, Money] = field(
        default_factory=lambda: {name: Money() for name in ("critical", "warning", "info")}
    )
    cites: tuple[RowCite, ...] = ()
    all_of: bool = False
    missing: set[str] = field(default_factory=set)
    _by_remedies: dict[tuple[str, ...], tuple[RowRemedy, ...]] = field(default_factory=dict)
    _samples: list[_Sample] = field(default_factory=list)
    _seen: int = 0

    def add(self, row: Row, stake: Decimal | None) -> None:
        """Add a finding; `stake` is the amount that it counts."""
        self._seen += 1
        self.findings[row.severity] += 1
        self.stake.get(row.severity, self.stake["info"]).add(stake or NONE, row.currency)
        if not self.cites:
            self.cites, self.all_of = tuple(row.cites), row.all_of
        labels = tuple(_label(remedy) for remedy in row.remedies)
        said = (labels, undated(row))
        if said in self.titles or len(self.titles) < _MOST_TITLES:
            self.titles[said] += 1
        if labels in self.remedies or len(self.remedies) < _MOST_TITLES:
            self.remedies[labels] += 1
            self._by_remedies.setdefault(labels, tuple(row.remedies))
        if len(self.missing) < _MOST_TITLES:
            self.missing.update(row.missing)
        sample = _Sample(stake or NONE, -self._seen, row)
        if len(self._samples) < SAMPLES:
            heapq.heappush(self._samples, sample)
        elif sample > self._samples[0]:
            heapq.heapreplace(self._samples, sample)

    @property
    def title(self) -> str:
        """The sentence that most of its findings carry, of those that ask for what most of them ask for."""
        commonest = min(
            filter(None, self.remedies), key=lambda some: (-self.remedies[some], some), default=()
        )
        said = {text: count for (labels, text), count in self.titles.items() if labels == commonest}
        if not said:
            said = {text: count for (_, text), count in self.titles.items()}
        return min(said, key=lambda text: (-said[text], text), default="")

    @property
    def severity(self) -> str:
        """The strictest that occurred."""
        return next((s for s in ("critical", "warning", "info") if self.findings[s]), "info")

    @property
    def total(self) -> int:
        """How many findings."""
        return sum(self.findings.values())

    @property
    def serious(self) -> int:
        """How many of them are critical or warnings."""
        return self.findings["critical"] + self.findings["warning"]

    def at_stake(self, currency: str) -> Decimal:
        """Billed on its lines with a critical or warning finding, each line counted once in all causes together."""
        return self.stake["critical"].of(currency) + self.stake["warning"].of(currency)

    def choices(self) -> list[tuple[tuple[RowRemedy, ...], int]]:
        """Sets of remedies and how many findings have them, the most frequent first."""
        ordered = sorted(self.remedies.items(), key=lambda item: (-item[1], item[0]))
        return [(self._by_remedies[labels], count) for labels, count in ordered if labels]

    def samples(self) -> list[Row]:
        """The findings with the largest amounts."""
        return [sample.row for sample in sorted(self._samples, reverse=True)]


def _label(remedy: RowRemedy) -> str:
    """What tells remedies apart; the line that one is for does not."""
    to = "" if remedy.action == "reduce-units" else str(remedy.to or "")
    parts = (remedy.action, remedy.code, to, remedy.modifier, remedy.document)
    return "|".join((*parts, *remedy.indications, *remedy.modalities))
