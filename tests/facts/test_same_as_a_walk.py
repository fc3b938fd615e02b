"""What is looked up by day, or worked out once for lines that are alike, is what a walk over all lines would find.

Cases are made of random lines near each other in time, so that days, spans, history and edits meet.
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.engine.conditions import COLLECTIONS
from cds_service.engine.model import Unknown
from cds_service.facts import beams
from cds_service.facts.days import Days
from cds_service.facts.derive import TechniqueFinder
from cds_service.facts.given import build_case
from cds_service.facts.given_edits import build_edits
from cds_service.facts.records import documents_of_course
from cds_service.facts.registry import METHODS, TECHNIQUES, VOCABULARY
from cds_service.facts.supervision_facts import REVIEW
from cds_service.facts.views import CaseView, LineView
from tests.facts.build import knowledge

FIRST = date(2025, 12, 28)
unhurried = settings(deadline=None)  # the first example loads the catalogues
CODES = ("77387", "G6002", "77014", "77386", "77402", "77372", "77301", "99204")


@st.composite
def given_lines(draw: st.DrawFn) -> dict[str, Any]:
    start = FIRST + timedelta(days=draw(st.integers(0, 6)))
    modifiers = draw(st.lists(st.sampled_from(("26", "TC", "59")), max_size=2, unique=True))
    made: dict[str, Any] = {
        "code": "-".join((draw(st.sampled_from(CODES)), *modifiers)),
        "date": start.isoformat(),
        "units": str(draw(st.integers(1, 3))),
        "place_of_service": draw(st.sampled_from(("11", "22", "81"))),
        "claim_type": draw(st.sampled_from(("institutional", "professional"))),
    }
    if draw(st.integers(0, 4)) == 0:
        made["through"] = (start + timedelta(days=draw(st.integers(1, 3)))).isoformat()
    if draw(st.booleans()):
        made["diagnoses"] = [draw(st.sampled_from(("C79.51", "C50.911")))]
    if draw(st.integers(0, 3)) == 0:
        made["fractions"] = str(draw(st.integers(1, 2)))
    return made


@st.composite
def given_documents(draw: st.DrawFn) -> dict[str, Any]:
    made = {"type": draw(st.sampled_from((REVIEW, "treatment-plan")))}
    if draw(st.integers(0, 3)):
        made["date"] = (FIRST + timedelta(days=draw(st.integers(-70, 12)))).isoformat()
    return made


@st.composite
def cases(draw: st.DrawFn) -> CaseView:
    given: dict[str, Any] = {
        "hook": "claim",
        "date": FIRST.isoformat(),
        "payer": draw(st.sampled_from(("medicare-ffs", "molina", "florida-blue", "other"))),
        "lines": draw(st.lists(given_lines(), min_size=1, max_size=6)),
        "history": draw(st.lists(given_lines(), max_size=5)),
        "technique": draw(st.lists(st.sampled_from(TECHNIQUES), max_size=1)),
    }
    if draw(st.booleans()):
        days = draw(st.lists(st.integers(0, 6), max_size=3))
        given["records"] = [
            {
                "date": (FIRST + timedelta(days=n)).isoformat(),
                "method": draw(st.lists(st.sampled_from(METHODS), max_size=1)),
                "technique": draw(st.lists(st.sampled_from(TECHNIQUES), max_size=1)),
            }
            for n in days
        ]
    if draw(st.booleans()):
        given["documents"] = draw(st.lists(given_documents(), max_size=3))
        given["attached"] = draw(st.lists(given_documents(), max_size=1))
    if draw(st.integers(0, 3)) == 0:
        given["fractions"] = "2"
    given["method"] = draw(st.sampled_from((None, [], ["ct"], ["none"])))
    given["diagnoses"] = draw(st.lists(st.sampled_from(("C61", "C79.31", "Z51.0")), max_size=2))
    if draw(st.booleans()):
        given["edits"] = [
            {"pairs": ["77386 77387 0"], "edition": "2026Q1", "from": "2026-01-01"},
            {"pairs": ["77386 77387 0"], "edition": "2025Q4", "through": "2025-12-31"},
        ]
    known = knowledge()
    return CaseView(build_case(given), replace(known, edits=build_edits(given)))


def lines_of(case: CaseView) -> Iterator[LineView]:
    for unit in case.units:
        yield from unit.lines


@unhurried
@given(cases())
def test_lines_of_a_date_are_those_of_a_walk(case: CaseView) -> None:
    for line in lines_of(case):
        unit, day = line.unit, line.date
        single = [] if line.is_span else [o for o in unit.beside if o is not line and o.covers(day)]
        assert list(line.of_date) == single
        other = [] if line.is_span else [o for o in unit.elsewhere if o.covers(day)]
        assert list(line.of_date_elsewhere) == other
        around = [o for o in (*unit.beside, *unit.elsewhere) if o is not line]
        assert list(line.overlapping) == [o for o in around if o.date <= line.end and line.date <= o.end]


@unhurried
@given(cases())
def test_a_line_seen_twice_is_one(case: CaseView) -> None:
    for line in lines_of(case):
        assert all(any(o is each for each in line.unit.elsewhere) for o in line.of_date_elsewhere)


@unhurried
@given(cases())
def test_units_before_a_line_are_those_of_the_lines_above_it(case: CaseView) -> None:
    for unit in case.units:
        for place, line in enumerate(unit.lines):
            above = [
                o.units
                for o in unit.lines[:place]
                if (o.code, o.component) == (line.code, line.component) and o.covers(line.date)
            ]
            assert line.units_before == (0 if line.is_span else sum(above))


@unhurried
@given(cases())
def test_records_and_technique_of_a_day_are_those_of_a_walk(case: CaseView) -> None:
    for line in lines_of(case):
        unit, day = line.unit, line.date
        records = [r for r in unit.unit.day_records if r.day == day]
        assert list(unit.records(day)) == records
        codes = [o.code for o in (*unit.beside, *unit.elsewhere) if o.date <= day <= o.end]
        of_day = beams.together(r.techniques for r in records)
        coded = beams.completed(of_day, unit.unit.radiotherapy.techniques)
        finder = TechniqueFinder(case.sets)  # that has not seen any other day
        firm = finder.of(day, codes, coded, ())
        found = line.technique
        if isinstance(firm, Unknown) or not firm.is_settled:
            hints = [o.code for o in (*unit.beside, *line.course.lines)]
            assert found == TechniqueFinder(case.sets).of(day, codes, coded, hints)
        else:
            assert found == firm


@unhurried
@given(cases())
def test_the_review_of_images_is_sought_among_the_documents_of_the_course(case: CaseView) -> None:
    for line in lines_of(case):
        days = [d.day for d in documents_of_course(line) if REVIEW in d.types]
        found = VOCABULARY["guidance_review"].get(line)
        if any(day is not None and day >= line.end for day in days):
            assert found == "reviewed"
        elif not case.case.chart.visible:
            assert isinstance(found, Unknown)
        else:
            assert found == ("undated" if None in days else "missing")


@unhurried
@given(cases())
def test_fractions_of_a_day_are_those_that_anybody_told(case: CaseView) -> None:
    for line in lines_of(case):
        unit, day = line.unit, line.date
        beside = [o.line.fractions for o in unit.beside if o.covers(day) and o is not line]
        told = [fractions for fractions in beside if not isinstance(fractions, Unknown)]
        records = float(sum(r.fraction for r in unit.unit.day_records if r.day == day))
        claims = unit.unit.fractions if unit.is_of_one_day else Unknown()
        found: float | Unknown
        if not isinstance(line.line.fractions, Unknown):
            found = line.line.fractions
        elif line.is_span:
            found = Unknown()
        elif told:
            found = max(told)
        else:
            found = records or Unknown() if isinstance(claims, Unknown) else max(claims, records)
        assert line.fractions_of_date == found


@unhurried
@given(cases())
def test_what_facts_answer_is_among_what_the_claim_tells(case: CaseView) -> None:
    for unit in case.units:
        told = {fact: fact.among(unit) for fact in VOCABULARY.values() if fact.among}
        for line, (fact, among) in product(unit.lines, told.items()):
            answer = fact.get(line)
            if among is not None and not isinstance(answer, Unknown):
                if fact.type == "lines":
                    assert {each.code for each in answer} <= among, fact.name
                elif fact.type in COLLECTIONS:
                    assert set(answer) <= among, fact.name
                else:
                    assert answer in among, fact.name


@pytest.mark.parametrize("payer", ["medicare-ffs", "molina"])
def test_a_closed_case_waits_for_no_collector(payer: str) -> None:
    near = [ALIKE | other for other in OTHERWISE]
    given: dict[str, Any] = {"hook": "claim", "payer": payer, "lines": near, "history": near, "state": "FL"}
    case = CaseView(build_case(given), knowledge())
    (unit,) = case.units
    for fact in VOCABULARY.values():
        for subject in {"case": (case,), "unit": (unit,), "line": unit.lines}[fact.scope]:
            fact.get(subject)
    gone = [weakref.ref(view) for view in (case, unit, *unit.lines, *unit.elsewhere)]
    gc.disable()
    try:
        case.close()
        del case, unit, subject
        assert [view() for view in gone] == [None] * len(gone)
    finally:
        gc.enable()


ALIKE: dict[str, str] = {
    "code": "77387",
    "date": "2026-01-02",
    "claim_type": "professional",
    "place_of_service": "22",
}
OTHERWISE: list[dict[str, Any]] = [
    {},
    {"units": "3", "fractions": "1"},
    {"date": "2026-01-03"},
    {"date": "2025-12-30"},
    {"date": "2010-02-01"},
    {"date": "2020-11-01"},
    {"through": "2026-01-04"},
    {"code": "77014"},
    {"code": "77387-26"},
    {"code": "77387-TC"},
    {"code": "77387-26-59"},
    {"claim_type": "institutional"},
    {"place_of_service": "11"},
    {"place_of_service": "81"},
]


@pytest.mark.parametrize("payer", ["medicare-ffs", "molina", "florida-blue", "other", "unknown"])
@pytest.mark.parametrize("imported", [True, False])
def test_lines_that_are_alike_agree_on_every_indexed_fact(payer: str, imported: bool) -> None:
    lines = [ALIKE | other for other in OTHERWISE]
    given: dict[str, Any] = {"hook": "claim", "payer": payer, "lines": lines}
    if imported:
        given["edits"] = [
            {"pairs": ["77386 77387 0"], "edition": "2026Q1", "from": "2026-01-03"},
            {"pairs": ["77386 77387 0"], "edition": "2025Q4", "through": "2026-01-02"},
        ]
    case = CaseView(build_case(given), replace(knowledge(), edits=build_edits(given)))
    indexed = [fact for fact in VOCABULARY.values() if fact.scope == "line" and fact.indexed]
    answers = {
        line.likeness: {fact.name: fact.get(line) for fact in indexed}
        for line in reversed(case.units[0].lines)
    }
    for line in case.units[0].lines:
        assert answers[line.likeness] == {fact.name: fact.get(line) for fact in indexed}
    assert len(answers) < len(lines), "some are alike"
    met = {
        name: {found[name] for found in answers.values()} for name in answers[case.units[0].lines[0].likeness]
    }
    constant = {name for name, values in met.items() if len(values) == 1}
    assert constant <= {"payer_on_date", "pair_edition"}, "every other one told lines apart"


spans = st.tuples(st.integers(0, 8), st.sampled_from((0, 0, 0, 1, 3))).map(
    lambda drawn: (FIRST + timedelta(drawn[0]), FIRST + timedelta(sum(drawn)))
)


class Stay:
    """What has two days and nothing else."""

    def __init__(self, days: tuple[date, date]) -> None:
        self.start, self.end = days


@unhurried
@given(st.lists(spans, max_size=8), spans)
def test_days_are_found_in_the_order_of_the_lines(
    drawn: list[tuple[date, date]], asked: tuple[date, date]
) -> None:
    days = Days(map(Stay, drawn))
    first, last = asked
    assert list(days.dated(first)) == [n for n, (start, end) in enumerate(drawn) if start == end == first]
    assert list(days.touching(first, last)) == [
        n for n, (start, end) in enumerate(drawn) if start <= last and first <= end
    ]
