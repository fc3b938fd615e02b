"""What the rows of a claim in a CSV say together, and cells whose form only looks wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cds_service.audit.records import REFUSED
from tests.audit.running import rows_in, run
from tests.audit_inputs.support import ROW, judged, read, table

SECOND = {**ROW, "line_number": "2", "service_date": "2024-03-05"}


@pytest.mark.parametrize("void", [0, 1])
def test_a_claim_is_void_when_any_of_its_rows_says_so(tmp_path: Path, void: int) -> None:
    rows = [{**ROW, "site": ""}, SECOND]
    rows[void] = {**rows[void], "claim_status": "void"}
    (claim,), letters = read(tmp_path / "v.csv", table(rows))
    assert (claim["status"], len(claim["item"]), letters) == ("cancelled", 2, [])
    (claim,), _ = read(tmp_path / "a.csv", table([{**ROW, "site": ""}, SECOND]))
    assert claim["status"] == "active"


@pytest.mark.parametrize("void", [0, 1, 2])
def test_void_rows_beside_others_in_force_are_left_out_and_counted(tmp_path: Path, void: int) -> None:
    rows = [
        {**ROW, "line_number": "", "claim_status": "Posted", "code": code}
        for code in ("77385", "77386", "77387")
    ]
    rows[void]["claim_status"] = "Void"
    expected = [row["code"] for row in rows if row["claim_status"] == "Posted"]
    (claim,), letters = read(tmp_path / "v.csv", table(rows))
    codes = [item["productOrService"]["coding"][0]["code"] for item in claim["item"]]
    assert (claim["status"], codes, letters) == ("active", expected, [])
    assert "extension" not in claim
    (tmp_path / "in").mkdir()
    (tmp_path / "in/c.csv").write_text(table(rows))
    manifest = run(tmp_path / "in", tmp_path / "out")
    assert (manifest.bad_count, [file.void_lines for file in manifest.inputs]) == (0, [1])
    assert "1 line left out as void" in (tmp_path / "out/report.html").read_text()


def test_a_claim_all_rows_of_which_are_void_is_taken_back(tmp_path: Path) -> None:
    rows = [{**ROW, "claim_status": "Void"}, {**SECOND, "claim_status": "Voided"}]
    (claim,), letters = read(tmp_path / "v.csv", table(rows))
    assert (claim["status"], len(claim["item"]), letters) == ("cancelled", 2, [])


def test_a_bill_that_voids_another_keeps_all_its_lines(tmp_path: Path) -> None:
    void = {**ROW, "claim_form": "", "type_of_bill": "0138"}
    (claim,), _ = read(
        tmp_path / "v.csv", table([void, {**SECOND, "claim_form": "", "claim_status": "Posted"}])
    )
    assert (claim["subType"]["coding"][0]["code"], len(claim["item"])) == ("0138", 2)


DENIED = {**ROW, "claim_status": "Denied"}


def is_refused(claim: dict[str, Any]) -> bool:
    return {"url": REFUSED, "valueBoolean": True} in claim.get("extension", [])


@pytest.mark.parametrize("word", ["denied", " Rejected by the clearinghouse", "DENIAL", "refused"])
def test_a_claim_is_refused_when_its_rows_say_so(tmp_path: Path, word: str) -> None:
    (claim,), letters = read(tmp_path / "d.csv", table([{**ROW, "claim_status": word}]))
    assert (claim["status"], is_refused(claim), letters) == ("active", True, [])


@pytest.mark.parametrize("word", ["", "Paid", "partially denied", "open", "submitted", "not denied"])
def test_other_words_say_nothing(tmp_path: Path, word: str) -> None:
    (claim,), letters = read(tmp_path / "o.csv", table([{**ROW, "claim_status": word}]))
    assert (claim["status"], is_refused(claim), letters) == ("active", False, [])


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        (("denied", ""), True),
        (("", "denied"), True),
        (("denied", "paid"), False),
        (("denied", "denied"), True),
    ],
)
def test_a_claim_is_refused_as_a_whole_or_not_at_all(
    tmp_path: Path, words: tuple[str, str], refused: bool
) -> None:
    rows = [{**row, "claim_status": word} for row, word in zip((ROW, SECOND), words, strict=True)]
    (claim,), _ = read(tmp_path / "w.csv", table(rows))
    assert (is_refused(claim), len(claim["item"])) == (refused, 2)


def test_a_void_weighs_more_than_a_refusal(tmp_path: Path) -> None:
    (claim,), _ = read(tmp_path / "v.csv", table([DENIED, {**SECOND, "claim_status": "void"}]))
    assert (claim["status"], is_refused(claim)) == ("cancelled", False)


def test_a_refused_row_that_was_sent_again_under_the_same_number_is_left_out(tmp_path: Path) -> None:
    again = {**ROW, "claim_status": "Paid", "modifier_1": "26"}
    (claim,), letters = read(tmp_path / "s.csv", table([DENIED, again]))
    assert (len(claim["item"]), is_refused(claim), letters) == (1, False, [])
    assert claim["item"][0]["modifier"][0]["coding"][0]["code"] == "26"


def test_a_row_of_another_patient_sends_nothing_again(tmp_path: Path) -> None:
    other = {**ROW, "line_number": "2", "patient_id": "another", "claim_status": "Paid"}
    (claim,), letters = read(tmp_path / "p.csv", table([DENIED, other]))
    assert (len(claim["item"]), is_refused(claim)) == (1, True)
    assert [letter.where for letter in letters] == ["column patient_id"]


@pytest.mark.parametrize("other", [{"service_date": "2024-03-05"}, {"code": "77014"}], ids=["day", "code"])
def test_another_service_is_not_sent_again(tmp_path: Path, other: dict[str, str]) -> None:
    row = {**ROW, "line_number": "2", "claim_status": "Paid", **other}
    (claim,), letters = read(tmp_path / "n.csv", table([DENIED, row]))
    assert (len(claim["item"]), letters) == (2, [])


@pytest.mark.parametrize(("first", "second"), [("A-1", "a 1"), ("A-1", "A1"), ("17", "017")])
def test_numbers_of_patients_that_only_look_alike_are_two_patients(
    tmp_path: Path, first: str, second: str
) -> None:
    """A row too much is told; two patients joined would be judged by each other's history."""
    rows = [{**ROW, "patient_id": first}, {**SECOND, "patient_id": second}]
    (claim,), letters = read(tmp_path / "t.csv", table(rows))
    assert len(claim["item"]) == 1
    assert [letter.where for letter in letters] == ["column patient_id"]


def test_words_of_a_payer_may_be_written_otherwise_in_another_row(tmp_path: Path) -> None:
    rows = [{**ROW, "payer_name": "Florida Blue"}, {**SECOND, "payer_name": "FLORIDA-BLUE"}]
    (claim,), letters = read(tmp_path / "w.csv", table(rows))
    assert (len(claim["item"]), letters) == (2, [])


@pytest.mark.parametrize("other", ["Florida", "FLORIDA", "fl", "Fl.", "US-FL"])
def test_a_state_may_be_written_otherwise_in_another_row(tmp_path: Path, other: str) -> None:
    (claim,), letters = read(tmp_path / "s.csv", table([ROW, {**SECOND, "state": other}]))
    assert (len(claim["item"]), letters) == (2, [])
    (alone,), _ = read(tmp_path / "a.csv", table([{**ROW, "state": other}]))
    assert alone["contained"][-1]["address"] == {"state": "FL"}


@pytest.mark.parametrize("other", ["Georgia", "Florence"])
def test_another_state_is_a_contradiction(tmp_path: Path, other: str) -> None:
    (claim,), (letter,) = read(tmp_path / "s.csv", table([ROW, {**SECOND, "state": other}]))
    assert (len(claim["item"]), letter.where) == (1, "column state")


def test_a_pointer_tells_a_lines_diagnoses_also_where_rows_list_different_ones(tmp_path: Path) -> None:
    first = {**ROW, "diagnosis_2": "C79.51", "diagnosis_pointer": "2"}
    (claim,), _ = read(tmp_path / "p.csv", table([first, {**SECOND, "diagnosis_1": "Z51.0"}]))
    codes = [each["diagnosisCodeableConcept"]["coding"][0]["code"] for each in claim["diagnosis"]]
    pointed = [[codes[number - 1] for number in item["diagnosisSequence"]] for item in claim["item"]]
    assert pointed == [["C79.51"], ["Z51.0"]]


@pytest.mark.parametrize("cell", ["#A-17", "#17"])
def test_a_number_may_begin_with_a_sign_that_is_no_error_of_a_spreadsheet(tmp_path: Path, cell: str) -> None:
    (claim,), letters = read(tmp_path / "n.csv", table([{**ROW, "claim_id": cell}]))
    assert (claim["identifier"][0]["value"], letters) == (cell, [])


@pytest.mark.parametrize(
    ("column", "cell", "member", "code"),
    [
        ("place_of_service", "2", "locationCodeableConcept", "02"),
        ("place_of_service", "22.0", "locationCodeableConcept", "22"),
        ("revenue_code", "333", "revenue", "0333"),
    ],
)
def test_zeros_that_a_spreadsheet_took_away_are_put_back(
    tmp_path: Path, column: str, cell: str, member: str, code: str
) -> None:
    (claim,), letters = read(tmp_path / "z.csv", table([{**ROW, column: cell}]))
    assert (claim["item"][0][member]["coding"][0]["code"], letters) == (code, [])


@pytest.mark.parametrize(
    ("column", "title", "beside", "cell"),
    [
        ("patient_id", "MRN", "Patient", "PERSON, SYNTHETIC"),
        ("charge", "Billed Amount", "Amount", "12.00"),
        ("diagnosis_1", "Diagnosis Code", "Diagnosis", "of the prostate"),
        ("units", "Qty", "Unit", "UN"),
    ],
)
def test_of_two_titles_the_plainer_one_counts_wherever_it_stands(
    tmp_path: Path, column: str, title: str, beside: str, cell: str
) -> None:
    """People of one name are not one patient, and what a column of amounts means is not always what was billed."""
    plain, _ = read(tmp_path / "p.csv", table([ROW]))
    row = {title if name == column else name: value for name, value in ROW.items()}
    for both in ({beside: cell, **row}, {**row, beside: cell}):
        assert read(tmp_path / "b.csv", table([both])) == (plain, [])


@pytest.mark.parametrize("title", ["Rendering Provider", "Ordering Provider"])
def test_a_name_where_a_number_might_stand_costs_nothing_and_goes_nowhere(tmp_path: Path, title: str) -> None:
    plain, _ = read(tmp_path / "p.csv", table([ROW]))
    assert read(tmp_path / "n.csv", table([{**ROW, title: "PERSON, SYNTHETIC MD"}])) == (plain, [])
    (claim,), _ = read(tmp_path / "m.csv", table([{**ROW, title: "1234567893"}]))
    assert claim["careTeam"][0]["provider"]["identifier"]["value"] == "1234567893"


def test_a_plan_billed_to_an_insurer_that_nobody_knows_is_no_second_plan(tmp_path: Path) -> None:
    """As a Medigap insurer's copy of what Medicare was billed: it stood for a second plan (LCD-30)."""
    florida = {"service_date": "2024-02-27", "state": "FL", "code": "77301", "modifier_1": "", "units": "1"}
    first = {**ROW, **florida, "claim_id": "SYN-1", "payer_name": "Synthetic Mutual", "line_of_business": ""}
    second = {**first, "claim_id": "SYN-2", "payer_name": "Medicare", "line_of_business": "ffs"}
    office = {"place_of_service": "11", "claim_form": "professional"}
    (tmp_path / "in").mkdir()
    (tmp_path / "in/c.csv").write_text(table([{**first, **office}, {**second, **office}]))
    run(tmp_path / "in", tmp_path / "out")
    assert "LCD-30" not in {rule for row in rows_in(tmp_path / "out") for rule in row.rules}
    again = {**second, **office, "payer_name": "Medicare", "claim_id": "SYN-1"}
    (tmp_path / "in/c.csv").write_text(table([again, {**second, **office}]))
    run(tmp_path / "in", tmp_path / "out2")
    assert "LCD-30" in {rule for row in rows_in(tmp_path / "out2") for rule in row.rules}


@pytest.mark.parametrize("payer", ["HUMANA", "UNITEDHEALTHCARE", "WELLCARE", "AETNA MEDICARE"])
@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("Medicare Advantage", True),
        ("Managed Medicare", True),
        ("Medicare Part C", True),
        ("MCR ADV", True),
        ("HMO Medicare", True),
        ("Medicare Supplement", False),
        ("Commercial", False),
    ],
)
def test_the_offices_own_words_tell_a_medicare_advantage_plan(
    tmp_path: Path, payer: str, words: str, asked: bool
) -> None:
    row = {**ROW, "payer_name": payer, "line_of_business": words}
    (claim,), letters = read(tmp_path / "c.csv", table([row]))
    assert letters == []
    assert ("AST-05" in {rule for finding in judged(claim) for rule in finding.rules}) is asked


@pytest.mark.parametrize(
    ("payer", "asked"),
    [("SELF PAY", False), ("WORKERS COMP", False), ("TRAVELERS", False), ("Somebody", True)],
)
def test_only_a_payer_that_nobody_knows_is_asked_for(tmp_path: Path, payer: str, asked: bool) -> None:
    row = {**ROW, "payer_name": payer, "line_of_business": ""}
    (claim,), _ = read(tmp_path / "c.csv", table([row]))
    assert ("AST-02" in {rule for finding in judged(claim) for rule in finding.rules}) is asked
