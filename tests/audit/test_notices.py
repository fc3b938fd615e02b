"""What a server says beside the resources: deletions, errors, Bundles, other records of a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cds_service.audit.manifest import Manifest
from cds_service.cli.audit import exit_code
from tests.audit.exports import around, claim, double_billed, item
from tests.audit.running import rows_in, run, write_ndjson

DAY = "2024-03-04"
Resource = dict[str, Any]
NOTE = {
    "resourceType": "DocumentReference",
    "id": "d1",
    "subject": {"reference": "Patient/p1"},
    "status": "current",
}


def deletions(*urls: str, when: str = "") -> Resource:
    entries = [{"request": {"method": "DELETE", "url": url}} for url in urls]
    found: Resource = {"resourceType": "Bundle", "id": "b1", "type": "transaction", "entry": entries}
    return found | ({"meta": {"lastUpdated": when}} if when else {})


def audited(tmp_path: Path, *resources: Resource) -> Manifest:
    write_ndjson(tmp_path / "in", resources)
    return run(tmp_path / "in", tmp_path / "out")


def guided() -> list[Resource]:
    """Florida Blue's member, guidance billed, and a chart without the documents that it asks for."""
    people = around()
    people[1] |= {"type": {"coding": [{"system": "https://nahdo.org/sopt", "code": "512"}]}}
    people[2]["name"] = "Florida Blue"
    return [*people, claim("c1", item(1, "77412", DAY), item(2, "77387", DAY, "TC")), NOTE]


def missing_documents(tmp_path: Path) -> set[str]:
    return {row.document for row in rows_in(tmp_path / "out") if row.document}


@pytest.mark.parametrize(
    ("updated", "bundle", "gone"),
    [
        ("", deletions("Claim/c1", "Claim/c9"), True),
        ("", deletions("https://ehr.example/fhir/Claim/c1"), True),
        ("2024-04-01T00:00:00Z", deletions("Claim/c1"), True),
        ("2024-04-01T00:00:00Z", deletions("Claim/c1", when="2024-04-01T00:00:01Z"), True),
        ("2024-04-01T00:00:00Z", deletions("Claim/c1", when="2024-04-01T00:00:00Z"), True),
        ("2024-04-01T00:00:00Z", deletions("Claim/c1", when="2024-03-31T00:00:00Z"), False),
        ("", deletions("Claim/c2"), False),
        ("", deletions("Claim?identifier=c1"), False),
        ("", deletions(), False),
    ],
)
def test_what_the_server_deleted_since_is_not_judged(
    tmp_path: Path, updated: str, bundle: Resource, gone: bool
) -> None:
    more: Resource = {"meta": {"lastUpdated": updated}} if updated else {}
    billed = double_billed("c1", **more)
    manifest = audited(tmp_path, *around(), billed, bundle)
    assert (manifest.claims["set-aside"], manifest.claims["found"]) == ((1, 0) if gone else (0, 1))
    assert manifest.reasons == ({"set-aside: deleted on the server": 1} if gone else {})
    assert manifest.types["Bundle"] == 1
    assert exit_code(manifest) == (0 if gone else 1)


def test_what_a_bundle_asks_for_otherwise_deletes_nothing(tmp_path: Path) -> None:
    changed = deletions("Claim/c1")
    changed["entry"][0]["request"]["method"] = "PUT"
    assert audited(tmp_path, *around(), double_billed("c1"), changed).claims["found"] == 1


def test_the_latest_of_several_deletions_counts_and_documents_are_deleted_too(tmp_path: Path) -> None:
    early, late = (
        deletions("Claim/c1", when="2024-01-01T00:00:00Z"),
        deletions("Claim/c1", when="2024-09-01T00:00:00Z"),
    )
    billed = double_billed("c1", meta={"lastUpdated": "2024-04-01T00:00:00Z"})
    assert audited(tmp_path / "1", *around(), billed, late, early).claims["found"] == 0
    assert audited(tmp_path / "2", *around(), billed, early, late).claims["found"] == 0
    manifest = audited(tmp_path / "3", *guided(), deletions("DocumentReference/d1"))
    assert manifest.claims["set-aside"] == 0
    assert missing_documents(tmp_path / "3") == {"28626-0", "18741-9", "18776-5"}


def test_the_answer_to_a_claim_that_was_deleted_is_judged(tmp_path: Path) -> None:
    answer = double_billed("e1", claim={"reference": "Claim/c1"}) | {"resourceType": "ExplanationOfBenefit"}
    audited(tmp_path, *around(), double_billed("c1"), answer, deletions("Claim/c1"))
    assert [row.claim for row in rows_in(tmp_path / "out")] == ["ExplanationOfBenefit/e1"]


def test_a_bundle_of_resources_is_told(tmp_path: Path) -> None:
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": double_billed()}]}
    manifest = audited(tmp_path, *around(), bundle)
    assert [(bad.where, bad.place) for bad in manifest.bad] == [("Bundle.entry", "line 1")]
    assert exit_code(manifest) == 2


@pytest.mark.parametrize(("severity", "failed"), [("error", True), ("fatal", True), ("information", False)])
def test_an_error_of_the_server_is_told_and_nothing_is_called_missing_then(
    tmp_path: Path, severity: str, failed: bool
) -> None:
    issue = {"severity": severity, "code": "processing", "details": {"text": "Verysecret"}}
    manifest = audited(tmp_path, *guided(), {"resourceType": "OperationOutcome", "issue": [issue]})
    assert [bad.where for bad in manifest.bad] == (["OperationOutcome"] if failed else [])
    assert "Verysecret" not in (tmp_path / "out/run.json").read_text()
    assert manifest.types.get("OperationOutcome", 0) == (0 if failed else 1)
    assert exit_code(manifest) == (2 if failed else 1)
    assert missing_documents(tmp_path) == (set() if failed else {"28626-0", "18741-9", "18776-5"})


def test_a_bad_line_behind_an_error_of_the_server_does_not_make_the_export_whole(tmp_path: Path) -> None:
    issue = {"severity": "error", "code": "processing"}
    write_ndjson(tmp_path / "in", [*guided(), {"resourceType": "OperationOutcome", "issue": [issue]}])
    with (tmp_path / "in/OperationOutcome.ndjson").open("a") as file:
        file.write("{broken\n")
    assert run(tmp_path / "in", tmp_path / "out").bad_count == 2
    assert missing_documents(tmp_path) == set()


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        ([{"other": {"reference": "Patient/p0"}, "type": "replaces"}], False),
        ([{"other": {"reference": "Patient/p2"}, "type": "replaced-by"}], False),
        ([{"other": {"display": "elsewhere"}, "type": "seealso"}], False),
        ("p0", False),
        ([{"type": "seealso"}], False),
        ([{"other": {"reference": "RelatedPerson/r1"}, "type": "seealso"}], True),
        ([], True),
    ],
)
def test_documents_of_a_person_with_other_records_are_not_called_missing(
    tmp_path: Path, link: Any, shown: bool
) -> None:
    people = guided()
    people[0]["link"] = link
    audited(tmp_path, *people)
    assert missing_documents(tmp_path) == ({"28626-0", "18741-9", "18776-5"} if shown else set())


@pytest.mark.parametrize("lines", [{"productOrService": {"text": "package"}}, {}])
@pytest.mark.parametrize("within", ["detail", "subDetail"])
def test_radiotherapy_in_lines_within_lines_is_told(tmp_path: Path, lines: Resource, within: str) -> None:
    inner = [{"sequence": 1, "productOrService": {"coding": [{"code": "77385"}]}}]
    detail = inner if within == "detail" else [{"sequence": 1, "subDetail": inner}]
    packed = claim("c1", item(1, "77385", DAY))
    packed["item"] = [{"sequence": 1, "servicedDate": DAY, "detail": detail} | lines]
    manifest = audited(tmp_path, *around(), packed)
    assert [bad.where for bad in manifest.bad] == ["Claim.item.detail"]
    assert exit_code(manifest) == 2


def test_drugs_in_lines_within_lines_are_nothing_to_tell(tmp_path: Path) -> None:
    drug = {"coding": [{"system": "http://hl7.org/fhir/sid/ndc", "code": "00409189001"}]}
    other = claim("c1", item(1, "80053", DAY, detail=[{"sequence": 1, "productOrService": drug}]))
    manifest = audited(tmp_path, *around(), other)
    assert (manifest.bad, manifest.claims["no-rule-speaks"]) == ([], 1)


@pytest.mark.parametrize("where", ["subType", "supportingInfo"])
@pytest.mark.parametrize(("code", "void"), [("0138", True), ("138", True), ("0131", False), ("018", False)])
def test_a_bill_that_only_takes_back_another_is_not_judged(
    tmp_path: Path, where: str, code: str, void: bool
) -> None:
    bill = {"coding": [{"system": "https://www.nubc.org/CodeSystem/TypeOfBill", "code": code}]}
    told: Resource = {"subType": bill} if where == "subType" else {"supportingInfo": [{"code": bill}]}
    manifest = audited(tmp_path, *around(), double_billed("c1", **told))
    assert manifest.reasons == ({"set-aside: a void": 1} if void else {})
