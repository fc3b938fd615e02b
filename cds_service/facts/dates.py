"""FHIR dates as calendar days: the day as written, whatever the time zone."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

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
    if found is not None or not text:
        return found, found
    match = _PARTIAL.fullmatch(text.strip())
    if match is None:
        return None, None
    year, month = int(match[1]), int(match[2] or 0)
    if year < _FIRST_YEAR or month > 12 or match[2] == "00":
        return None, None
    return date(year, month or 1, 1), date(year, month or 12, monthrange(year, month or 12)[1])


class ServiceDays(NamedTuple):
    """The days of a service: the first, the last on which it may begin, and the last. The two first ones differ where
    only a month or a year is told: nothing is known to lie on the first day then.
    """

    first: date
    begins_by: date
    last: date

    @property
    def open_start(self) -> date | None:
        """The last day on which it may begin; None where it is known to begin on the first."""
        return self.begins_by if self.begins_by > self.first else None


def together(several: Sequence[ServiceDays]) -> ServiceDays:
    """The days from the first to the last of one or more services."""
    return ServiceDays(
        min(days.first for days in several),
        min(days.begins_by for days in several),
        max(days.last for days in several),
    )


def service_days(moment: str | None, period: Period | None = None) -> ServiceDays | None:
    """The days of a date, else of a period; a month or a year means all its days, as `bounds` has it."""
    start, by = bounds(moment)
    if start is not None and by is not None:
        return ServiceDays(start, by, by)
    if period is None:
        return None
    (start, by), end = bounds(period.start), bounds(period.end)[1]
    if start is None or by is None:
        return None
    if end is None or end < start:
        return ServiceDays(start, by, by)
    return ServiceDays(start, min(by, end), end)


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
