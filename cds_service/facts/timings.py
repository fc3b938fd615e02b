"""Days on which an order takes place: its date, its period, or the events of its Timing (contract section 3)."""

from __future__ import annotations

from datetime import date, timedelta
from math import ceil, floor

import msgspec

from cds_service.facts import fhir
from cds_service.facts.dates import day, first_day, last_day
from cds_service.facts.periods import moved

_DAYS = {"d": 1.0, "wk": 7.0, "mo": 28.0, "a": 365.0}
"""Days that a unit of time has at least; of the shorter ones several events may fall on one day."""
_LONGEST = 3650
NO_TIMING = "is no FHIR Timing"
"""What is said of a Timing whose repeat cannot be read."""


class _Duration(fhir.Fhir):
    value: float | None = None
    code: str | None = None
    unit: str | None = None


class _Repeat(fhir.Fhir):
    boundsPeriod: fhir.Period | None = None
    boundsDuration: _Duration | None = None
    count: int | None = None
    frequency: int | None = None
    period: float | None = None
    periodUnit: str | None = None


_DECODER = msgspec.json.Decoder(_Repeat)


def order_days(request: fhir.ServiceRequest, otherwise: date | None = None) -> tuple[date, date] | None:
    """First and last day of an order's occurrence, else the day it was written, else `otherwise`.

    A repeating Timing lasts at least until the last event that its count or bounds tell.
    """
    found = day(request.occurrenceDateTime)
    if found:
        return found, found
    repeat = _repeat_of(request.occurrenceTiming) or _Repeat()
    events = _events(request.occurrenceTiming)
    if (start := first_day(request.occurrencePeriod)) is not None:
        return start, max(last_day(request.occurrencePeriod) or start, start)
    if events:
        return events[0], events[-1]
    start = first_day(repeat.boundsPeriod) or day(request.authoredOn) or otherwise
    if start is None:
        return None
    end = last_day(repeat.boundsPeriod)
    if end is not None and start <= end:
        return start, end
    return start, moved(start, timedelta(days=_days_after_the_first(repeat)))


def unreadable_repeat(request: fhir.ServiceRequest) -> bool:
    """Whether the order's Timing repeats in a way that is no FHIR."""
    return request.occurrenceTiming is not None and _repeat_of(request.occurrenceTiming) is None


def _events(timing: fhir.Timing | None) -> list[date]:
    return sorted(d for event in (timing.event if timing else ()) if (d := day(event)))


def _repeat_of(timing: fhir.Timing | None) -> _Repeat | None:
    if timing is None or bytes(timing.repeat) in (b"", b"null"):
        return _Repeat()
    try:
        return _DECODER.decode(timing.repeat)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _days_after_the_first(repeat: _Repeat) -> int:
    """Days from the first event to the last one that is sure; 0 where it may all be one day."""
    each = min((repeat.period or 0.0) * _DAYS.get(repeat.periodUnit or "", 0.0), _LONGEST)
    whole = repeat.boundsDuration
    days = 0.0
    if repeat.count is not None:
        days = (ceil(repeat.count / max(repeat.frequency or 1, 1)) - 1) * each
    elif whole is not None:
        days = (whole.value or 0.0) * _DAYS.get(whole.code or whole.unit or "", 0.0) - 1
    else:
        days = each
    return floor(min(max(days, 0.0), _LONGEST))
