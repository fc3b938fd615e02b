"""Single cells of CMS's tables. Each is read once: a million rows hold a few thousand different cells."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Generic, TypeVar

T = TypeVar("T")
_CODE = re.compile(r"[0-9]{5}|[0-9]{4}[A-Z]|[A-Z][0-9]{4}")
_NUMBER = re.compile(r"[0-9]{1,4}")
_DAYS = (
    (re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})"), (1, 2, 3)),
    (re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[T ]00:00(?::00)?)?"), (1, 2, 3)),
    (re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})"), (3, 1, 2)),
)
_INDICATOR = re.compile(r"([019])(?:[ =:].*)?")
_ADJUDICATION = re.compile(r"([123])(?:[ =:.-].*)?")
_UNITS = re.compile(r"([0-9]{1,9})(?:\.0+)?")
_NONE = frozenset({"", "*", "99999999", "99991231", "12/31/9999", "9999-12-31"})
_SHOWN = 20
_CACHED = 200_000
_FIRST_YEAR, _LAST_YEAR = 1980, 2100


class BadCell(Exception):
    """A cell that holds something else than it should; the text says what."""


class Cells(dict[str, T], Generic[T]):
    """Cells already read, by what stood in them. A new one is read when it is asked for.

    Raises:
        BadCell: as `read` does.
    """

    def __init__(self, read: Callable[[str], T]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, raw: str) -> T:
        value = self._read(raw)
        if len(self) < _CACHED:
            self[raw] = value
        return value


def plain(raw: str) -> str:
    """Without blanks around it, in capitals."""
    return raw.replace("\u00a0", " ").strip().upper()


def code(raw: str) -> str:
    """A CPT or HCPCS code. Leading zeros that a spreadsheet took away come back."""
    text = plain(raw)
    if _NUMBER.fullmatch(text):
        text = text.zfill(5)
    if _CODE.fullmatch(text) is None:
        raise BadCell(f"{_shown(raw)} is no code")
    return text


def day(raw: str) -> date:
    """A day as 20240701, 2024-07-01 or 7/1/2024."""
    text = plain(raw)
    for pattern, (year, month, of_month) in _DAYS:
        match = pattern.fullmatch(text)
        if match:
            try:
                found = date(int(match[year]), int(match[month]), int(match[of_month]))
            except ValueError:
                break
            if _FIRST_YEAR <= found.year <= _LAST_YEAR:
                return found
    raise BadCell(f"{_shown(raw)} is no date")


def last_day(raw: str) -> date | None:
    """A deletion date, or None for `*` and blank: not deleted."""
    return None if plain(raw) in _NONE else day(raw)


def indicator(raw: str) -> str:
    """The modifier indicator: 0, 1 or 9."""
    match = _INDICATOR.fullmatch(plain(raw))
    if match is None:
        raise BadCell(f"{_shown(raw)} is no modifier indicator (0, 1 or 9)")
    return match[1]


def adjudication(raw: str) -> str:
    """The MUE adjudication indicator: 1, 2 or 3, with or without its words."""
    match = _ADJUDICATION.fullmatch(plain(raw))
    if match is None:
        raise BadCell(f"{_shown(raw)} is no adjudication indicator (1, 2 or 3)")
    return match[1]


def units(raw: str) -> int:
    """A unit limit."""
    match = _UNITS.fullmatch(plain(raw))
    if match is None:
        raise BadCell(f"{_shown(raw)} is no number of units")
    return int(match[1])


def _shown(raw: str) -> str:
    text = " ".join(raw.split())
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")
