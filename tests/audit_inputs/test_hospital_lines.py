"""Lines of hospitals that have a revenue code and no HCPCS code, and the total at the end of their bills."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.audit.running import run
from tests.audit_inputs.support import ROW, read, table, whole
from tests.audit_inputs.test_workbooks import lines
from tests.zipped.build import written

BILL = {
    **{name: cell for name, cell in ROW.items() if name not in ("line_number", "place_of_service")},
    "revenue_code": "0333",
    "type_of_bill": "0131",
    "claim_form": "",
    "code": "77407",
    "modifier_1": "",
}
DRUG = {**BILL, "revenue_code": "0250", "code": "", "charge": "45.00"}
TOTAL = {**BILL, "revenue_code": "0001", "code": "", "units": "", "charge": "230.00"}


@pytest.mark.parametrize("code", ["", "NULL", "-"], ids=["empty", "null", "dash"])
def test_a_revenue_code_alone_is_a_line(tmp_path: Path, code: str) -> None:
    (claim,), letters = read(tmp_path / "a.csv", table([BILL, {**DRUG, "code": code}]))
    assert letters == []
    assert "extension" not in claim
    _, drug = claim["item"]
    assert drug["productOrService"] == {"text": "revenue code only"}
    assert drug["revenue"]["coding"][0]["code"] == "0250"
    assert claim["total"]["value"] == 230


@pytest.mark.parametrize("revenue", ["", "25"], ids=["no revenue code", "a wrong one"])
def test_a_row_without_any_code_is_told(tmp_path: Path, revenue: str) -> None:
    _, (letter,) = read(tmp_path / "a.csv", table([BILL, {**DRUG, "revenue_code": revenue}]))
    assert "code" in letter.where
    assert "is empty. It is needed on every line" in whole(letter)


@pytest.mark.parametrize("day", ["", "2024-03-04"], ids=["without date", "with date"])
@pytest.mark.parametrize("revenue", ["0001", "001", "1", "1.0", '="0001"'])
def test_the_total_of_a_bill_is_none_of_its_lines(tmp_path: Path, revenue: str, day: str) -> None:
    expected = read(tmp_path / "a.csv", table([BILL, DRUG]))
    total = {**TOTAL, "revenue_code": revenue, "service_date": day}
    assert read(tmp_path / "b.csv", table([BILL, DRUG, total])) == expected


def test_a_workbook_has_that_revenue_code_as_a_number(tmp_path: Path) -> None:
    header, bill, total = lines(BILL, {**TOTAL, "service_date": "2024-03-04"})
    total[header.index("revenue_code")] = 1
    assert read(tmp_path / "b.xlsx", written([header, bill, total])) == read(
        tmp_path / "a.xlsx", written([header, bill])
    )


@pytest.mark.parametrize("revenue", ["0010", "1001", "0100"])
def test_other_revenue_codes_are_no_totals(tmp_path: Path, revenue: str) -> None:
    row = {**TOTAL, "revenue_code": revenue, "service_date": ""}
    _, (letter,) = read(tmp_path / "a.csv", table([BILL, row]))
    assert letter.where == "column service_date"


def test_empty_cells_at_the_end_of_such_a_row_may_be_left_away(tmp_path: Path) -> None:
    names = [name for name in BILL if name not in ("code", "modifier_1")]
    header = [*names, "code", "modifier_1"]
    rows = [[row.get(name, "") for name in header] for row in (BILL, DRUG)]
    short = [header, rows[0], rows[1][:-1]]
    (claim,), letters = read(tmp_path / "a.csv", "".join(",".join(row) + "\n" for row in short))
    assert (len(claim["item"]), letters) == (2, [])
    cut = [header, rows[0], rows[1][:-2]]
    _, (letter,) = read(tmp_path / "b.csv", "".join(",".join(row) + "\n" for row in cut))
    assert "has" in letter.what
    assert "cells where the header has" in letter.what


def test_such_a_bill_is_judged_as_a_whole(tmp_path: Path) -> None:
    export = tmp_path / "in"
    export.mkdir()
    (export / "a.csv").write_text(table([BILL, DRUG, {**TOTAL, "service_date": ""}]))
    manifest = run(export, tmp_path / "out")
    assert manifest.bad_count == 0
    assert {name: count for name, count in manifest.claims.items() if count} == {"nothing-found": 1}
