"""Courses: by mark, by diagnosis and time, and what stays doubtful (contract section 3, Derived course)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.facts.case import Line
from cds_service.facts.courses import Partition
from cds_service.facts.diagnosis import course_diagnosis

DAY = date(2024, 6, 3)


def line(days: int = 0, diagnosis: str = "C61", course: str = "", claim: str = "", through: int = 0) -> Line:
    start = DAY + timedelta(days=days)
    return Line(
        resource=f"Claim/{claim or f'of-day-{days}-{diagnosis}-{course}'}",
        sequence=1,
        code="77301",
        modifiers=(),
        units=1.0,
        start=start,
        end=start + timedelta(days=through),
        path="Claim.item[0]",
        course=course,
        course_diagnosis=diagnosis,
    )


def of(lines: list[Line], number: int = 0) -> tuple[set[int], set[int]]:
    found = Partition(lines)[number]
    return set(found.sure), set(found.doubtful)


@pytest.mark.parametrize(
    ("others", "sure", "doubtful"),
    [
        ([line(60)], {0, 1}, set()),
        ([line(-60)], {0, 1}, set()),
        ([line(61)], {0}, set()),
        ([line(-61)], {0}, set()),
        ([line(60), line(120)], {0, 1, 2}, set()),
        ([line(120)], {0}, set()),
        ([line(-70, through=10)], {0, 1}, set()),
        ([line(-71, through=10)], {0}, set()),
        ([line(60, through=10)], {0, 1}, set()),
        ([line(60, "", through=10)], {0}, {1}),
        ([line(-90, through=80), line(-85)], {0, 1, 2}, set()),
        ([line(10, "C34.11")], {0}, set()),
        ([line(60, "")], {0}, {1}),
        ([line(61, "")], {0}, set()),
        ([line(0, "C61.9")], {0}, {1}),
        ([line(0, "C61.9"), line(60, "C61.9")], {0}, {1, 2}),
    ],
)
def test_diagnosis_and_time(others: list[Line], sure: set[int], doubtful: set[int]) -> None:
    assert of([line(), *others]) == (sure, doubtful)


def test_a_line_without_a_diagnosis_is_doubtful_with_everything_near() -> None:
    assert of([line(0, ""), line(10, "C61"), line(20, "C34.11"), line(100, "C61")]) == ({0}, {1, 2})


def test_lines_of_one_claim_and_diagnosis_need_no_nearness() -> None:
    assert of([line(0, claim="c"), line(200, claim="c")]) == ({0, 1}, set())
    assert of([line(0, claim="c"), line(200, claim="d")]) == ({0}, set())


def test_lines_of_one_claim_with_two_diagnoses_are_two_courses() -> None:
    assert of([line(0, "C61", claim="c"), line(0, "C34.11", claim="c")]) == ({0}, set())


def test_a_mark_joins_whatever_the_diagnosis_and_time() -> None:
    assert of([line(0, "C61", "a"), line(400, "C34.11", "a")]) == ({0, 1}, set())


def test_two_marks_stay_two_courses_even_with_one_diagnosis() -> None:
    assert of([line(0, course="a"), line(5, course="b")]) == ({0}, set())


def test_an_unmarked_line_joins_the_one_marked_course_of_its_diagnosis() -> None:
    assert of([line(0), line(5, course="a")]) == ({0, 1}, set())


def test_an_unmarked_line_between_two_marked_courses_is_doubtful_with_both() -> None:
    lines = [line(0), line(5, course="a"), line(6, course="b")]
    assert of(lines) == ({0}, {1, 2})
    assert of(lines, 1) == ({1}, {0})


def test_another_code_of_the_category_is_doubtful_both_ways() -> None:
    assert of([line(0, "C79.51"), line(10, "C79.52")]) == ({0}, {1})
    assert of([line(0, "C61.9"), line(10, "C61")]) == ({0}, {1})


def test_two_marks_on_one_claim_are_two_courses() -> None:
    assert of([line(0, course="a", claim="c"), line(5, course="b", claim="c")]) == ({0}, set())


def test_lines_of_one_claim_without_a_diagnosis_are_doubtful_with_each_other() -> None:
    assert of([line(0, "", claim="c"), line(10, "", claim="c")]) == ({0}, {1})


def test_a_course_with_one_mark_is_not_doubtful_with_another_mark() -> None:
    assert of([line(0), line(5, course="a"), line(10, "C61.9", "b")]) == ({0, 1}, set())


def test_what_is_doubtful_lies_near_the_first_day_of_a_course_its_last_or_between() -> None:
    course = [line(0, claim="c"), line(200, claim="c")]
    near = [line(-30, "C61.9"), line(100, "C61.9"), line(230, "C61.9")]
    assert of([*course, *near]) == ({0, 1}, {2, 3, 4})
    assert of([*course, line(-61, "C61.9"), line(261, "C61.9")]) == ({0, 1}, set())


LINES = st.builds(
    line,
    days=st.integers(-200, 200),
    diagnosis=st.sampled_from(["C61", "C61.9", "C34.11", ""]),
    course=st.sampled_from(["", "", "", "a", "b"]),
    claim=st.sampled_from(["", "c", "d"]),
    through=st.sampled_from([0, 0, 0, 30]),
)


@given(st.lists(LINES, min_size=1, max_size=8))
def test_sure_members_share_one_course(lines: list[Line]) -> None:
    found = Partition(lines)
    assert set(found) == set(range(len(lines)))
    for number, membership in found.items():
        assert number in membership.sure
        assert not set(membership.sure) & set(membership.doubtful)
        assert all(found[n] == membership for n in membership.sure)
        assert len({lines[n].course for n in membership.sure} - {""}) <= 1 or any(
            lines[n].course == "" for n in membership.sure
        )


@given(st.lists(LINES, min_size=1, max_size=6), st.randoms())
def test_the_order_of_lines_does_not_matter(lines: list[Line], random: object) -> None:
    order = list(range(len(lines)))
    random.shuffle(order)  # type: ignore[attr-defined]
    straight, shuffled = Partition(lines), Partition([lines[n] for n in order])
    for place, number in enumerate(order):
        assert {order[n] for n in shuffled[place].sure} == set(straight[number].sure)
        assert {order[n] for n in shuffled[place].doubtful} == set(straight[number].doubtful)


@given(LINES)
def test_the_day_of_the_calendar_does_not_matter(one: Line) -> None:
    later = replace(one, start=one.start + timedelta(days=1000), end=one.end + timedelta(days=1000))
    assert Partition([one])[0] == Partition([later])[0]


@pytest.mark.parametrize(
    ("codes", "diagnosis"),
    [
        (("Z51.0", "C61"), "C61"),
        (("C61", "C79.51"), "C61"),
        (("Z51.0",), ""),
        (("", "C61"), "C61"),
        ((), ""),
    ],
)
def test_z_codes_are_set_aside(codes: tuple[str, ...], diagnosis: str) -> None:
    assert course_diagnosis(codes) == diagnosis
