"""Lines by their day, so that what lies on a date is found without a walk over all lines for each of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Protocol


class Dated(Protocol):
    """What has a first and a last day."""

    @property
    def start(self) -> date: ...
    @property
    def end(self) -> date: ...


class Days:
    """Numbers of lines, in the order in which they stand, by day. A line over several days is kept apart: same-day
    rules do not look at it (contract section 3, Span)."""

    def __init__(self, lines: Iterable[Dated]) -> None:
        self._single: dict[date, list[int]] = {}
        self._spans: list[tuple[date, date, int]] = []
        single, spans = self._single, self._spans
        for number, line in enumerate(lines):
            start, end = line.start, line.end
            if end > start:
                spans.append((start, end, number))
            elif start in single:
                single[start].append(number)
            else:
                single[start] = [number]

    def dated(self, day: date) -> list[int]:
        """Lines of this one day."""
        return self._single.get(day, [])

    def touching(self, first: date, last: date) -> list[int]:
        """Lines of any day from `first` to `last`, those over several days included, in their order."""
        if first == last and not self._spans:
            return self._single.get(first, [])
        spans = [number for start, end, number in self._spans if start <= last and first <= end]
        if first == last:
            found = self.dated(first)
            return sorted([*found, *spans]) if spans else found
        single = [
            number for day, numbers in self._single.items() if first <= day <= last for number in numbers
        ]
        return sorted([*single, *spans])
