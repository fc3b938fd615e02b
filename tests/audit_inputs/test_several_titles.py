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
    "payer": ("payer_name", "Primary Ins"),
    "line of business": ("line_of_business", "Financial Class"),
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


ONE_ONLY = {
    "claim": ("claim_id", "Invoice Number", "INV-7"),
    "patient": ("patient_id", "Patient", "SMITH JOHN"),
    "date": ("service_date", "From Date", "2024-04-12"),
    "last day": ("service_date_end", "End Date", "2024-04-12"),
    "code": ("code", "Procedure", "77386"),
    "revenue code": ("revenue_code", "Revenue", "185"),
    "units": ("units", "Qty", "8"),
    "charge": ("charge", "Fee", "-120.00"),
    "place": ("place_of_service", "Place", "Main"),
    "state": ("state", "Facility State", "GA"),
    "diagnosis": ("diagnosis_2", "Encounter Dx 2", "C61"),
}


@pytest.mark.parametrize(("column", "title", "other"), ONE_ONLY.values(), ids=list(ONE_ONLY))
def test_under_a_second_title_of_other_columns_something_else_may_stand(
    tmp_path: Path, column: str, title: str, other: str
) -> None:
    """Another kind of number, the days of the course, an amount that was paid: an empty cell stays empty."""
    rows = [beside(column, title, "", other)]
    expected = read(tmp_path / "a.csv", table([{**ROW, column: ""}]))
    assert read(tmp_path / "b.csv", table(rows)) == expected
    assert told(tmp_path / "b.csv") == [title]


def test_a_total_whose_label_stands_under_a_second_title_is_no_line(tmp_path: Path) -> None:
    plain = {"Patient": "", "Procedure": "", **ROW}
    total = {
        **dict.fromkeys(plain, ""),
        "claim_id": ROW["claim_id"],
        "Patient": "Subtotal",
        "charge": "185.00",
    }
    grand = {**dict.fromkeys(plain, ""), "Procedure": "Grand Total", "charge": "185.00"}
    assert read(tmp_path / "b.csv", table([plain, total, grand])) == read(tmp_path / "a.csv", table([ROW]))


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


def test_a_name_in_one_column_of_npis_leaves_the_number_to_the_other(tmp_path: Path) -> None:
    rows = [beside("rendering_npi", "Rendering Provider", "SMITH, JOHN", NPI)]
    expected = read(tmp_path / "a.csv", table([{**ROW, "rendering_npi": NPI}]))
    assert read(tmp_path / "b.csv", table(rows)) == expected
    assert told(tmp_path / "b.csv") == []


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


def test_a_column_that_one_sheet_needed_is_told_of_another(tmp_path: Path) -> None:
    row = beside("payer_name", "Billed Payer", "", "Humana")
    other = {**row, "claim_id": "SYN-2", "payer_name": "Florida Blue"}
    path = tmp_path / "a.xlsx"
    path.write_bytes(written(lines(row), lines(other)))
    assert told(path) == ["Billed Payer"]
