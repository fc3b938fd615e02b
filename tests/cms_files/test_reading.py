"""The files of CMS in every form in which users have them."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from zipfile import ZipFile

import pytest

from cds_service.books import CATALOGUES
from cds_service.cms_files.kinds import KINDS, Kind
from cds_service.cms_files.quarters import Quarter
from cds_service.engine.catalogue import load_catalogue
from cds_service.facts.edits import PairEdit, UnitEdit
from tests.cms_files.build import (
    HOSPITAL,
    HOSPITAL_LIMITS,
    LIMITS,
    MEDICAID,
    MEDICAID_LIMITS,
    PAIR,
    PAIR_HEAD,
    PRACTITIONER,
    UNIT,
    UNIT_HEAD,
    archive,
    cells_of,
    pair_text,
    quoted,
    read,
    sample,
    samples,
    tabbed,
    unit_text,
    workbook,
)

Q4 = Quarter(2026, 4)


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_the_practitioners_pairs_come_together_from_their_parts() -> None:
    (table,) = read(*samples(*PRACTITIONER))
    assert (table.kind, table.quarter) == (Kind("medicare", "practitioner", "ptp"), Q4)
    assert (table.kept, table.read) == (29, 39)
    assert (table.first, table.last) == (date(2015, 1, 1), date(2026, 12, 31))
    assert table.files == PRACTITIONER
    assert PairEdit("77306", "77300", date(2015, 1, 1), None, "0", "instruction") in table.pairs
    ended = PairEdit("77373", "G6002", date(2015, 1, 1), date(2025, 12, 31), "0", "practice")
    assert ended in table.pairs
    assert table.units == ()


def test_pairs_that_were_never_in_force_and_codes_of_others_are_not_kept() -> None:
    (table,) = read(*samples(*PRACTITIONER))
    assert {pair.indicator for pair in table.pairs} == {"0", "1"}
    assert [p.first for p in table.pairs if (p.column1, p.column2) == ("77301", "77387")] == [
        date(2026, 1, 1)
    ]
    assert {"97110", "76376", "29881", "V5299"}.isdisjoint(
        {p.column1 for p in table.pairs} | {p.column2 for p in table.pairs}
    )


def test_the_hospitals_pairs_are_another_table() -> None:
    (table,) = read(*samples(*HOSPITAL))
    assert table.kind == Kind("medicare", "outpatient-hospital", "ptp")
    assert (table.kept, table.read) == (25, 29)
    assert table.first == date(2019, 12, 31)


@pytest.mark.parametrize(
    ("name", "setting", "limit"),
    [
        (LIMITS, "practitioner", UnitEdit("77387", 1, "date-clinical", "nature")),
        (HOSPITAL_LIMITS, "outpatient-hospital", UnitEdit("77387", 2, "date-clinical", "clinical")),
        (LIMITS, "practitioner", UnitEdit("77336", 1, "date-policy", "definition")),
    ],
)
def test_unit_limits(name: str, setting: str, limit: UnitEdit) -> None:
    (table,) = read(sample(name))
    assert (table.kind, table.quarter) == (Kind("medicare", setting, "mue"), Q4)
    assert (table.first, table.last) == (date(2026, 10, 1), date(2026, 12, 31))
    assert limit in table.units
    assert table.pairs == ()


def test_medicaids_pairs_have_other_titles_and_blank_deletions() -> None:
    (table,) = read(sample(MEDICAID))
    assert table.kind == Kind("medicaid", "practitioner", "ptp")
    assert PairEdit("77306", "77300", date(2015, 1, 1), None, "0", "instruction") in table.pairs
    assert (table.kept, table.read) == (12, 13)


def test_medicaids_limits_hold_for_each_line() -> None:
    (table,) = read(sample(MEDICAID_LIMITS))
    assert table.kind == Kind("medicaid", "practitioner", "mue")
    assert UnitEdit("77334", 10, "line", "clinical") in table.units


def test_all_files_of_a_quarter_in_one_go() -> None:
    assert [(str(t.kind), t.kept) for t in read(*samples())] == [
        ("practitioner-ptp", 29),
        ("practitioner-mue", 13),
        ("hospital-ptp", 25),
        ("hospital-mue", 17),
        ("medicaid-practitioner-ptp", 12),
        ("medicaid-practitioner-mue", 2),
    ]


def test_zips_as_cms_names_them(tmp_path: Path) -> None:
    paths = [
        written(
            tmp_path,
            f"medicare-ncci-2026q4-practitioner-ptp-edits-{Path(name).stem}.zip",
            archive({name: sample(name).read_bytes()}),
        )
        for name in PRACTITIONER
    ]
    (table,) = read(*paths)
    assert (table.kept, table.read) == (29, 39)
    assert table.files[0] == f"{paths[0].name}/{PRACTITIONER[0]}"


def test_all_parts_in_one_zip_and_in_folders(tmp_path: Path) -> None:
    members = {f"folder/{name}": sample(name).read_bytes() for name in PRACTITIONER}
    members |= {"__MACOSX/folder/._x.txt": b"x", ".hidden.csv": b"x", "read me.pdf": b"x"}
    (table,) = read(written(tmp_path, "all.zip", archive(members)))
    assert table.kept == 29


def test_of_one_table_in_several_forms_only_one_is_read(tmp_path: Path) -> None:
    stem = LIMITS.removesuffix(".csv")
    book = workbook(cells_of(sample(LIMITS)))
    path = written(tmp_path, "any.zip", archive({f"{stem}.xlsx": book, LIMITS: sample(LIMITS).read_bytes()}))
    (table,) = read(path)
    assert (table.kept, table.read) == (13, 15)
    assert table.files == (f"any.zip/{LIMITS}",)
    both = {"ccipra-v323r0.txt": pair_text(PAIR), "ccipra-v323r0.xlsx": b"never opened"}
    (table,) = read(written(tmp_path, "both.zip", archive(both)))
    assert table.files == ("both.zip/ccipra-v323r0.txt",)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "in a zip"])
@pytest.mark.parametrize("name", [LIMITS, MEDICAID], ids=["limits", "pairs"])
def test_a_workbook_says_what_the_text_says(tmp_path: Path, name: str, packed: bool) -> None:
    rows = [[int(c) if c.isdecimal() else c for c in row] for row in cells_of(sample(name))]
    file = Path(name).stem + ".xlsx"
    data = workbook(rows)
    path = written(tmp_path, "x.zip", archive({file: data})) if packed else written(tmp_path, file, data)
    (table,), (text,) = read(path), read(sample(name))
    assert (table.kind, table.quarter, table.read) == (text.kind, text.quarter, text.read)
    assert (table.pairs, table.units, table.first) == (text.pairs, text.units, text.first)


def test_a_cell_that_says_number_and_holds_a_text_is_read_as_it_stands(tmp_path: Path) -> None:
    sheet = ZipFile(io.BytesIO(workbook([*UNIT_HEAD, (77336, *UNIT[1:])]))).read("xl/worksheets/sheet1.xml")
    data = workbook([*UNIT_HEAD, UNIT], sheet=sheet.decode().replace("<v>77336</v>", "<v>G6015</v>"))
    (table,) = read(written(tmp_path, "MCR_MUE_2026-q4.xlsx", data))
    assert [unit.code for unit in table.units] == ["G6015"]


def test_a_workbook_whose_table_is_on_a_later_sheet(tmp_path: Path) -> None:
    with ZipFile(io.BytesIO(workbook([*UNIT_HEAD, UNIT]))) as book:
        texts, sheet = book.read("xl/sharedStrings.xml"), book.read("xl/worksheets/sheet1.xml")
    notes = b"<worksheet><row><c t='inlineStr'><is><t>Notes</t></is></c></row></worksheet>"
    members = {
        "xl/sharedStrings.xml": texts,
        "xl/worksheets/sheet1.xml": notes,
        "xl/worksheets/sheet2.xml": sheet,
    }
    (table,) = read(written(tmp_path, "MCR_MUE_2026-q4.xlsx", archive(members)))
    assert [unit.code for unit in table.units] == ["77336"]


@pytest.mark.parametrize("delimiter", ["\t", ",", ";", "|"], ids=["tab", "comma", "semicolon", "bar"])
@pytest.mark.parametrize("newline", ["\r\n", "\n", "\r"], ids=["crlf", "lf", "cr"])
@pytest.mark.parametrize(
    "encoding", ["latin-1", "utf-8", "utf-8-sig", "utf-16"], ids=["latin-1", "utf-8", "utf-8-sig", "utf-16"]
)
def test_what_spreadsheets_make_of_the_text(
    tmp_path: Path, delimiter: str, newline: str, encoding: str
) -> None:
    rows = [*PAIR_HEAD[2:3], (*PAIR[:6], "Misuse of Column Two code © with Column One code")]
    text = newline.join(delimiter.join(row) for row in rows)
    (table,) = read(written(tmp_path, "ccipra-v323r0.txt", text.encode(encoding)))
    (pair,) = table.pairs
    assert (pair.column1, pair.column2, pair.reason) == ("77306", "77300", "misuse")


def test_columns_are_found_by_their_titles_not_by_their_place(tmp_path: Path) -> None:
    order = [6, 3, 1, 5, 0, 4, 2]
    rows = [[row[n] for n in order] for row in (*PAIR_HEAD, PAIR)]
    (table,) = read(written(tmp_path, "ccipra-v323r0.txt", tabbed(rows)))
    assert table.pairs == (PairEdit("77306", "77300", date(2015, 1, 1), None, "0", "instruction"),)


def test_titles_in_one_row_as_older_files_have_them(tmp_path: Path) -> None:
    head = (
        "Column 1",
        "Column 2",
        "*=in existence prior to 1996",
        "Effective Date",
        "Deletion Date *=no data",
        "Modifier 0=not allowed 1=allowed 9=not applicable",
        "PTP Edit Rationale",
    )
    (table,) = read(written(tmp_path, "ccipra-v300r0.txt", tabbed([head, PAIR])))
    assert table.quarter == Quarter(2024, 1)
    assert len(table.pairs) == 1


def test_a_table_without_rationale_and_with_longer_notes(tmp_path: Path) -> None:
    notes = [("Note",)] * 40
    rows = [*notes, *(row[:6] for row in PAIR_HEAD[2:]), PAIR[:6]]
    (table,) = read(written(tmp_path, "ccipra-v323r0.txt", tabbed(rows)))
    assert [pair.reason for pair in table.pairs] == ["other"]
    limits = [row[:3] for row in (*UNIT_HEAD, UNIT)]
    (table,) = read(written(tmp_path, LIMITS, quoted(limits)))
    assert [unit.reason for unit in table.units] == ["other"]


def test_blank_rows_notes_below_and_a_second_header_are_no_rows(tmp_path: Path) -> None:
    rows = [PAIR, ("",) * 7, PAIR_HEAD[2], ("End of the table.",), ("77307", *PAIR[1:])]
    (table,) = read(written(tmp_path, "ccipra-v323r0.txt", pair_text(*rows)))
    assert (table.read, [pair.column1 for pair in table.pairs]) == (2, ["77306", "77307"])


def test_the_same_row_twice_is_one_and_of_two_limits_the_milder_holds(tmp_path: Path) -> None:
    (table,) = read(written(tmp_path, "ccipra-v323r0.txt", pair_text(PAIR, PAIR)))
    assert (table.kept, table.read) == (1, 2)
    limits = unit_text(UNIT, (UNIT[0], "3", *UNIT[2:]), (UNIT[0], "2", *UNIT[2:]))
    (table,) = read(written(tmp_path, LIMITS, limits))
    assert [unit.most for unit in table.units] == [3]


def test_visits_are_left_out_though_their_codes_are_known(tmp_path: Path) -> None:
    rows = [("77427", "99213", *PAIR[2:]), ("99214", "99213", *PAIR[2:]), ("55876", "77280", *PAIR[2:]), PAIR]
    (table,) = read(written(tmp_path, "ccipra-v323r0.txt", pair_text(*rows)))
    assert [(pair.column1, pair.column2) for pair in table.pairs] == [("55876", "77280"), ("77306", "77300")]
    assert load_catalogue(CATALOGUES).code("99213") is not None


def test_a_pair_with_a_history_keeps_all_its_days(tmp_path: Path) -> None:
    rows = [
        ("77295", "77014", "", "20100101", "20191231", "0", "x"),
        ("77295", "77014", "", "20200101", "20251231", "1", "x"),
    ]
    (table,) = read(written(tmp_path, "ccipra-v323r0.txt", pair_text(*rows)))
    assert [(p.first.year, p.last and p.last.year, p.indicator) for p in table.pairs] == [
        (2010, 2019, "0"),
        (2020, 2025, "1"),
    ]


def test_a_table_of_pairs_answers_from_the_oldest_deletion_that_it_shows(tmp_path: Path) -> None:
    other = ("11042", "97597", "", "20130101", "20170331", "1", "x")
    (table,) = read(written(tmp_path, "ccipra-v323r0.txt", pair_text(PAIR, other)))
    assert (table.first, table.last) == (date(2017, 3, 31), date(2026, 12, 31))
    (table,) = read(written(tmp_path, "ccipra-v323r0.txt", pair_text(PAIR)))
    assert table.first == date(2026, 10, 1)
    later = ("11042", "97597", "", "20130101", "20261101", "1", "x")
    (table,) = read(written(tmp_path, "ccipra-v323r0.txt", pair_text(PAIR, later)))
    assert table.first == date(2026, 10, 1)


def test_what_the_names_leave_open_the_user_says(tmp_path: Path) -> None:
    path = written(tmp_path, "table.txt", pair_text(PAIR))
    kind = KINDS["medicaid-hospital-ptp"]
    (table,) = read(path, quarter=Quarter(2025, 2), kind=kind)
    assert (table.kind, table.quarter) == (kind, Quarter(2025, 2))
    (named,) = read(sample(LIMITS), quarter=Quarter(2025, 2))
    assert named.quarter == Quarter(2025, 2), "what the user says goes before the name"


def test_the_member_s_name_goes_before_that_of_the_archive(tmp_path: Path) -> None:
    data = archive({"ccioph-v321r0.txt": pair_text(PAIR)})
    (table,) = read(written(tmp_path, "practitioner-2026q4.zip", data))
    assert (table.kind.setting, table.quarter) == ("outpatient-hospital", Quarter(2026, 2))


def test_medicaid_is_known_by_its_titles_where_no_name_tells(tmp_path: Path) -> None:
    path = written(tmp_path, "practitioner 2026q4.txt", sample(MEDICAID).read_bytes())
    (table,) = read(path)
    assert table.kind.programme == "medicaid"
    path = written(tmp_path, "2026q4.txt", sample(MEDICAID_LIMITS).read_bytes())
    (table,) = read(path)
    assert table.kind == Kind("medicaid", "practitioner", "mue")
