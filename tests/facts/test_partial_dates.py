"""A month or a year as date of service: all its days, and nothing is known to lie on the first (contract section 3)."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from cds_service.books import standard_library
from cds_service.engine.model import UNKNOWN, Finding
from cds_service.facts.assemble import Given
from cds_service.facts.course_facts import before_first_delivery, deliveries_of_week, earlier_lines_of_course
from cds_service.facts.pool import Entry
from cds_service.facts.supervision_facts import guidance_review
from cds_service.facts.views import LineView
from cds_service.service import review_given
from tests.facts.build import (
    FRACTION,
    TODAY,
    Json,
    claim,
    coded,
    coverage,
    document,
    filled,
    guidance,
    item,
    number,
    order,
    procedure,
    unit,
    view,
)

WRITTEN = "2024-05-01"
DAILY = {"frequency": 1, "period": 1, "periodUnit": "d"}
FRACTIONS = "http://hl7.org/fhir/us/codex-radiation-therapy/StructureDefinition/codexrt-radiotherapy-fractions-prescribed"


def days(reviewed: Json) -> tuple[str, str, str]:
    """First day of the only line, the last one on which it may begin, and its last day."""
    (line,) = unit(reviewed).lines
    return line.start.isoformat(), (line.begins_by or line.start).isoformat(), line.end.isoformat()


ALL_JUNE = ("2024-06-01", "2024-06-30", "2024-06-30")
ALL_YEAR = ("2024-01-01", "2024-12-31", "2024-12-31")


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        pytest.param({"occurrenceDateTime": "2024-06"}, ALL_JUNE, id="month"),
        pytest.param({"occurrenceDateTime": "2024"}, ALL_YEAR, id="year"),
        pytest.param({"occurrencePeriod": {"start": "2024-06"}}, ALL_JUNE, id="period"),
        pytest.param(
            {"occurrencePeriod": {"start": "2024-06", "end": "2024-07"}},
            ("2024-06-01", "2024-06-30", "2024-07-31"),
            id="period of two months",
        ),
        pytest.param({"occurrenceTiming": {"event": ["2024-06"]}}, ALL_JUNE, id="event"),
        pytest.param(
            {"occurrenceTiming": {"event": ["2024-06-20", "2024-06"]}},
            ("2024-06-01", "2024-06-20", "2024-06-30"),
            id="event beside a day of the month",
        ),
        pytest.param(
            {"occurrenceTiming": {"repeat": {"boundsPeriod": {"start": "2024-06"}}}}, ALL_JUNE, id="bounds"
        ),
        pytest.param(
            {"occurrenceTiming": {"repeat": {"boundsPeriod": {"start": "2024-06", "end": "2024-07"}}}},
            ("2024-06-01", "2024-06-30", "2024-07-31"),
            id="bounds of two months",
        ),
        pytest.param(
            {"occurrenceTiming": {"repeat": {"boundsPeriod": {"start": "2024-06", "end": "2024-06-14"}}}},
            ("2024-06-01", "2024-06-14", "2024-06-14"),
            id="bounds within a month",
        ),
        pytest.param(
            {"occurrenceTiming": {"repeat": {**DAILY, "boundsPeriod": {"start": "2024-06"}, "count": 5}}},
            ("2024-06-01", "2024-06-30", "2024-07-04"),
            id="count from a month on",
        ),
        pytest.param({"authoredOn": "2024-06"}, (TODAY.isoformat(),) * 3, id="month of writing"),
    ],
)
def test_of_an_order(when: Json, expected: tuple[str, str, str]) -> None:
    made = {**order(occurrenceDateTime=None), "authoredOn": WRITTEN, **when}
    assert days(made) == expected
    assert unit(made).start.isoformat() == expected[0]


@pytest.mark.parametrize(
    ("on_item", "on_claim", "expected"),
    [
        pytest.param({"servicedDate": "2024-06"}, {}, ALL_JUNE, id="month"),
        pytest.param({"servicedDate": "2024"}, {"created": "2024-06-30"}, ALL_YEAR, id="year"),
        pytest.param({"servicedPeriod": {"start": "2024-06", "end": "2024-06"}}, {}, ALL_JUNE, id="period"),
        pytest.param({}, {"billablePeriod": {"start": "2024-06"}}, ALL_JUNE, id="month of the claim"),
        pytest.param(
            {},
            {"billablePeriod": {"start": "2024-06-03", "end": "2024-06"}},
            ("2024-06-03",) * 3,
            id="start of the claim",
        ),
    ],
)
def test_of_a_claim(on_item: Json, on_claim: Json, expected: tuple[str, str, str]) -> None:
    made = claim(item("77387", day=None, **on_item), **on_claim)
    assert days(made) == expected
    assert unit(made).start.isoformat() == expected[0]
    assert not unit(made).date_assumed


def test_the_first_day_of_a_claim_whose_items_tell_theirs_is_that_of_the_items() -> None:
    made = claim(item("77387", day="2024-06-05"), billablePeriod={"start": "2024-06", "end": "2024-06"})
    assert unit(made).start == date(2024, 6, 5)


def found(reviewed: Json, payer: str = "Aetna", *beside: Json, visible: bool = False) -> tuple[Finding, ...]:
    pool = filled(coverage(payer), *beside)
    entry = pool.add(json.dumps(reviewed).encode(), "context.0")
    assert isinstance(entry, Entry)
    kind = "claim" if reviewed["resourceType"] == "Claim" else "order"
    given = Given(kind, date(2025, 12, 20), [entry], visible)
    return review_given(standard_library(), given, pool, False).findings


def dated(code: str, when: str, **more: Any) -> Json:
    return order(code, occurrenceDateTime=when, authoredOn="2025-12-15", **more)


def kinds(findings: tuple[Finding, ...]) -> set[tuple[str, str]]:
    return {(each.kind, each.severity.name) for each in findings}


INVALID = ("code-effective-date", "critical")


@pytest.mark.parametrize("when", ["2026-01", "2026"])
def test_a_code_of_2026_is_valid_in_a_month_or_year_of_it_and_one_that_ended_is_not(when: str) -> None:
    assert INVALID not in kinds(found(dated("77437", when)))
    (finding,) = found(dated("77014", when))
    assert (finding.kind, finding.severity.name) == INVALID
    assert any("only the month or the year" in note.template for note in finding.notes)


def test_a_month_before_the_code_began_is_told_and_a_full_date_has_no_note() -> None:
    assert INVALID in kinds(found(dated("77437", "2025-12")))
    (finding,) = found(dated("77014", "2026-01-05"))
    assert not any("only the month or the year" in note.template for note in finding.notes)


def test_units_are_compared_with_the_fractions_of_the_order_not_with_the_days_of_a_month() -> None:
    def limited(day: str, **more: Any) -> bool:
        made = dated("G6017", day, quantityQuantity={"value": 40}, **more)
        return "unit-limit" in {k for k, _ in kinds(found(made))}

    one = [number(FRACTIONS, 1)]
    assert limited("2025-06-03", extension=one)
    assert limited("2025-06", extension=one)
    assert not limited("2025-06")


def test_a_document_of_the_month_may_be_dated_before_the_service() -> None:
    def recent(day: str, when: str) -> frozenset[str]:
        made = order("77387", occurrenceDateTime=when)
        return view(made, beside=[document("28626-0", day)], visible=True).recent_documents

    assert recent("2024-06-20", "2024-06") == {"28626-0"}
    assert recent("2024-07-01", "2024-06") == frozenset()
    assert recent("2023-12-01", "2024-06") == {"28626-0"}
    assert recent("2023-11-30", "2024-06") == frozenset()
    assert recent("2024-06-20", "2024-06-03") == frozenset()


def test_a_first_day_that_one_of_the_lines_tells_is_known() -> None:
    items = [item("77387", 1, day="2024-06-01"), item("77386", 2, day="2024-06")]
    made = view(claim(*items), beside=[document("28626-0", "2024-06-20")], visible=True)
    assert made.recent_documents == frozenset()


def line_of(code: str, *items: Json, beside: tuple[Json, ...] = (), visible: bool = False) -> LineView:
    lines = view(
        claim(*items, diagnosis=[{"sequence": 1, "diagnosisCodeableConcept": {"coding": [{"code": "C61"}]}}]),
        beside=beside,
        visible=visible,
    ).lines
    return next(line for line in lines if line.code == code)


@pytest.mark.parametrize(
    ("of_line", "of_delivery", "expected"),
    [
        ("2024-05", "2024-06-03", True),
        ("2024-06", "2024-06-03", UNKNOWN),
        ("2024-06-03", "2024-06", UNKNOWN),
        ("2024-06", "2024-06", UNKNOWN),
        ("2024-06", "2024-06-01", False),
        ("2024-06-30", "2024-06", False),
        ("2024-05-31", "2024-06", True),
        ("2024-06-03", "2024-06-04", True),
        ("2024-06-03", "2024-06-03", False),
    ],
)
def test_what_a_month_leaves_open_is_not_before_the_first_delivery(
    of_line: str, of_delivery: str, expected: Any
) -> None:
    line = line_of("77336", item("77336", 1, day=of_line), item("77386", 2, day=of_delivery))
    assert before_first_delivery(line) is expected


def test_a_delivery_of_the_month_may_be_of_the_week_of_the_line() -> None:
    line = line_of("77336", item("77336", 1, day="2024-06"), item("77386", 2, day="2024-06-18"))
    assert [each.code for each in deliveries_of_week(line)] == ["77386"]
    line = line_of("77336", item("77336", 1, day="2024-06"), item("77386", 2, day="2024-07-08"))
    assert deliveries_of_week(line) == ()


@pytest.mark.parametrize(("when", "earlier"), [("2024-06", []), ("2024-05", ["77301"]), ("2024", [])])
def test_a_line_that_may_be_later_is_no_earlier_line(when: str, earlier: list[str]) -> None:
    line = line_of("77290", item("77301", 1, day=when), item("77290", 2, day="2024-06-20"))
    assert [each.code for each in earlier_lines_of_course(line)] == earlier


@pytest.mark.parametrize(
    ("when", "said"), [("2024-06", "reviewed"), ("2024-06-14", "missing"), ("2024-07", "missing")]
)
def test_a_review_within_the_month_may_be_of_the_line(when: str, said: str) -> None:
    review = document("igrt-physician-review", "2024-06-13", system="urn:igrt-cds:document-type")
    line = line_of("77387", item("77387", 1, day=when), beside=(review,), visible=True)
    assert guidance_review(line) == said


def test_records_and_deliveries_of_the_first_day_are_not_those_of_the_month() -> None:
    fraction = procedure(FRACTION, performedDateTime="2024-06-01", extension=[guidance("241658004")])
    day = line_of("77387", item("77387", 1, day="2024-06-01"), beside=(fraction,))
    month = line_of("77387", item("77387", 1, day="2024-06"), beside=(fraction,))
    assert day.unit.records(day.date)
    assert not month.unit.records(month.date)

    def technique(of_line: str, of_delivery: str) -> Any:
        return line_of("77387", item("77387", 1, day=of_line), item("77401", 2, day=of_delivery)).technique

    assert technique("2024-06-01", "2024-06-01").possible == {"superficial"}
    assert technique("2024-06", "2024-06-01") is UNKNOWN
    assert technique("2024-06", "2024-06").possible == {"superficial"}

    def technique_elsewhere(of_line: str) -> Any:
        earlier = claim(item("77401", day="2024-06-01"), id="earlier")
        return line_of("77387", item("77387", 1, day=of_line), beside=(earlier,)).technique

    assert technique_elsewhere("2024-06-01").possible == {"superficial"}
    assert technique_elsewhere("2024-06") is UNKNOWN


def test_a_year_does_not_join_the_courses_of_its_months() -> None:
    def courses(when: str) -> int:
        reviewed = order("77301", "o1", occurrenceDateTime="2024-02-05", **of)
        others = [
            order("77386", "o2", occurrenceDateTime=when, status="active", **of),
            order("77301", "o3", occurrenceDateTime="2024-04-15", status="active", **of),
        ]
        line = view(reviewed, beside=others).lines[0]
        return len(line.course.sure)

    of = {"reasonCode": [{"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "C61"}]}]}
    assert courses("2024-03-11") == 3
    assert courses("2024-03") == 3
    assert courses("2024") == 1


def technique_of(line: LineView) -> Any:
    return line.unit.technique(line)


@pytest.mark.parametrize("when", ["2024-05", "2024"])
@pytest.mark.parametrize("earlier", [True, False], ids=["in-history", "on-the-claim"])
def test_a_delivery_of_the_month_is_none_of_one_of_its_days(when: str, earlier: bool) -> None:
    guided = item("77387", 1, day="2024-05-03")
    treated = item("77386", 2, day=when)
    review = claim(guided) if earlier else claim(guided, treated)
    beside = (claim(treated, id="c2"),) if earlier else ()

    assert technique_of(view(review, beside=beside).lines[0]) is UNKNOWN
    of_day = claim(guided, item("77386", 2, day="2024-05-03"))
    found = technique_of(view(of_day, beside=(claim(item("77373", day=when), id="c3"),)).lines[0])
    assert (found.possible, found.firm) == ({"imrt"}, True)


def test_a_delivery_of_the_month_is_none_of_the_day_of_an_order() -> None:
    reason = {"reasonCode": [coded("C44.311", "http://hl7.org/fhir/sid/icd-10-cm")]}
    guided = order("77387", id="o1", occurrenceDateTime="2024-05-03", **reason)
    treated = order("77401", id="o2", occurrenceDateTime="2024-05", **reason)
    first = view(guided, treated).lines[0]
    assert technique_of(first) is UNKNOWN
    second = view(guided, treated).case.all_units[1].lines[0]
    assert technique_of(second).possible == {"superficial"}
