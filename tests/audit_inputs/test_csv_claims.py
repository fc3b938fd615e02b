"""What the rows of a claim in a CSV say together, and cells whose form only looks wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.audit_inputs.support import ROW, read, table

SECOND = {**ROW, "line_number": "2", "service_date": "2024-03-05"}


@pytest.mark.parametrize("void", [0, 1])
def test_a_claim_is_void_when_any_of_its_rows_says_so(tmp_path: Path, void: int) -> None:
    rows = [{**ROW, "site": ""}, SECOND]
    rows[void] = {**rows[void], "claim_status": "void"}
    (claim,), letters = read(tmp_path / "v.csv", table(rows))
    assert (claim["status"], len(claim["item"]), letters) == ("cancelled", 2, [])
    (claim,), _ = read(tmp_path / "a.csv", table([{**ROW, "site": ""}, SECOND]))
    assert claim["status"] == "active"


def test_a_pointer_tells_a_lines_diagnoses_also_where_rows_list_different_ones(tmp_path: Path) -> None:
    first = {**ROW, "diagnosis_2": "C79.51", "diagnosis_pointer": "2"}
    (claim,), _ = read(tmp_path / "p.csv", table([first, {**SECOND, "diagnosis_1": "Z51.0"}]))
    codes = [each["diagnosisCodeableConcept"]["coding"][0]["code"] for each in claim["diagnosis"]]
    pointed = [[codes[number - 1] for number in item["diagnosisSequence"]] for item in claim["item"]]
    assert pointed == [["C79.51"], ["Z51.0"]]


@pytest.mark.parametrize("cell", ["#A-17", "#17"])
def test_a_number_may_begin_with_a_sign_that_is_no_error_of_a_spreadsheet(tmp_path: Path, cell: str) -> None:
    (claim,), letters = read(tmp_path / "n.csv", table([{**ROW, "claim_id": cell}]))
    assert (claim["identifier"][0]["value"], letters) == (cell, [])


@pytest.mark.parametrize(
    ("column", "cell", "member", "code"),
    [
        ("place_of_service", "2", "locationCodeableConcept", "02"),
        ("place_of_service", "22.0", "locationCodeableConcept", "22"),
        ("revenue_code", "333", "revenue", "0333"),
    ],
)
def test_zeros_that_a_spreadsheet_took_away_are_put_back(
    tmp_path: Path, column: str, cell: str, member: str, code: str
) -> None:
    (claim,), letters = read(tmp_path / "z.csv", table([{**ROW, column: cell}]))
    assert (claim["item"][0][member]["coding"][0]["code"], letters) == (code, [])
