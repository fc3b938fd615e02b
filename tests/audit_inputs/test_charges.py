"""Charges without claim numbers: which rows become one claim, and what it is called."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cds_service.audit.numbered import known_as
from cds_service.audit.records import (
    CLAIM_NUMBER,
    TRANSACTION,
    UNREAD_LINES,
    BadRecord,
    Record,
    Tables,
    Unread,
)
from cds_service.audit_inputs import records
from tests.audit.running import rows_in, run
from tests.audit_inputs.support import ROW, sorted_out, table, whole
from tests.audit_inputs.test_workbooks import PIVOT, lines
from tests.zipped.build import written

CHARGES = Tables(charges=True)
CHARGE = {name: cell for name, cell in ROW.items() if name not in ("claim_id", "line_number")}


def found(tmp_path: Path, *rows: Mapping[str, str], name: str = "march.csv") -> list[Record | BadRecord]:
    path = tmp_path / name
    path.write_text(table(rows))
    return [each for each in records(path, CHARGES) if isinstance(each, Record | BadRecord)]


def claims(tmp_path: Path, *rows: Mapping[str, str], name: str = "march.csv") -> list[dict[str, Any]]:
    read, letters = sorted_out(found(tmp_path, *rows, name=name))
    assert letters == []
    return read


def days(claim: Mapping[str, Any]) -> list[str]:
    return [item["servicedDate"] for item in claim["item"]]


def number(claim: Mapping[str, Any]) -> str:
    (told,) = claim["identifier"]
    return str(told["value"])


def test_a_patients_month_is_a_claim_and_is_called_by_its_first_row(tmp_path: Path) -> None:
    rows = [
        {**CHARGE, "service_date": "2024-03-28"},
        {**CHARGE, "patient_id": "SYN-P2"},
        {**CHARGE, "service_date": "2024-04-01"},
        {**CHARGE, "service_date": "2024-03-01"},
        {**CHARGE, "service_date": "2025-03-01"},
    ]
    read = {number(claim): claim for claim in claims(tmp_path, *rows)}
    assert {name: days(claim) for name, claim in read.items()} == {
        "march.csv line 2": ["2024-03-28", "2024-03-01"],
        "march.csv line 3": ["2024-03-04"],
        "march.csv line 4": ["2024-04-01"],
        "march.csv line 6": ["2025-03-01"],
    }
    assert {claim["patient"]["reference"] for claim in read.values()} == {"Patient/SYN-P1", "Patient/SYN-P2"}
    assert all("SYN-P" not in claim["id"] for claim in read.values())


@pytest.mark.parametrize(
    "other",
    [
        {"payer_name": "Molina Healthcare"},
        {"claim_form": "institutional"},
        {"site": "Synthetic Clinic South"},
        {"state": "TX"},
        {"ordering_npi": "1234567893"},
        {"claim_status": "denied"},
        {"claim_status": "void"},
    ],
    ids=lambda other: " ".join(other),
)
def test_what_cannot_be_one_claim_is_two(tmp_path: Path, other: dict[str, str]) -> None:
    assert len(claims(tmp_path, CHARGE, {**CHARGE, "code": "77427", **other})) == 2


@pytest.mark.parametrize(
    "other",
    [
        {"payer_name": "FLORIDA  BLUE"},
        {"site": "SYNTHETIC CLINIC"},
        {"state": "Florida"},
        {"state": "fl"},
        {"claim_status": "Exported"},
        {"line_of_business": "Commercial"},
    ],
    ids=lambda other: " ".join(other.values()),
)
def test_what_says_the_same_otherwise_is_one_claim(tmp_path: Path, other: dict[str, str]) -> None:
    (claim,) = claims(tmp_path, CHARGE, {**CHARGE, "code": "77427", **other})
    assert len(claim["item"]) == 2


def test_a_charge_is_taken_back_by_a_row_without_its_status(tmp_path: Path) -> None:
    sent = {**CHARGE, "claim_status": "Exported"}
    (claim,) = claims(tmp_path, sent, {**sent, "code": "77427"}, {**CHARGE, "charge": "-185.00"})
    assert [item["productOrService"]["coding"][0]["code"] for item in claim["item"]] == ["77427"]


def test_indications_and_lines_may_differ(tmp_path: Path) -> None:
    more = {**CHARGE, "indications": "implanted-fiducials", "code": "77427", "modifier_1": "", "charge": "5"}
    (claim,) = claims(tmp_path, CHARGE, more)
    assert len(claim["item"]) == 2


def test_numbers_of_lines_within_something_else_are_not_the_claims(tmp_path: Path) -> None:
    (claim,) = claims(
        tmp_path, {**CHARGE, "line_number": "1"}, {**CHARGE, "line_number": "1", "code": "77427"}
    )
    assert [item["sequence"] for item in claim["item"]] == [1, 2]


def test_the_same_charge_twice_is_two_lines(tmp_path: Path) -> None:
    (claim,) = claims(tmp_path, CHARGE, CHARGE)
    assert len(claim["item"]) == 2


def test_a_second_list_of_the_same_charges_is_a_copy(tmp_path: Path) -> None:
    export = tmp_path / "in"
    export.mkdir()
    other = {**CHARGE, "code": "77427", "modifier_1": ""}
    (export / "a.csv").write_text(table([CHARGE, other]))
    (export / "b.csv").write_text(table([other, CHARGE]))
    counts = run(export, tmp_path / "out", tables=CHARGES).claims
    assert sum(counts.values()) == 2
    assert counts["set-aside"] == 1
    (export / "b.csv").write_text(table([other, {**CHARGE, "charge": "186.00"}]))
    assert run(export, tmp_path / "out2", tables=CHARGES).claims["set-aside"] == 0


def test_a_row_that_cannot_be_read_leaves_its_month_open(tmp_path: Path) -> None:
    wrong = {**CHARGE, "code": "x", "service_date": "2024-03-09"}
    april = {**CHARGE, "service_date": "2024-04-09"}
    elsewhere = {**CHARGE, "payer_name": "Molina Healthcare"}
    dateless = {**CHARGE, "service_date": ""}
    read, letters = sorted_out(found(tmp_path, CHARGE, wrong, april, elsewhere, dateless))
    marked = {
        number(claim): [m["valueUnsignedInt"] for m in claim.get("extension", ()) if m["url"] == UNREAD_LINES]
        for claim in read
    }
    assert marked == {"march.csv line 2": [1], "march.csv line 4": [], "march.csv line 5": [1]}
    assert [(letter.place, letter.where) for letter in letters] == [
        ("line 3", "column code"),
        ("line 6", "column service_date"),
    ]


def test_a_charge_that_was_taken_back_is_none(tmp_path: Path) -> None:
    (claim,) = claims(tmp_path, CHARGE, {**CHARGE, "code": "77427"}, {**CHARGE, "charge": "-185.00"})
    assert [item["productOrService"]["coding"][0]["code"] for item in claim["item"]] == ["77427"]


def test_claim_numbers_that_are_there_are_used(tmp_path: Path) -> None:
    rows = [ROW, {**ROW, "claim_id": "SYN-2"}]
    assert [claim["id"] for claim in claims(tmp_path, *rows)] == ["SYN-1", "SYN-2"]
    _, (letter,) = sorted_out(found(tmp_path, {**ROW, "claim_id": ""}))
    assert letter.where == "column claim_id"


def test_sheets_with_and_without_claim_numbers_may_stand_side_by_side(tmp_path: Path) -> None:
    path = tmp_path / "c.xlsx"
    path.write_bytes(written(lines(ROW), lines(CHARGE), lines({**CHARGE, "service_date": "2024-03-05"})))
    read, letters = sorted_out(records(path, CHARGES))
    assert letters == []
    assert {claim["id"]: days(claim) for claim in read if claim["id"] == "SYN-1"} == {"SYN-1": ["2024-03-04"]}
    (charged,) = [claim for claim in read if claim["id"] != "SYN-1"]
    assert (number(charged), days(charged)) == ("c.xlsx sheet 2, row 2", ["2024-03-04", "2024-03-05"])


def test_a_summary_beside_charges_is_no_list_of_them(tmp_path: Path) -> None:
    path = tmp_path / "c.xlsx"
    path.write_bytes(written(PIVOT, lines(CHARGE)))
    read = list(records(path, CHARGES))
    assert Unread((), (1,)) in read
    assert len(read) == 2
    undated = {name: cell for name, cell in CHARGE.items() if name not in ("service_date", "code")}
    path.write_bytes(written(lines(undated), lines(CHARGE)))
    _, (letter,) = sorted_out(records(path, CHARGES))
    assert "(service_date, code missing)" in letter.what


def test_without_being_asked_a_table_without_claim_numbers_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text(table([CHARGE]))
    _, (letter,) = sorted_out(records(path))
    assert "(claim_id missing)" in letter.what
    assert "run the audit with --charges" in letter.remedy
    path.write_text(table([{name: cell for name, cell in CHARGE.items() if name != "patient_id"}]))
    _, (letter,) = sorted_out(records(path))
    assert "--charges" not in whole(letter)
    _, (letter,) = sorted_out(records(path, CHARGES))
    assert "(patient_id missing)" in letter.what


def test_a_second_header_is_none_of_the_charges(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text(table([CHARGE]) + table([{**CHARGE, "code": "77427"}]))
    (claim,), letters = sorted_out(records(path, CHARGES))
    assert (len(claim["item"]), letters) == (2, [])


def test_findings_name_a_claim_as_the_office_knows_it(tmp_path: Path) -> None:
    export = tmp_path / "in"
    export.mkdir()
    wrong = {"code": "G6015", "modifier_1": "TC", "claim_form": "institutional"}
    (export / "c.csv").write_text(table([{**ROW, **wrong, "claim_id": "No. 7/2024"}, {**ROW, **wrong}]))
    (export / "d.csv").write_text(table([{**CHARGE, **wrong}]))
    run(export, tmp_path / "out", tables=CHARGES, form="csv")
    named = {(row.claim, row.known_as) for row in rows_in(tmp_path / "out")}
    assert {known for _, known in named} == {"", "No. 7/2024", "d.csv line 2"}
    assert ("Claim/SYN-1", "") in named
    report = (tmp_path / "out/report.html").read_text()
    assert all(number in report for number in ("No. 7/2024", "d.csv line 2", "SYN-1"))
    assert "charges-" not in report
    told = (tmp_path / "out/findings.csv").read_text(encoding="utf-8-sig")
    assert '"d.csv line 2","1"' in told
    assert '"Claim/charges-' in told


def test_what_one_days_charge_tells_counts_for_the_month(tmp_path: Path) -> None:
    """A plan is judged by the technique that only later days tell, as on a claim of the whole month."""
    export = tmp_path / "in"
    export.mkdir()
    medicare = {**CHARGE, "payer_name": "Medicare", "line_of_business": "ffs", "modifier_1": ""}
    delivery = {**medicare, "code": "77385", "service_date": "2024-03-11", "claim_form": "institutional"}
    special = {**delivery, "code": "77470", "service_date": "2024-03-04"}
    (export / "c.csv").write_text(table([special, delivery]))
    run(export, tmp_path / "out", tables=CHARGES)
    assert "LCD-56" in {rule for row in rows_in(tmp_path / "out") for rule in row.rules}


@pytest.mark.parametrize(
    ("identifiers", "number"),
    [
        ([{"system": TRANSACTION, "value": "t"}, {"system": CLAIM_NUMBER, "value": " 7/2024 "}], "7/2024"),
        ([{"value": "x"}, {"system": "urn:other", "value": CLAIM_NUMBER}], ""),
        ([], ""),
    ],
)
def test_a_number_is_known_by_its_system(identifiers: list[dict[str, str]], number: str) -> None:
    assert known_as(json.dumps({"resourceType": "Claim", "identifier": identifiers}).encode()) == number
