"""Single cells of a table of claim lines."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.audit_inputs import cells, words

READERS: tuple[Callable[[str], Any], ...] = (
    cells.day,
    cells.code,
    cells.modifiers,
    cells.diagnoses,
    cells.pointers,
    cells.units,
    cells.money,
    cells.sequence,
    cells.bill,
    words.form,
    words.state,
)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2024-03-04", date(2024, 3, 4)),
        ("20240304", date(2024, 3, 4)),
        ("2024/03/04", date(2024, 3, 4)),
        ("3/4/2024", date(2024, 3, 4)),
        ("03/04/2024", date(2024, 3, 4)),
        ("03-04-24", date(2024, 3, 4)),
        ("2024-03-04 00:00:00", date(2024, 3, 4)),
        ("3/4/2024 12:00 AM", date(2024, 3, 4)),
        ("2024-03-04T10:30:00.000Z", date(2024, 3, 4)),
        ("02/29/2024", date(2024, 2, 29)),
    ],
)
def test_dates_in_iso_and_us_forms(cell: str, expected: date) -> None:
    assert cells.day(cell) == expected


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("31/12/2024", "month first"),
        ("2024-13-01", "month"),
        ("02/29/2023", "calendar"),
        ("45355", "spreadsheet"),
        ("3.4.2024", "dots"),
        ("2024-Mar-04", "2024-03-04"),
        ("Marble 4, 2024", "2024-03-04"),
        ("4-MAX-2024", "2024-03-04"),
        ("30-FEB-2024", "calendar"),
        ("0001-01-01", "calendar"),
        ("2024", "2024-03-04"),
    ],
)
def test_what_is_no_date_says_what_to_write(cell: str, says: str) -> None:
    with pytest.raises(cells.BadCell, match=says):
        cells.day(cell)


@settings(deadline=None)
@given(st.dates(date(1990, 1, 1), date(2099, 12, 31)))
def test_a_date_reads_the_same_in_each_form(day: date) -> None:
    forms = [day.isoformat(), day.strftime("%Y%m%d"), f"{day.month}/{day.day}/{day.year}"]
    forms += [f"{day:%d-%b-%Y}".upper(), f"{day:%b %d, %Y}", f"{day:%d %B %Y}", f"{day:%d-%b-%Y} 00:00:00"]
    if day.year >= 2000:
        forms.append(f"{day:%d-%b-%y}".upper())
    assert {cells.day(form) for form in forms} == {day}


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("77387", ("77387", ())),
        ("g6002", ("G6002", ())),
        ("77387-26", ("77387", ("26",))),
        ("77387 26 59", ("77387", ("26", "59"))),
        ("7738726", ("77387", ("26",))),
        ("77387.0", ("77387", ())),
        ("0394T", ("0394T", ())),
        ("77387 - IGRT Guidance", ("77387", ())),
        ("77387: GUIDANCE", ("77387", ())),
        ("77387-26 CT guidance", ("77387", ("26",))),
        ("77387 CT guidance", ("77387", ())),
        ("77387:26:59 - guidance", ("77387", ("26", "59"))),
        ("G6015 IMRT TX DELIVERY", ("G6015", ())),
    ],
)
def test_codes(cell: str, expected: tuple[str, tuple[str, ...]]) -> None:
    assert cells.code(cell) == expected


@pytest.mark.parametrize(
    ("reader", "cell", "expected"),
    [
        (cells.modifiers, "26", ("26",)),
        (cells.modifiers, "26.0", ("26",)),
        (cells.modifiers, "tc 59", ("TC", "59")),
        (cells.modifiers, "2659", ("26", "59")),
        (cells.diagnoses, "C61", ("C61",)),
        (cells.diagnoses, "c50.911; Z51.0", ("C50.911", "Z51.0")),
        (cells.diagnoses, "174.9", ("174.9",)),
        (cells.diagnoses, "C61 - Malignant neoplasm of prostate", ("C61",)),
        (cells.diagnoses, "C61: prostate, malignant; Z51.0 - Encounter", ("C61", "Z51.0")),
        (cells.diagnoses, "E53.8 - Vitamin B12 deficiency", ("E53.8",)),
        (cells.diagnoses, "C61 - Prostate, malignant, Z51.0 - Encounter", ("C61", "Z51.0")),
        (cells.diagnoses, "C61 - Z51.0", ("C61", "Z51.0")),
        (cells.diagnoses, "C61 Prostate", ("C61",)),
        (cells.place, "22", "22"),
        (cells.place, "1", "01"),
        (cells.place, "22.0", "22"),
        (cells.place, "22 - On Campus-Outpatient Hospital", "22"),
        (cells.place, "11-Office", "11"),
        (cells.place, "11 Office", "11"),
        (cells.pointers, "1,2", (1, 2)),
        (cells.pointers, "12", (1, 2)),
        (cells.pointers, "1,12", (1, 12)),
        (cells.pointers, "BA", (2, 1)),
        (cells.units, "2.5", Decimal("2.5")),
        (cells.money, "$1,234.50", Decimal("1234.50")),
        (cells.units, "-1", Decimal(-1)),
        (cells.units, "(1)", Decimal(-1)),
        (cells.units, "1-", Decimal(-1)),
        (cells.units, "(2.5)", Decimal("-2.5")),
        (cells.money, "(185.00)", Decimal(-185)),
        (cells.money, "-$1,850.50", Decimal("-1850.50")),
        (cells.money, "185.00-", Decimal(-185)),
        (cells.money, ".5", Decimal("0.5")),
        (cells.money, "$ 185.00", Decimal(185)),
        (cells.money, "$1,234,567", Decimal(1234567)),
        (cells.money, "$-", Decimal(0)),
        (cells.number, "1E5", "1E5"),
        (cells.name, "MEDICARE [1001]", "MEDICARE"),
        (cells.name, "MEDICARE (1001)", "MEDICARE"),
        (cells.name, "MEDICARE[1001]", "MEDICARE"),
        (cells.name, "1001 - MEDICARE", "MEDICARE"),
        (cells.name, "MEDICARE PART A AND B [ 100101 ]", "MEDICARE PART A AND B"),
        (cells.name, "BCBS (FEP)", "BCBS (FEP)"),
        (cells.name, "BlueOptions 03769", "BlueOptions 03769"),
        (cells.name, "1199 SEIU", "1199 SEIU"),
        (cells.name, "[1001]", "[1001]"),
        (cells.name, "1001", "1001"),
        (cells.bill, "131", "0131"),
        (cells.bill, "0131", "0131"),
        (words.form, "CMS-1500", "professional"),
        (words.form, "UB04", "institutional"),
    ],
)
def test_other_cells(reader: Callable[[str], Any], cell: str, expected: Any) -> None:
    assert reader(cell) == expected


@pytest.mark.parametrize(
    ("reader", "cell"),
    [
        (cells.code, "7738"),
        (cells.code, "77387 and"),
        (cells.code, "77387 77386"),
        (cells.code, "77387 and also 77386"),
        (cells.code, "IGRT 77387"),
        (cells.place, "22/23"),
        (cells.place, "22 - 23"),
        (cells.place, "Office"),
        (cells.place, "222 Hospital"),
        (cells.diagnoses, "C61 and Z51.0"),
        (cells.diagnoses, "prostate C61"),
        (cells.diagnoses, "prostate, C61"),
        (cells.diagnoses, "C61, Z5"),
        (cells.diagnoses, "C61, 7"),
        (cells.diagnoses, "C61 B12 deficiency"),
        (cells.diagnoses, "C61, treated with C50.911"),
        (cells.modifiers, "2"),
        (cells.diagnoses, "prostate"),
        (cells.pointers, "0"),
        (cells.units, "0"),
        (cells.units, "-0"),
        (cells.units, "--1"),
        (cells.units, "(0)"),
        (cells.units, "(1"),
        (cells.units, "1)"),
        (cells.units, "(-1)"),
        (cells.units, "-1-"),
        (cells.units, "NaN"),
        (cells.money, "1.234,50"),
        (cells.money, "1234,50"),
        (cells.money, "1,234,50"),
        (cells.money, "12,34.5"),
        (cells.number, "1.2E+11"),
        (cells.money, "inf"),
        (cells.sequence, "0"),
        (cells.bill, "1"),
    ],
)
def test_what_cannot_be_read_is_not_guessed(reader: Callable[[str], Any], cell: str) -> None:
    with pytest.raises(cells.BadCell):
        reader(cell)


@pytest.mark.parametrize("cell", ['="00123"', "'00123", "  00123 ", "\ufeff00123"])
def test_what_spreadsheets_put_around_a_text_goes(cell: str) -> None:
    assert cells.text(cell) == "00123"


@settings(deadline=None)
@given(st.sampled_from(READERS), st.text(max_size=30))
def test_no_cell_makes_a_reader_fail_or_echo(reader: Callable[[str], Any], cell: str) -> None:
    try:
        reader(cells.text(cell))
    except cells.BadCell as fault:
        known = str(fault)
        with pytest.raises(cells.BadCell) as again:
            reader("\x00never a cell\x00")
        assert len(cell.strip()) < 4 or cell.strip() not in known or cell.strip() in str(again.value)
