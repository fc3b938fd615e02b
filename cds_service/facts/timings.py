"""Days on which an order takes place: its date, its period, or the events of its Timing (contract section 3)."""

from __future__ import annotations

from datetime import date, timedelta
from math import ceil, floor

import msgspec

from cds_service.engine.record import record
from cds_service.facts import fhir
from cds_service.facts.dates import ServiceDays, bounds, day, service_days, together
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


@record(frozen=True, slots=True)
class Occurrence:
    """The days of an order, and what tells them: its `occurrence`, the `appointment`s that are booked for it,
    `authored`, the day on which it was written, or `call`, the day of the call."""

    days: ServiceDays
    told: str


def occurrence_of(
    request: fhir.ServiceRequest, booked: ServiceDays | None = None, called: date | None = None
) -> Occurrence | None:
    """When an order takes place: by its own words, else on the days of its appointments (`booked`), else on the day it
    was written, else on the day of the call, if that is to stand for it.

    A repeating Timing lasts at least until the last event that its count or bounds tell.
    """
    own = service_days(request.occurrenceDateTime, request.occurrencePeriod) or _events(
        request.occurrenceTiming
    )
    if own is not None:
        return Occurrence(own, "occurrence")
    repeat = _repeat_of(request.occurrenceTiming) or _Repeat()
    start, by = bounds(repeat.boundsPeriod.start) if repeat.boundsPeriod else (None, None)
    if start is not None and by is not None:
        return Occurrence(_repeated(start, by, repeat), "occurrence")
    if booked is not None:
        repeated = _repeated(booked.first, booked.first, repeat)
        return Occurrence(together((repeated, booked)), "appointment")
    for known, told in ((day(request.authoredOn), "authored"), (called, "call")):
        if known is not None:
            return Occurrence(_repeated(known, known, repeat), told)
    return None


def order_days(request: fhir.ServiceRequest) -> ServiceDays | None:
    """As `occurrence_of`, of an order beside those under review: neither an appointment nor the call dates it."""
    found = occurrence_of(request)
    return found.days if found else None


def _repeated(start: date, by: date, repeat: _Repeat) -> ServiceDays:
    end = bounds(repeat.boundsPeriod.end)[1] if repeat.boundsPeriod else None
    if end is not None and start <= end:
        return ServiceDays(start, min(by, end), end)
    return ServiceDays(start, by, moved(by, timedelta(days=_days_after_the_first(repeat))))


def without_day(request: fhir.ServiceRequest) -> list[str]:
    """The elements of an order that should say when, and do not: what stands there is no date."""
    period, timing = request.occurrencePeriod, request.occurrenceTiming
    texts = [
        ("occurrenceDateTime", request.occurrenceDateTime),
        ("occurrencePeriod.start", period.start if period else None),
        *(("occurrenceTiming.event", event) for event in (timing.event if timing else ())),
    ]
    return list(dict.fromkeys([element for element, text in texts if text and bounds(text)[0] is None]))


def unreadable_repeat(request: fhir.ServiceRequest) -> bool:
    """Whether the order's Timing repeats in a way that is no FHIR."""
    return request.occurrenceTiming is not None and _repeat_of(request.occurrenceTiming) is None


def _events(timing: fhir.Timing | None) -> ServiceDays | None:
    found = [days for event in (timing.event if timing else ()) if (days := service_days(event))]
    return together(found) if found else None


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
