"""Quarters, by which CMS numbers its editions: 2026Q4 answers for 2026-10-01 to 2026-12-31."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

_LABEL = re.compile(r"(20[0-9]{2})Q([1-4])")
_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_VERSION_0 = 1994
"""Version 32 of the pair edits is that of 2026."""

_IN_NAMES = (
    re.compile(r"(?<![0-9])(?P<year>20[0-9]{2})[-_ ]?q(?P<quarter>[1-4])(?![0-9])"),
    re.compile(r"(?<![a-z0-9])q(?P<quarter>[1-4])[-_ ]?(?P<year>20[0-9]{2})(?![0-9])"),
    re.compile(r"(?<![a-z0-9])v(?P<version>[1-9][0-9])[.]?(?P<release>[0-3])(?:r[0-9]+)?(?![0-9])"),
    re.compile(r"(?<![0-9])(?P<month>0[1-9]|1[0-2])[-_ ]?[0-3][0-9][-_ ]?(?P<year>20[0-9]{2})(?![0-9])"),
    re.compile(r"(?<![0-9])(?P<year>20[0-9]{2})[-_ ]?(?P<month>0[1-9]|1[0-2])[-_ ]?[0-3][0-9](?![0-9])"),
    re.compile(rf"(?P<name>{'|'.join(_MONTHS)})[-_ ](?:[0-9]{{1,2}}[-_ ])?(?P<year>20[0-9]{{2}})(?![0-9])"),
)


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """A quarter of a year, 1 to 4."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year}Q{self.number}"

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        following = date(self.year + self.number // 4, 3 * self.number % 12 + 1, 1)
        return following - timedelta(days=1)


def quarter_of(text: str) -> Quarter:
    """The quarter that a person wrote, as 2026Q4.

    Raises:
        ValueError: for anything else; the text says how to write it.
    """
    match = _LABEL.fullmatch(text.strip().upper())
    if match is None:
        raise ValueError(f"{text!r} is no quarter. Write it as 2026Q4.")
    return Quarter(int(match[1]), int(match[2]))


def quarters_in(name: str) -> frozenset[Quarter]:
    """The quarters that a file name tells: of a version (v323r0), a quarter (2026q4) or an effective day."""
    text = name.lower()
    return frozenset(_quarter(match) for pattern in _IN_NAMES for match in pattern.finditer(text))


def _quarter(match: re.Match[str]) -> Quarter:
    told = match.groupdict()
    if "version" in told:
        return Quarter(_VERSION_0 + int(told["version"]), int(told["release"]) + 1)
    year = int(told["year"])
    if "quarter" in told:
        return Quarter(year, int(told["quarter"]))
    month = int(told["month"]) if "month" in told else _MONTHS.index(told["name"]) + 1
    return Quarter(year, (month + 2) // 3)
