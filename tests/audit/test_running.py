"""Whole audits over folders: files, bad lines, partitions, resumption, and what the output says of patients."""

from __future__ import annotations

import gzip
import json
import resource
import sqlite3
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import zstandard

from cds_service.audit import outputs, tasks
from cds_service.audit import run as running
from cds_service.audit.errors import AuditError
from cds_service.audit.merge import write_findings
from cds_service.audit.run import Request, audit
from cds_service.audit_inputs.spool import Spool
from fhir_fixtures.bulk import write_export
from tests.audit.exports import around, claim, double_billed, item
from tests.audit.running import DAY, Quiet, rows_in, run, write_ndjson


def without_run(output: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((output / "run.json").read_bytes())
    del manifest["run"]
    return manifest


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("running") / "export"
    write_export(folder, 60, 11)
    return folder


@pytest.fixture(scope="module")
def undisturbed(export: Path) -> Path:
    run(export, export.parent / "undisturbed")
    return export.parent / "undisturbed"


@pytest.mark.parametrize(
    "asked",
    [
        {"workers": 2},
        {"workers": 3, "partitions": 7, "length": 100_000},
        {"workers": 1, "partitions": 1, "length": 10_001},
        {"workers": 2, "partitions": 450},
    ],
)
def test_how_the_work_is_divided_changes_nothing(
    export: Path, undisturbed: Path, tmp_path: Path, asked: dict[str, int]
) -> None:
    run(export, tmp_path / "out", **asked)
    assert (tmp_path / "out/findings.ndjson").read_bytes() == (undisturbed / "findings.ndjson").read_bytes()
    assert without_run(tmp_path / "out") == without_run(undisturbed)


def test_findings_and_what_is_at_stake_are_added_up_over_all_patients(tmp_path: Path) -> None:
    people = [*around(), *around("p2"), *around("p3")]
    bills = [double_billed(f"c{n}", patient=patient) for n, patient in enumerate(("p1", "p2", "p2"))]
    unknown = claim("c9", item(1, "77385", "2024-03-04"), patient="p4")
    write_ndjson(tmp_path / "export", [*people, *bills, unknown])
    for partitions in (1, 40):
        manifest = run(tmp_path / "export", tmp_path / f"out{partitions}", partitions=partitions)
        assert manifest.findings == {"critical": 3, "warning": 0, "info": 1}
        assert manifest.stake == {"USD": "376.20"}
        rule = manifest.rules["AST-15"]
        assert (rule.findings, rule.stake) == ({"critical": 3}, {"USD": "376.20"})
        (hint,) = [name for name, rule in manifest.rules.items() if "info" in rule.findings][:1]
        assert (manifest.rules[hint].findings, manifest.rules[hint].stake) == ({"info": 1}, {})


def test_more_partitions_than_files_may_be_open_are_merged(tmp_path: Path) -> None:
    (tmp_path / "found").mkdir()
    rows = [b'{"claim":"Claim/%03d","severity":"info"}\n' % number for number in range(401)]
    for number, row in enumerate(reversed(rows)):
        tasks.rows_file(tmp_path, number).write_bytes(row)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = sum(1 for _ in Path("/dev/fd").iterdir())
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + 220, hard))
    try:
        found = write_findings(tmp_path, tmp_path, len(rows))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert (tmp_path / found.file).read_bytes() == b"".join(rows)
    assert (found.rows, found.sha256) == (401, sha256(b"".join(rows)).hexdigest())


def test_claims_are_in_order(undisturbed: Path) -> None:
    claims = [row.claim for row in rows_in(undisturbed)]
    assert len(set(claims)) > 5
    assert claims == sorted(claims)


def test_claims_are_in_order_whoever_s_they_are(tmp_path: Path) -> None:
    bills = [double_billed(f"c{5 - n}", patient=f"p{n}") for n in (1, 2, 3)]
    write_ndjson(tmp_path / "in", [*bills, double_billed("c1", patient="p1"), *around()])
    run(tmp_path / "in", tmp_path / "out", partitions=1)
    claims = [row.claim for row in rows_in(tmp_path / "out")]
    assert list(dict.fromkeys(claims)) == ["Claim/c1", "Claim/c2", "Claim/c3", "Claim/c4"]


def test_every_claim_has_a_status(export: Path, undisturbed: Path) -> None:
    manifest = without_run(undisturbed)
    assert (
        sum(manifest["claims"].values())
        == manifest["types"]["Claim"] + manifest["types"]["ExplanationOfBenefit"]
    )


def test_packed_files_are_found_and_read(tmp_path: Path) -> None:
    write_ndjson(tmp_path / "plain", [*around(), double_billed()])
    packed = tmp_path / "packed/2024"
    packed.mkdir(parents=True)
    for number, path in enumerate(sorted((tmp_path / "plain").iterdir())):
        data = path.read_bytes()
        name = packed / f"{path.name}{('.gz', '.zst')[number % 2]}"
        name.write_bytes(gzip.compress(data) if number % 2 == 0 else zstandard.compress(data))
    run(tmp_path / "plain", tmp_path / "one")
    run(tmp_path / "packed", tmp_path / "two")
    assert (
        (tmp_path / "one/findings.ndjson").read_bytes()
        == (tmp_path / "two/findings.ndjson").read_bytes()
        != b""
    )


def test_a_bad_line_costs_itself_and_is_told_with_its_number(tmp_path: Path) -> None:
    export = tmp_path / "export"
    write_ndjson(export, [*around(), double_billed("c1")])
    with (export / "Claim.ndjson").open("ab") as file:
        file.write(b'\n{"resourceType":"Claim","id":"Verysecret"\n')
        file.write(b'{"resourceType":"Claim","patient":{"reference":"Patient/p1"},"item":"Verysecret"}\n')
        file.write(json.dumps(double_billed("c2", type="Verysecret")).encode() + b"\n")
    write_ndjson(export, [double_billed("c3", "2024-03-05")])
    manifest = run(export, tmp_path / "out", length=150, partitions=3)
    assert [row.claim for row in rows_in(tmp_path / "out")] == ["Claim/c1", "Claim/c3"]
    assert [(bad.file, bad.place) for bad in manifest.bad] == [
        ("Claim.ndjson", "line 3"),
        ("Claim.ndjson", "line 4"),
        ("Claim.ndjson", "line 5"),
    ]
    assert manifest.bad_count == 3
    assert [bad.where for bad in manifest.bad] == ["", "Claim", "Claim"]
    assert manifest.bad[1].what.startswith("item: ")
    assert all(bad.what.endswith(".") and bad.remedy for bad in manifest.bad)
    assert "Verysecret" not in (tmp_path / "out/run.json").read_text()


def test_a_file_that_breaks_off_is_told_and_the_rest_is_audited(tmp_path: Path) -> None:
    export = tmp_path / "export"
    write_ndjson(export, [*around(), double_billed()])
    (export / "More.ndjson.gz").write_bytes(
        gzip.compress(b'{"resourceType":"Patient","id":"p9"}\n' * 500)[:-12]
    )
    manifest = run(export, tmp_path / "out")
    assert [bad.file for bad in manifest.bad] == ["More.ndjson.gz"]
    (broken,) = [file for file in manifest.inputs if not file.complete]
    assert (broken.name, manifest.bad[0].place) == ("More.ndjson.gz", f"line {broken.lines + 1}")
    assert len(rows_in(tmp_path / "out")) == 1


def test_a_document_that_cannot_be_read_is_not_called_missing(tmp_path: Path) -> None:
    people = around()
    people[1] |= {"type": {"coding": [{"system": "https://nahdo.org/sopt", "code": "512"}]}}
    people[2]["name"] = "Florida Blue"
    guided = claim("c1", item(1, "77412", "2024-03-04"), item(2, "77387", "2024-03-04", "TC"))
    note = {
        "resourceType": "DocumentReference",
        "id": "d1",
        "subject": {"reference": "Patient/p1"},
        "status": "current",
    }
    write_ndjson(tmp_path / "whole", [*people, guided, note])
    write_ndjson(tmp_path / "broken", [*people, guided])
    text = '{"resourceType":"DocumentReference","subject":{"reference":"Patient/p1"},"ty\n'
    (tmp_path / "broken/DocumentReference.ndjson").write_text(text)
    run(tmp_path / "whole", tmp_path / "one")
    run(tmp_path / "broken", tmp_path / "two")
    run(tmp_path / "whole", tmp_path / "three", chart=False)
    missing = [
        {row.document for row in rows_in(tmp_path / name) if row.document} for name in ("one", "two", "three")
    ]
    assert missing == [{"28626-0", "18741-9", "18776-5"}, set(), set()]


def test_nothing_of_a_patient_is_in_the_output(tmp_path: Path) -> None:
    write_ndjson(tmp_path / "export", [*around("verysecret"), double_billed(patient="verysecret")])
    run(tmp_path / "export", tmp_path / "out")
    for path in (tmp_path / "out").iterdir():
        if path.is_file():
            assert "secret" not in path.read_text().lower()
            assert "hidden lane" not in path.read_text().lower()
    left = [path.name for path in (tmp_path / "out/.audit").rglob("*") if path.is_file()]
    assert sorted(left) == ["done", "lock", "plan.json"]


def test_a_finished_audit_is_not_done_again(
    export: Path, undisturbed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks.Worker, "__call__", None)
    before = (undisturbed / "run.json").read_bytes()
    assert run(export, undisturbed).findings
    assert (undisturbed / "run.json").read_bytes() == before


@pytest.mark.parametrize(
    ("change", "named"), [("file", "input files"), ("option", "options"), ("day", "options")]
)
def test_an_output_of_another_audit_is_refused(tmp_path: Path, change: str, named: str) -> None:
    write_ndjson(tmp_path / "export", [*around(), double_billed()])
    run(tmp_path / "export", tmp_path / "out")
    asked: dict[str, Any] = {}
    if change == "file":
        write_ndjson(tmp_path / "export", [double_billed("c2")])
    elif change == "option":
        asked["with_patient"] = True
    else:
        asked["as_of"] = date(2020, 1, 1)
    with pytest.raises(AuditError, match=named):
        run(tmp_path / "export", tmp_path / "out", **asked)
    anew = run(tmp_path / "export", tmp_path / "out", restart=True, **asked)
    assert anew.output.rows == len(rows_in(tmp_path / "out")) == (2 if change == "file" else 1)
    assert (anew.options.with_patient, anew.options.as_of) == (
        change == "option", "2020-01-01" if change == "day" else DAY.isoformat(),
    )  # fmt: skip


@pytest.mark.parametrize("given", ["nothing", "empty", "other"])
def test_what_cannot_be_audited_is_refused_with_a_letter(tmp_path: Path, given: str) -> None:
    path = tmp_path / given
    if given == "empty":
        path.mkdir()
    elif given == "other":
        path.write_text("x")
    with pytest.raises(AuditError, match=r"Name|Kinds"):
        run(path, tmp_path / "out")


def test_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for name in ("north", "south"):
        write_ndjson(tmp_path / name, [*around(), double_billed(name)])
    given = tuple(tmp_path / name / "Claim.ndjson" for name in ("north", "south"))
    manifest = audit(Request(given, tmp_path / "out", as_of=DAY), Quiet())
    assert [file.name for file in manifest.inputs] == ["north/Claim.ndjson", "south/Claim.ndjson"]


def test_a_file_may_have_a_name_that_is_no_text(tmp_path: Path) -> None:
    write_ndjson(tmp_path / "in", [*around(), double_billed()])
    (tmp_path / "in" / "Claim.ndjson").rename(tmp_path / "in" / "Claim-\udcff.ndjson")
    (tmp_path / "in" / "note-\udcfe.pdf").write_bytes(b"")
    manifest = run(tmp_path / "in", tmp_path / "out")
    assert manifest.claims["found"] == 1
    assert "Claim-\\udcff.ndjson" in [file.name for file in manifest.inputs]
    assert manifest.left_aside == ["note-\\udcfe.pdf"]


@pytest.mark.parametrize("name", ["March #2", "really?", "50%41"])
def test_an_output_may_have_any_name(tmp_path: Path, name: str) -> None:
    write_ndjson(tmp_path / "in", [*around(), double_billed()])
    assert run(tmp_path / "in", tmp_path / name).claims["found"] == 1


def test_other_files_of_a_folder_are_left_aside_and_named(tmp_path: Path) -> None:
    write_ndjson(tmp_path / "export", [*around(), double_billed()])
    (tmp_path / "export/manifest.json").write_text("{}")
    (tmp_path / "export/readme.txt").write_text("What this is.")
    for restart in (False, True):
        manifest = run(tmp_path / "export", tmp_path / "export/out", form="csv", restart=restart)
        assert (manifest.left_aside, manifest.output.rows) == (["manifest.json", "readme.txt"], 1)


def test_hidden_files_and_folders_are_passed_over(tmp_path: Path) -> None:
    write_ndjson(tmp_path / "export", [*around(), double_billed()])
    (tmp_path / "export/._Claim.ndjson").write_bytes(b"\0\5\x16\7")
    write_ndjson(tmp_path / "export/.trash", [double_billed("c2")])
    manifest = run(tmp_path / "export", tmp_path / "out")
    assert (manifest.left_aside, manifest.bad_count, manifest.output.rows) == ([], 0, 1)


def test_what_an_earlier_audit_found_is_not_taken_for_claims(tmp_path: Path) -> None:
    write_ndjson(tmp_path / "export", [*around(), double_billed()])
    run(tmp_path / "export", tmp_path / "export/march", form="csv")
    (tmp_path / "export/findings.ndjson").write_bytes((tmp_path / "export/Claim.ndjson").read_bytes())
    manifest = run(tmp_path / "export", tmp_path / "export/april")
    assert (manifest.output.rows, manifest.bad_count) == (1, 0)
    assert {"march/findings.csv", "march/findings.ndjson"} < set(manifest.left_aside)
    assert "findings.ndjson" in [file.name for file in manifest.inputs], "no audit wrote it"


def test_an_input_that_changes_while_it_is_read_is_told(tmp_path: Path) -> None:
    write_ndjson(tmp_path / "export", [*around(), double_billed()])

    class Meddling(Quiet):
        def stage(self, words: str, total: int) -> None:
            if words.startswith("judging"):
                write_ndjson(tmp_path / "export", [double_billed("c2")])

    with pytest.raises(AuditError, match=r"Claim\.ndjson: changed while it was read"):
        audit(Request((tmp_path / "export",), tmp_path / "out", as_of=DAY), Meddling())
    with pytest.raises(AuditError, match="other input files"):
        run(tmp_path / "export", tmp_path / "out")
    assert run(tmp_path / "export", tmp_path / "out", restart=True).output.rows == 2


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    ("module", "step"),
    [
        (tasks, "audit_shard"),
        (running, "write_shared"),
        (running, "write_findings"),
        (running, "write_manifest"),
        (outputs, "convert"),
        (outputs, "write_report"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_full_disk_is_a_letter_and_the_work_goes_on_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int, module: Any, step: str
) -> None:
    write_ndjson(tmp_path / "export", [*around(), double_billed()])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "disk/name")

    with monkeypatch.context() as patch:
        patch.setattr(module, step, full)
        with pytest.raises(AuditError, match=r"write disk/name \(No space left on device\)"):
            run(tmp_path / "export", tmp_path / "out", workers=workers, form="csv")
    assert run(tmp_path / "export", tmp_path / "out", form="csv").output.rows == 1
    assert {"findings.csv", "report.html"} < {path.name for path in (tmp_path / "out").iterdir()}


def test_a_full_disk_is_a_letter_too_where_lines_of_a_csv_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "claims.csv").write_text(outputs.template())

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Spool, "add", full)
        with pytest.raises(AuditError, match=r"database or disk is full.*TMPDIR"):
            run(tmp_path / "claims.csv", tmp_path / "out")
    assert run(tmp_path / "claims.csv", tmp_path / "out").claims["found"] == 2


def test_that_parquet_cannot_be_written_is_told_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outputs, "find_spec", lambda name: None)
    with pytest.raises(AuditError, match=r"needs pyarrow\. Install igrt-cds\[audit\]"):
        run(tmp_path / "nowhere", tmp_path / "out", form="parquet")
    assert not (tmp_path / "out").exists()


def test_what_a_kill_at_the_very_end_left_is_thrown_away(tmp_path: Path) -> None:
    write_ndjson(tmp_path / "export", [*around(), double_billed()])
    run(tmp_path / "export", tmp_path / "out")
    (tmp_path / "out/.audit/read").mkdir()
    (tmp_path / "out/.audit/read/000000-0000.part").write_text("Verysecret")
    run(tmp_path / "export", tmp_path / "out")
    assert not (tmp_path / "out/.audit/read").exists()


def test_what_is_kept_on_the_way_is_for_its_owner_only(tmp_path: Path) -> None:
    write_ndjson(tmp_path / "export", [*around(), double_billed()])
    run(tmp_path / "export", tmp_path / "out")
    assert (tmp_path / "out/.audit").stat().st_mode & 0o077 == 0
