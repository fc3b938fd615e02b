"""Several columns for one meaning: the best known one that says something counts, and what is never used is told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from cds_service.audit.records import Unread
from cds_service.audit_inputs import records
from cds_service.audit_inputs.columns import read_header
from tests.audit_inputs.support import ROW, read, sorted_out, table
from tests.audit_inputs.test_workbooks import lines
from tests.zipped.build import written

SECOND = {**ROW, "line_number": "2", "service_date": "2024-03-05"}
NPI = "1234567893"
TWO_NAMES = {
    "date": ("service_date", "From Date"),
    "code": ("code", "CPT"),
    "payer": ("payer_name", "Primary Ins"),
    "line of business": ("line_of_business", "Financial Class"),
    "state": ("state", "Facility State"),
    "charge": ("charge", "Fee"),
    "diagnosis": ("diagnosis_1", "Principal Dx"),
    "form": ("claim_form", "Form Type"),
}


def told(path: Path) -> list[str]:
    """Titles and columns that the owner of a file is told of."""
    return [title for item in records(path) if isinstance(item, Unread) for title in item.titles]


def beside(column: str, title: str, first: str, other: str, row: Mapping[str, str] = ROW) -> dict[str, str]:
    """A row that has a column under both titles, the less known one further left."""
    return {title: other, **row, column: first}


@pytest.mark.parametrize("empty", ["", "NULL"], ids=["empty", "null"])
@pytest.mark.parametrize(("column", "title"), TWO_NAMES.values(), ids=list(TWO_NAMES))
def test_where_the_better_known_column_says_nothing_the_other_one_does(
    tmp_path: Path, column: str, title: str, empty: str
) -> None:
    rows = [beside(column, title, empty, ROW[column]), beside(column, title, SECOND[column], "", SECOND)]
    expected = read(tmp_path / "a.csv", table([ROW, SECOND]))
    assert expected[1] == []
    assert read(tmp_path / "b.csv", table(rows)) == expected
    assert told(tmp_path / "b.csv") == []


NUMBERS = {"claim": ("claim_id", "Invoice Number"), "patient": ("patient_id", "MRN")}


@pytest.mark.parametrize(("column", "title"), NUMBERS.values(), ids=list(NUMBERS))
def test_an_empty_column_of_numbers_leaves_them_to_the_other_one(
    tmp_path: Path, column: str, title: str
) -> None:
    rows = [beside(column, title, "", each[column], each) for each in (ROW, SECOND)]
    expected = read(tmp_path / "a.csv", table([ROW, SECOND]))
    assert expected[1] == []
    assert read(tmp_path / "b.csv", table(rows)) == expected


@pytest.mark.parametrize("first", [True, False], ids=["better known first", "less known first"])
@pytest.mark.parametrize(("column", "title"), NUMBERS.values(), ids=list(NUMBERS))
def test_rows_go_by_numbers_of_one_column_and_one_that_has_none_there_is_told(
    tmp_path: Path, column: str, title: str, first: bool
) -> None:
    """Reports print a number in the first row of its claim only; the number beside it is another one."""
    both = [beside(column, title, ROW[column], "", ROW), beside(column, title, "", "88", SECOND)]
    claims, letters = read(tmp_path / "b.csv", table(both if first else both[::-1]))
    assert len(claims) == 1
    assert [letter.where for letter in letters] == [f"column {column}"]


def test_a_dash_in_the_better_known_column_of_amounts_is_nought(tmp_path: Path) -> None:
    (claim,), _ = read(tmp_path / "a.csv", table([beside("charge", "Fee", "-", "185.00")]))
    assert claim["total"]["value"] == 0


def test_of_two_that_differ_the_better_known_one_counts_and_the_other_is_told(tmp_path: Path) -> None:
    rows = [beside("payer_name", "Billed\nPayer", "Florida Blue", "Humana")]
    assert read(tmp_path / "b.csv", table(rows)) == read(tmp_path / "a.csv", table([ROW]))
    assert told(tmp_path / "b.csv") == ["Billed Payer"]


def test_of_more_than_two_those_that_no_row_needed_are_told(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    row = {"Carrier": "Humana", "Billed Payer": "Aetna", "Comment": "x", **ROW, "payer_name": ""}
    path.write_text(table([row, {**row, "claim_id": "SYN-2", "payer_name": "Florida Blue"}]))
    assert told(path) == ["Comment", "Billed Payer"]
    first, second = sorted_out(records(path))[0]
    assert [claim["contained"][0]["name"] for claim in (first, second)] == ["Humana", "Florida Blue"]


def test_of_one_title_over_two_columns_the_first_one_counts_that_says_something(tmp_path: Path) -> None:
    header, first, second = table([ROW, SECOND]).splitlines()
    (tmp_path / "a.csv").write_text(
        "\n".join((f"{header},Units,Units", f"{first},7,8", f"{second.replace(',1,185', ',,185')},,9"))
    )
    (claim,), letters = sorted_out(records(tmp_path / "a.csv"))
    assert letters == []
    assert [item["quantity"]["value"] for item in claim["item"]] == [1, 9]
    assert told(tmp_path / "a.csv") == ["Units"]


def test_a_name_in_one_column_of_npis_leaves_the_number_to_the_other(tmp_path: Path) -> None:
    rows = [beside("rendering_npi", "Rendering Provider", "SMITH, JOHN", NPI)]
    expected = read(tmp_path / "a.csv", table([{**ROW, "rendering_npi": NPI}]))
    assert read(tmp_path / "b.csv", table(rows)) == expected
    assert told(tmp_path / "b.csv") == []


def test_a_cell_that_cannot_be_read_is_not_passed_over(tmp_path: Path) -> None:
    """Of neither column: what it was to say is unknown."""
    rows = [
        beside("units", "Qty", "#N/A", "1"),
        beside("units", "Qty", "", "#N/A", SECOND),
    ]
    claims, letters = read(tmp_path / "a.csv", table(rows))
    assert (claims, [letter.where for letter in letters]) == ([], ["column units"] * 2)


def test_the_rest_of_a_row_that_cannot_be_read_is_that_of_its_claim(tmp_path: Path) -> None:
    """Whose number stands in the less known column."""
    rows = [beside("claim_id", "Invoice Number", "", "SYN-1", each) for each in ({**ROW, "units": "x"}, ROW)]
    (claim,), _ = read(tmp_path / "a.csv", table(rows))
    assert claim["extension"][0]["valueUnsignedInt"] == 1


def test_a_total_and_a_row_cut_short_are_known_by_all_columns(tmp_path: Path) -> None:
    header, row = table([{"MRN": "7", "claim_id": "C", "DOS": "", "code": "77387", **ROW}]).splitlines()
    names = header.split(",")
    total = ",".join("9.00" if name == "charge" else "" for name in names)
    other = dict(zip(names, row.split(","), strict=True))
    moved = {
        **other,
        "line_number": "2",
        "DOS": "3/5/2024",
        "service_date": "",
    }
    short = ",".join(moved[name] for name in names[: names.index("site")])
    (tmp_path / "a.csv").write_text("\n".join((header, row, short, total, "")))
    (claim,), letters = sorted_out(records(tmp_path / "a.csv"))
    assert letters == []
    assert [item["servicedDate"] for item in claim["item"]] == ["2024-03-04", "2024-03-05"]


def test_sheets_with_the_same_columns_tell_of_each_once(tmp_path: Path) -> None:
    rows = [beside("payer_name", "Billed Payer", "Florida Blue", "Humana")]
    again = [{**rows[0], "claim_id": "SYN-2"}]
    path = tmp_path / "a.xlsx"
    path.write_bytes(written(lines(*rows), lines(*again)))
    assert told(path) == ["Billed Payer"]


@pytest.mark.parametrize(
    ("titles", "first"),
    [
        (["Plan Type", "Fin Class"], 1),
        (["Insurance Type", "FIN_CLASS"], 1),
        (["Fin Class", "LOB"], 1),
        (["Financial Class", "Fin Class"], 0),
    ],
    ids=["before plan type", "before insurance type", "behind lob", "as financial class"],
)
def test_the_short_form_of_financial_class_ranks_with_it(titles: list[str], first: int) -> None:
    assert read_header(titles).places["line_of_business"][0] == first


def test_a_row_cut_short_is_one_of_the_claim_that_its_less_known_column_names(tmp_path: Path) -> None:
    header, row, _ = table([beside("claim_id", "Invoice Number", "", "SYN-1"), ROW]).splitlines()
    (tmp_path / "a.csv").write_text("\n".join((header, row, "SYN-1,,2,SYN-P1,2024", "")))
    (claim,), (letter,) = sorted_out(records(tmp_path / "a.csv"))
    assert letter.place == "line 3"
    assert claim["extension"][0]["valueUnsignedInt"] == 1


def test_a_column_that_one_sheet_needed_is_told_of_another(tmp_path: Path) -> None:
    row = beside("payer_name", "Billed Payer", "", "Humana")
    other = {**row, "claim_id": "SYN-2", "payer_name": "Florida Blue"}
    path = tmp_path / "a.xlsx"
    path.write_bytes(written(lines(row), lines(other)))
    assert told(path) == ["Billed Payer"]
