"""Files that are no CMS tables, are damaged, incomplete or made to harm: letters, and nothing is imported."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from cds_service.cms_files import limits, tables
from cds_service.cms_files.importing import Wanted, read_files
from cds_service.cms_files.kinds import KINDS
from cds_service.cms_files.quarters import Quarter
from cds_service.zipped import limits as zip_limits
from cds_service.zipped import members, parts
from tests.cms_files.build import (
    CODES,
    HOSPITAL,
    LIMITS,
    MEDICAID,
    PAIR,
    PAIR_HEAD,
    PRACTITIONER,
    UNIT,
    UNIT_HEAD,
    archive,
    letters,
    pair_text,
    read,
    sample,
    samples,
    tabbed,
    unit_text,
    workbook,
)

PAIRS = "ccipra-v323r0.txt"
BOOK = "MCR_MUE_Eff_10-01-2026.xlsx"
LIMIT_BOOK = workbook([*UNIT_HEAD, UNIT])
DOCTYPE = '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaa">]>'


def changed(place: int, cell: str) -> bytes:
    """A table of pairs of which one cell is another."""
    return pair_text((*PAIR[:place], cell, *PAIR[place + 1 :]))


def limit(place: int, cell: str) -> bytes:
    """A table of limits of which one cell is another."""
    return unit_text((*UNIT[:place], cell, *UNIT[place + 1 :]))


def encrypted() -> bytes:
    data = bytearray(archive({PAIRS: pair_text(PAIR)}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + at] |= 1
    return bytes(data)


def corrupt() -> bytes:
    data = bytearray(archive({PAIRS: pair_text(*[PAIR] * 500)}))
    data[120] ^= 0xFF
    return bytes(data)


BAD: dict[str, tuple[str, bytes, str]] = {
    "no table": ("notes.csv", b"hello\nworld\n", "has no row that names the columns"),
    "empty": ("ccipra-v323r0.txt", b"", "has no row that names the columns"),
    "binary": ("ccipra-v323r0.txt", bytes(range(256)) * 40, "has no row that names the columns"),
    "another ending": ("ccipra-v323r0.pdf", b"%PDF", "is neither .zip nor .csv, .txt or .xlsx"),
    "the licence page": ("ccipra.zip", b"<html>licence</html>", "perhaps the page with the licence"),
    "a zip without tables": ("x.zip", archive({"a.pdf": b"x"}), "holds no .csv, .txt or .xlsx"),
    "an encrypted zip": ("ccipra-v323r0.zip", encrypted(), "is protected by a password"),
    "a damaged zip": ("ccipra-v323r0.zip", corrupt(), "is damaged"),
    "half a zip": ("ccipra-v323r0.zip", archive({PAIRS: pair_text(PAIR)})[:-30], "is no .zip"),
    "no workbook": (BOOK, b"not a workbook", "is no workbook"),
    "a workbook without table": (BOOK, workbook([["hello"]]), "has no row that names the columns"),
    "a workbook without sheet": (BOOK, archive({"xl/workbook.xml": b"<x/>"}), "has no row that names"),
    "broken XML": (BOOK, workbook([], sheet="<worksheet><row>"), "holds broken XML"),
    "entities in a sheet": (
        BOOK,
        workbook([], sheet=f"{DOCTYPE}<worksheet>&a;</worksheet>"),
        "declares a document type",
    ),
    "entities in the texts": (
        BOOK,
        workbook([*UNIT_HEAD, UNIT], texts=f"{DOCTYPE}<sst><si><t>&a;</t></si></sst>"),
        "declares a document type",
    ),
    "a shared text that is not there": (
        BOOK,
        workbook([*UNIT_HEAD, UNIT], texts="<sst><si><t>HCPCS/CPT Code</t></si></sst>"),
        "names a shared text that it does not hold",
    ),
    "a text number that is none": (
        BOOK,
        workbook([], sheet="<worksheet><row r='7'><c t='s'><v>x</v></c></row></worksheet>"),
        f"{BOOK}:7: names a shared text that it does not hold",
    ),
    "a table of changes": (
        "MCR_NCCI_practitioner_Additions_Eff_10-01-2026.txt",
        tabbed([("Note",), ("Column 1", "Column 2", "Modifier\nIndicator"[:8]), PAIR[:3]]),
        "lacks the column Effective Date, Deletion Date. Give the complete table; its list of quarterly changes",
    ),
    "Medicare's limits without their indicator": (
        LIMITS,
        unit_text().replace(b"MUE Adjudication Indicator", b"Something else"),
        "lacks the column MUE Adjudication Indicator",
    ),
    "the suppliers' table": (
        "MCR_MUE_Eff_10-01-2026.csv",
        unit_text(UNIT).replace(b"Practitioner Services", b"DME Supplier Services"),
        "is the table of suppliers (DME)",
    ),
    "no setting": ("ptp-2026q4.txt", pair_text(PAIR), "does not tell for whom it is"),
    "two settings": ("practitioner-hospital-2026q4.txt", pair_text(PAIR), "does not tell for whom it is"),
    "no quarter": ("ccipra.txt", pair_text(PAIR), "tells no quarter. Say which edition it is, as --edition"),
    "two quarters": ("ccipra-v323r0-2026q3.txt", pair_text(PAIR), "tells several quarters (2026Q3, 2026Q4)"),
    "a quotation mark that is not closed": (
        PAIRS,
        pair_text((*PAIR[:6], '"CPT Manual'), PAIR),
        "the rationale runs over several rows",
    ),
    "nothing about radiotherapy": (
        PAIRS,
        pair_text(("99213", "36415", "", "20150101", "*", "1", "x")),
        "no row is about radiotherapy (Medicare pair edits, practitioner, 2026Q4)",
    ),
    "no row at all": (PAIRS, pair_text(), "no row is about radiotherapy"),
    "column 1": (PAIRS, changed(0, "7730"[:3] + "X"), ":7: column Column 1: '773X' is no code."),
    "column 2": (PAIRS, changed(1, "773066"), ":7: column Column 2: '773066' is no code."),
    "column 2 left out": (PAIRS, changed(1, ""), ":7: column Column 2: '' is no code."),
    "effective": (PAIRS, changed(3, "20151301"), ":7: column Effective Date: '20151301' is no date."),
    "effective left out": (PAIRS, changed(3, ""), ":7: column Effective Date: '' is no date."),
    "a star for effective": (PAIRS, changed(3, "*"), ":7: column Effective Date: '*' is no date."),
    "deletion": (PAIRS, changed(4, "soon"), ":7: column Deletion Date: 'soon' is no date."),
    "indicator": (PAIRS, changed(5, "2"), ":7: column Modifier: '2' is no modifier indicator (0, 1 or 9)."),
    "a row cut off": (PAIRS, pair_text(PAIR, PAIR[:4]), ":8: column Modifier: '' is no modifier indicator"),
    "a row without column 1": (
        PAIRS,
        pair_text(PAIR, ("", *PAIR[1:])),
        ":8: column Column 1: '' is no code.",
    ),
    "a code alone": (PAIRS, pair_text(PAIR, ("77306",)), ":8: column Column 2: '' is no code."),
    "a limit": (LIMITS, limit(1, "many"), "column MUE Values: 'many' is no number of units."),
    "a limit left out": (LIMITS, limit(1, ""), "column MUE Values: '' is no number of units."),
    "a limit below zero": (LIMITS, limit(1, "-1"), "column MUE Values: '-1' is no number of units."),
    "half a unit": (LIMITS, limit(1, "1.5"), "column MUE Values: '1.5' is no number of units."),
    "how it counts": (LIMITS, limit(2, "4 Other"), "'4 Other' is no adjudication indicator (1, 2 or 3)."),
    "a code of limits": (LIMITS, limit(0, "7733 6"), "column HCPCS/CPT Code: '7733 6' is no code."),
    "a very long cell": (PAIRS, changed(0, "7" * 40), "'77777777777777777777…' is no code."),
}


@pytest.mark.parametrize(("name", "data", "letter"), BAD.values(), ids=BAD)
def test_what_cannot_be_read_gets_a_letter(tmp_path: Path, name: str, data: bytes, letter: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    told = letters(path)
    assert len(told) == 1
    assert letter in told[0]
    assert told[0].startswith(name)
    assert told[0].endswith((".", ")"))


def test_a_file_that_is_not_there_and_a_folder(tmp_path: Path) -> None:
    gone, folder = letters(tmp_path / "gone.zip", tmp_path)
    assert gone == f"{tmp_path / 'gone.zip'}: cannot be read: No such file or directory. Check the path."
    assert folder.startswith(f"{tmp_path}: cannot be read: ")


def test_letters_of_all_files_come_together(tmp_path: Path) -> None:
    path = tmp_path / PAIRS
    path.write_bytes(pair_text(("7730", *PAIR[1:]), ("x", *PAIR[1:]), PAIR))
    told = letters(path, sample(LIMITS), tmp_path / "gone.csv")
    assert len(told) == 2
    assert told[0].startswith(f"{PAIRS}:8: ")
    assert "gone.csv" in told[1]


def test_of_many_bad_rows_the_first_are_told_and_all_are_counted(tmp_path: Path) -> None:
    path = tmp_path / PAIRS
    path.write_bytes(pair_text(PAIR, *[("no", *PAIR[1:])] * 5000))
    told = letters(path)
    assert len(told) == 21
    assert told[19].startswith(f"{PAIRS}:27: ")
    assert told[20] == "… and 4980 more like these."


@pytest.mark.parametrize(
    ("names", "has"),
    [
        (PRACTITIONER[:1], "f1"),
        (PRACTITIONER[1:], "f2"),
        ((HOSPITAL[1],), "f2"),
    ],
    ids=["without the last", "without the first", "the second alone"],
)
def test_a_table_with_parts_missing_is_refused(names: tuple[str, ...], has: str) -> None:
    (told,) = letters(*samples(*names))
    assert f"{has}: parts of the table are missing" in told
    assert "in one command" in told


def test_a_gap_between_parts_and_a_part_without_number(tmp_path: Path) -> None:
    third = tmp_path / "ccipra-v323r0-f3.txt"
    third.write_bytes(sample(PRACTITIONER[1]).read_bytes())
    assert "f1, f3: parts of the table are missing" in letters(sample(PRACTITIONER[0]), third)[0]
    whole = tmp_path / PAIRS
    whole.write_bytes(pair_text(PAIR))
    assert "an unnumbered part, f1, f2: parts" in letters(*samples(*PRACTITIONER), whole)[0]


def test_a_single_part_that_reaches_to_the_end_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "ccipra-v323r0-f1.txt"
    path.write_bytes(pair_text(PAIR, ("G6002", "G6001", *PAIR[2:])))
    assert read(path)[0].kept == 2


def test_the_same_table_twice_is_refused(tmp_path: Path) -> None:
    copy = tmp_path / LIMITS
    copy.write_bytes(sample(LIMITS).read_bytes())
    (told,) = letters(copy, sample(LIMITS))
    assert "hold the same table twice (Medicare unit limits, practitioner, 2026Q4)" in told


def test_a_kind_that_contradicts_the_columns_is_refused() -> None:
    (told,) = letters(sample(LIMITS), kind=KINDS["practitioner-ptp"], quarter=Quarter(2026, 4))
    assert "holds a table of kind mue, not ptp. Correct --kind" in told


def test_medicaids_limits_given_as_medicares_lack_their_indicator() -> None:
    name = MEDICAID.replace("ptp", "mue")
    (told,) = letters(sample(name), kind=KINDS["practitioner-mue"])
    assert "lacks the column MUE Adjudication Indicator" in told


def bomb(size: int) -> bytes:
    """A zip of a table that goes on and on."""
    made = io.BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as opened, opened.open(PAIRS, "w") as member:
        member.write(pair_text(PAIR))
        for _ in range(size >> 20):
            member.write(b"\n" * (1 << 20))
    return made.getvalue()


def test_a_zip_that_says_how_much_it_holds_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ccipra-v323r0.zip"
    path.write_bytes(bomb(64 << 20))
    monkeypatch.setattr(members, "MOST_BYTES", 32 << 20)
    (told,) = letters(path)
    assert "holds a file that unpacks to more than 32 MB" in told
    monkeypatch.undo()
    monkeypatch.setattr(members, "MOST_UNPACKED", 32 << 20)
    (told,) = letters(path)
    assert "unpacks to more than 32 MB" in told


def test_a_zip_that_hides_how_much_it_holds_is_stopped(tmp_path: Path) -> None:
    data = bytearray(bomb(64 << 20))
    honest = (64 << 20) + len(pair_text(PAIR))
    for start in range(len(data) - 4):
        if int.from_bytes(data[start : start + 4], "little") == honest:
            data[start : start + 4] = (100).to_bytes(4, "little")
    path = tmp_path / "ccipra-v323r0.zip"
    path.write_bytes(bytes(data))
    (told,) = letters(path)
    assert "ccipra-v323r0.zip" in told


def test_as_much_as_is_allowed_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = pair_text(PAIR)
    path = tmp_path / "ccipra-v323r0.zip"
    path.write_bytes(archive({PAIRS: data}))
    for module, name, most in (
        (members, "MOST_MEMBERS", 1),
        (members, "MOST_UNPACKED", len(data)),
        (members, "MOST_BYTES", len(data)),
        (zip_limits, "MOST_BYTES", len(data)),
    ):
        monkeypatch.setattr(module, name, most)
        assert read(path)[0].kept == 1
        monkeypatch.setattr(module, name, most - 1)
        assert letters(path), name
        monkeypatch.undo()
    plain = tmp_path / PAIRS
    plain.write_bytes(pair_text(PAIR, PAIR))
    for name in ("MOST_ROWS", "MOST_KEPT"):
        monkeypatch.setattr(tables, name, 2)
        assert read(plain)[0].read == 2
        monkeypatch.setattr(tables, name, 1)
        assert letters(plain), name
        monkeypatch.undo()
    units = tmp_path / LIMITS
    units.write_bytes(unit_text(UNIT, ("77427", *UNIT[1:])))
    monkeypatch.setattr(tables, "MOST_KEPT", 2)
    assert read(units)[0].kept == 2
    monkeypatch.setattr(tables, "MOST_KEPT", 1)
    assert letters(units)


def test_the_limits_leave_room_for_what_cms_publishes() -> None:
    assert 400 << 20 < zip_limits.MOST_BYTES <= 2 << 30, "a workbook of a million pairs"
    assert zip_limits.MOST_BYTES <= zip_limits.MOST_UNPACKED <= 8 << 30
    assert 2_000_000 < limits.MOST_ROWS < 20_000_000, "all parts in one file"
    assert 10_000 < limits.MOST_KEPT < 1_000_000
    assert 4_000 < limits.LONGEST_RECORD < 1 << 17, "the copyright note"
    assert 7 < zip_limits.MOST_CELLS < 1_000
    assert 100_000 < zip_limits.MOST_TEXTS < 10_000_000
    assert 8 < zip_limits.MOST_MEMBERS < 1_000


def test_too_many_files_in_a_zip(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(archive({f"{n}.txt": b"" for n in range(zip_limits.MOST_MEMBERS + 1)}))
    assert f"holds more than {zip_limits.MOST_MEMBERS} files" in letters(path)[0]


def test_a_table_without_end_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / PAIRS
    path.write_bytes(pair_text(*[PAIR] * 2000))
    for name, most in (("MOST_ROWS", 1000), ("MOST_KEPT", 1000)):
        monkeypatch.setattr(tables, name, most)
        assert "has more than" in letters(path)[0]
        monkeypatch.undo()
    monkeypatch.setattr(zip_limits, "MOST_BYTES", 1 << 16)
    assert "holds more than 0 MB" in letters(path)[0]


def test_a_row_without_end_is_stopped_before_it_fills_the_memory(tmp_path: Path) -> None:
    path = tmp_path / PAIRS
    path.write_bytes(pair_text(PAIR) + b"7" * (8 << 20))
    (told,) = letters(path)
    assert f"{PAIRS}:8: has a row of more than {limits.LONGEST_RECORD} characters" in told
    path.write_bytes(pair_text(PAIR) + b'77306\t77300\t\t20150101\t*\t0\t"' + b"x\n" * (1 << 20))
    (told,) = letters(path)
    assert "cannot be read as a table" in told


def test_a_cell_without_end_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / BOOK
    path.write_bytes(workbook([*UNIT_HEAD, (*UNIT[:3], "x" * (zip_limits.LONGEST_CELL + 1))]))
    assert "has a cell of more than" in letters(path)[0]
    sheet = f"<worksheet><row><c t='str'><v>{'x' * (zip_limits.LONGEST_CELL + 1)}</v></c></row></worksheet>"
    path.write_bytes(workbook([], sheet=sheet))
    assert "has a cell of more than" in letters(path)[0]


def test_texts_without_end_are_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / BOOK
    path.write_bytes(LIMIT_BOOK)
    monkeypatch.setattr(parts, "MOST_TEXTS", 3)
    assert "holds more than 3 texts" in letters(path)[0]


def test_cells_far_to_the_right_take_no_memory(tmp_path: Path) -> None:
    path = tmp_path / BOOK
    sheet = "<worksheet><row><c r='XFD1'><v>1</v></c><c r='ZZZ1'><v>1</v></c></row></worksheet>"
    path.write_bytes(workbook([], sheet=sheet))
    assert "has no row that names the columns" in letters(path)[0]


def test_a_header_that_never_comes_is_not_looked_for_to_the_end(tmp_path: Path) -> None:
    path = tmp_path / PAIRS
    rows = [("Note",)] * 200
    path.write_bytes(tabbed([*rows, *PAIR_HEAD, PAIR]))
    assert "has no row that names the columns" in letters(path)[0]


def test_progress_is_told_in_bytes(tmp_path: Path) -> None:
    seen: list[int] = []
    read_files([sample(LIMITS)], Wanted(), CODES, seen.append)
    assert sum(seen) == sample(LIMITS).stat().st_size


def test_a_long_table_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "ccipra-v323r0.zip"
    other = ("11042", "97597", "", "20130101", "*", "1", "Misuse of Column Two code with Column One code")
    path.write_bytes(archive({PAIRS: pair_text(PAIR, *[other] * 150_000)}))
    tracemalloc.start()
    (table,) = read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert table.read == 150_001
    assert peak < 8 << 20
