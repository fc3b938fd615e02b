"""Findings as CSV and Parquet: complete, safe to open, and they add up."""

from __future__ import annotations

import csv
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as parquet
import pytest

from cds_service.audit.rows import Row, RowLine, RowRemedy
from cds_service.audit_report import convert
from cds_service.audit_report import parquet as parquet_module
from cds_service.audit_report.report import tally_of
from cds_service.audit_report.tables import COLUMNS
from tests.audit_report.build import folder, row

TWO = [
    RowLine(1, "77387", ["TC"], "2024-03-04", 1.0, "60.00"),
    RowLine(4, "77387", [], "2024-03-05", 2.5, "40.00"),
]


def table(path: Path, rows: list[Row]) -> list[dict[str, str]]:
    target = path / "findings.csv"
    assert convert(folder(path, rows) / "findings.ndjson", "csv", target) == len(rows)
    with target.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_csv_has_a_row_a_line_and_adds_up(tmp_path: Path) -> None:
    whole = row(
        "c2", lines=[], stake=None, billed=None, date="2024-05-01", missing=["documents"], remedies=[]
    )
    found = table(tmp_path, [row(lines=TWO), whole])
    assert [(r["claim"], r["line"], r["code"], r["modifiers"], r["units"]) for r in found] == [
        ("c1", "1", "77387", "TC", "1"),
        ("c1", "4", "77387", "", "2.5"),
        ("c2", "", "", "", ""),
    ]
    assert [r["at stake"] for r in found] == ["100.00", "", ""]
    assert sum(Decimal(r["billed on line"]) for r in found if r["billed on line"]) == 100
    assert [r["finding number"] for r in found] == ["1", "1", "2"]
    assert found[2]["date of service"] == "2024-05-01"
    assert found[2]["not known"] == "The documents of the chart"
    assert found[0]["what to do"] == "Remove 77387"
    assert tuple(found[0]) == COLUMNS
    assert "secret-patient" not in (tmp_path / "findings.csv").read_text("utf-8-sig")


def test_units_are_written_out(tmp_path: Path) -> None:
    lines = [RowLine(1, "77387", [], "2024-03-04", units) for units in (1.0, 0.25, 1234567.0, 100000.5)]
    assert [r["units"] for r in table(tmp_path, [row(lines=lines)])] == ["1", "0.25", "1234567", "100000.5"]


def test_each_cell_stands_under_its_title(tmp_path: Path) -> None:
    given: dict[str, Any] = {
        "line_of_business": "ffs",
        "state": "FL",
        "place_of_service": "22",
        "missing": ["payer", "method"],
    }
    (found,) = table(tmp_path, [row(**given)])
    assert found == {
        "claim": "c1",
        "line": "2",
        "code": "77387",
        "modifiers": "TC",
        "date of service": "2024-03-04",
        "units": "1",
        "billed on line": "100.00",
        "severity": "Critical",
        "finding": "The technical part of guidance is inside IMRT delivery: remove 77387-TC.",
        "what to do": "Remove 77387",
        "rule": "AST-15 AST-16",
        "source": "Coding Guidance, Hospitals",
        "kind": "Contained in another code",
        "not known": "Who the payer is, The imaging method",
        "payer": "Medicare",
        "line of business": "ffs",
        "state": "FL",
        "place of service": "22",
        "site": "Synthetic Hospital",
        "at stake": "100.00",
        "currency": "USD",
        "finding number": "1",
        "claim reference": "Claim/c1",
    }
    (parted,) = table(tmp_path, [row(by_hand=True, **given)])
    assert parted["what to do"] == (
        "Report the line in two parts, since only a part of its days is concerned. For that part: Remove 77387"
    )
    (known,) = table(tmp_path, [row(known_as="No. 7/2024", **given)])
    assert (known["claim"], known["claim reference"]) == ("No. 7/2024", "Claim/c1")
    (bare,) = table(tmp_path, [row(payer_name="", site_name="", site="1234567893", cites=[])])
    assert (bare["payer"], bare["site"], bare["source"]) == ("medicare-ffs", "1234567893", "")


@pytest.mark.parametrize(
    "evil", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "  =cmd|' /C calc'!A0", "＝1"]
)
def test_no_cell_can_be_taken_for_a_formula(tmp_path: Path, evil: str) -> None:
    hostile = row(evil, title=evil, payer_name=evil, site_name=evil, state=evil, rules=[evil])
    (found,) = table(tmp_path, [hostile])
    for cell in found.values():
        assert not cell.lstrip(" \u00a0").startswith(("=", "+", "-", "@", "\t", "\r", "＝")), cell


def test_a_negative_amount_stays_a_number(tmp_path: Path) -> None:
    (found,) = table(tmp_path, [row(stake="-5.00")])
    assert found["at stake"] == "-5.00"


def test_what_is_at_stake_adds_up_to_what_the_report_says(tmp_path: Path) -> None:
    """Of an info finding nothing is at stake."""
    rows = [row("c1", severity, stake="40.00") for severity in ("critical", "warning", "info")]
    found = table(tmp_path, rows)
    assert [each["at stake"] for each in found] == ["40.00", "40.00", ""]
    tally = tally_of(tmp_path / "findings.ndjson")
    assert sum(Decimal(each["at stake"] or 0) for each in found) == tally.whole.at_stake("USD")


def test_parquet_holds_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_module, "GROUP", 2)
    rows = [
        row("c1", lines=TWO),
        row("c2", lines=[], stake=None),
        row("c3", remedies=[RowRemedy("reduce-units", "77387", 1), RowRemedy("replace", "77387", "G6002")]),
    ]
    target = tmp_path / "findings.parquet"
    assert convert(folder(tmp_path, rows) / "findings.ndjson", "parquet", target) == 3
    found = parquet.read_table(target)
    assert found.column_names == list(Row.__struct_fields__)
    first, second, third = found.to_pylist()
    assert [line["billed"] for line in first["lines"]] == [Decimal("60"), Decimal("40")]
    assert first["stake"] == Decimal("100")
    assert first["cites"][0]["statement"] == "AST-15"
    assert (second["lines"], second["stake"]) == ([], None)
    assert [remedy["to"] for remedy in third["remedies"]] == ["1", "G6002"]
    assert parquet.ParquetFile(target).num_row_groups == 2


def test_numbers_of_lines_that_fhir_does_not_know_do_not_end_the_writing(tmp_path: Path) -> None:
    numbers = [-(2**63) - 1, -1, 2**31, 2**64 - 1]
    lines = [RowLine(number, "77387", [], "2024-03-04", 1.0, "1.00") for number in numbers]
    remedies = [RowRemedy("remove-line", "77387", sequence=number) for number in numbers]
    target = tmp_path / "findings.parquet"
    rows = [row(lines=lines, remedies=remedies)]
    assert convert(folder(tmp_path, rows) / "findings.ndjson", "parquet", target) == 1
    (found,) = parquet.read_table(target).to_pylist()
    assert [line["sequence"] for line in found["lines"]] == [None, -1, 2**31, None]
    assert [remedy["sequence"] for remedy in found["remedies"]] == [None, -1, 2**31, None]


def test_no_findings_make_empty_tables_with_their_columns(tmp_path: Path) -> None:
    assert table(tmp_path, []) == []
    target = tmp_path / "findings.parquet"
    assert convert(tmp_path / "findings.ndjson", "parquet", target) == 0
    assert parquet.read_table(target).column_names == list(Row.__struct_fields__)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_table_is_whole_or_not_there(tmp_path: Path, form: str) -> None:
    findings = folder(tmp_path, [row()]) / "findings.ndjson"
    with findings.open("ab") as file:
        file.write(b"{broken\n")
    with pytest.raises(msgspec.MsgspecError):
        convert(findings, form, tmp_path / "table")
    assert [path.name for path in tmp_path.iterdir()] == ["findings.ndjson"]


def test_without_pyarrow_a_letter_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ValueError, match=r"igrt-cds\[audit\]"):
        convert(folder(tmp_path, [row()]) / "findings.ndjson", "parquet", tmp_path / "t")


def test_an_unknown_form_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="csv or parquet"):
        convert(tmp_path / "findings.ndjson", "xlsx", tmp_path / "t")
