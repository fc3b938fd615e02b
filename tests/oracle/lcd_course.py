"""Courses of lines, and what a course holds: IMRT, deliveries, fractions, other modalities (contract, section 3)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from tests.oracle.lcd_model import (
    BOOST,
    IMRT_DELIVERY,
    TREATMENTS,
    LcdLine,
    LcdPast,
    LcdScenario,
    extra,
    is_radiotherapy,
)
from tests.oracle.model import BRACHY, CONV_CPT, NEUTRON, PROTON, SRS_SBRT, SUPERFICIAL, YEAR_2026

GAP = timedelta(days=60)
Day = date
# Rulebook 1.2: further Procedures or orders of another modality.
_OTHER_THAN_PHOTONS = frozenset({"proton", "electron", "neutron", "superficial", "brachytherapy"})


@dataclass(frozen=True)
class Member:
    """A line in its claim. `past` None = under review."""

    line: LcdLine
    claim_type: str
    diagnosis: str | None
    past: int | None = None
    own: bool = True

    @property
    def code(self) -> str:
        """The line's code."""
        return self.line.code

    @property
    def date(self) -> Day:
        """The line's first day."""
        return self.line.date

    @property
    def reviewed(self) -> bool:
        """On the claim or order under review?"""
        return self.past is None

    @property
    def order(self) -> tuple[bool, Day, int, int]:
        """M-11: history first, then by date, then by sequence."""
        return self.reviewed, self.line.date, self.past or 0, self.line.sequence


def members(scenario: LcdScenario) -> tuple[Member, ...]:
    """All lines of claim and history in counting order."""
    kind = scenario.claim_type if scenario.hook == "claim" else "order"
    found = [
        Member(extra(line), kind, _diagnosis(extra(line), scenario.diagnoses)) for line in scenario.lines
    ]
    for number, claim in enumerate(scenario.history):
        diagnoses = claim.diagnoses if isinstance(claim, LcdPast) else scenario.diagnoses
        found += [
            Member(extra(line), claim.claim_type, _diagnosis(extra(line), diagnoses), number, claim.own)
            for line in claim.lines
        ]
    return tuple(sorted(found, key=lambda m: m.order))


def _diagnosis(line: LcdLine, diagnoses: tuple[str, ...]) -> str | None:
    """The first ICD-10 code the line points to that is not a Z code; without pointers the claim's own order counts."""
    pointed = [diagnoses[n - 1] for n in line.pointers if n <= len(diagnoses)] or list(diagnoses)
    if line.pointers and all(code.startswith("Z") for code in pointed):
        pointed = list(diagnoses)  # "the next diagnosis counts"
    return next((code for code in pointed if not code.startswith("Z")), None)


def _linked(one: Member, other: Member) -> str | None:
    """`sure`, `doubtful` or None: do two lines belong to one course by themselves? Two marks decide; a line without
    one is derived, also beside marked ones (open in the contract)."""
    if one.line.course and other.line.course:
        return "sure" if one.line.course == other.line.course else None
    same = one.diagnosis is not None and one.diagnosis == other.diagnosis
    # Open in the contract: "line date" of a span; taken: the gap begins where the span ends.
    near = max(one.date, other.date) - min(one.line.last, other.line.last) <= GAP
    if same and (one.past == other.past or near):
        return (
            "sure"  # open: lines of one claim that point to different diagnoses; taken as lines of two claims
        )
    if not near:
        return None
    unlike = one.diagnosis and other.diagnosis and one.diagnosis[:3] != other.diagnosis[:3]
    return None if unlike else "doubtful"


@dataclass(frozen=True)
class Course:
    """Lines of one course in counting order; `parts` = what of it hangs together without doubt."""

    scenario: LcdScenario
    lines: tuple[Member, ...]
    parts: tuple[Course, ...] = field(default=(), repr=False)

    @property
    def reviewed(self) -> tuple[Member, ...]:
        """Lines under review."""
        return tuple(m for m in self.lines if m.reviewed)

    def coded(self, codes: Iterable[str]) -> tuple[Member, ...]:
        """Lines with one of the codes."""
        wanted = frozenset(codes)
        return tuple(m for m in self.lines if m.code in wanted)

    @cached_property
    def deliveries(self) -> tuple[Member, ...]:
        """Delivery lines, wherever they stand."""
        return self.coded(TREATMENTS)

    @cached_property
    def first_delivery(self) -> date | None:
        """Day of the first known delivery."""
        return min((m.date for m in self.deliveries), default=None)

    @cached_property
    def first_line(self) -> date:
        """Day of the course's first radiotherapy line."""
        return min(m.date for m in self.lines)

    @cached_property
    def is_imrt(self) -> bool:
        """Head of section 9. A list of several coded techniques is not taken for IMRT."""
        coded = {t for r in self.scenario.records for t in r.techniques}
        codes = {m.code for m in self.lines if m.date < YEAR_2026 or m.code == "77301"}
        return bool(codes & (IMRT_DELIVERY | {"77301"})) or coded == {"imrt"}

    @cached_property
    def plans_only(self) -> bool:
        """Head of section 9: all known deliveries are stereotactic or proton, so only rules keyed to 77301 run."""
        return bool(self.deliveries) and all(m.code in SRS_SBRT | PROTON for m in self.deliveries)

    @property
    def full(self) -> bool:
        """Do all IMRT-course rules run?"""
        return self.is_imrt and not self.plans_only

    @property
    def is_late_imrt(self) -> bool:
        """From 2026 delivery codes of before do not make an IMRT course (rulebook section 4)."""
        coded = {t for r in self.scenario.records for t in r.techniques}
        return bool(self.coded({"77301"})) or coded == {"imrt"}

    @cached_property
    def starts(self) -> dict[str, date | None]:
        """Other modalities (rulebook 1.2) with the day of the first line; None = coded without a line."""
        found: dict[str, date | None] = {}
        for member in self.lines:
            modality = _modality(member)
            if modality and (found.get(modality) is None or member.date < (found[modality] or member.date)):
                found[modality] = member.date
        techniques = {t for record in self.scenario.records for t in record.techniques}
        for modality in (*self.scenario.modalities, *sorted(techniques & _OTHER_THAN_PHOTONS)):
            found.setdefault(modality, None)
        return found

    @property
    def modalities(self) -> frozenset[str]:
        """Other modalities found, coded or derived."""
        return frozenset(self.starts)

    def frees_device(self, day: date) -> bool:
        """LCD-46: from 21 days before the first line of another modality, or where its lines are not known."""
        return any(start is None or day >= start - timedelta(days=21) for start in self.starts.values())

    @cached_property
    def weeks(self) -> frozenset[date]:
        """Mondays of the weeks that hold a delivery; a span reaches into all its weeks."""
        return frozenset(monday for m in self.deliveries for monday in _weeks(m.line))

    @cached_property
    def fractions(self) -> int | None:
        """Fractions delivered in the whole course: the course summary, else all deliveries if history is complete."""
        if self.scenario.course_fractions is not None:
            return self.scenario.course_fractions
        if self.scenario.complete:
            return sum(m.line.units for m in self.deliveries) or None
        return None


def _modality(member: Member) -> str | None:
    code = member.code
    if code in BOOST and not (code in CONV_CPT and member.date >= YEAR_2026):
        return "external-beam-boost"
    families = (
        (PROTON, "proton"),
        (NEUTRON, "neutron"),
        (SUPERFICIAL, "superficial"),
        (BRACHY, "brachytherapy"),
        (frozenset({"77424", "77425"}), "intraoperative"),
    )
    return next((name for codes, name in families if code in codes), None)


def _weeks(line: LcdLine) -> Iterator[date]:
    day = line.date - timedelta(days=line.date.weekday())
    while day <= line.last:
        yield day
        day += timedelta(days=7)


def monday(day: date) -> date:
    """Monday of the day's week."""
    return day - timedelta(days=day.weekday())


def fifth(fractions: int) -> int:
    """Begun groups of five fractions."""
    return math.ceil(fractions / 5)


def courses(scenario: LcdScenario) -> list[Course]:
    """Courses with a line under review: what hangs together without doubt, and around it the doubtful lines.

    A doubtful line leads to further ones, but never to a line that is unlike the sure ones.
    """
    everyone = [m for m in members(scenario) if is_radiotherapy(m.code)]
    sure = [g for g in _groups(everyone) if any(m.reviewed for m in g)]
    found: list[list[list[Member]]] = []
    for group in sure:
        whole = _grown(group, everyone)
        twin = next((f for f in found if any(m in whole for part in f for m in part)), None)
        if twin is None:
            found.append([group])
        else:
            twin.append(group)
    built = []
    for parts in found:
        lines = _ordered(m for part in parts for m in _grown(part, everyone))
        built.append(Course(scenario, lines, tuple(Course(scenario, _ordered(part)) for part in parts)))
    return built


def _ordered(lines: Iterable[Member]) -> tuple[Member, ...]:
    return tuple(sorted(set(lines), key=lambda m: m.order))


def _groups(lines: list[Member]) -> list[list[Member]]:
    groups: list[list[Member]] = []
    for member in lines:
        near = [g for g in groups if any(_linked(member, o) == "sure" for o in g)]
        for group in near:
            groups.remove(group)
        groups.append([member, *(o for g in near for o in g)])
    return groups


def _grown(group: list[Member], everyone: list[Member]) -> list[Member]:
    """The group with the doubtful lines around it."""
    known = {m.diagnosis[:3] for m in group if m.diagnosis}
    grown, waiting = list(group), [m for m in everyone if m not in group]
    while True:
        more = [
            m
            for m in waiting
            if not (known and m.diagnosis and m.diagnosis[:3] not in known)
            and any(_linked(m, o) for o in grown)
        ]
        if not more:
            return grown
        grown += more
        waiting = [m for m in waiting if m not in more]
