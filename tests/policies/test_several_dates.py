"""One finding about many dates names the first and counts the others (M-1); one about a span, the day that counts."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.books import standard_library
from cds_service.facts.given import build_case
from cds_service.facts.views import CaseView


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (1, "on 2026-05-01:"),
        (2, "on 2026-05-01 and 1 more date:"),
        (20, "on 2026-05-01 and 19 more dates:"),
    ],
)
def test_the_summary_counts_the_dates(days: int, told: str) -> None:
    library = standard_library()
    lines = [{"code": "77386", "date": f"2026-05-{day:02d}"} for day in range(days, 0, -1)]
    given = {"payer": "medicare-ffs", "claim_type": "institutional", "lines": lines}
    (finding,) = library.engine.evaluate(CaseView(build_case(given), library.knowledge))
    assert told in finding.summary.plain()
    assert len(finding.lines) == days


SPAN = {"date": "2025-12-20", "through": "2026-01-20"}


def told(*lines: dict[str, Any]) -> str:
    library = standard_library()
    given = {"payer": "other", "claim_type": "professional", "place_of_service": "11", "lines": list(lines)}
    found = library.engine.evaluate(CaseView(build_case(given), library.knowledge))
    (summary,) = {f.summary.plain() for f in found if f.kind == "code-effective-date"}
    return summary


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ({"code": "G6002", **SPAN}, "G6002 is no longer valid on 2026-01-20:"),
        ({"code": "G6015", **SPAN}, "G6015 is no longer valid on 2026-01-20:"),
        ({"code": "77401", **SPAN}, "77401 is no longer listed on 2026-01-20:"),
        ({"code": "77437", **SPAN}, "it cannot be reported for 2025-12-20."),
        ({"code": "77422", "date": "2017-12-20", "through": "2018-01-20"}, "reported for 2018-01-20."),
        ({"code": "77418", "date": "2014-12-20", "through": "2015-01-20"}, "reported for 2015-01-20."),
        ({"code": "77418", "date": "2016-12-20", "through": "2017-01-20"}, "reported for 2016-12-20."),
    ],
)
def test_a_span_is_told_the_day_on_which_its_code_is_not_valid(line: dict[str, Any], says: str) -> None:
    assert says in told(line)


def test_spans_among_many_dates_are_told_by_the_same_day() -> None:
    several = told({"code": "G6002", **SPAN}, {"code": "G6002", "date": "2026-01-21"})
    assert several.startswith("G6002 is no longer valid on 2026-01-20 and 1 more date:")


@pytest.mark.parametrize(
    ("payer", "code", "year"),
    [("other", "G6017", 2025), ("florida-blue", "77387", 2026), ("molina", "G6017", 2025)],
    ids=["AST-08", "FLB-27", "MOL-23"],
)
@pytest.mark.parametrize(
    ("through", "told"),
    [("03-03", "of {year}-03-03:"), ("03-27", "of {year}-03-03 to {year}-03-27:")],
    ids=["one day", "several days"],
)
def test_more_units_than_fractions_are_told_of_all_days_of_the_order(
    payer: str, code: str, year: int, through: str, told: str
) -> None:
    """The fractions are those of the whole period."""
    library = standard_library()
    line = {
        "code": code,
        "date": f"{year}-03-03",
        "through": f"{year}-{through}",
        "units": 28,
        "fractions": 20,
    }
    case = build_case({"hook": "order", "payer": payer, "technique": "imrt", "lines": [line]})
    found = library.engine.evaluate(CaseView(case, library.knowledge))
    (limit,) = [each for each in found if each.kind == "unit-limit"]
    assert told.format(year=year) in limit.summary.plain()


def test_all_who_count_fractions_name_the_same_days() -> None:
    """Where several say it, the sentence of one of them is shown."""
    rules = [r for r in standard_library().engine.book.rules if r.id == "more-guidance-units-than-fractions"]
    assert {rule.file.split("/")[0] for rule in rules} >= {"astro", "florida-blue", "molina"}
    assert len({rule.finding.summary for rule in rules}) == 1
