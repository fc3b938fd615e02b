"""`igrt-cds audit` as its user meets it: exit codes, what is said, and the sample."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cds_service.cli.main import app
from tests.audit.exports import around, claim, double_billed, item
from tests.audit.running import write_ndjson

DAY = ["--as-of", "2026-11-22"]


def audit(*arguments: object) -> tuple[int, str]:
    """Exit code as `igrt-cds` gives it, and everything said."""
    result = CliRunner().invoke(app, ["audit", *map(str, arguments)], standalone_mode=False)
    code = result.return_value if result.exception is None else 3
    return int(code), result.output


@pytest.mark.parametrize(
    ("resources", "code", "said"),
    [
        ([claim("c1", item(1, "77385", "2024-03-04"))], 0, "judged, nothing found"),
        ([double_billed()], 1, "1 critical"),
        ([], 0, "Findings: none."),
    ],
)
def test_exit_codes(tmp_path: Path, resources: list[dict[str, object]], code: int, said: str) -> None:
    write_ndjson(tmp_path / "export", [*around(), *resources])
    given, output = audit(tmp_path / "export", "--output", tmp_path / "out", *DAY)
    assert (given, said in output) == (code, True), output


def test_info_alone_is_no_finding_for_ci(tmp_path: Path) -> None:
    write_ndjson(tmp_path / "export", [claim("c1", item(1, "77385", "2024-03-04"))])
    code, output = audit(tmp_path / "export", "--output", tmp_path / "out", *DAY)
    assert code == 0
    assert "judged in part only: not enough information" in output
    assert "1 info" in output


def test_what_could_not_be_read_wins_over_what_was_found(tmp_path: Path) -> None:
    write_ndjson(tmp_path / "export", [*around(), double_billed()])
    with (tmp_path / "export/Claim.ndjson").open("a") as file:
        file.write("{broken\n")
    code, output = audit(tmp_path / "export", "--output", tmp_path / "out", *DAY)
    assert code == 2
    assert "Claim.ndjson, line 2" in output
    assert "1 could not be read" in output


def test_the_amount_at_stake_and_the_files_are_named(tmp_path: Path) -> None:
    write_ndjson(tmp_path / "export", [*around(), double_billed()])
    _, output = audit(tmp_path / "export", "--output", tmp_path / "out", "--workers", 2, *DAY)
    assert "125.40 USD" in output
    assert "AST-15" in output
    assert "findings.ndjson, run.json" in output


def test_what_kept_claims_from_being_judged_is_told_with_the_place_where_a_file_tells_it(
    tmp_path: Path,
) -> None:
    file = tmp_path / "lines.csv"
    file.write_text("claim_id,patient_id,service_date,code,payer_name\n1,P1,2024-03-04,77387,Medicare\n")
    code, said = audit(file, "--output", tmp_path / "out")
    assert code == 0
    assert "1 not-enough-information: claim type (CSV: claim_form, or --claim-form. FHIR: Claim.type)" in said


def test_a_form_for_claims_that_do_not_say_and_columns_that_were_not_read(tmp_path: Path) -> None:
    file = tmp_path / "lines.csv"
    file.write_text(
        "Visit Number,Chart Number,Svc Date,CPT,POS,Carrier Name,Guarantor\n"
        "1,P1,3/4/2025,77387,11,Medicare,Synthetic\n"
    )
    asked = (file, "--output", tmp_path / "out")
    code, said = audit(*asked)
    assert (code, "claim type" in said) == (0, True)
    assert "lines.csv: columns that were not read: Guarantor. Where one of them" in said
    code, said = audit(*asked, "--claim-form", "professional")
    assert (code, "other options" in said) == (2, True)
    code, said = audit(*asked, "--claim-form", "professional", "--restart")
    assert (code, "AST-05" in said) == (1, True)
    told = json.loads((tmp_path / "out" / "run.json").read_text())
    assert told["options"]["claim_form"] == "professional"
    assert told["inputs"][0]["unread"] == ["Guarantor"]
    report = (tmp_path / "out" / "report.html").read_text()
    assert "lines.csv: columns that were not read: Guarantor." in report


def test_charges_without_claim_numbers_are_judged_when_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "charges.csv"
    file.write_text("MRN,DOS,CPT,POS,Payer\nP1,3/4/2025,77387,11,Medicare\nP1,3/5/2025,77386,11,Medicare\n")
    asked = (file, "--output", tmp_path / "out", "--claim-form", "professional")
    code, said = audit(*asked)
    assert (code, "run the audit with --charges" in " ".join(said.split())) == (2, True)
    code, said = audit(*asked, "--charges")
    assert (code, "other options" in said) == (2, True)
    code, said = audit(*asked, "--charges", "--restart")
    assert (code, "1 claim" in " ".join(said.split()), "AST-05" in said) == (1, True, True)
    told = json.loads((tmp_path / "out" / "run.json").read_text())["options"]
    assert (told["charges"], told["claim_form"]) == (True, "professional")
    report = (tmp_path / "out" / "report.html").read_text()
    assert "those of one patient, month, payer, form and place count as a claim" in report
    assert "charges.csv line 2" in report


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["notes.md"], "1 file left aside, of no kind that is read here: notes.md."),
        (
            ["a.XLSB", "b.md"],
            "a.XLSB, b.md. Save the sheet with the claim lines as .xlsx or CSV, and give that file.",
        ),
        (["a.pdf", "b.md"], "2 files left aside, of no kind that is read here: a.pdf, b.md."),
    ],
)
def test_what_a_folder_holds_beside_is_named(tmp_path: Path, names: list[str], said: str) -> None:
    write_ndjson(tmp_path / "export", [claim("c1", item(1, "77385", "2024-03-04"))])
    for name in names:
        (tmp_path / "export" / name).write_text("nothing\n")
    code, output = audit(tmp_path / "export", "--output", tmp_path / "out", *DAY)
    assert (code, said in " ".join(output.split())) == (0, True), output


def test_the_table_of_an_earlier_audit_is_not_left_beside_the_findings_of_another(tmp_path: Path) -> None:
    write_ndjson(tmp_path / "export", [*around(), double_billed()])
    asked = (tmp_path / "export", "--output", tmp_path / "out", *DAY)
    table = tmp_path / "out/findings.csv"
    table.parent.mkdir()
    table.write_text("somebody's own")
    assert audit(*asked)[0] == 1
    assert table.read_text() == "somebody's own"
    assert "findings.csv" in audit(*asked, "--format", "csv")[1]
    assert "findings.csv" in audit(*asked)[1], "the same audit: it is still true"
    write_ndjson(tmp_path / "export", [double_billed("c2")])
    assert "findings.csv" not in audit(*asked, "--restart")[1]
    assert not table.exists()


def test_an_output_in_which_the_input_lies_is_told(tmp_path: Path) -> None:
    write_ndjson(tmp_path / "export", [*around(), double_billed()])
    for output in (tmp_path, tmp_path / "export"):
        code, said = audit(tmp_path / "export", "--output", output)
        assert (code, "choose another --output" in " ".join(said.split())) == (2, True)


def test_a_file_that_cannot_be_opened_is_told_like_all_that_could_not_be_read(tmp_path: Path) -> None:
    write_ndjson(tmp_path / "in", [*around(), double_billed()])
    (tmp_path / "in/old.csv").symlink_to("nowhere")
    code, said = audit(tmp_path / "in", "--output", tmp_path / "out", *DAY)
    assert code == 2
    assert "old.csv, the file as a whole: The file cannot be read: No such file or directory." in said
    assert "1 critical" in said


def test_there_is_a_worker_for_each_core_that_may_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_ndjson(tmp_path / "in", [*around(), double_billed()])
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1, 4, 5}, raising=False)
    assert audit(tmp_path / "in", "--output", tmp_path / "out", *DAY)[0] == 1
    assert json.loads((tmp_path / "out/run.json").read_bytes())["run"]["workers"] == 3


def test_letters_end_with_code_2(tmp_path: Path) -> None:
    code, output = audit(tmp_path / "nowhere", "--output", tmp_path / "out")
    assert code == 2
    assert "is not there. Name the export's folder or its files." in output


@pytest.mark.parametrize("name", ["claims.xlsb", "claims.XLS", "claims.ods", "claims.numbers"])
@pytest.mark.parametrize("named", [True, False], ids=["file", "folder"])
def test_a_workbook_of_another_form_is_to_be_saved(tmp_path: Path, name: str, named: bool) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600)
    code, output = audit(tmp_path / "in" / name if named else tmp_path / "in", "--output", tmp_path / "out")
    assert code == 2
    assert "Save the sheet with the claim lines as .xlsx or CSV, and give that file." in output


def test_without_arguments_it_says_what_it_needs(tmp_path: Path) -> None:
    code, _ = audit()
    assert code == 3
    assert audit(tmp_path)[0] == 3


def test_the_sample_is_an_export_with_findings(tmp_path: Path) -> None:
    code, output = audit("--sample", tmp_path / "sample", "--patients", 12)
    assert code == 0
    assert "12 made-up patients" in output
    assert audit(tmp_path / "sample", "--output", tmp_path / "out", *DAY)[0] == 1


@pytest.mark.parametrize("here", [".", "..", ""])
def test_a_sample_in_the_current_folder_suggests_an_output_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, here: str
) -> None:
    (tmp_path / "books" / "2025").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "books" / "2025" if here == ".." else tmp_path / "books")
    assert f"--output {tmp_path / 'books'}-audited" in audit("--sample", here, "--patients", 1)[1]
