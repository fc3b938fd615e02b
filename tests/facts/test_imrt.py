"""What a claim or order says of IMRT: which order is asked, its course, the reasons given, and who signed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from cds_service.facts import imrt, imrt_facts
from cds_service.facts.case import Document, Signer
from cds_service.facts.given import build_case
from cds_service.facts.signatures import may_be_signed_by
from cds_service.facts.views import CaseView, UnitView
from tests.facts.build import (
    COURSE,
    IMRT,
    LOCAL,
    PHOTONS,
    SNOMED,
    Json,
    case,
    claim,
    coded,
    info,
    item,
    knowledge,
    line,
    order,
    procedure,
    technique,
    view,
)

ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
BY_TECHNIQUE: Json = {"extension": [technique(PHOTONS, IMRT)]}
CONDITION_SLUG = "narrow-margins"


def reason(*codes: str) -> list[Json]:
    return [coded(code, ICD10) for code in codes]


def because(slug: str) -> list[Json]:
    return [coded(slug, LOCAL + "indication")]


def course_order(id: str = "course", diagnosis: str = "C61", *slugs: str) -> Json:
    reasons = [*reason(diagnosis), *(coded(slug, LOCAL + "indication") for slug in slugs)]
    return order(coded(COURSE, SNOMED), id, reasonCode=reasons, **BY_TECHNIQUE)


def asked(*orders: Json, advised: frozenset[str] | None = None) -> list[str]:
    """The orders to which the question about IMRT by technique is put."""
    units = CaseView(case(*orders), knowledge(), advised).units
    return [unit.ref.partition("/")[2] for unit in units if imrt_facts.imrt_order(unit)]


def from_given(**given: Any) -> UnitView:
    return CaseView(build_case(given), knowledge()).units[0]


# ---- which order is asked


@pytest.mark.parametrize("turned", [False, True], ids=["as sent", "turned round"])
def test_of_orders_signed_together_one_is_asked_however_they_are_sent(turned: bool) -> None:
    def chosen(*orders: Json) -> list[str]:
        return asked(*(reversed(orders) if turned else orders))

    based: Json = {"basedOn": [{"reference": "ServiceRequest/course"}]}
    assert chosen(course_order(), order("77014", "a-guidance", **based)) == ["course"]
    late = order("77014", "a", occurrenceDateTime="2024-06-04", **BY_TECHNIQUE)
    assert chosen(late, order("77014", "b", **BY_TECHNIQUE)) == ["b"]
    assert chosen(order("77014", "b", **BY_TECHNIQUE), order("77014", "a", **BY_TECHNIQUE)) == ["a"]


@pytest.mark.parametrize(
    "code",
    ["77373", "77372", "77520", "77770", "77401"],
    ids=["SBRT", "SRS", "protons", "sources", "surface"],
)
def test_a_delivery_code_says_that_what_is_planned_as_imrt_is_none(code: str) -> None:
    delivery = order(code, "delivery", reasonCode=reason("C61"), **BY_TECHNIQUE)
    assert asked(delivery) == []
    assert asked(order("77412", "delivery", reasonCode=reason("C61"), **BY_TECHNIQUE)) == ["delivery"]


def test_stereotactic_delivery_of_the_course_says_that_it_is_no_imrt() -> None:
    sbrt = order("77373", "delivery", reasonCode=reason("C61"), **BY_TECHNIQUE)
    guidance = order("77014", "guidance", reasonCode=reason("C61"), **BY_TECHNIQUE)
    assert asked(course_order(), guidance, sbrt) == []
    assert asked(course_order(), guidance, {**sbrt, "reasonCode": reason("C34.11")}) == ["course"]
    assert asked(course_order(), guidance, sbrt, order("77412", "more", reasonCode=reason("C61"))) == [
        "course"
    ]


def test_an_order_of_another_technique_for_the_diagnosis_is_passed_over() -> None:
    guidance = order("77014", "guidance", reasonCode=reason("C61"))
    assert asked(guidance, course_order()) == ["course"]


def test_an_order_that_holds_the_plan_is_asked_instead() -> None:
    plan = order("77301", "plan", reasonCode=reason("C61"))
    assert asked(course_order(), plan) == []
    assert asked(course_order(), {**plan, "reasonCode": reason("C34.11")}) == ["course"]


def test_orders_for_two_diagnoses_are_asked_each() -> None:
    assert asked(course_order("one", "C61"), course_order("two", "C34.11")) == ["one", "two"]
    assert asked(course_order("one", "C61"), course_order("two", "Z51.0")) == ["one"]


def test_what_is_not_selected_does_not_answer_for_what_is() -> None:
    guidance = order("77014", "guidance", reasonCode=reason("C61"), **BY_TECHNIQUE)
    selected = frozenset({"ServiceRequest/guidance"})
    assert asked(course_order(), guidance, advised=selected) == ["guidance"]


def test_a_claim_is_never_such_an_order() -> None:
    billed = claim(item("G6012"))
    course = procedure(COURSE, performedDateTime="2024-06-03", **BY_TECHNIQUE)
    unit = view(billed, beside=[course])
    assert unit.unit.radiotherapy.techniques == {"imrt"}
    assert imrt_facts.imrt_order(unit) is False


def test_without_lines_that_say_imrt_there_is_no_anchor() -> None:
    assert imrt.anchor(from_given(lines=["G6012"])) is None


@pytest.mark.parametrize(("start", "codes"), [("2025-12-31", ["77301", "77386"]), ("2026-01-01", ["77301"])])
def test_delivery_codes_say_imrt_on_claims_that_start_by_2025(start: str, codes: list[str]) -> None:
    unit = from_given(date=start, lines=["77402", "77301", "77386"])
    assert [each.code for each in imrt.imrt_lines(unit)] == codes


# ---- reasons given for the course


def test_indications_of_an_order_and_of_what_it_is_based_on() -> None:
    parent = course_order("course", "C61", CONDITION_SLUG)
    child = order("77301", "plan", basedOn=[{"reference": "ServiceRequest/course"}], reasonCode=reason("C61"))
    unit = view(child, beside=[parent])
    assert unit.unit.indications == {CONDITION_SLUG}
    assert imrt_facts.course_indications(unit) == {CONDITION_SLUG}
    grandchild = order("77014", "guidance", basedOn=[{"reference": "ServiceRequest/plan"}])
    assert view(grandchild, beside=[child, parent]).unit.indications == {CONDITION_SLUG}


def test_indications_of_an_order_that_is_signed_together() -> None:
    told = course_order("course", "C61", CONDITION_SLUG)
    other = order("77301", "plan", reasonCode=reason("C61"))
    second = CaseView(case(told, other), knowledge()).units[1]
    assert imrt_facts.course_indications(second) == {CONDITION_SLUG}
    elsewhere = order("77301", "plan", reasonCode=reason("C34.11"))
    assert imrt_facts.course_indications(CaseView(case(told, elsewhere), knowledge()).units[1]) == frozenset()


def test_indications_of_an_earlier_order_and_an_earlier_claim() -> None:
    earlier = order("77290", "old", status="active", reasonCode=[*reason("C61"), *because("dose-escalation")])
    diagnosis = [{"sequence": 1, "diagnosisCodeableConcept": coded("C61", ICD10)}]
    sent = claim(
        item("77263", day="2024-05-20"),
        id="old-claim",
        diagnosis=diagnosis,
        supportingInfo=[info("indication", code=coded(CONDITION_SLUG, LOCAL + "indication"))],
    )
    assert line(earlier).indications == {"dose-escalation"}
    unit = view(course_order(), beside=[earlier, sent])
    assert imrt_facts.course_indications(unit) == {"dose-escalation", CONDITION_SLUG}


# ---- the course of a claim or order


def test_the_course_of_an_order_without_codes_goes_by_its_diagnosis_and_day() -> None:
    sure = {"code": "77290", "date": "2024-05-20", "diagnoses": ["C61"]}
    doubtful = {"code": "77263", "date": "2024-05-01", "diagnoses": []}
    other = {"code": "77427", "date": "2024-05-21", "diagnoses": ["C34.11"]}
    found = imrt.course_of(
        from_given(hook="order", date="2024-06-03", diagnoses=["C61"], lines=[], history=[sure, other])
    )
    assert [each.code for each in found.sure] == [each.code for each in found.lines] == ["77290"]
    assert found.first_day == date(2024, 5, 20)
    bare = imrt.course_of(
        from_given(hook="order", date="2024-06-03", lines=[], history=[doubtful | {"diagnoses": ["C61"]}])
    )
    assert (bare.sure, [each.code for each in bare.lines]) == ((), ["77263"])
    assert bare.first_day == date(2024, 5, 1)
    alone = imrt.course_of(from_given(hook="order", date="2024-06-03", lines=[]))
    assert (alone.sure, alone.lines, alone.first_day) == ((), (), date(2024, 6, 3))


def test_the_imrt_lines_of_a_claim_name_its_course() -> None:
    unit = from_given(
        lines=[
            {"code": "G6012", "date": "2024-03-01", "diagnoses": ["C34.11"]},
            {"code": "77301", "date": "2024-06-03", "diagnoses": ["C61"]},
        ],
        history=[
            {"code": "77290", "date": "2024-05-20", "diagnoses": ["C61"]},
            {"code": "77263", "date": "2024-05-21", "diagnoses": ["C61"]},
            {"code": "77300", "date": "2024-05-22"},
        ],
    )
    found = imrt.course_of(unit)
    assert [each.code for each in found.sure] == ["77290", "77263", "77301"]
    assert found.first_day == date(2024, 5, 20)
    assert imrt_facts.course_codes(unit) == {"77290", "77263", "77300", "77301"}
    assert imrt_facts.codes_surely_of_course(unit) == {"77290", "77263", "77301"}


def test_two_imrt_courses_on_one_claim_are_taken_together() -> None:
    unit = from_given(
        lines=[
            {"code": "77301", "date": "2024-06-03", "diagnoses": ["C61"]},
            {"code": "G6015", "date": "2024-06-01", "diagnoses": ["C34.11"]},
            {"code": "G6015", "date": "2024-06-04", "diagnoses": ["C34.11"]},
        ]
    )
    found = imrt.course_of(unit)
    assert sorted(each.code for each in found.lines) == ["77301", "G6015", "G6015"]
    assert found.first_day == date(2024, 6, 1)


# ---- signatures


ONE, OTHER = "radiation-oncologist", "medical-physicist"


def signed(*signers: tuple[str, str]) -> Document:
    return Document(
        frozenset({"x"}), None, "DocumentReference", signers=tuple(Signer(*each) for each in signers)
    )


@pytest.mark.parametrize(
    ("documents", "by_one", "by_both"),
    [
        ([], False, False),
        ([signed()], False, False),
        ([signed(("a", ONE))], True, False),
        ([signed(("a", OTHER))], False, False),
        ([signed(("a", "nurse"), ("b", "radiation-therapist"))], False, False),
        ([signed(("a", ONE), ("b", OTHER))], True, True),
        ([signed(("b", OTHER)), signed(("a", ONE))], True, True),
        ([signed(("a", ONE), ("a", OTHER))], True, False),
        ([signed(("a", ONE)), signed(("a", ""))], True, False),
        ([signed(("a", ONE), ("b", ONE))], True, False),
        ([signed(("a", ""))], True, True),
        ([signed(("a", "nurse"), ("b", ""))], True, True),
        ([signed(("", ONE), ("", OTHER))], True, True),
        ([signed(("c", "nurse"), ("a", ONE), ("b", OTHER))], True, True),
    ],
)
def test_who_may_have_signed(documents: list[Document], by_one: bool, by_both: bool) -> None:
    assert may_be_signed_by(documents, ONE) is by_one
    assert may_be_signed_by(documents, ONE, OTHER) is by_both


# ---- the period that a site confirmed


@pytest.mark.parametrize(
    ("day", "confirmed"),
    [("2016-11-06", False), ("2016-11-07", True), ("2025-12-31", True), ("2026-01-01", False)],
)
def test_the_confirmed_period_holds_its_first_and_last_day(day: str, confirmed: bool) -> None:
    given = {"service_start": day, "lines": [{"code": "77301", "date": "2020-01-01"}]}
    period = (date(2016, 11, 7), date(2025, 12, 31))
    unit = CaseView(replace(build_case(given), lcd_in_force=period), knowledge()).units[0]
    assert imrt_facts.lcd_confirmed(unit) is confirmed
    assert imrt_facts.lcd_confirmed_on_date(unit.lines[0]) is True
    nobody = CaseView(build_case(given), knowledge()).units[0]
    assert imrt_facts.lcd_confirmed(nobody) is imrt_facts.lcd_confirmed_on_date(nobody.lines[0]) is False


def test_the_line_is_confirmed_by_its_own_date() -> None:
    given = {"service_start": "2020-01-01", "lines": [{"code": "77301", "date": "2026-01-01"}]}
    period = (date(2016, 11, 7), date(2025, 12, 31))
    unit = CaseView(replace(build_case(given), lcd_in_force=period), knowledge()).units[0]
    assert imrt_facts.lcd_confirmed(unit) is True
    assert imrt_facts.lcd_confirmed_on_date(unit.lines[0]) is False
