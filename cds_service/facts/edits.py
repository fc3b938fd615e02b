"""CMS pair and unit edits as imported from the quarterly files (docs/cms-files.md): read once, then only looked up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

PROGRAMMES = ("medicare", "medicaid")
SETTINGS = ("practitioner", "outpatient-hospital")
COUNTED = ("line", "date-policy", "date-clinical")
"""How a unit edit counts: each line by itself (MAI 1), all of the date by policy (2) or by clinical data (3)."""


@dataclass(frozen=True, slots=True)
class PairEdit:
    """A pair of codes: of the two, `column2` is not paid beside `column1` on dates from `first` to `last`.

    `indicator` is 0 (no modifier helps) or 1 (passes with a pair modifier); `reason` is in our own words.
    """

    column1: str
    column2: str
    first: date
    last: date | None
    indicator: str
    reason: str

    def in_force(self, day: date) -> bool:
        """Whether the pair is kept apart on the day. CMS's deletion date is the last such day."""
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class UnitEdit:
    """The most units of a code that one provider reports for one patient, as COUNTED says."""

    code: str
    most: int
    counted: str
    reason: str


@dataclass(frozen=True, slots=True)
class Edition:
    """One quarterly table of one programme and setting, and the days for which it answers."""

    programme: str
    setting: str
    quarter: str
    first: date
    last: date

    def answers(self, day: date) -> bool:
        """Whether the table says what was in force on the day."""
        return self.first <= day <= self.last


@dataclass(frozen=True)
class PairEdition:
    """A table of pairs. A pair may have several rows, one for each time that it was in force."""

    edition: Edition
    rows: Mapping[tuple[str, str], tuple[PairEdit, ...]]

    def edit(self, column1: str, column2: str, day: date) -> PairEdit | None:
        """The row of the pair that is in force on the day; of two rows the one that no modifier passes."""
        found = [row for row in self.rows.get((column1, column2), ()) if row.in_force(day)]
        return min(found, key=lambda row: row.indicator, default=None)


@dataclass(frozen=True)
class UnitEdition:
    """A table of unit limits by code."""

    edition: Edition
    rows: Mapping[str, UnitEdit]


@dataclass(frozen=True)
class EditIndex:
    """All imported tables. Immutable, so that requests can share it."""

    pairs: tuple[PairEdition, ...] = ()
    units: tuple[UnitEdition, ...] = ()
    _by_table: Mapping[tuple[str, str], tuple[PairEdition, ...]] = field(init=False, repr=False)
    _units_by_table: Mapping[tuple[str, str], tuple[UnitEdition, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # Tables of pairs overlap, and the newest comes first; those of unit limits never do.
        pairs = sorted(self.pairs, key=lambda table: table.edition.quarter, reverse=True)
        by_table = {key: tuple(t for t in pairs if _key(t.edition) == key) for key in _KEYS}
        units_by_table = {key: tuple(t for t in self.units if _key(t.edition) == key) for key in _KEYS}
        object.__setattr__(self, "_by_table", by_table)
        object.__setattr__(self, "_units_by_table", units_by_table)

    @property
    def empty(self) -> bool:
        """Whether nothing is imported."""
        return not (self.pairs or self.units)

    @property
    def quarters(self) -> tuple[str, ...]:
        """The quarters of which something is imported, the newest first."""
        found = {table.edition.quarter for table in self.pairs} | {u.edition.quarter for u in self.units}
        return tuple(sorted(found, reverse=True))

    def pair_edition(self, programmes: Iterable[str], setting: str, day: date) -> PairEdition | None:
        """The newest table of pairs that answers for the day, of the first programme that has one.

        The newest holds CMS's corrections of earlier quarters, each pair with its own days.
        """
        tables = (t for p in programmes for t in self._by_table[p, setting] if t.edition.answers(day))
        return next(tables, None)

    def unit_edition(self, programmes: Iterable[str], setting: str, day: date) -> UnitEdition | None:
        """The table of unit limits of the day's own quarter, of the first programme that has one."""
        tables = (t for p in programmes for t in self._units_by_table[p, setting] if t.edition.answers(day))
        return next(tables, None)


_KEYS = tuple((programme, setting) for programme in PROGRAMMES for setting in SETTINGS)


def _key(edition: Edition) -> tuple[str, str]:
    return edition.programme, edition.setting


def pair_table(edition: Edition, rows: Iterable[PairEdit]) -> PairEdition:
    """A table of pairs, indexed."""
    indexed: dict[tuple[str, str], tuple[PairEdit, ...]] = {}
    for row in rows:
        key = (row.column1, row.column2)
        indexed[key] = (*indexed.get(key, ()), row)
    return PairEdition(edition, indexed)


def unit_table(edition: Edition, rows: Iterable[UnitEdit]) -> UnitEdition:
    """A table of unit limits, indexed."""
    return UnitEdition(edition, {row.code: row for row in rows})


NO_EDITS = EditIndex()
"""Nothing imported."""
