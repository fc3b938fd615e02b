"""Calendar days out of FHIR dates, six calendar months back, and what hangs together in time."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.facts.dates import (
    ServiceDays,
    bounds,
    day,
    first_day,
    last_day,
    service_days,
    within_one_day,
)
from cds_service.facts.fhir import Period
from cds_service.facts.periods import chained, months_before, moved

JUNE = date(2024, 6, 3)
GAP = timedelta(days=60)


@pytest.mark.parametrize(
    "text",
    [
        "2024-06-03",
        " 2024-06-03 ",
        "2024-06-03T00:30:00Z",
        "2024-06-03T23:30:00-05:00",
        "2024-06-03T23:30:00.123+14:00",
        "2024-06-03 10:00",
    ],
)
def test_the_day_is_the_day_as_written(text: str) -> None:
    assert day(text) == JUNE


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "2024",
        "2024-06",
        "2024-02-30",
        "2023-02-29",
        "06/03/2024",
        "20240603",
        "2024-W23-1",
        "2024-06-03x",
        "2024-6-3",
        "0001-01-01T00:00:00Z",
        "０2024-06-0",
        "not a date",
    ],
)
def test_partial_unreadable_and_placeholder_dates_are_none(text: str | None) -> None:
    assert day(text) is None


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024-06-03", JUNE, JUNE),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        (" 2024-02 ", date(2024, 2, 1), date(2024, 2, 29)),
        ("2023-12", date(2023, 12, 1), date(2023, 12, 31)),
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("9999", date(9999, 1, 1), date(9999, 12, 31)),
        ("2024-13", None, None),
        ("2024-00", None, None),
        ("0000", None, None),
        ("soon", None, None),
        (None, None, None),
    ],
)
def test_bounds_of_partial_dates(text: str | None, first: date | None, last: date | None) -> None:
    assert bounds(text) == (first, last)


MONTH = ServiceDays(date(2024, 6, 1), date(2024, 6, 30), date(2024, 6, 30))


@pytest.mark.parametrize(
    ("moment", "start", "end", "expected"),
    [
        pytest.param("2024-06-03", None, None, ServiceDays(JUNE, JUNE, JUNE), id="day"),
        pytest.param("2024-06", None, None, MONTH, id="month"),
        pytest.param(
            "2024",
            None,
            None,
            ServiceDays(date(2024, 1, 1), date(2024, 12, 31), date(2024, 12, 31)),
            id="year",
        ),
        pytest.param(
            "soon", "2024-06-03", None, ServiceDays(JUNE, JUNE, JUNE), id="unreadable, then a period"
        ),
        pytest.param(
            None,
            "2024-06-03",
            "2024-07-12",
            ServiceDays(JUNE, JUNE, date(2024, 7, 12)),
            id="days",
        ),
        pytest.param(
            None,
            "2024-06-03",
            "2024-07",
            ServiceDays(JUNE, JUNE, date(2024, 7, 31)),
            id="day to month",
        ),
        pytest.param(None, "2024-06", None, MONTH, id="month without an end"),
        pytest.param(
            None,
            "2024-06",
            "2024-07-12",
            MONTH._replace(last=date(2024, 7, 12)),
            id="month to day",
        ),
        pytest.param(
            None,
            "2024-06",
            "2024-06-14",
            MONTH._replace(begins_by=date(2024, 6, 14), last=date(2024, 6, 14)),
            id="month to a day of it",
        ),
        pytest.param(None, "2024-06", "2024-05-31", MONTH, id="end before the start"),
        pytest.param(None, None, "2024-06-03", None, id="end alone"),
        pytest.param(None, "soon", "2024-06-03", None, id="unreadable start"),
    ],
)
def test_days_of_a_service(
    moment: str | None, start: str | None, end: str | None, expected: ServiceDays | None
) -> None:
    assert service_days(moment, Period(start, end)) == expected
    if expected is not None:
        assert expected.open_start == (expected.begins_by if expected.begins_by > expected.first else None)


def test_ends_of_a_period() -> None:
    period = Period("2024-06-03T08:00:00Z", "2024-06-04")
    assert (first_day(period), last_day(period)) == (JUNE, date(2024, 6, 4))
    assert (first_day(None), last_day(Period("2024-06-03"))) == (None, None)


@pytest.mark.parametrize(
    ("moment", "start", "end", "expected"),
    [
        ("2024-06-03T08:00:00Z", None, None, JUNE),
        ("2024-06", "2024-06-03", "2024-06-03T23:59:00Z", JUNE),
        (None, "2024-06-03", "2024-06-04", None),
        (None, "2024-06-03", None, None),
        (None, None, "2024-06-03", None),
        (None, None, None, None),
    ],
)
def test_one_day_of_a_procedure(
    moment: str | None, start: str | None, end: str | None, expected: date | None
) -> None:
    assert within_one_day(moment, Period(start, end)) == expected


@pytest.mark.parametrize(
    ("today", "months", "before"),
    [
        ("2024-08-31", 6, "2024-02-29"),
        ("2023-08-31", 6, "2023-02-28"),
        ("2024-08-29", 6, "2024-02-29"),
        ("2024-08-30", 6, "2024-02-29"),
        ("2024-12-31", 6, "2024-06-30"),
        ("2024-06-03", 6, "2023-12-03"),
        ("2024-03-15", 6, "2023-09-15"),
        ("2024-01-31", 1, "2023-12-31"),
        ("2024-07-01", 6, "2024-01-01"),
    ],
)
def test_months_before(today: str, months: int, before: str) -> None:
    assert months_before(date.fromisoformat(today), months) == date.fromisoformat(before)


@given(st.dates(min_value=date(2, 1, 1)), st.integers(min_value=0, max_value=12))
def test_months_before_is_the_same_day_or_the_last_of_its_month(today: date, months: int) -> None:
    before = months_before(today, months)
    assert (before.year * 12 + before.month) + months == today.year * 12 + today.month
    next_day = before + timedelta(days=1)
    assert before.day == today.day or (before.day < today.day and next_day.month != before.month)


@given(st.dates(), st.dates(), st.integers(min_value=0, max_value=24))
def test_an_earlier_day_never_has_a_later_window(one: date, other: date, months: int) -> None:
    first, last = sorted((one, other))
    assert months_before(first, months) <= months_before(last, months) <= last


@given(st.dates(), st.integers(min_value=-100_000, max_value=100_000))
def test_moving_stops_at_the_ends_of_the_calendar(start: date, days: int) -> None:
    ordinal = start.toordinal() + days
    expected = min(max(ordinal, 1), date.max.toordinal())
    assert moved(start, timedelta(days=days)).toordinal() == expected


def span(first: int, last: int | None = None) -> tuple[date, date]:
    return JUNE + timedelta(days=first), JUNE + timedelta(days=first if last is None else last)


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], []),
        ([span(60)], [0]),
        ([span(61)], []),
        ([span(-60)], [0]),
        ([span(-61)], []),
        ([span(120), span(60)], [0, 1]),
        ([span(-120), span(-60)], [0, 1]),
        ([span(-120), span(-59)], [1]),
        ([span(-200, -61)], []),
        ([span(-200, -60)], [0]),
        ([span(-80), span(-100, -10)], [0, 1]),
        ([span(0), span(300), span(360), span(400)], [0]),
    ],
)
def test_chains_of_at_most_sixty_days(spans: list[tuple[date, date]], expected: list[int]) -> None:
    assert chained(spans, span(0), GAP) == expected


@given(
    st.lists(st.tuples(st.integers(-400, 400), st.integers(0, 90)), max_size=12),
    st.integers(0, 30),
    st.integers(0, 70),
)
def test_chains_agree_with_growing_step_by_step(
    drawn: list[tuple[int, int]], length: int, gap_days: int
) -> None:
    spans = [span(first, first + more) for first, more in drawn]
    gap = timedelta(days=gap_days)
    inside: set[int] = set()
    reached = [span(0, length)]
    while True:
        near = {
            n
            for n, (first, last) in enumerate(spans)
            if any(first - end <= gap and start - last <= gap for start, end in reached)
        }
        if near == inside:
            break
        inside = near
        reached = [span(0, length), *(spans[n] for n in inside)]
    assert chained(spans, span(0, length), gap) == sorted(inside)
