"""FHIR dates as calendar days: the day as written, whatever the time zone."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from functools import lru_cache

from cds_service.facts.fhir import Period

_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ].*)?", re.DOTALL)
_PARTIAL = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?")
NO_DAY = "names no calendar day"
"""What is said of a date that is there and gives no day: an incomplete one, or none of the calendar."""

_FIRST_YEAR = 1900
"""Days before it stand for "none": some systems send 0001-01-01."""


def day(text: str | None) -> date | None:
    """The calendar day of a FHIR date or dateTime; None for a partial, unreadable or placeholder one."""
    if not text:
        return None
    return _day_once(text) if len(text) <= _USUAL_LENGTH else _day(text)


_USUAL_LENGTH = 32
"""Characters of a date or dateTime that are kept, once read: a course names its days again and again."""


def _day(text: str) -> date | None:
    match = _DAY.fullmatch(text.strip())
    if match is None:
        return None
    try:
        found = date.fromisoformat(match[1])
    except ValueError:
        return None
    return found if found.year >= _FIRST_YEAR else None


_day_once = lru_cache(maxsize=8192)(_day)


def bounds(text: str | None) -> tuple[date | None, date | None]:
    """First and last day that a FHIR dateTime can mean: a partial one means any day of its month or year."""
    found = day(text)
    match = _PARTIAL.fullmatch(text.strip()) if text and found is None else None
    if match is None:
        return found, found
    year, month = int(match[1]), int(match[2] or 0)
    if year < _FIRST_YEAR or month > 12 or match[2] == "00":
        return None, None
    return date(year, month or 1, 1), date(year, month or 12, monthrange(year, month or 12)[1])


def first_day(period: Period | None) -> date | None:
    """The day on which a period starts."""
    return day(period.start) if period else None


def last_day(period: Period | None) -> date | None:
    """The day on which a period ends."""
    return day(period.end) if period else None


def within_one_day(moment: str | None, period: Period | None) -> date | None:
    """The one day that a Procedure covers, or None when it covers several or none is given."""
    found = day(moment)
    if found:
        return found
    start, end = first_day(period), last_day(period)
    return start if start and start == end else None
