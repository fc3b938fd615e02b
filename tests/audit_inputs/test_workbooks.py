"""Workbooks of claim lines: the same claims as from a CSV, all sheets of them, and letters that name sheet and row."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from cds_service.audit.lines import Damaged
from cds_service.audit.records import BadRecord, ReaderItem, Record, Unread
from cds_service.audit_inputs import records
from tests.audit.running import run
from tests.audit_inputs.support import ROW, sorted_out, table, whole
from tests.zipped.build import written

ANOTHER = {**ROW, "claim_id": "SYN-2", "patient_id": "SYN-P2", "code": "77014"}
Sheet = list[list[Any]]
AS_NUMBERS = ("line_number", "code", "units", "place_of_service", "modifier_1")
PIVOT: Sheet = [["Payer", "Code", "Units"], ["Florida Blue", 77387, 12]]


def typed(name: str, cell: str) -> Any:
    """A cell as spreadsheets hold it."""
    if name in AS_NUMBERS and cell.isdecimal():
        return int(cell)
    if name == "charge":
        return float(cell)
    return date.fromisoformat(cell) if name == "service_date" else cell or None


def lines(*rows: Mapping[str, str], above: Sequence[list[Any]] = ()) -> Sheet:
    """A sheet with these rows."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return [*above, names, *([typed(name, row.get(name, "")) for name in names] for row in rows)]


def found(tmp_path: Path, *sheets: Sheet, name: str = "claims.xlsx") -> list[ReaderItem]:
    """Everything that is read of a workbook with these sheets."""
    path = tmp_path / name
    path.write_bytes(written(*sheets))
    return list(records(path))


def claims(tmp_path: Path, *sheets: Sheet) -> list[dict[str, Any]]:
    """Claims of a workbook of which everything is read."""
    read, letters = sorted_out(found(tmp_path, *sheets))
    assert letters == []
    return read


def places(items: Iterable[ReaderItem]) -> list[str]:
    return [each.place for each in items if isinstance(each, Record)]


def test_a_workbook_gives_the_claims_that_the_csv_gives(tmp_path: Path) -> None:
    rows = [ROW, {**ROW, "line_number": "2", "code": "77427", "modifier_1": ""}, ANOTHER]
    (tmp_path / "t.csv").write_text(table(rows))
    from_csv, _ = sorted_out(records(tmp_path / "t.csv"))
    assert len(from_csv) == 2
    assert claims(tmp_path, lines(*rows)) == from_csv
    assert claims(tmp_path, lines(*rows, above=[["Synthetic export", None, "of March"], [None]])) == from_csv


@pytest.mark.parametrize("name", ["claims.xlsm", "claims.xls", "claims.csv", "CLAIMS.XLSX"])
def test_what_it_is_called_does_not_matter(tmp_path: Path, name: str) -> None:
    export = tmp_path / "in"
    export.mkdir()
    (export / name).write_bytes(written(lines(ROW)))
    assert run(export, tmp_path / "out").types == {"Claim": 1}


def test_a_text_that_is_called_a_workbook_is_read_as_the_text_that_it_is(tmp_path: Path) -> None:
    export = tmp_path / "in"
    export.mkdir()
    (export / "tabs.xls").write_text(table([ROW], "\t"))
    (export / "wide.xls").write_text(table([ANOTHER], "\t"), encoding="utf-16")
    big = {**ANOTHER, "claim_id": "SYN-3"}
    (export / "big.xls").write_text("\ufeff" + table([big], "\t"), encoding="utf-16-be")
    (export / "page.xls").write_text("\ufeff\n <html><table><tr><td>claim_id</td></tr></table></html>")
    (export / "old.xls").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600)
    (export / "none.xls").write_bytes(b"")
    (export / "~$tabs.xlsx").write_bytes(b"\0" * 165)
    manifest = run(export, tmp_path / "out")
    assert manifest.types == {"Claim": 3}
    assert manifest.left_aside == ["none.xls", "old.xls", "page.xls"]
    assert manifest.bad_count == 0


def test_lines_of_a_claim_may_stand_on_several_sheets(tmp_path: Path) -> None:
    second = {**ROW, "line_number": "2", "service_date": "2024-04-01"}
    read = found(tmp_path, lines(ROW, ANOTHER), lines(second))
    (one, _), letters = sorted_out(read)
    assert letters == []
    assert [item["servicedDate"] for item in one["item"]] == ["2024-03-04", "2024-04-01"]
    assert places(read) == ["sheet 1, row 2; sheet 2, row 2", "sheet 1, row 3"]


def test_of_many_rows_on_many_sheets_some_are_named(tmp_path: Path) -> None:
    unnumbered = {name: cell for name, cell in ROW.items() if name != "line_number"}
    rows = [{**unnumbered, "charge": f"{n}.00"} for n in range(1, 31)]
    other = {**unnumbered, "claim_id": "SYN-2"}
    first = lines(*rows[:1], other, *rows[1:2], other, *rows[2:3], other, *rows[3:6])
    (place, _) = places(found(tmp_path, first, *(lines(*rows[n : n + 2]) for n in range(6, 16, 2))))
    assert place == (
        "sheet 1, rows 2, 4, 6, 8 and 2 more; sheet 2, rows 2 to 3; sheet 3, rows 2 to 3; sheet 4, rows 2 to 3 "
        "and 4 more"
    )
    spread = lines(rows[0], other, rows[1], other, rows[2])
    assert places(found(tmp_path, spread))[0] == "rows 2, 4, 6"


def test_what_a_later_sheet_repeats_counts_once_and_what_one_sheet_repeats_twice(tmp_path: Path) -> None:
    unnumbered = {name: cell for name, cell in ROW.items() if name != "line_number"}
    twice = lines(unnumbered, unnumbered)
    (alone,) = claims(tmp_path, twice)
    assert len(alone["item"]) == 2
    (copied,) = claims(tmp_path, twice, lines(unnumbered), twice)
    assert copied == alone
    (more,) = claims(tmp_path, lines(unnumbered), lines(unnumbered, {**unnumbered, "code": "77014"}))
    assert len(more["item"]) == 2
    dearer = {**unnumbered, "charge": "186.00"}
    (other,) = claims(tmp_path, lines(unnumbered), lines(dearer))
    assert len(other["item"]) == 2
    for_another = {**unnumbered, "diagnosis_1": "C50.911"}
    (both,) = claims(tmp_path, lines(unnumbered), lines(for_another))
    assert len(both["item"]) == 2
    elsewhere = {**unnumbered, "state": "TX"}
    _, (letter,) = sorted_out(found(tmp_path, lines(unnumbered), lines(elsewhere)))
    assert whole(letter).startswith("sheet 2, row 2 column state differs")


def test_a_summary_beside_the_lines_is_named_by_its_number(tmp_path: Path) -> None:
    listed: Sheet = [["Claim", "CPT", "Checked by"], ["SYN-1", 77387, "x"]]
    of_lines = lines({**ROW, "Guarantor": "x"})
    items = found(tmp_path, PIVOT, [], of_lines, listed, lines({**ANOTHER, "Guarantor": "x"}))
    assert [each for each in items if isinstance(each, Unread)] == [Unread(("Guarantor",), (1, 4))]
    read, letters = sorted_out(items)
    assert (len(read), letters) == (2, [])


def test_only_empty_sheets_beside_the_lines_need_no_word(tmp_path: Path) -> None:
    assert not [each for each in found(tmp_path, lines(ROW), [], []) if not isinstance(each, Record)]
    assert places(found(tmp_path, lines(ROW))) == ["row 2"]
    assert places(found(tmp_path, lines(ROW, {**ROW, "line_number": "2"}))) == ["rows 2 to 3"]


def test_a_sheet_that_is_meant_for_lines_gets_a_letter(tmp_path: Path) -> None:
    nameless = {("Whatever" if name == "patient_id" else name): cell for name, cell in ROW.items()}
    read, (letter,) = sorted_out(found(tmp_path, lines(ANOTHER), lines(nameless)))
    assert len(read) == 1
    assert letter.place == "sheet 2 as a whole"
    undated = {name: cell for name, cell in nameless.items() if name != "service_date"}
    _, (letter,) = sorted_out(found(tmp_path, lines(ANOTHER), lines(undated)))
    assert "(patient_id, service_date missing" in letter.what
    _, (letter,) = sorted_out(found(tmp_path, lines(nameless)))
    assert letter.place == "the file as a whole"
    assert "(patient_id missing; these titles are not known: Whatever)" in letter.what


@pytest.mark.parametrize(
    ("sheets", "what"),
    [
        ([[]], "The file is empty."),
        ([[[None, None]], []], "The file is empty."),
        (
            [PIVOT],
            "No header with the columns that are needed was found (claim_id, patient_id, service_date missing",
        ),
        ([PIVOT, [["Notes"]]], "(claim_id, patient_id, service_date missing"),
        ([[["Notes"]], PIVOT], "(claim_id, patient_id, service_date missing"),
        ([[["Synthetic", "text"]] * 20 + lines(ROW)], "No header with the columns"),
    ],
    ids=["empty", "blank", "one summary", "summary and notes", "notes and summary", "too far down"],
)
def test_a_workbook_without_lines_gets_one_letter(tmp_path: Path, sheets: list[Sheet], what: str) -> None:
    (letter,) = found(tmp_path, *sheets)
    assert isinstance(letter, BadRecord)
    assert letter.place == "the file as a whole"
    assert what in letter.what
    assert "Synthetic" not in whole(letter), "no cell is shown where no row is surely a header"


def test_letters_name_the_row_and_of_several_the_sheet(tmp_path: Path) -> None:
    wrong = {**ANOTHER, "code": "Canary"}
    _, (letter,) = sorted_out(found(tmp_path, lines(ROW, wrong)))
    assert (letter.place, letter.where) == ("row 3", "column code")
    _, (letter,) = sorted_out(found(tmp_path, PIVOT, lines(ROW, wrong, above=[["Export"]])))
    assert (letter.place, letter.where) == ("sheet 2, row 4", "column code")
    assert "Canary" not in whole(letter)
    moved = {**ROW, "patient_id": "SYN-P9", "line_number": "2"}
    _, (letter,) = sorted_out(found(tmp_path, lines(ROW), lines(moved)))
    assert whole(letter).startswith("sheet 2, row 2 column patient_id differs from sheet 1, row 2, which has")
    again = {**ROW, "charge": "5.00"}
    _, (letter,) = sorted_out(found(tmp_path, lines(ROW), lines(again)))
    assert whole(letter).startswith(
        "sheet 2, row 2 column line_number was used before in this claim, on sheet 1, row"
    )


def test_a_formula_that_nobody_worked_out_is_no_empty_cell(tmp_path: Path) -> None:
    sheet = lines(ROW)
    sheet[1][sheet[0].index("units")] = "=1+1"
    _, (letter,) = sorted_out(found(tmp_path, sheet))
    assert (letter.where, letter.what) == (
        "column units",
        "holds an error of the spreadsheet. Correct it there.",
    )


def test_a_day_number_that_is_not_shown_as_a_date_is_refused(tmp_path: Path) -> None:
    """43026 may as well be 04/30/26 whose leading zero is gone."""
    sheet = lines(ROW)
    sheet[1][sheet[0].index("service_date")] = 43026
    _, (letter,) = sorted_out(found(tmp_path, sheet))
    assert "is a spreadsheet's day number" in letter.what


def test_an_amount_with_the_traces_of_arithmetic_is_that_amount(tmp_path: Path) -> None:
    sheet = lines(ROW)
    sheet[1][sheet[0].index("charge")] = 0.1 + 0.2
    (claim,) = claims(tmp_path, sheet)
    assert claim["item"][0]["net"]["value"] == 0.3


def test_what_stands_beside_or_far_below_the_table_costs_nothing(tmp_path: Path) -> None:
    sheet = lines(ROW, ANOTHER)
    sheet[1] += [None, "look at this one"]
    data = written([*sheet, [None] * 30 + ["note"], sheet[0]])
    with ZipFile(io.BytesIO(data)) as book:
        members = {name: book.read(name) for name in book.namelist()}
    stray = b"<row r='1048576'><c r='XFD1048576'><v>1</v></c></row></sheetData>"
    members["xl/worksheets/sheet1.xml"] = members["xl/worksheets/sheet1.xml"].replace(b"</sheetData>", stray)
    with ZipFile(tmp_path / "stray.xlsx", "w", ZIP_DEFLATED) as out:
        for name, text in members.items():
            out.writestr(name, text)
    read, letters = sorted_out(records(tmp_path / "stray.xlsx"))
    assert (len(read), letters) == (2, [])


def test_a_second_header_of_other_columns_ends_its_sheet_alone(tmp_path: Path) -> None:
    turned = [list(reversed(row)) for row in lines(ANOTHER)]
    read, (letter,) = sorted_out(
        found(tmp_path, [*lines(ROW), *turned], lines({**ANOTHER, "claim_id": "SYN-3"}))
    )
    assert [claim["id"] for claim in read] == ["SYN-1", "SYN-3"]
    assert whole(letter).startswith("sheet 1, row 3  The row is a header with other columns")


def test_a_title_over_two_lines_is_read(tmp_path: Path) -> None:
    sheet = lines(ROW)
    sheet[0] = [name.replace("service_date", "Date of\r\nService") for name in sheet[0]]
    assert len(claims(tmp_path, sheet)) == 1


def broken(data: bytes) -> bytes:
    """A workbook in whose sheet a byte has gone wrong."""
    with ZipFile(io.BytesIO(data)) as book:
        at = book.getinfo("xl/worksheets/sheet1.xml").header_offset + 120
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


@pytest.mark.parametrize("kind", ["protected", "cut", "broken"])
def test_a_workbook_that_cannot_be_opened_gives_no_claim(tmp_path: Path, kind: str) -> None:
    data = written(lines(ROW), lines(ANOTHER))
    kinds = {
        "protected": bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600,
        "cut": data[: len(data) // 2],
        "broken": broken(data),
    }
    path = tmp_path / "in" / "claims.xlsx"
    path.parent.mkdir()
    path.write_bytes(kinds[kind])
    read: list[ReaderItem] = []
    with pytest.raises(Damaged) as refused:
        read.extend(records(path))
    assert refused.value.remedy.startswith("Open it and save it as .xlsx or as CSV, without a password")
    assert not [each for each in read if isinstance(each, Record)]
    manifest = run(tmp_path / "in", tmp_path / "out")
    assert (manifest.bad_count, manifest.inputs[0].complete) == (1, False)
    (letter,) = manifest.bad
    assert letter.what.startswith("The file ")


def test_sheets_left_aside_are_in_the_manifest(tmp_path: Path) -> None:
    export = tmp_path / "in"
    export.mkdir()
    (export / "claims.xlsx").write_bytes(written(PIVOT, lines({**ROW, "Guarantor": "x"})))
    run(export, tmp_path / "out")
    (told,) = json.loads((tmp_path / "out/run.json").read_bytes())["inputs"]
    assert (told["unread"], told["sheets_aside"], told["complete"]) == (["Guarantor"], [1], True)
