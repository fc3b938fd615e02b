"""Lines over several days: how their days are told, and those on whose first or last day alone their code can be
reported (contract section 3, Span)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from cds_service.engine.rules import Rule
from cds_service.engine.subjects import LineLike

Valid = Callable[[str, date], bool]
NOTE = (
    "Only a part of the line's days lies within those of the code. Report each part by itself, with the code of its "
    "days."
)


def days_of(line: LineLike) -> str:
    """The day of a line, or its first and last one: `2025-03-03 to 2025-03-28`."""
    return str(line.date) if line.end == line.date else f"{line.date} to {line.end}"


def lost_day_of(rule: Rule, valid: Valid) -> Callable[[Any], date | None]:
    """For a rule on codes and their dates: the day of a line on which its code is not valid, while it is on the other
    end of its period; None for every other line. That day is what the finding is about, not the line's date.

    `valid` says whether a code can be reported on a day.
    """
    if rule.finding.kind != "code-effective-date" or rule.for_each != "line":
        return lambda line: None

    def lost_day(line: Any) -> date | None:
        first, last = valid(line.code, line.date), valid(line.code, line.end)
        if first == last:
            return None
        day: date = line.end if first else line.date
        return day

    return lost_day
