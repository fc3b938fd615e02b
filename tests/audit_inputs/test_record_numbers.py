"""Names with the numbers of an office's own records, as Epic's reports print them, and such numbers for NPIs."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.audit.records import ReaderItem, Unread
from cds_service.audit_inputs import records
from tests.audit.running import run
from tests.audit_inputs.support import ROW, judged, read, sorted_out, table
from tests.audit_inputs.test_workbooks import lines
from tests.zipped.build import written

MEDICARE = {
    **ROW,
    "payer_name": "MEDICARE",
    "plan_name": "MEDICARE PART A AND B",
    "line_of_business": "Medicare",
}
NPI = "1234567893"
INTERNAL = ("10034", "SMITH, JOHN [10034]", "E10034", "123456789", "SMITH, JOHN")


@pytest.mark.parametrize("written_so", ["{} [1001]", "{} (1001)", "1001 - {}"])
@pytest.mark.parametrize("column", ["payer_name", "plan_name", "line_of_business"])
def test_a_name_is_the_same_without_the_number_of_its_record(
    tmp_path: Path, column: str, written_so: str
) -> None:
    expected = read(tmp_path / "a.csv", table([MEDICARE]))
    row = {**MEDICARE, column: written_so.format(MEDICARE[column])}
    assert read(tmp_path / "b.csv", table([row])) == expected


def told(items: list[ReaderItem]) -> list[str]:
    return [title for item in items if isinstance(item, Unread) for title in item.titles]


@pytest.mark.parametrize("column", ["rendering_npi", "billing_npi", "ordering_npi"])
@pytest.mark.parametrize("cell", INTERNAL)
def test_what_is_no_npi_tells_nothing_and_its_column_is_named_once(
    tmp_path: Path, column: str, cell: str
) -> None:
    second = {**ROW, "line_number": "2", column: NPI}
    third = {**ROW, "line_number": "3"}
    path = tmp_path / "a.csv"
    path.write_text(table([{**ROW, column: cell}, second, {**third, column: cell}]))
    items = list(records(path))
    assert told(items) == [f"{column} (2 cells without an NPI)"]
    found, letters = sorted_out(items)
    expected, _ = read(tmp_path / "b.csv", table([{**ROW, column: ""}, second, third]))
    assert (found, letters) == (expected, [])
    assert cell not in str(told(items))


def test_columns_without_npis_are_named_beside_those_that_nobody_knows(tmp_path: Path) -> None:
    export = tmp_path / "in"
    export.mkdir()
    (export / "a.csv").write_text(table([{**ROW, "Comment": "x", "rendering_npi": "10034"}]))
    sheet = lines({**ROW, "claim_id": "SYN-2", "billing_npi": "10034"})
    (export / "b.xlsx").write_bytes(written([["Summary"]], sheet))
    manifest = run(export, tmp_path / "out")
    assert [file.unread for file in manifest.inputs] == [
        ["Comment", "rendering_npi (1 cell without an NPI)"],
        ["billing_npi (1 cell without an NPI)"],
    ]
    assert [file.sheets_aside for file in manifest.inputs] == [[], [1]]
    assert manifest.bad_count == 0


@pytest.mark.parametrize(
    ("plan", "severity"), [("AARP MEDICARE ADVANTAGE", "warning"), ("MEDICARE PART B", "critical")]
)
def test_the_class_medicare_does_not_make_an_advantage_plan_medicare(
    tmp_path: Path, plan: str, severity: str
) -> None:
    (claim,), _ = read(tmp_path / "a.csv", table([{**MEDICARE, "plan_name": plan, "code": "77387"}]))
    assert [f.severity.name for f in judged(claim) if "AST-05" in f.rules] == [severity]
