"""Imported edits written beside a case."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from cds_service.facts.edits import Edition, PairEdit, UnitEdit
from cds_service.facts.given import CaseError
from cds_service.facts.given_edits import build_edits


def test_a_case_without_edits_knows_none() -> None:
    assert build_edits({}).empty
    assert build_edits({"edits": [{"edition": "2026Q3"}]}).empty


def test_a_table_answers_for_every_day_unless_it_says_otherwise() -> None:
    (table,) = build_edits({"edits": [{"pairs": ["77373 G6002 0"]}]}).pairs
    assert table.edition == Edition("medicare", "practitioner", "2026Q4", date.min, date.max)
    assert table.edit("77373", "G6002", date(1990, 1, 1)) is not None
    told = {
        "programme": "medicaid",
        "setting": "outpatient-hospital",
        "edition": "2025Q1",
        "from": "2025-01-01",
        "through": "2025-03-31",
        "units": ["77387 1 3", "77336 1 2", "77334 5 1"],
    }
    (limits,) = build_edits({"edits": [told]}).units
    days = (date(2025, 1, 1), date(2025, 3, 31))
    assert limits.edition == Edition("medicaid", "outpatient-hospital", "2025Q1", *days)
    assert {u.code: (u.most, u.counted) for u in limits.rows.values()} == {
        "77387": (1, "date-clinical"),
        "77336": (1, "date-policy"),
        "77334": (5, "line"),
    }
    assert all(isinstance(unit, UnitEdit) for unit in limits.rows.values())


@pytest.mark.parametrize("indicators", ["01", "10"])
def test_of_two_rows_of_one_pair_the_one_that_no_modifier_passes_decides(indicators: str) -> None:
    (table,) = build_edits({"edits": [{"pairs": [f"77373 G6002 {each}" for each in indicators]}]}).pairs
    found = table.edit("77373", "G6002", date(2024, 6, 3))
    assert found is not None
    assert found.indicator == "0"


def test_the_claim_type_of_the_case_chooses_the_setting() -> None:
    for claim_type, setting in (("institutional", "outpatient-hospital"), ("professional", "practitioner")):
        given: dict[str, Any] = {"claim_type": claim_type, "edits": [{"pairs": ["77373 G6002 0"]}]}
        (table,) = build_edits(given).pairs
        assert table.edition.setting == setting


def test_pairs_may_have_days() -> None:
    rows = ["77373 G6002 0", "77373 G6002 1 2024-01-01", "77373 G6002 0 2020-01-01 2020-12-31"]
    (table,) = build_edits({"edits": [{"pairs": rows}]}).pairs
    found = table.rows["77373", "G6002"]
    assert [(row.first, row.last, row.indicator) for row in found] == [
        (date.min, None, "0"),
        (date(2024, 1, 1), None, "1"),
        (date(2020, 1, 1), date(2020, 12, 31), "0"),
    ]
    assert isinstance(found[0], PairEdit)


@pytest.mark.parametrize(
    "pair", ["", "77373", "77373 G6002", "77373 G6002 9", "77373 G6002 2", "a b 0 2020-01-01 2020-01-02 x"]
)
def test_a_pair_that_cannot_be_read_says_how_to_write_it(pair: str) -> None:
    with pytest.raises(CaseError, match="Write column 1, column 2, 0 or 1"):
        build_edits({"edits": [{"pairs": [pair]}]})


@pytest.mark.parametrize(
    "limit", ["", "77387", "77387 1", "77387 x 3", "77387 1 4", "77387 1 3 2", "77387 -1 3"]
)
def test_a_limit_that_cannot_be_read_says_how_to_write_it(limit: str) -> None:
    with pytest.raises(CaseError, match="Write code, units and adjudication indicator"):
        build_edits({"edits": [{"units": [limit]}]})


@pytest.mark.parametrize(
    "told", [{"pairs": ["77373 G6002 0 soon"]}, {"from": "soon", "pairs": []}, {"through": "2025-02-30"}]
)
def test_a_day_that_is_none_says_so(told: dict[str, Any]) -> None:
    with pytest.raises(CaseError, match="is no date"):
        build_edits({"edits": [told]})
