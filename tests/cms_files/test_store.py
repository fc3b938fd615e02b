"""The local catalogue: what is saved is read again, an edition replaces itself, and nothing is half there."""

from __future__ import annotations

import sqlite3
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from cds_service.cms_files import store
from cds_service.cms_files.importing import Imported
from cds_service.cms_files.letters import EditFilesError
from cds_service.cms_files.quarters import Quarter
from cds_service.cms_files.reasons import reason_of, reasons, words
from cds_service.facts.edits import NO_EDITS, Edition, PairEdit, UnitEdit
from tests.cms_files.build import LIMITS, PRACTITIONER, read, samples

TODAY = date(2026, 11, 23)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "new" / "folder" / "catalogue.sqlite3"


@pytest.fixture(scope="module")
def tables() -> tuple[Imported, ...]:
    return read(*samples())


def refused(action: object, *arguments: object) -> str:
    assert callable(action)
    with pytest.raises(EditFilesError) as error:
        action(*arguments)
    (line,) = error.value.lines()
    return line


def test_what_was_imported_is_listed_newest_first(place: Path, tables: tuple[Imported, ...]) -> None:
    store.save(place, tables, TODAY)
    earlier = [replace(table, quarter=Quarter(2026, 3)) for table in tables[:1]]
    store.save(place, earlier, date(2026, 11, 24))
    found = store.loaded(place)
    assert [(e.edition.quarter, e.edition.programme, e.edition.setting, e.kind, e.kept) for e in found] == [
        ("2026Q4", "medicare", "practitioner", "ptp", 29),
        ("2026Q4", "medicare", "practitioner", "mue", 13),
        ("2026Q4", "medicare", "outpatient-hospital", "ptp", 25),
        ("2026Q4", "medicare", "outpatient-hospital", "mue", 17),
        ("2026Q4", "medicaid", "practitioner", "ptp", 12),
        ("2026Q4", "medicaid", "practitioner", "mue", 2),
        ("2026Q3", "medicare", "practitioner", "ptp", 29),
    ]
    first = found[0]
    assert (first.read, first.imported_on, first.files) == (39, TODAY, ", ".join(PRACTITIONER))
    assert (first.edition.first, first.edition.last) == (date(2015, 1, 1), date(2026, 12, 31))


def test_the_edits_come_back_with_reasons_in_our_words(place: Path, tables: tuple[Imported, ...]) -> None:
    store.save(place, tables, TODAY)
    edits = store.edits_of(place)
    day = date(2026, 11, 2)
    table = edits.pair_edition(("medicare",), "practitioner", day)
    assert table is not None
    assert table.edition == Edition(
        "medicare", "practitioner", "2026Q4", date(2015, 1, 1), date(2026, 12, 31)
    )
    words_of = "coding instructions"
    assert table.edit("77306", "77300", day) == PairEdit(
        "77306", "77300", date(2015, 1, 1), None, "0", words_of
    )
    assert table.edit("77300", "77306", day) is None
    assert table.edit("77373", "G6002", date(2025, 12, 31)) is not None
    assert table.edit("77373", "G6002", date(2026, 1, 1)) is None
    limits = edits.unit_edition(("medicare",), "outpatient-hospital", day)
    assert limits is not None
    assert limits.rows["77387"] == UnitEdit("77387", 2, "date-clinical", "clinical data")
    assert sum(len(rows) for table in edits.pairs for rows in table.rows.values()) == 29 + 25 + 12
    assert not edits.empty


def test_an_edition_imported_again_replaces_itself_and_no_other(
    place: Path, tables: tuple[Imported, ...]
) -> None:
    store.save(place, tables, TODAY)
    pairs = tables[0].pairs[:3]
    store.save(place, [replace(tables[0], pairs=pairs, read=3)], date(2026, 12, 1))
    found = {(e.edition.programme, e.edition.setting, e.kind): e for e in store.loaded(place)}
    assert len(found) == 6
    again = found["medicare", "practitioner", "ptp"]
    assert (again.kept, again.read, again.imported_on) == (3, 3, date(2026, 12, 1))
    assert found["medicare", "outpatient-hospital", "ptp"].kept == 25
    with sqlite3.connect(place) as db:
        assert db.execute("SELECT count(*) FROM pair").fetchone() == (3 + 25 + 12,)
        assert db.execute("SELECT count(*) FROM unit").fetchone() == (13 + 17 + 2,)


def test_nothing_is_half_saved(place: Path, tables: tuple[Imported, ...]) -> None:
    store.save(place, tables, TODAY)
    before = store.edits_of(place)
    pair = replace(tables[0].pairs[0], indicator=None)  # type: ignore[arg-type]
    bad = replace(tables[2], pairs=(*tables[2].pairs, pair))
    emptied = replace(tables[0], pairs=())
    assert "cannot be used as catalogue" in refused(store.save, place, [emptied, bad], TODAY)
    assert store.edits_of(place) == before
    assert [e.imported_on for e in store.loaded(place)] == [TODAY] * 6


def test_two_imports_at_once_wait_for_each_other(
    place: Path, tables: tuple[Imported, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save(place, tables, TODAY)
    monkeypatch.setattr(store, "_WAIT", 0.05)
    other = sqlite3.connect(place, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    told = refused(store.save, place, tables, TODAY)
    assert "Is another import running?" in told
    other.execute("ROLLBACK")
    other.close()
    store.save(place, tables, TODAY)


def test_what_is_no_catalogue_gets_a_letter_and_stays_as_it_is(
    tmp_path: Path, tables: tuple[Imported, ...]
) -> None:
    gone = tmp_path / "gone.sqlite3"
    for action in (store.loaded, store.edits_of):
        assert refused(action, gone).startswith(f"{gone}: is no file. Import CMS files with")
        assert not gone.exists()
    notes = tmp_path / "notes.txt"
    notes.write_text("notes " * 1000, "utf-8")
    for arguments in ((store.edits_of, notes), (store.save, notes, tables, TODAY)):
        assert "cannot be used as catalogue" in refused(*arguments)
    assert notes.read_text("utf-8") == "notes " * 1000
    other = tmp_path / "other.sqlite3"
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE mine (x)")
    for arguments in ((store.edits_of, other), (store.save, other, tables, TODAY)):
        assert refused(*arguments) == f"{other}: is no catalogue of igrt-cds. Name another file."
    assert "cannot be used as catalogue" in refused(store.save, tmp_path, tables, TODAY)


def test_a_catalogue_of_another_version_says_what_to_do(place: Path, tables: tuple[Imported, ...]) -> None:
    store.save(place, tables, TODAY)
    with sqlite3.connect(place) as db:
        db.execute("PRAGMA user_version = 2")
    for arguments in ((store.edits_of, place), (store.loaded, place), (store.save, place, tables, TODAY)):
        told = refused(*arguments)
        assert "another version of igrt-cds (form 2, this one reads 1)" in told
        assert told.endswith("import the CMS files again.")


def test_a_category_that_is_not_known_any_more_has_words_all_the_same(
    place: Path, tables: tuple[Imported, ...]
) -> None:
    pairs = tuple(replace(pair, reason="forgotten") for pair in tables[0].pairs)
    store.save(place, [replace(tables[0], pairs=pairs)], TODAY)
    (table,) = store.edits_of(place).pairs
    assert {row.reason for rows in table.rows.values() for row in rows} == {words("ptp")["other"]}


def test_reading_changes_nothing(place: Path, tables: tuple[Imported, ...]) -> None:
    store.save(place, tables, TODAY)
    before = place.read_bytes()
    store.edits_of(place)
    store.loaded(place)
    assert place.read_bytes() == before
    assert [file.name for file in place.parent.iterdir()] == [place.name]


@pytest.mark.parametrize(
    ("platform", "variables", "there"),
    [
        ("linux", {"XDG_DATA_HOME": "/data"}, "/data/igrt-cds/catalogue.sqlite3"),
        ("linux", {"XDG_DATA_HOME": ""}, "/home/me/.local/share/igrt-cds/catalogue.sqlite3"),
        ("darwin", {}, "/home/me/Library/Application Support/igrt-cds/catalogue.sqlite3"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/igrt-cds/catalogue.sqlite3"),
        ("win32", {"LOCALAPPDATA": ""}, "/home/me/AppData/Local/igrt-cds/catalogue.sqlite3"),
    ],
)
def test_the_default_place_is_among_the_user_s_data(
    monkeypatch: pytest.MonkeyPatch, platform: str, variables: dict[str, str], there: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv("HOME", "/home/me")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert store.default_file() == Path(there)


@pytest.mark.parametrize(
    ("table", "rationale", "reason"),
    [
        ("ptp", "Standards of medical/surgical practice", "practice"),
        ("ptp", "Standards of medical / surgical practice", "practice"),
        ("ptp", "CPT Manual or CMS manual coding instruction", "instruction"),
        ("ptp", "CPT Manual or CMS manual coding instructions", "instruction"),
        ("ptp", "HCPCS/CPT procedure code definition", "definition"),
        ("ptp", "Mutually exclusive procedures", "alternatives"),
        ("ptp", "Sequential procedure", "sequence"),
        ("ptp", 'CPT "separate procedure" definition', "separate-procedure"),
        ("ptp", "More  extensive\u00a0procedure", "larger-service"),
        ("ptp", "MISUSE OF COLUMN TWO CODE with Column One code", "misuse"),
        ("ptp", "Something new", "other"),
        ("ptp", "", "other"),
        ("mue", "Code Descriptor / CPT Instruction", "definition"),
        ("mue", "CMS Policy", "policy"),
        ("mue", "Clinical: Data", "clinical"),
        ("mue", "Clinical: CMS Workgroup", "clinical"),
        ("mue", "Anatomic Consideration", "anatomy"),
        ("mue", "Nature of Service/Procedure", "nature"),
        ("mue", "Prescribing Information", "product"),
        ("mue", "Something new", "other"),
    ],
)
def test_rationales_are_put_into_categories(table: str, rationale: str, reason: str) -> None:
    assert reason_of(table, rationale) == reason


def test_no_category_shares_its_words_with_cms() -> None:
    for table in ("ptp", "mue"):
        assert [r.name for r in reasons(table)][-1] == "other"
        assert len(words(table)) == len(reasons(table))
        assert all(said and "column" not in said.lower() for said in words(table).values())


def test_with_nothing_imported_nothing_answers() -> None:
    assert NO_EDITS.empty
    for setting in ("practitioner", "outpatient-hospital"):
        assert NO_EDITS.pair_edition(("medicaid", "medicare"), setting, TODAY) is None
        assert NO_EDITS.unit_edition(("medicaid", "medicare"), setting, TODAY) is None


def test_the_limits_of_one_file_alone_leave_pairs_unanswered(place: Path) -> None:
    store.save(place, read(*samples(LIMITS)), TODAY)
    edits = store.edits_of(place)
    assert not edits.empty
    assert edits.pair_edition(("medicare",), "practitioner", TODAY) is None
