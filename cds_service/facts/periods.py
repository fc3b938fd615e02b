"""Calendar arithmetic: the documents' time windows, and what hangs together in time."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta


def months_before(day: date, months: int) -> date:
    """The same day that many calendar months earlier, or that month's last day (FLB-32)."""
    index = day.year * 12 + day.month - 1 - months
    if index < 12:
        return date.min
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def moved(day: date, by: timedelta) -> date:
    """`day` moved by `by`, or the first or last day of the calendar when it would fall off it."""
    try:
        return day + by
    except OverflowError:
        return date.min if by < timedelta(0) else date.max


def chained(spans: Sequence[tuple[date, date]], around: tuple[date, date], gap: timedelta) -> list[int]:
    """Numbers of the spans (first and last day) that hang together with `around`.

    Two spans hang together when at most `gap` lies from the end of one to the start of the next; so do all
    spans between which there is a chain of such steps.
    """
    ordered = sorted([(*around, -1), *((first, last, n) for n, (first, last) in enumerate(spans))])
    together: list[int] = []
    reached = ordered[0][1]
    for first, last, number in ordered:
        if first - reached > gap:
            if -1 in together:
                break
            together = []
        together.append(number)
        reached = max(reached, last)
    return sorted(number for number in together if number >= 0)
