"""IMRT plans (77301) of a course: how many, and what the record says of a second one (LCD-30, LCD-31)."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from cds_service.engine.model import Unknown
from cds_service.facts.derive import HOSPITAL_PLACES
from cds_service.facts.records import can_be_missed, documents_of_course
from cds_service.facts.type_of_bill import is_critical_access
from cds_service.facts.views import LineView

PLAN = "77301"
SIMULATION = "77290"
STATES = (
    "single",
    "repeat-supported",
    "repeat-without-ct",
    "repeat-without-change",
    "repeat-with-undated-change",
    "repeat-chart-not-visible",
)
_EXPLAINED = ("repeat-supported", "repeat-without-ct")
"""States of a repeated plan for which the record gives a change of anatomy."""


def sides_of(line: LineView) -> frozenset[str]:
    """On which side a 77301 line counts: professional, technical, or both (LCD-30); orders count on their own.

    An order has neither claim type nor component, so it is counted against claims of either side. Of an institutional
    claim every line is technical but those with 26 of a critical access hospital, which bills for its physicians too.
    """
    source = line.line
    if isinstance(source.claim_type, Unknown):
        return frozenset({"ordered", "professional", "technical"} if line.in_review else {"ordered"})
    if source.claim_type == "institutional":
        physicians = "26" in line.modifiers and is_critical_access(source.type_of_bill)
        return frozenset({"professional" if physicians else "technical"})
    if "26" in line.modifiers:
        return frozenset({"professional"})
    if "TC" in line.modifiers:
        return frozenset({"technical"})
    place = source.place_of_service
    elsewhere = isinstance(place, str) and place not in HOSPITAL_PLACES
    return frozenset({"professional", "technical"} if elsewhere else {"professional"})


@dataclass(frozen=True, slots=True)
class Plans:
    """The plans of one side of a course: the days on which there are any, oldest first, with their number."""

    side: str
    by_day: tuple[tuple[date, int], ...]
    state: str = "single"
    supported: int = 0

    @property
    def number(self) -> int:
        """How many plans there are, each unit of a line being one."""
        return sum(number for _, number in self.by_day)

    @property
    def allowed(self) -> int:
        """Units that the record supports: the first, and each repeated one whose change of anatomy it shows."""
        return 1 + self.supported


def plans_of(line: LineView, sure: bool = False) -> Plans:
    """Plans of that side of `line` which holds most of them, among the lines of its course; `sure` leaves the doubtful
    ones out."""
    sides = [_plans(line, side, sure) for side in sorted(sides_of(line))]
    return max(sides, key=lambda plans: plans.number)


def _plans(line: LineView, side: str, sure: bool) -> Plans:
    known = line.once_of_course(_known_plans)
    if (side, sure) not in known:
        course = line.course.sure if sure else line.course.lines
        lines = [o for o in course if id(o.line) not in line.unit.sent_later]
        known[side, sure] = _judged(Plans(side, _by_day(_on_side(side, lines))), line, lines)
    return known[side, sure]


def _known_plans(line: LineView) -> dict[tuple[str, bool], Plans]:
    return {}


def _on_side(side: str, lines: Iterable[LineView]) -> list[LineView]:
    return [o for o in lines if o.code == PLAN and side in sides_of(o)]


def _by_day(lines: Iterable[LineView]) -> tuple[tuple[date, int], ...]:
    # Lines of a course are in the order of their days. Units are only counted: a quantity may be any number.
    found: Counter[date] = Counter()
    for line in lines:
        found[line.date] += max(int(line.units), 1)
    return tuple(found.items())


def _steps(plans: Plans) -> Iterator[tuple[date, date, int]]:
    """From one plan to the next: the days of both, and how many times in a row."""
    before: date | None = None
    for day, number in plans.by_day:
        if before is not None:
            yield before, day, 1
        if number > 1:
            yield day, day, number - 1
        before = day


def _judged(plans: Plans, line: LineView, lines: Sequence[LineView]) -> Plans:
    if plans.number < 2:
        return plans
    record = _Record.of(line, lines)
    missed = can_be_missed(line.unit)
    supported, without_ct = 0, False
    for before, day, times in _steps(plans):
        state = record.support(before, day)
        if state not in _EXPLAINED:
            # An undated change settles nothing; where the chart may hold a dated one it is asked for first (LCD-30).
            state = state if missed else "repeat-chart-not-visible"
            return replace(plans, state=state, supported=supported)
        # Of a change that is known only the planning CT is open, which is another question (LCD-31).
        supported += times
        without_ct |= state == "repeat-without-ct"
    # Of a change that is attached the planning CT is believed.
    state = "repeat-without-ct" if missed and without_ct else "repeat-supported"
    return replace(plans, state=state, supported=supported)


@dataclass(frozen=True, slots=True)
class _Record:
    """What speaks for a new plan: days of documents and of simulations, in order."""

    changes: tuple[date, ...]
    undated_change: bool
    scans: tuple[date, ...]
    simulations: tuple[date, ...]

    @staticmethod
    def of(line: LineView, lines: Iterable[LineView]) -> _Record:
        """The record of the line's course."""
        documents = documents_of_course(line)
        changes = [d.day for d in documents if "anatomy-change" in d.types]
        scans = [d.day for d in documents if "repeat-planning-ct" in d.types]
        return _Record(
            changes=tuple(sorted([day for day in changes if day is not None])),
            undated_change=None in changes,
            scans=tuple(sorted([day for day in scans if day is not None])),
            simulations=tuple(sorted([o.date for o in lines if o.code == SIMULATION])),
        )

    def support(self, before: date, day: date) -> str:
        """What the record says of a plan of `day` that follows one of `before`."""
        if not _dated(self.changes, before, day):
            return "repeat-with-undated-change" if self.undated_change else "repeat-without-change"
        if _between(self.simulations, before, day) or _dated(self.scans, before, day):
            return "repeat-supported"
        return "repeat-without-ct"


def _between(days: Sequence[date], before: date, day: date) -> bool:
    """Whether one of the days lies after `before` and not after `day`."""
    return bisect_right(days, before) < bisect_right(days, day)


def _dated(days: Sequence[date], before: date, day: date) -> bool:
    """Whether a document lies after the one plan and not after the other; of two plans of one day, on that day."""
    return _between(days, before, day) or (before == day and day in days)


def second_plan_day(line: LineView) -> date | None:
    """Day of the first repeated plan that the record supports; devices from then on belong to it (LCD-47)."""
    return line.once_of_course(_second_plan_day)


def _second_plan_day(line: LineView) -> date | None:
    record = _Record.of(line, line.course.sure)
    for side in ("professional", "technical"):
        first = next(_steps(_plans(line, side, sure=True)), None)
        if first is not None and record.support(first[0], first[1]) == "repeat-supported":
            return first[1]
    return None


def latest_plan(line: LineView) -> bool:
    """Whether the line is the last 77301 under review on a side of its course that holds more than one."""
    return line.once_of_course(_latest_plan) is line


def _latest_plan(line: LineView) -> LineView | None:
    own = [o for o in line.course.lines if o.code == PLAN and o.in_review and _repeated(o, line)]
    return max(own, key=lambda o: o.place, default=None)


def _repeated(plan: LineView, line: LineView) -> bool:
    return any(_plans(line, side, sure=False).number > 1 for side in sides_of(plan))


def units_left_of_plans(line: LineView) -> float:
    """Units of 77301 that those which count before (`LineView.counts_before`) leave for this line."""
    lines = line.course.lines
    plans = plans_of(line)
    before = sum(o.units for o in _on_side(plans.side, lines) if o is not line and o.counts_before(line))
    return max(plans.allowed - before, 0.0)
