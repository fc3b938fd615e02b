"""Lines without numbers of their own are counted as their owner counts the rows of the claim."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cds_service.audit.records import Tables
from cds_service.audit_inputs import records
from tests.audit.running import run
from tests.audit_inputs.support import ROW, read, sorted_out, table
from tests.audit_inputs.test_workbooks import lines
from tests.zipped.build import written

BARE = {**ROW, "line_number": ""}
OTHER = {**BARE, "claim_id": "SYN-2", "patient_id": "SYN-P2"}
LAST = {**BARE, "code": "77427", "modifier_1": ""}


def numbers(claim: dict[str, Any]) -> dict[str, int]:
    return {item["productOrService"]["coding"][0]["code"]: item["sequence"] for item in claim["item"]}


@pytest.mark.parametrize(
    "first",
    [
        {"place_of_service": "Office"},
        {"payer_name": "Another"},
        {"claim_status": "Void"},
    ],
    ids=["unread", "contradicts", "void"],
)
def test_a_row_that_is_left_out_is_counted(tmp_path: Path, first: dict[str, str]) -> None:
    posted = {**BARE, "claim_status": "Posted"}
    rows = [posted, OTHER, {**posted, "code": "77385", **first}, OTHER, {**posted, "code": "77427"}]
    (claim, _), _ = read(tmp_path / "a.csv", table(rows))
    assert numbers(claim) == {"77387": 1, "77427": 3}


def test_what_was_taken_back_is_counted(tmp_path: Path) -> None:
    (claim,), _ = read(tmp_path / "a.csv", table([BARE, {**BARE, "charge": "-185.00"}, LAST]))
    assert numbers(claim) == {"77427": 3}


def test_a_short_row_of_the_claim_is_counted(tmp_path: Path) -> None:
    head, first, last, _ = table([BARE, LAST]).split("\r\n")
    cut = ",".join(first.split(",")[:4])
    (claim,), (_,) = read(tmp_path / "a.csv", "\r\n".join((head, first, cut, last, "")))
    assert numbers(claim) == {"77387": 1, "77427": 3}


def test_totals_are_not(tmp_path: Path) -> None:
    total = {**dict.fromkeys(BARE, ""), "claim_id": "SYN-1", "charge": "185.00"}
    (claim,), _ = read(tmp_path / "a.csv", table([BARE, total, LAST]))
    assert numbers(claim) == {"77387": 1, "77427": 2}


def test_nor_is_what_a_later_sheet_repeats(tmp_path: Path) -> None:
    second = {**BARE, "code": "77385"}
    book = written(lines(BARE, {**second, "units": "x"}), lines(BARE, LAST))
    (claim,), _ = read(tmp_path / "a.xlsx", book)
    assert numbers(claim) == {"77387": 1, "77427": 3}


def test_numbers_of_their_own_come_first(tmp_path: Path) -> None:
    rows = [{**BARE, "code": "77385", "charge": "x"}, BARE, {**LAST, "line_number": "2"}]
    (claim,), _ = read(tmp_path / "a.csv", table(rows))
    assert numbers(claim)["77427"] == 2
    assert len(set(numbers(claim).values())) == 2


def test_charges_are_counted_within_their_claim(tmp_path: Path) -> None:
    charge = {name: cell for name, cell in BARE.items() if name != "claim_id"}
    elsewhere = {**charge, "payer_name": "Molina Healthcare", "code": "77385"}
    rows = [charge, elsewhere, {**charge, "charge": "-185.00"}, {**charge, "code": "77427"}]
    path = tmp_path / "a.csv"
    path.write_text(table(rows))
    found, _ = sorted_out(records(path, Tables(charges=True)))
    assert sorted(map(numbers, found), key=str) == [{"77385": 1}, {"77427": 3}]


def test_a_finding_names_the_row_that_its_owner_counts(tmp_path: Path) -> None:
    export = tmp_path / "in"
    export.mkdir()
    medicare = {"payer_name": "Medicare", "line_of_business": "ffs", "claim_form": "institutional"}
    wrong = {**BARE, **medicare, "modifier_1": "TC", "code": "G6015"}
    (export / "a.csv").write_text(table([{**wrong, "charge": "x"}, wrong]))
    run(export, tmp_path / "out", form="csv")
    assert '\n"SYN-1","2"' in (tmp_path / "out/findings.csv").read_text(encoding="utf-8-sig")
