"""The only clock of the service: below the entry points the day of the call is a parameter."""

from __future__ import annotations

from datetime import UTC, date, datetime


def today() -> date:
    """The calendar day where the service runs."""
    return date.today()  # noqa: DTZ011 - dates of service are local calendar days


def now() -> datetime:
    """This instant, in UTC."""
    return datetime.now(UTC)
