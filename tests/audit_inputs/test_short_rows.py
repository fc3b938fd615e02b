"""Rows with fewer cells than the header: what a program left away, what is no line, and what was cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.audit.records import UNREAD_LINES, Tables
from cds_service.audit_inputs import records
from tests.audit_inputs.support import ROW, read, sorted_out, table
from tests.audit_inputs.test_workbooks import lines
from tests.zipped.build import written

LAST = {**ROW, "plan_name": "", "group_number": ""}
"""A row that ends with empty cells."""
SECOND = {**LAST, "line_number": "2", "service_date": "2024-03-05"}
THIRD = {
    **SECOND,
    "line_number": "3",
    "service_date": "2024-03-06",
    "plan_name": "Plan",
    "group_number": "G1",
}


def trimmed(text: str) -> str:
    """As programs write it that leave empty cells at the end of a row away."""
    return "".join(line.rstrip(",\r\n") + "\r\n" for line in text.splitlines())


def test_empty_cells_at_the_end_may_be_left_away(tmp_path: Path) -> None:
    rows = table([LAST, SECOND, THIRD])
    assert trimmed(rows) != rows
    expected = read(tmp_path / "a.csv", rows)
    assert expected[1] == []
    assert read(tmp_path / "b.csv", trimmed(rows)) == expected


@pytest.mark.parametrize("column", ["claim_id", "patient_id", "service_date", "code"])
def test_a_row_without_a_needed_cell_is_told(tmp_path: Path, column: str) -> None:
    text = trimmed(table([LAST, {**SECOND, column: ""}]))
    (claim,), (letter,) = read(tmp_path / "a.csv", text)
    assert (len(claim["item"]), letter.place) == (1, "line 3")


def cut(text: str, behind: str) -> tuple[str, str]:
    """The text before and after the place where it is cut: behind the cell of its last row that begins so."""
    at = text.rindex(behind) + len(behind)
    return text[:at], text[at:]


@pytest.mark.parametrize("cell", ["2024-03-05,77387", "77387,26", "Florida Blue"])
def test_a_row_that_goes_on_in_the_next_line_is_told_and_leaves_its_claim_open(
    tmp_path: Path, cell: str
) -> None:
    """What its second part would say, a modifier or a payer, is not known."""
    head, tail = cut(table([LAST, SECOND]), cell)
    (claim,), (letter, *_) = read(tmp_path / "a.csv", f"{head}\n{tail}")
    assert (len(claim["item"]), letter.place) == (1, "line 3")
    assert "cells" in letter.what
    assert claim["extension"] == [{"url": UNREAD_LINES, "valueUnsignedInt": 1}]


def test_a_file_that_ends_within_a_row_is_told(tmp_path: Path) -> None:
    head, _ = cut(table([LAST, SECOND]), "77387")
    (claim,), (letter,) = read(tmp_path / "a.csv", head)
    assert (len(claim["item"]), letter.place) == (1, "line 3")


@pytest.mark.parametrize(
    "foot",
    [
        "Page 1 of 2",
        "(3 rows affected)",
        "Completion time: 2024-12-01T10:00:00",
        "Subtotal SYN-P1,,,,,,3,600",
        "Total" + "," * len(ROW),
    ],
    ids=["page", "rows affected", "time", "subtotal", "wide"],
)
def test_what_stands_below_a_page_is_no_line(tmp_path: Path, foot: str) -> None:
    expected = read(tmp_path / "a.csv", table([LAST, SECOND]))
    page = table([LAST])
    assert read(tmp_path / "b.csv", f"{page}{foot}\r\n{table([SECOND])}\r\n{foot}\r\n") == expected


def test_nor_is_it_where_the_patient_stands_first(tmp_path: Path) -> None:
    charge = {name: cell for name, cell in ROW.items() if name not in ("claim_id", "line_number")}
    path = tmp_path / "c.csv"
    path.write_text(table([charge]) + "(1 rows affected)\r\n")
    (claim,), letters = sorted_out(records(path, Tables(charges=True)))
    assert (len(claim["item"]), letters) == (1, [])


def test_nor_on_a_sheet(tmp_path: Path) -> None:
    head, *rows = lines({"patient_id": ROW["patient_id"], **ROW})
    expected = read(tmp_path / "a.xlsx", written([head, *rows]))
    assert read(tmp_path / "b.xlsx", written([head, *rows, ["Page 1 of 2"]])) == expected


def test_empty_cells_may_be_left_away_above_the_foot_of_a_page(tmp_path: Path) -> None:
    text = trimmed(table([LAST]))
    (claim,), letters = read(tmp_path / "a.csv", f"{text}Page 1 of 2\r\n")
    assert (len(claim["item"]), letters) == (1, [])


def test_a_line_of_a_patient_without_date_and_code_is_told(tmp_path: Path) -> None:
    (claim,), (letter,) = read(tmp_path / "a.csv", table([LAST, {**SECOND, "service_date": "", "code": ""}]))
    assert (len(claim["item"]), letter.place) == (1, "line 3")
