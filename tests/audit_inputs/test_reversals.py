"""Charge exports hold what was taken back beside what took it back; neither is a line of the claim."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.audit.running import rows_in, run
from tests.audit_inputs.support import ROW, read, table

WRONG = {**ROW, "code": "77385", "line_number": "", "charge": "1234.50", "units": "2"}
RIGHT = {**WRONG, "code": "77386"}


def codes(claim: dict[str, list[dict[str, dict[str, list[dict[str, str]]]]]]) -> list[str]:
    return [item["productOrService"]["coding"][0]["code"] for item in claim["item"]]


@pytest.mark.parametrize(
    "back",
    [
        {"charge": "-1234.50", "units": "-2"},
        {"charge": "($1,234.50)"},
        {"charge": "1234.50-"},
        {"units": "-2"},
        {"units": "(2)", "charge": "($1,234.50)"},
        {"units": "2-", "charge": "1234.50-"},
    ],
)
@pytest.mark.parametrize("first", [0, 1])
def test_a_line_and_the_row_that_takes_it_back_are_no_lines(
    tmp_path: Path, back: dict[str, str], first: int
) -> None:
    pair = [WRONG, {**WRONG, **back}]
    (claim,), letters = read(tmp_path / "r.csv", table([pair[first], RIGHT, pair[1 - first]]))
    assert codes(claim) == ["77386"]
    assert letters == []
    assert "extension" not in claim


def test_of_two_lines_that_are_alike_one_reversal_leaves_one(tmp_path: Path) -> None:
    (claim,), letters = read(tmp_path / "r.csv", table([WRONG, WRONG, {**WRONG, "charge": "-1234.50"}]))
    assert (codes(claim), letters) == (["77385"], [])


@pytest.mark.parametrize("first", [0, 1])
def test_a_void_reversal_takes_back_the_void_line(tmp_path: Path, first: int) -> None:
    void = {**WRONG, "claim_status": "Void"}
    pair = [{**WRONG, "claim_status": "Posted"}, void]
    rows = [pair[first], pair[1 - first], {**void, "charge": "-1234.50"}]
    (claim,), letters = read(tmp_path / "r.csv", table(rows))
    assert (claim["status"], codes(claim), letters) == ("active", ["77385"], [])


def test_line_numbers_that_come_again_on_the_reversal_are_no_repetition(tmp_path: Path) -> None:
    numbered = {**WRONG, "line_number": "1"}
    rows = [numbered, {**numbered, "charge": "-1234.50"}, {**RIGHT, "line_number": "1"}]
    (claim,), letters = read(tmp_path / "r.csv", table(rows))
    assert (codes(claim), letters) == (["77386"], [])


@pytest.mark.parametrize(
    "other",
    [
        {"charge": "-1234.49"},
        {"units": "-1", "charge": "-1234.50"},
        {"charge": "-1234.50", "code": "77386"},
        {"charge": "-1234.50", "modifier_1": "TC"},
        {"charge": "-1234.50", "service_date": "2024-03-05"},
        {"charge": "-1234.50", "service_date_end": "2024-03-05"},
        {"charge": "-1234.50", "revenue_code": "0333"},
        {"charge": "-1234.50", "patient_id": "SYN-P2"},
    ],
)
def test_a_reversal_of_no_line_is_told_and_leaves_the_claim_open(
    tmp_path: Path, other: dict[str, str]
) -> None:
    (claim,), (letter,) = read(tmp_path / "r.csv", table([WRONG, {**WRONG, **other}]))
    assert codes(claim) == ["77385"]
    assert "below zero" in letter.what
    assert letter.place == "line 3"
    assert claim["extension"][0]["url"] == "urn:igrt-cds:unread-lines"


def test_a_claim_of_reversals_alone_is_told_and_no_claim(tmp_path: Path) -> None:
    claims, (letter,) = read(tmp_path / "r.csv", table([{**WRONG, "charge": "-1234.50"}]))
    assert (claims, letter.where) == ([], "column charge")


def test_units_below_zero_without_an_amount_are_named_as_such(tmp_path: Path) -> None:
    _, (letter,) = read(tmp_path / "r.csv", table([RIGHT, {**WRONG, "charge": "", "units": "-1"}]))
    assert letter.where == "column units"


def test_a_claim_that_was_taken_back_whole_is_counted_as_cancelled(tmp_path: Path) -> None:
    export = tmp_path / "export"
    export.mkdir()
    gone = [{**WRONG, "claim_id": "SYN-GONE"}, {**WRONG, "claim_id": "SYN-GONE", "charge": "-1234.50"}]
    (export / "r.csv").write_text(table([*gone, RIGHT]))
    manifest = run(export, tmp_path / "out")
    assert manifest.bad_count == 0
    assert manifest.reasons["set-aside: cancelled"] == 1
    assert "SYN-GONE" not in " ".join(row.claim for row in rows_in(tmp_path / "out"))
