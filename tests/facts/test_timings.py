"""Days of an order whose Timing repeats (contract section 3, Span)."""

from __future__ import annotations

import json
from datetime import date

import pytest

from cds_service.facts.assemble import Given, assemble
from tests.facts.build import TODAY, Json, filled, knowledge, order, unit, view

WRITTEN = "2024-05-01"
WEEKS = {"value": 6, "unit": "weeks", "code": "wk"}
DAILY = {"frequency": 1, "period": 1, "periodUnit": "d"}


def days(**when: Json) -> tuple[str, str]:
    """First and last day of the only line of an order written on WRITTEN."""
    (only,) = unit({**order("G6017", occurrenceDateTime=None), "authoredOn": WRITTEN, **when}).lines
    return only.start.isoformat(), only.end.isoformat()


@pytest.mark.parametrize(
    ("repeat", "first", "last"),
    [
        ({**DAILY, "count": 30}, WRITTEN, "2024-05-30"),
        ({"frequency": 5, "period": 1, "periodUnit": "wk", "count": 30}, WRITTEN, "2024-06-05"),
        ({"frequency": 2, "period": 1, "periodUnit": "d", "count": 2}, WRITTEN, WRITTEN),
        ({"frequency": 2, "period": 1, "periodUnit": "d", "count": 3}, WRITTEN, "2024-05-02"),
        ({"period": 6, "periodUnit": "h", "count": 2}, WRITTEN, WRITTEN),
        ({**DAILY, "count": 1}, WRITTEN, WRITTEN),
        ({**DAILY, "boundsDuration": WEEKS}, WRITTEN, "2024-06-11"),
        ({**DAILY, "boundsDuration": WEEKS, "count": 30}, WRITTEN, "2024-05-30"),
        (DAILY, WRITTEN, "2024-05-02"),
        ({"period": 1, "periodUnit": "wk"}, WRITTEN, "2024-05-08"),
        ({"count": 30}, WRITTEN, WRITTEN),
        ({**DAILY, "count": 0}, WRITTEN, WRITTEN),
        ({**DAILY, "boundsPeriod": {"start": "2024-06-03"}, "count": 3}, "2024-06-03", "2024-06-05"),
        (
            {**DAILY, "boundsPeriod": {"start": "2024-06-03", "end": "2024-06-28"}, "count": 3},
            "2024-06-03",
            "2024-06-28",
        ),
        ({**DAILY, "boundsPeriod": {"end": "2024-04-12"}, "count": 3}, WRITTEN, "2024-05-03"),
        ({**DAILY, "boundsPeriod": {"end": "2024-06-07"}, "count": 3}, WRITTEN, "2024-06-07"),
        ({"period": 1e300, "periodUnit": "a", "count": 2}, WRITTEN, "2034-04-29"),
        ({"period": 1e308, "periodUnit": "a", "count": 1}, WRITTEN, WRITTEN),
        ({"period": -1, "periodUnit": "d", "count": 9}, WRITTEN, WRITTEN),
        ({**DAILY, "count": 10**25, "frequency": 0}, WRITTEN, "2034-04-29"),
        ({**DAILY, "boundsDuration": {"value": 1e308, "code": "a"}}, WRITTEN, "2034-04-29"),
    ],
)
def test_a_timing_that_repeats_covers_its_days(repeat: Json, first: str, last: str) -> None:
    assert days(occurrenceTiming={"repeat": repeat}) == (first, last)


def test_units_of_a_repeating_order_are_not_those_of_one_date() -> None:
    asked = order("G6017", occurrenceDateTime=None, quantityQuantity={"value": 30})
    repeated = {**asked, "occurrenceTiming": {"repeat": {**DAILY, "count": 30}}}
    assert [line.is_span for line in view(repeated).lines] == [True]
    assert unit(repeated).lines[0].start == TODAY


def test_a_repeat_that_cannot_be_read_is_said_and_costs_itself() -> None:
    timing = {"occurrenceTiming": {"repeat": {"count": "thirty"}}}
    pool = filled()
    entry = pool.add(
        json.dumps({**order(occurrenceDateTime=None), "authoredOn": WRITTEN, **timing}).encode(), "o"
    )
    assert entry is not None
    (found,) = assemble(Given("order", TODAY, [entry], False), pool, knowledge()).units
    assert found.lines[0].end == date(2024, 5, 1)
    assert [(t.why, t.path) for t in pool.troubles] == [("unreadable", "o.occurrenceTiming.repeat")]
