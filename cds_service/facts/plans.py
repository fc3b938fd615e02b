"""IMRT plans (77301) of a course: how many, and what the record says of a second one (LCD-30, LCD-31)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from cds_service.engine.model import Unknown
from cds_service.facts.case import Document
from cds_service.facts.derive import HOSPITAL_PLACES
from cds_service.facts.records import can_be_missed, documents_of_course
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

    An order has neither claim type nor component, so it is counted against claims of either side.
    """
    source = line.line
    if isinstance(source.claim_type, Unknown):
        return frozenset({"ordered", "professional", "technical"} if line.in_review else {"ordered"})
    if source.claim_type == "institutional":
        return frozenset({"technical"})
    if "26" in line.modifiers:
        return frozenset({"professional"})
    if "TC" in line.modifiers:
        return frozenset({"technical"})
    place = source.place_of_service
    elsewhere = isinstance(place, str) and place not in HOSPITAL_PLACES
    return frozenset({"professional", "technical"} if elsewhere else {"professional"})


@dataclass(frozen=True, slots=True)
class Plans:
    """The plans of one side of a course, oldest first: the day of each unit."""

    side: str
    days: tuple[date, ...]
    state: str = "single"
    supported: int = 0

    @property
    def allowed(self) -> int:
        """Units that the record supports: the first, and each repeated one whose change of anatomy it shows."""
        return 1 + self.supported


def plans_of(line: LineView, lines: Sequence[LineView]) -> Plans:
    """Plans of that side of `line` which holds most of them, among `lines` of its course."""
    lines = [o for o in lines if id(o.line) not in line.unit.sent_later]
    sides = [Plans(side, _days(_on_side(side, lines))) for side in sorted(sides_of(line))]
    return _judged(max(sides, key=lambda plans: len(plans.days)), line, lines)


def _on_side(side: str, lines: Iterable[LineView]) -> list[LineView]:
    return [o for o in lines if o.code == PLAN and side in sides_of(o)]


def _days(lines: Iterable[LineView]) -> tuple[date, ...]:
    return tuple(sorted(line.date for line in lines for _ in range(max(int(line.units), 1))))


def _judged(plans: Plans, line: LineView, lines: Sequence[LineView]) -> Plans:
    if len(plans.days) < 2:
        return plans
    documents = documents_of_course(line)
    states = [_support(before, day, documents, lines) for before, day in pairwise(plans.days)]
    missed = can_be_missed(line.unit)
    # Of a change that is known only the planning CT is open, which is another question (LCD-31).
    explained = next((n for n, s in enumerate(states) if s not in _EXPLAINED), len(states))
    if explained < len(states):
        state = states[explained]
        if state == "repeat-without-change" and not missed:
            state = "repeat-chart-not-visible"
    else:  # of a change that is attached the planning CT is believed
        state = "repeat-without-ct" if missed and "repeat-without-ct" in states else "repeat-supported"
    return replace(plans, state=state, supported=explained)


def _support(before: date, day: date, documents: Iterable[Document], lines: Iterable[LineView]) -> str:
    """What the record says of a plan of `day` that follows one of `before`."""
    documents = tuple(documents)
    if not _dated("anatomy-change", before, day, documents):
        undated = any("anatomy-change" in d.types and d.day is None for d in documents)
        return "repeat-with-undated-change" if undated else "repeat-without-change"
    simulated = any(o.code == SIMULATION and before < o.date <= day for o in lines)
    if simulated or _dated("repeat-planning-ct", before, day, documents):
        return "repeat-supported"
    return "repeat-without-ct"


def _dated(type_: str, before: date, day: date, documents: Iterable[Document]) -> bool:
    """Whether a document lies after the one plan and not after the other; of two plans of one day, on that day."""
    days = [d.day for d in documents if type_ in d.types and d.day is not None]
    return any(before < found <= day or before == found == day for found in days)


def second_plan_day(line: LineView) -> date | None:
    """Day of the first repeated plan that the record supports; devices from then on belong to it (LCD-47)."""
    for side in ("professional", "technical"):
        lines = line.course.sure
        days = _days(_on_side(side, lines))
        if (
            len(days) > 1
            and _support(days[0], days[1], documents_of_course(line), lines) == "repeat-supported"
        ):
            return days[1]
    return None


def latest_plan(line: LineView) -> bool:
    """Whether the line is the last 77301 under review on a side of its course that holds more than one."""
    lines = line.course.lines
    own = [o for o in lines if o.code == PLAN and o.in_review and len(plans_of(o, lines).days) > 1]
    return bool(own) and max(own, key=lambda o: o.place) is line


def units_left_of_plans(line: LineView) -> float:
    """Units of 77301 that those which count before (`LineView.counts_before`) leave for this line."""
    lines = line.course.lines
    plans = plans_of(line, lines)
    before = sum(o.units for o in _on_side(plans.side, lines) if o is not line and o.counts_before(line))
    return max(plans.allowed - before, 0.0)
