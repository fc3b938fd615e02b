"""What is written comes back, whatever the container; and whatever goes wrong, a letter says so."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_service.cms_files import cells
from cds_service.cms_files.cells import BadCell
from cds_service.cms_files.columns import header_in
from cds_service.cms_files.importing import Imported, Wanted, read_files
from cds_service.cms_files.kinds import KINDS
from cds_service.cms_files.letters import EditFilesError
from cds_service.cms_files.quarters import Quarter
from cds_service.facts.edits import PairEdit
from tests.cms_files.build import (
    CODES,
    PAIR_HEAD,
    UNIT_HEAD,
    archive,
    cells_of,
    quoted,
    sample,
    tabbed,
    workbook,
)

OURS = st.sampled_from(sorted(CODES))
OTHERS = st.from_regex(r"\A[0-9]{5}\Z|\A[A-Z][0-9]{4}\Z|\A[0-9]{4}[A-Z]\Z").filter(
    lambda code: code not in CODES
)
DAYS = st.dates(date(1996, 1, 1), date(2099, 12, 31))
ROWS = st.lists(
    st.tuples(
        OURS | OTHERS,
        OURS | OTHERS,
        st.sampled_from(["", "*"]),
        DAYS,
        st.none() | DAYS,
        st.sampled_from(["0", "1", "9"]),
        st.sampled_from(
            ["Misuse of Column Two code with Column One code", 'CPT "separate procedure" definition', ""]
        ),
    ),
    max_size=30,
)
WANTED = Wanted(Quarter(2026, 4), KINDS["practitioner-ptp"])
CONTAINERS = st.sampled_from(["txt", "csv", "zip", "xlsx", "xlsx in zip"])
slow = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read(name: str, data: bytes, wanted: Wanted = WANTED) -> Imported | list[str]:
    """The table in this file, or the letters about it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        try:
            (table,) = read_files([path], wanted, CODES)
        except EditFilesError as error:
            return error.lines()
        return table


def bad_cell(read_cell: Callable[[str], object], raw: str) -> str:
    """What is said of the cell; empty when it can be read."""
    try:
        read_cell(raw)
    except BadCell as bad:
        return str(bad)
    return ""


@slow
@given(ROWS, CONTAINERS, st.sampled_from(["%Y%m%d", "%Y-%m-%d", "%m/%d/%Y"]))
def test_every_row_about_our_codes_comes_back_and_all_are_counted(
    rows: list[tuple[str, str, str, date, date | None, str, str]], container: str, form: str
) -> None:
    written = [
        (a, b, star, d.strftime(form), e.strftime(form) if e else "*", i, r)
        for a, b, star, d, e, i, r in rows
    ]
    wanted = [(a, b, d, e, i) for a, b, _, d, e, i, _ in rows if a in CODES and b in CODES and i != "9"]
    table = [*PAIR_HEAD, *written]
    data = {
        "txt": tabbed(table),
        "csv": quoted(table),
        "zip": archive({"x.txt": tabbed(table)}),
        "xlsx": workbook([[int(c) if c.isdecimal() and c[0] != "0" else c for c in row] for row in table]),
        "xlsx in zip": archive({"x.xlsx": workbook(table)}),
    }[container]
    name = f"x.{container.rpartition(' ')[2]}"
    found = read(name, data)
    if not wanted:
        assert isinstance(found, list)
        assert "no row is about radiotherapy" in found[0]
        return
    assert isinstance(found, Imported)
    assert found.read == len(rows)
    assert [(p.column1, p.column2, p.first, p.last, p.indicator) for p in found.pairs] == list(
        dict.fromkeys(wanted)
    )


@slow
@given(st.binary(max_size=2000), st.sampled_from(["x.zip", "x.txt", "x.csv", "x.xlsx"]))
def test_any_bytes_give_letters(data: bytes, name: str) -> None:
    told = read(name, data)
    assert isinstance(told, list)
    assert all(told)


@slow
@given(st.data())
def test_a_damaged_file_gives_letters_or_a_table(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["zip", "xlsx", "txt"]))
    rows = cells_of(sample("MCR_MUE_PractitionerServices_Eff_10-01-2026.csv"))
    whole = {
        "zip": archive({"x.csv": quoted(rows)}),
        "xlsx": workbook(rows),
        "txt": quoted(rows),
    }[kind]
    broken = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 5))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, 20))
    wanted = Wanted(Quarter(2026, 4), KINDS["practitioner-mue"])
    found = read(f"x.{kind}", bytes(broken[: len(broken) - cut]), wanted)
    assert isinstance(found, Imported) or all(found)


@given(st.text(max_size=12))
def test_a_cell_is_read_or_refused_in_words(raw: str) -> None:
    for read_cell in (
        cells.code,
        cells.day,
        cells.last_day,
        cells.indicator,
        cells.adjudication,
        cells.units,
    ):
        assert bad_cell(read_cell, raw).isprintable()


@given(OURS | OTHERS)
def test_codes_lose_blanks_and_get_their_zeros_back(code: str) -> None:
    assert cells.code(f" {code.lower()}\u00a0") == code
    if code.isdecimal() and not code.startswith("00000"):
        assert cells.code(code.lstrip("0") or "0") == code


@given(DAYS)
def test_days_in_every_form(day: date) -> None:
    forms = (
        f"{day:%Y%m%d}",
        f" {day.isoformat()} ",
        f"{day.isoformat()} 00:00:00",
        f"{day.month}/{day.day}/{day.year}",
    )
    assert {cells.day(form) for form in forms} == {day}
    assert {cells.last_day(form) for form in forms} == {day}


def test_no_deletion_in_every_form() -> None:
    assert {cells.last_day(raw) for raw in ("", " ", "*", "99991231", "9999-12-31", "99999999")} == {None}


def test_days_that_cannot_be_meant_are_refused() -> None:
    for raw in ("19791231", "21010101", "20260230", "2026", "20260101.5"):
        assert bad_cell(cells.day, raw) == f"{raw!r} is no date"
    assert (cells.day("19800101"), cells.day("21001231")) == (date(1980, 1, 1), date(2100, 12, 31))


def test_indicators_with_their_words() -> None:
    assert [cells.adjudication(t) for t in ("1 Line Edit", "2", "3 Date of Service Edit: Clinical")] == [
        "1",
        "2",
        "3",
    ]
    assert [cells.indicator(t) for t in ("0", "1", "9", "1=allowed", "0 not allowed")] == [
        "0",
        "1",
        "9",
        "1",
        "0",
    ]
    assert [cells.units(t) for t in ("0", "10", "3.0", " 12 ")] == [0, 10, 3, 12]


@given(st.permutations(range(7)), st.sampled_from(["", " ", "\n", "  "]))
def test_a_header_is_known_in_any_order(order: list[int], blank: str) -> None:
    titles = [title.replace(" ", f" {blank}", 1) for title in PAIR_HEAD[2]]
    header = header_in([titles[place] for place in order])
    assert header is not None
    assert header.table == "ptp"
    names = ("column1", "column2", None, "effective", "deletion", "indicator", "rationale")
    assert {name: header.places[name] for name in names if name} == {
        name: order.index(place) for place, name in enumerate(names) if name
    }


def test_rows_that_are_no_header() -> None:
    assert header_in(UNIT_HEAD[1]) is not None
    for row in (
        PAIR_HEAD[0],
        PAIR_HEAD[1],
        PAIR_HEAD[3],
        ("Column 1",),
        ("Column 2", "Effective"),
        ("MUE Values",),
        (),
    ):
        assert header_in(row) is None


def test_a_pair_is_in_force_from_its_first_to_its_last_day() -> None:
    pair = PairEdit("77306", "77300", date(2024, 1, 1), date(2024, 3, 31), "0", "")
    days = (date(2023, 12, 31), date(2024, 1, 1), date(2024, 3, 31), date(2024, 4, 1))
    assert [pair.in_force(day) for day in days] == [False, True, True, False]
    for day in days[1:]:
        assert PairEdit("77306", "77300", date(2024, 1, 1), None, "0", "").in_force(day)
