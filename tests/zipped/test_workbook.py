"""Workbooks as other programs write them: what a cell says, which cells are dates, and the order of the sheets."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.exceptions import IllegalCharacterError

from cds_service.zipped import parts
from cds_service.zipped.sheet import plain_number
from tests.zipped.build import LINKS, SPACE, Refused, cells, opened, packed, sheet, written

DAY = date(2026, 3, 4)
DAYS = "46085"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("00123", "00123"),
        (77387, "77387"),
        (22.0, "22"),
        (1234567893, "1234567893"),
        (123456789012345, "123456789012345"),
        (185.5, "185.5"),
        (0.1 + 0.2, "0.3"),
        (1234.56 * 3, "3703.68"),
        (-185.0, "-185"),
        (DAY, "2026-03-04"),
        (datetime.fromisoformat("2026-03-04T14:30:00"), "2026-03-04T14:30:00"),
        (datetime.fromisoformat("2026-03-04T23:59:59"), "2026-03-04T23:59:59"),
        (date(2000, 2, 29), "2000-02-29"),
        (True, "1"),
        ("a\nb", "a\nb"),
        ("=1+1", "#CALC!"),
    ],
    ids=repr,
)
def test_what_a_cell_says(value: Any, text: str) -> None:
    assert cells(written([[value, "end"]])) == [[text, "end"]]


@pytest.mark.parametrize(
    ("code", "is_date"),
    [
        ("m/d/yyyy", True),
        ("mm-dd-yy", True),
        ("[$-409]mmmm d, yyyy;@", True),
        ("[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", True),
        ("[h]:mm", True),
        ("[h]", True),
        ("[mm]", True),
        ("[ss].00", True),
        ("h:mm AM/PM", True),
        ("YYYY-MM-DD", True),
        ("General", False),
        ("0.00", False),
        ('#,##0.00 "days"', False),
        ("[Red]0.00", False),
        ("[Red]#,##0;[Blue]-#,##0", False),
        ("\\d0", False),
        ("_d0_s", False),
        ("*d0", False),
        ("@", False),
        ('_("$"* #,##0.00_);_("$"* \\(#,##0.00\\);_("$"* "-"??_);_(@_)', False),
    ],
)
def test_which_formats_are_dates(code: str, is_date: bool) -> None:
    told = cells(written([[46085, 46085]], formats={"A1": code}))
    assert told == [["2026-03-04" if is_date else DAYS, DAYS]]


@pytest.mark.parametrize(
    ("number", "is_date"),
    [
        *((number, True) for number in (14, 17, 22, 27, 36, 45, 47, 50, 58)),
        *((number, False) for number in (0, 2, 13, 23, 26, 37, 44, 48, 49, 59)),
    ],
)
def test_formats_that_no_workbook_spells_out(number: int, is_date: bool) -> None:
    styles = (
        f"<styleSheet xmlns='{SPACE}'><cellStyleXfs><xf numFmtId='14'/></cellStyleXfs>"
        f"<cellXfs><xf numFmtId='0'/><xf numFmtId='{number}'/></cellXfs>"
        "<cellStyleXfs><xf numFmtId='14'/></cellStyleXfs>"
        "<dxfs><dxf><numFmt numFmtId='0' formatCode='General'/></dxf></dxfs></styleSheet>"
    )
    row = "".join(f"<c {s}><v>{DAYS}</v></c>" for s in ("s='1'", "s='0'", "", "s='2'", f"s='{'9' * 5000}'"))
    data = packed({"xl/styles.xml": styles, "xl/worksheets/sheet1.xml": sheet(f"<row>{row}</row>")})
    assert cells(data) == [["2026-03-04" if is_date else DAYS, DAYS, DAYS, DAYS, DAYS]]


@pytest.mark.parametrize("flag", ["1", "true", "0"])
def test_days_may_count_from_1904(flag: str) -> None:
    data = packed(
        {
            "xl/workbook.xml": f"<workbook xmlns='{SPACE}'><workbookPr date1904='{flag}'/></workbook>",
            "xl/styles.xml": f"<styleSheet xmlns='{SPACE}'><cellXfs><xf numFmtId='14'/></cellXfs></styleSheet>",
            "xl/worksheets/sheet1.xml": sheet("<row><c s='0'><v>44623</v></c></row>"),
        }
    )
    assert cells(data) == [["2026-03-04" if flag != "0" else "2022-03-03"]]


@pytest.mark.parametrize("text", ["-1", "0", "2958466", "1e300", "text", ""])
def test_what_is_no_day_stays_a_number(text: str) -> None:
    data = packed(
        {
            "xl/styles.xml": f"<styleSheet xmlns='{SPACE}'><cellXfs><xf numFmtId='14'/></cellXfs></styleSheet>",
            "xl/worksheets/sheet1.xml": sheet(f"<row><c s='0'><v>{text}</v></c></row>"),
        }
    )
    assert cells(data) == [[text]]


def test_a_time_of_day_is_rounded_to_its_second() -> None:
    """Half a second before midnight, as sums of times come out, is the next day and not 24:00."""
    data = packed(
        {
            "xl/styles.xml": f"<styleSheet xmlns='{SPACE}'><cellXfs><xf numFmtId='22'/></cellXfs></styleSheet>",
            "xl/worksheets/sheet1.xml": sheet("<row><c s='0'><v>46084.999999</v></c></row>"),
        }
    )
    assert cells(data) == [["2026-03-04"]]


def book(*names: str, prefix: str = "worksheets/") -> dict[str, str]:
    """A workbook that lists sheets in this order, each of which says its own name."""
    listed = "".join(f"<sheet name='{n}' sheetId='{i}' r:id='rId{i}'/>" for i, n in enumerate(names, 7))
    links = "".join(
        f"<Relationship Id='rId{i}' Type='x' Target='{prefix}{n}.xml'/>" for i, n in enumerate(names, 7)
    )
    said = {
        f"xl/worksheets/{n}.xml": sheet(f"<row><c t='inlineStr'><is><t>{n}</t></is></c></row>") for n in names
    }
    return {
        "xl/workbook.xml": f"<workbook xmlns='{SPACE}' xmlns:r='{LINKS}'><sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f"<Relationships xmlns='x'>{links}</Relationships>",
    } | said


def order(members: dict[str, str]) -> list[tuple[int, str]]:
    with opened(packed(members)) as found:
        return [(number, next(found.rows(number))[1][0]) for number in found.sheets]


def test_sheets_come_in_the_order_in_which_they_are_seen() -> None:
    names = ("sheet10", "sheet2", "sheet1")
    expected = list(enumerate(names, 1))
    assert order(book(*names)) == expected
    assert order(book(*names, prefix="/xl/worksheets/")) == expected


def test_a_sheet_of_charts_has_its_number_and_no_rows() -> None:
    members = book("sheet1", "sheet2", "sheet3")
    links = members["xl/_rels/workbook.xml.rels"].replace("worksheets/sheet2", "chartsheets/sheet2")
    del members["xl/worksheets/sheet2.xml"]
    more = {"xl/_rels/workbook.xml.rels": links, "xl/chartsheets/sheet2.xml": "<chartsheet/>"}
    assert order(members | more) == [(1, "sheet1"), (3, "sheet3")]


@pytest.mark.parametrize("lost", ["xl/workbook.xml", "xl/_rels/workbook.xml.rels"])
def test_sheets_that_nothing_lists_come_by_their_numbers(lost: str) -> None:
    members = book("sheet10", "sheet2", "sheet")
    del members[lost]
    assert order(members) == [(1, "sheet"), (2, "sheet2"), (3, "sheet10")]


def test_rows_keep_their_numbers_and_cells_their_places() -> None:
    rows = (
        "<row r='3'><c r='B3'><v>1</v></c><c r='D3'><v>2</v></c></row><row><c><v>3</v></c></row><row r='9'/>"
    )
    with opened(packed({"xl/worksheets/sheet1.xml": sheet(rows)})) as found:
        assert list(found.rows(1)) == [(3, ["", "1", "", "2"]), (4, ["3"]), (9, [])]


def test_a_formula_is_what_it_came_to() -> None:
    rows = (
        "<row><c><f>1+1</f><v>2</v></c><c t='str'><f>\"\"</f><v></v></c><c t='e'><f>1/0</f><v>#DIV/0!</v></c>"
        "<c><f>NOW()</f></c><c/><c><v>5</v></c></row>"
    )
    data = packed({"xl/worksheets/sheet1.xml": sheet(rows)})
    assert cells(data) == [["2", "", "#DIV/0!", "#CALC!", "", "5"]]


@pytest.mark.parametrize(
    ("written_as", "text"),
    [
        ("0.30000000000000004", "0.3"),
        ("123.44999999999999", "123.45"),
        ("2.0220101E7", "20220101"),
        ("1.23456789012345E14", "123456789012345"),
        ("1.23456789012345678E+17", "1.23456789012345678E+17"),
        ("-5.0", "-5"),
        ("007", "007"),
        ("1e400", "inf"),
    ],
)
def test_how_numbers_are_shown(written_as: str, text: str) -> None:
    """Beyond fifteen digits a spreadsheet has rounded, and the reader of numbers of claims has to see it."""
    assert plain_number(written_as) == text


def test_what_stands_very_far_to_the_right_takes_no_memory() -> None:
    rows = "<row><c r='A1'><v>1</v></c><c r='SR1'><v>2</v></c><c r='SS1'><v>3</v></c><c r='XFD1'><v>4</v></c></row>"
    (row,) = cells(packed({"xl/worksheets/sheet1.xml": sheet(rows)}))
    assert (len(row), row[0], row[-1]) == (512, "1", "2")


def test_formats_without_end_are_read_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_MOST_FORMATS", 2)
    data = written([[DAY, DAY, DAY]], formats={"A1": "yyyy/mm", "B1": "mm/yyyy", "C1": "dd/yyyy"})
    assert cells(data) == [["2026-03-04", DAYS, DAYS]]


def test_characters_that_xml_cannot_hold_are_read_as_meant() -> None:
    rows = "<row><c t='s'><v>0</v></c><c t='inlineStr'><is><t>a_x000A_b</t></is></c><c t='str'><v>_x</v></c></row>"
    texts = f"<sst xmlns='{SPACE}'><si><r><t>Service</t></r><r><t>_x000D_\nDate</t></r></si></sst>"
    data = packed({"xl/sharedStrings.xml": texts, "xl/worksheets/sheet1.xml": sheet(rows)})
    assert cells(data) == [["Service\r\nDate", "a\nb", "_x"]]
    assert [parts.shown(f"a_x{code}_b") for code in ("D7ff", "d800", "DFFF", "E000")] == [
        "a\ud7ffb",
        "a_xd800_b",
        "a_xDFFF_b",
        "a\ue000b",
    ]


def test_an_archive_of_a_later_version_is_no_workbook() -> None:
    data = bytearray(written([["a"]]))
    entry = data.index(b"PK\x01\x02")
    data[entry + 6] = 210
    with pytest.raises(Refused, match="is no workbook"):
        cells(bytes(data))


def test_an_archive_whose_files_begin_before_it_is_damaged() -> None:
    data = bytearray(written([["a"]]))
    entry = data.index(b"PK\x01\x02")
    data[entry + 42 : entry + 46] = (0).to_bytes(4, "little")
    end = data.index(b"PK\x05\x06")
    start = int.from_bytes(data[end + 16 : end + 20], "little")
    data[end + 16 : end + 20] = (start + 40).to_bytes(4, "little")
    with pytest.raises(Refused, match="is damaged"):
        cells(bytes(data))


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "is no workbook"),
        (b"PK\x03\x04", "is no workbook"),
        (
            bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600,
            "of an older form (.xls), or protected by a password",
        ),
        (packed({"xl/worksheets/sheet1.xml": "<worksheet><row>"}), "holds broken XML"),
        (packed({"xl/worksheets/sheet1.xml": "<!DOCTYPE x><worksheet/>"}), "declares a document type"),
        (packed({"xl/styles.xml": "<!DOCTYPE x><y/>"}), "declares a document type"),
        (packed({"xl/worksheets/sheet1.xml": sheet("<row r='4'><c t='s'><v>0</v></c></row>")}), "row 4"),
    ],
    ids=["empty", "begun", "older", "broken", "document type", "document type elsewhere", "no such text"],
)
def test_what_is_refused(data: bytes, what: str) -> None:
    with pytest.raises(Refused, match=what.replace("(", r"\(").replace(")", r"\)")):
        cells(data)


def test_what_is_refused_inside_the_caller_stays_as_it_is() -> None:
    with pytest.raises(ValueError, match="mine"), opened(written([["a"]])):
        raise ValueError("mine")


VALUES = st.one_of(
    st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=20).filter(
        lambda text: text.strip() == text and not text.startswith("=") and text != ""
    ),
    st.integers(-(10**14), 10**14),
    st.decimals(-100_000, 100_000, places=2).map(float),
    st.dates(date(1980, 1, 1), date(2100, 1, 1)),
    st.none(),
)


def expected(value: Any) -> str:
    if isinstance(value, float):
        return plain_number(f"{Decimal(str(value)).normalize():f}")
    return "" if value is None else value.isoformat() if isinstance(value, date | time) else str(value)


@given(st.lists(st.lists(VALUES, min_size=1, max_size=6), min_size=1, max_size=5))
def test_what_another_program_wrote_is_read_as_it_was_meant(rows: list[list[Any]]) -> None:
    try:
        data = written([[*row, "end"] for row in rows])
    except IllegalCharacterError:
        return
    with opened(data) as found:
        assert [row for _, row in found.rows(1)] == [[*map(expected, row), "end"] for row in rows]


WHOLE = written([["claim_id", "code"], ["SYN-1", 77387], [DAY, 0.5]], [["=1+1"]])


@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=5))
def test_a_damaged_workbook_is_read_or_refused(damage: list[tuple[int, int]]) -> None:
    data = bytearray(WHOLE)
    for place, byte in damage:
        data[place] = byte
    try:
        with opened(bytes(data)) as found:
            rows = [row for number in found.sheets for row in found.rows(number)]
    except Refused:
        return
    assert all(isinstance(cell, str) for _, row in rows for cell in row)


@given(st.sampled_from(sorted(book("sheet1"))), st.data())
def test_a_part_that_holds_something_else_is_read_or_refused(name: str, data: st.DataObject) -> None:
    members = book("sheet1", "sheet2") | {
        "xl/styles.xml": f"<styleSheet xmlns='{SPACE}'><cellXfs><xf numFmtId='14'/></cellXfs></styleSheet>"
    }
    text = members[name]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 30)))
    put = data.draw(st.text(st.sampled_from("<>/='\"&;0123456789sctvr -_x"), max_size=20))
    try:
        with opened(packed(members | {name: text[:start] + put + text[end:]})) as found:
            for number in found.sheets:
                assert all(isinstance(cell, str) for _, row in found.rows(number) for cell in row)
    except Refused:
        return
