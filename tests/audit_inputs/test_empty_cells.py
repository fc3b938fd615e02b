"""What programs write into a cell where there is nothing, and what only looks like it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.audit_inputs.support import ROW, read, table
from tests.audit_inputs.test_workbooks import lines
from tests.zipped.build import written

NOTHING = ("NULL", "null", "(null)", "[NULL]", "\\N", "None", "N/A", "NA", "NaN", "-", "--", " NULL ")
MAY_BE_EMPTY = (
    *(
        "line_number",
        "service_date_end",
        "modifier_1",
        "modifiers",
        "units",
        "place_of_service",
        "diagnosis_1",
    ),
    *(
        "diagnoses",
        "diagnosis_pointer",
        "payer_name",
        "plan_name",
        "line_of_business",
        "group_number",
        "state",
    ),
    *("type_of_bill", "revenue_code", "rendering_npi", "billing_npi", "indications", "claim_status", "site"),
)
BARE = {name: cell for name, cell in ROW.items() if name not in MAY_BE_EMPTY}
EMPTY = {**BARE, **dict.fromkeys(MAY_BE_EMPTY, "")}


@pytest.mark.parametrize("word", NOTHING)
def test_a_word_for_nothing_is_an_empty_cell(tmp_path: Path, word: str) -> None:
    said = {**BARE, **dict.fromkeys(MAY_BE_EMPTY, word)}
    expected = read(tmp_path / "e.csv", table([EMPTY]))
    assert expected[1] == []
    assert read(tmp_path / "c.csv", table([said])) == expected
    assert read(tmp_path / "c.xlsx", written(lines(said))) == expected


@pytest.mark.parametrize("word", NOTHING)
def test_patients_without_a_number_are_not_one_patient(tmp_path: Path, word: str) -> None:
    rows = [{**ROW, "patient_id": word}, {**ROW, "claim_id": "SYN-2", "patient_id": word}]
    claims, letters = read(tmp_path / "c.csv", table(rows))
    assert claims == []
    assert [(each.where, each.what[:8]) for each in letters] == [("column patient_id", "is empty")] * 2


@pytest.mark.parametrize("word", NOTHING)
def test_a_total_under_such_words_is_none_of_the_lines(tmp_path: Path, word: str) -> None:
    total = {**dict.fromkeys(ROW, word), "charge": "185.00"}
    (claim,), letters = read(tmp_path / "c.csv", table([ROW, total]))
    assert (len(claim["item"]), letters) == (1, [])


def test_a_formula_that_failed_is_not_empty(tmp_path: Path) -> None:
    claims, (letter,) = read(tmp_path / "c.csv", table([{**ROW, "modifier_1": "#N/A"}]))
    assert (claims, letter.where) == ([], "column modifier_1")


def test_a_dash_in_a_column_of_amounts_is_nought(tmp_path: Path) -> None:
    (claim,), letters = read(tmp_path / "c.csv", table([{**ROW, "charge": "-"}]))
    assert (claim["total"]["value"], letters) == (0, [])


@pytest.mark.parametrize("name", ["Nullmeier Plan", "None of the above", "N/A Health", "Nan"])
def test_a_name_that_only_begins_so_is_a_name(tmp_path: Path, name: str) -> None:
    (claim,), _ = read(tmp_path / "c.csv", table([{**ROW, "plan_name": f"{name} Plan"}]))
    assert claim["contained"][1]["class"][0]["value"] == f"{name} Plan"
