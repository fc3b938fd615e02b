"""FHIR dates as calendar days: the day as written, whatever the time zone."""

from __future__ import annotations

from datetime import date

from cds_service.facts.fhir import Period


def day(text: str | None) -> date | None:
    """The calendar day of a FHIR date or dateTime; None for a partial or unreadable one."""
    if not text or len(text) < 10:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


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
