"""CSV of claim lines: header, encodings, rows that cost themselves, claims that come together."""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_service.audit_inputs import records, template
from cds_service.audit_inputs.columns import BY_NAME, COLUMNS, read_header
from cds_service.audit_inputs.resources import ident
from cds_service.audit_inputs.titles import plain
from cds_service.request.strict import require_valid
from tests.audit_inputs.support import ROW, judged, read, sorted_out, table, whole

SECOND = {**ROW, "line_number": "2", "service_date": "2024-03-05"}
OTHER = {**ROW, "claim_id": "SYN-2", "patient_id": "SYN-P2"}


def test_the_template_is_read_and_judged(tmp_path: Path) -> None:
    claims, letters = read(tmp_path / "t.csv", template())
    assert letters == []
    assert [(claim["id"], len(claim["item"])) for claim in claims] == [("SYN-1001", 2), ("SYN-1002", 2)]
    hospital = judged(claims[1])
    assert [(f.kind, f.severity.name, f.rules) for f in hospital if f.kind == "bundling"] == [
        ("bundling", "critical", ("AST-15", "AST-16"))
    ]
    assert all(f.severity.name == "info" for f in judged(claims[0]))


def test_the_template_says_that_it_is_synthetic() -> None:
    rows = list(csv.DictReader(io.StringIO(template())))
    assert list(rows[0]) == [column.name for column in COLUMNS]
    assert all(row["claim_id"].startswith("SYN-") and row["patient_id"].startswith("SYN-") for row in rows)


def test_each_claim_is_valid_fhir(tmp_path: Path) -> None:
    for content in (
        template(),
        table([{"claim_id": "a/b", "patient_id": "p", "service_date": "2024-03-04", "code": "77387"}]),
    ):
        path = tmp_path / "v.csv"
        path.write_text(content)
        for record in records(path):
            require_valid(record.data)  # type: ignore[union-attr]


def test_what_the_file_does_not_say_is_left_out(tmp_path: Path) -> None:
    bare = {"claim_id": "SYN-1", "patient_id": "SYN-P1", "service_date": "2024-03-04", "code": "77387"}
    (claim,), letters = read(tmp_path / "b.csv", table([bare]))
    assert letters == []
    (item,) = claim["item"]
    assert set(item) == {"sequence", "productOrService", "servicedDate"}
    assert "coding" not in claim["type"]
    assert not {"subType", "facility", "careTeam", "diagnosis", "total"} & set(claim)
    coverage = next(each for each in claim["contained"] if each["resourceType"] == "Coverage")
    assert not {"type", "class"} & set(coverage)
    assert claim["billablePeriod"] == {"start": "2024-03-04", "end": "2024-03-04"}


def test_rows_of_a_claim_come_together_wherever_they_stand(tmp_path: Path) -> None:
    together, _ = read(tmp_path / "a.csv", table([ROW, SECOND, OTHER]))
    apart, _ = read(tmp_path / "b.csv", table([ROW, OTHER, SECOND]))
    assert together == apart
    assert [len(claim["item"]) for claim in together] == [2, 1]
    assert together[0]["total"] == {"value": 370.0, "currency": "USD"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_delimiters_and_encodings(tmp_path: Path, delimiter: str, encoding: str) -> None:
    row = {**ROW, "site": "Clínica Sintética"}
    (claim,), letters = read(tmp_path / "e.csv", table([row], delimiter).encode(encoding))
    assert letters == []
    assert claim["facility"]["display"] == "Clínica Sintética"


@pytest.mark.parametrize(
    ("title", "column"),
    [
        ("Claim #", "claim_id"),
        ("CLAIM NUMBER", "claim_id"),
        ("MRN", "patient_id"),
        ("DOS", "service_date"),
        ("Date of Service", "service_date"),
        ("CPT/HCPCS", "code"),
        ("Mod 1", "modifier_1"),
        ("Modifier 2", "modifier_2"),
        ("Modifiers", "modifiers"),
        ("Dx 1", "diagnosis_1"),
        ("ICD-10 2", "diagnosis_2"),
        ("POS", "place_of_service"),
        ("Billed Amount", "charge"),
        ("Payor", "payer_name"),
        ("LOB", "line_of_business"),
        ("Facility Name", "site"),
        ("Bill Type", "type_of_bill"),
    ],
)
def test_common_titles_are_known(title: str, column: str) -> None:
    assert read_header([title]).places == {column: (0,)}


def test_no_title_means_two_columns() -> None:
    """A shared synonym goes to the first column that lists it; a column's own name is nobody else's."""
    for column in COLUMNS:
        assert read_header([column.name.upper().replace("_", " ")]).places == {column.name: (0,)}
        assert plain(column.name) in {plain(name) for name in BY_NAME}


def test_a_title_above_the_header_and_unknown_columns_do_no_harm(tmp_path: Path) -> None:
    text = "Charge detail report,,\r\nprinted for the synthetic office,,\r\n" + table(
        [{**ROW, "Comment": "x\ny"}]
    )
    claims, letters = read(tmp_path / "h.csv", text)
    assert (len(claims), letters) == (1, [])


def test_a_file_without_a_header_shows_nothing_of_its_rows(tmp_path: Path) -> None:
    claims, (letter,) = read(tmp_path / "n.csv", "SYN-1,Synthia Secret,2024-03-04,77387\n" * 3)
    assert claims == []
    assert "claim_id" in letter.what
    assert "template" in letter.remedy
    assert "Secret" not in whole(letter)


def test_a_header_that_lacks_a_column_names_it_and_what_it_found(tmp_path: Path) -> None:
    _, (letter,) = read(tmp_path / "l.csv", "Claim #,MRN,DOS,Billing thing\nSYN-1,SYN-P1,2024-03-04,77387\n")
    assert "code missing" in letter.what
    assert "Billing thing" in letter.what


@pytest.mark.parametrize(
    ("column", "cell", "says"),
    [
        ("service_date", "13/40/2024", "month"),
        ("service_date", "", "empty"),
        ("code", "IMRT", "five characters"),
        ("modifier_1", "2-", "modifier"),
        ("units", "many", "units"),
        ("charge", "-185", "below zero"),
        ("place_of_service", "office", "two digits"),
        ("diagnosis_1", "prostate", "ICD-10-CM"),
        ("state", "12", "two letters"),
        ("patient_id", "", "empty"),
        ("claim_id", "", "empty"),
        ("line_number", "x", "whole number"),
        ("site", "a" * 300, "too long"),
        ("service_date_end", "2024-03-04", "before service_date"),
        ("revenue_code", "33", "four digits"),
        ("diagnosis_pointer", "X", "does not point"),
    ],
)
def test_a_bad_row_costs_that_row_and_is_told_without_its_data(
    tmp_path: Path, column: str, cell: str, says: str
) -> None:
    claims, (letter,) = read(tmp_path / "r.csv", table([ROW, {**SECOND, column: cell}, OTHER]))
    assert [len(claim["item"]) for claim in claims] == [1, 1]
    assert letter.place == "line 3"
    assert letter.where == f"column {column}"
    assert says in letter.what
    assert letter.remedy
    assert not cell or len(cell) < 3 or cell not in whole(letter)


def test_all_that_is_wrong_with_a_row_is_one_letter(tmp_path: Path) -> None:
    _, (letter,) = read(tmp_path / "m.csv", table([{**ROW, "service_date": "x", "units": "y"}]))
    assert letter.where == "columns service_date, units:"
    assert "service_date is no date" in letter.what


@pytest.mark.parametrize(
    "broken",
    ['SYN-9,"unclosed', "SYN-9,1", "SYN-9" + ",x" * 40, 'SYN-9,"a"b,c'],
    ids=["quotation mark", "short", "long", "behind a mark"],
)
def test_a_damaged_row_costs_itself_not_what_follows(tmp_path: Path, broken: str) -> None:
    lines = table([ROW, OTHER]).splitlines()
    claims, (letter,) = read(tmp_path / "d.csv", "\r\n".join([*lines[:2], broken, *lines[2:]]))
    assert [claim["id"] for claim in claims] == ["SYN-1", "SYN-2"]
    assert letter.place == "line 3"


@pytest.mark.parametrize(
    ("column", "cell"),
    [("patient_id", "SYN-P9"), ("payer_name", "Aetna"), ("state", "GA"), ("claim_form", "UB-04")],
)
def test_rows_that_contradict_their_claim_are_left_out(tmp_path: Path, column: str, cell: str) -> None:
    (claim,), (letter,) = read(tmp_path / "c.csv", table([ROW, {**SECOND, column: cell}]))
    assert len(claim["item"]) == 1
    assert letter.where == f"column {column}"
    assert "line 2" in letter.what


def test_spelling_of_a_payer_is_no_contradiction_and_empty_cells_are_filled(tmp_path: Path) -> None:
    first = {**ROW, "payer_name": "", "state": ""}
    (claim,), letters = read(tmp_path / "s.csv", table([first, {**SECOND, "payer_name": "FLORIDA  BLUE"}]))
    assert letters == []
    names = {each["resourceType"]: each.get("name") for each in claim["contained"]}
    assert names["Organization"] == "FLORIDA  BLUE"
    assert claim["contained"][-1]["address"] == {"state": "FL"}


def test_a_repeated_line_number_is_counted_once(tmp_path: Path) -> None:
    (claim,), (letter,) = read(tmp_path / "u.csv", table([ROW, ROW]))
    assert len(claim["item"]) == 1
    assert letter.where == "column line_number"


def test_lines_without_numbers_are_all_kept(tmp_path: Path) -> None:
    bare = {**ROW, "line_number": ""}
    (claim,), letters = read(tmp_path / "k.csv", table([bare, {**bare, "line_number": "1"}, bare]))
    assert letters == []
    assert sorted(item["sequence"] for item in claim["item"]) == [1, 2, 3]


def test_diagnoses_belong_to_the_claim_unless_rows_or_pointers_differ(tmp_path: Path) -> None:
    (same,), _ = read(tmp_path / "1.csv", table([ROW, SECOND]))
    assert all("diagnosisSequence" not in item for item in same["item"])
    (differ,), _ = read(tmp_path / "2.csv", table([ROW, {**SECOND, "diagnosis_1": "C79.51"}]))
    assert [item["diagnosisSequence"] for item in differ["item"]] == [[1], [2]]
    pointed = {**ROW, "diagnosis_2": "C79.51", "diagnosis_pointer": "B"}
    (named,), _ = read(tmp_path / "3.csv", table([pointed]))
    assert named["item"][0]["diagnosisSequence"] == [2]
    assert named["diagnosis"][0]["type"][0]["coding"][0]["code"] == "principal"


def test_a_type_of_bill_makes_a_claim_institutional(tmp_path: Path) -> None:
    row = {**ROW, "claim_form": "", "type_of_bill": "131"}
    (claim,), _ = read(tmp_path / "i.csv", table([row]))
    assert claim["type"]["coding"][0]["code"] == "institutional"
    assert claim["subType"]["coding"][0]["code"] == "0131"


def test_indications_reach_the_rules(tmp_path: Path) -> None:
    (asked,), _ = read(tmp_path / "1.csv", table([ROW]))
    (told,), _ = read(tmp_path / "2.csv", table([{**ROW, "indications": "implanted-fiducials"}]))
    assert any(f.kind == "coverage-necessity" for f in judged(asked))
    assert not any(f.kind == "coverage-necessity" for f in judged(told))


def test_a_void_claim_is_marked(tmp_path: Path) -> None:
    (claim,), _ = read(tmp_path / "v.csv", table([{**ROW, "claim_status": "Void"}]))
    assert claim["status"] == "cancelled"


@pytest.mark.parametrize(
    ("bill", "status"), [("0138", "active"), ("138", "active"), ("0131", "cancelled"), ("0831", "cancelled")]
)
def test_a_bill_that_voids_another_is_in_force_itself(tmp_path: Path, bill: str, status: str) -> None:
    """Its type says that it bills nothing; what it takes back is sought by its days and lines."""
    row = {**ROW, "claim_form": "", "type_of_bill": bill, "claim_status": "void"}
    (claim,), _ = read(tmp_path / "v.csv", table([row]))
    assert claim["status"] == status
    (claim,), _ = read(tmp_path / "w.csv", table([row | {"claim_status": ""}]))
    assert claim["status"] == "active"


def test_gzip_is_read(tmp_path: Path) -> None:
    import gzip

    claims, letters = read(tmp_path / "z.csv.gz", gzip.compress(table([ROW]).encode()))
    assert (len(claims), letters) == (1, [])


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a b", "a-b", "a_b", "a/b", "é", "x" * 65, "x" * 66, "1"]), unique=True))
def test_numbers_never_share_an_id(numbers: list[str]) -> None:
    ids = [ident(number) for number in numbers]
    assert len(set(ids)) == len(numbers)
    assert all(1 <= len(each) <= 64 for each in ids)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), count=st.integers(1, 60))
def test_any_order_of_rows_gives_the_same_claims(tmp_path: Path, seed: int, count: int) -> None:
    source = random.Random(seed)
    rows = [
        {**ROW, "claim_id": f"SYN-{n % 7}", "patient_id": f"SYN-P{n % 7}", "line_number": str(n + 1)}
        for n in range(count)
    ]
    mixed = source.sample(rows, len(rows))
    straight, _ = read(tmp_path / "a.csv", table(rows))
    shuffled, letters = read(tmp_path / "b.csv", table(mixed))
    for claim in (*straight, *shuffled):
        claim["item"].sort(key=lambda item: item["sequence"])
    assert letters == []
    assert straight == shuffled


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damage_makes_reading_fail_or_costs_the_rows_before_it(
    tmp_path: Path, data: st.DataObject
) -> None:
    whole_text = table(
        [{**ROW, "claim_id": f"SYN-{n}", "patient_id": f"SYN-P{n}"} for n in range(6)]
    ).encode()
    at = data.draw(st.integers(whole_text.index(b"\n") + 1, len(whole_text)))
    junk = data.draw(st.binary(max_size=12))
    path = tmp_path / "x.csv"
    path.write_bytes(whole_text[:at] + junk + whole_text[at:])
    claims, _ = sorted_out(records(path))
    before = whole_text[:at].count(b"\n") - 1
    ids = {claim["id"] for claim in claims}
    assert {f"SYN-{n}" for n in range(before)} <= ids


def test_one_title_over_several_columns_numbers_them(tmp_path: Path) -> None:
    row = {**ROW, "modifier_1": "TC", "modifier_2": "59", "modifier_3": "", "diagnosis_2": "Z51.0"}
    plain, _ = read(tmp_path / "a.csv", table([row]))
    for title, other in (("Modifier", "Dx"), ("MOD", "Diagnosis"), ("Modifier 1", "Diagnosis Code")):
        text = table([row])
        for name in ("modifier_1", "modifier_2", "modifier_3"):
            text = text.replace(name, title, 1)
        for name in ("diagnosis_1", "diagnosis_2"):
            text = text.replace(name, other, 1)
        assert read(tmp_path / "b.csv", text) == (plain, [])


def test_a_title_that_may_mean_modifiers_is_told(tmp_path: Path) -> None:
    """Without them a line of a physician in a hospital is told to add 26, which it may have."""
    for title in ("Modifier One", "Mod A"):
        (claim,), (letter,) = read(tmp_path / "a.csv", table([ROW]).replace("modifier_1", title))
        assert "modifier" not in claim["item"][0]
        assert (letter.place, letter.where) == ("the file as a whole", "header")
        assert "modifiers" in letter.remedy
    _, letters = read(tmp_path / "b.csv", table([ROW]).replace("charge", "Modified By"))
    assert letters == []


def test_empty_titles_at_the_end_of_the_header_need_no_cells(tmp_path: Path) -> None:
    plain, _ = read(tmp_path / "a.csv", table([ROW]))
    head, row, _ = table([ROW]).split("\r\n")
    for text in (f"{head},,\r\n{row}\r\n", f"{head},,\r\n{row},\r\n", f"{head},,\r\n{row},,,,\r\n"):
        assert read(tmp_path / "b.csv", text) == (plain, [])
    without_code = ",".join(row.split(",")[:4])
    _, (letter,) = read(tmp_path / "c.csv", f"{head},,\r\n{without_code}\r\n")
    assert "cells" in letter.what


def test_a_quotation_mark_within_a_cell_and_line_breaks_in_one_cost_nothing(tmp_path: Path) -> None:
    text = table([{**ROW, "site": "XX"}, {**SECOND, "site": "XX"}]).replace("XX", 'Room 5" North')
    (claim,), letters = read(tmp_path / "a.csv", text)
    assert (len(claim["item"]), letters) == (2, [])
    (claim,), letters = read(tmp_path / "b.csv", table([{**ROW, "site": "Synthetic\r\nClinic"}]))
    assert (claim["facility"]["display"], letters) == ("Synthetic Clinic", [])


def test_a_header_that_comes_again_costs_nothing_and_another_one_ends_the_table(tmp_path: Path) -> None:
    plain, _ = read(tmp_path / "a.csv", table([ROW, OTHER]))
    one, other = table([ROW]), table([OTHER])
    assert read(tmp_path / "b.csv", one + other) == (plain, [])
    turned = table([dict(reversed(OTHER.items()))])
    claims, (letter,) = read(tmp_path / "c.csv", one + turned)
    assert claims == plain[:1]
    assert (letter.place, "other columns" in letter.what) == ("line 3", True)


def test_utf_16_without_a_mark_is_read(tmp_path: Path) -> None:
    plain, _ = read(tmp_path / "a.csv", table([ROW]))
    assert read(tmp_path / "b.csv", table([ROW], "\t").encode("utf-16-le")) == (plain, [])


@pytest.mark.parametrize("column", ["claim_id", "patient_id"])
@pytest.mark.parametrize("cell", ["1.23E+11", "4.5678e+05", "#N/A", "#REF!", "########"])
def test_numbers_that_a_spreadsheet_has_spoilt_join_nothing(tmp_path: Path, column: str, cell: str) -> None:
    """Two claims, or two patients, would be one."""
    claims, (letter,) = read(tmp_path / "a.csv", table([{**ROW, column: cell}]))
    assert claims == []
    assert (letter.where, "spreadsheet" in letter.what) == (f"column {column}", True)
    assert cell not in whole(letter)
