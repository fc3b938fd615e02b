"""Headers whose titles go over several lines, as spreadsheets save them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.audit.records import Record, Unread
from cds_service.audit_inputs import records
from tests.audit_inputs.support import ROW, read, sorted_out, table

PLAIN = table([ROW])
HEADER, ROWS = PLAIN.split("\r\n", 1)
BROKEN = HEADER.replace("service_date", '"Svc\nDate"').replace("claim_form", '"Claim\n\nForm"')


def letters_of(path: Path, text: str) -> list[str]:
    _, letters = read(path, text)
    return [letter.place for letter in letters]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"], ids=["comma", "semicolon", "tab", "bar"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["unix", "windows", "old mac"])
def test_a_title_with_a_line_break_is_a_title(tmp_path: Path, delimiter: str, end: str) -> None:
    text = f"{BROKEN}\r\n{ROWS}".replace(",", delimiter).replace("\r\n", "\n").replace("\n", end)
    assert read(tmp_path / "b.csv", text) == read(tmp_path / "a.csv", PLAIN)


@pytest.mark.parametrize(
    "above",
    ["Charges of March\n", '"Charges\nof March"\n', 'Beam of 6" width\n', '"Charges of March\n', "\n\n" * 9],
    ids=["a title", "one of two lines", "an inch", "a quote that nobody closed", "many lines"],
)
def test_lines_above_it_do_no_harm(tmp_path: Path, above: str) -> None:
    for header in (HEADER, BROKEN):
        assert read(tmp_path / "b.csv", f"{above}{header}\n{ROWS}") == read(tmp_path / "a.csv", PLAIN)


def test_rows_are_called_by_their_lines_in_the_file(tmp_path: Path) -> None:
    bad = ROWS.replace("2024-03-04", "someday")
    assert letters_of(tmp_path / "a.csv", f"{BROKEN}\n{ROWS}{bad}") == ["line 6"]


def test_such_a_header_may_come_again(tmp_path: Path) -> None:
    again = ROWS.replace("SYN-1,1,", "SYN-1,2,")
    claims, letters = read(tmp_path / "a.csv", f"{BROKEN}\n{ROWS}{BROKEN}\n{again}")
    assert (letters, len(claims[0]["item"])) == ([], 2)


def test_titles_that_nobody_knows_are_told_on_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f'{HEADER},"Free\ntext"\n{ROWS.strip()},x\n')
    assert [item.titles for item in records(path) if isinstance(item, Unread)] == [("Free text",)]
    assert sorted_out(records(path))[1] == []


def test_a_quotation_mark_that_is_never_closed_makes_no_header(tmp_path: Path) -> None:
    claims, (letter,) = read(tmp_path / "a.csv", f'"{HEADER}\n{ROWS}' + "x\n" * 100)
    assert claims == []
    assert letter.what.startswith("No header")


def test_rows_that_an_open_quotation_mark_takes_in_are_no_title(tmp_path: Path) -> None:
    """They hold patients' data, and titles are shown."""
    row, path = ROWS.strip(), tmp_path / "a.csv"
    path.write_text(f'{HEADER},"Comment\n{row},x\n{row.replace("SYN-1", "SYN-2")},6",y\n{row},x\n')
    items = list(records(path))
    assert [item for item in items if isinstance(item, Record)] == []
    assert "SYN-P1" not in str(items)
