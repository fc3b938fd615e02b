"""`igrt-cds policies new-payer`: files that load, pass their tests and work in a check as they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fhir_fixtures import load
from tests.cli.conftest import Igrt


@pytest.mark.parametrize("slug", ["a", "plan-9", "north-south-east-west-health-plan"])
def test_the_files_load_under_any_name(igrt: Igrt, tmp_path: Path, slug: str) -> None:
    assert igrt("policies", "new-payer", slug, "--folder", tmp_path).code == 0
    shown = igrt("policies", "check", "--policies", tmp_path)
    assert shown.code == 0, shown.err


@pytest.mark.parametrize("slug", ["sunny-health"])
def test_the_files_load_and_their_cases_pass(igrt: Igrt, tmp_path: Path, slug: str) -> None:
    made = igrt("policies", "new-payer", slug, "--folder", tmp_path / "ours")
    assert made.code == 0
    files = {path.name for path in (tmp_path / "ours" / slug).iterdir()}
    assert files == {"payer.yaml", "sources.yaml", "guidance.policy.yaml", "guidance.cases.yaml"}
    for name in files:
        assert str(tmp_path / "ours" / slug / name) in made.out
        assert "@" not in (tmp_path / "ours" / slug / name).read_text("utf-8")
    assert f"policies test --policies {tmp_path / 'ours'}" in made.out
    shown = igrt("policies", "test", "--policies", tmp_path / "ours")
    assert shown.code == 0, shown.err


def test_two_new_payers_stand_beside_each_other(igrt: Igrt, tmp_path: Path) -> None:
    for slug in ("sunny-health-east", "sunny-health-west"):
        assert igrt("policies", "new-payer", slug, "--folder", tmp_path).code == 0
    shown = igrt("policies", "test", "--policies", tmp_path)
    assert shown.code == 0, shown.err


def test_a_check_finds_the_new_payer_through_the_environment(
    igrt: Igrt, igrt_process: Igrt, tmp_path: Path
) -> None:
    assert igrt("policies", "new-payer", "sunny-health", "--folder", tmp_path / "ours").code == 0
    request = load("physician-imrt-missing-modifier-other")
    (payor,) = request["prefetch"]["coverage"]["entry"][0]["resource"]["payor"]
    payor.pop("identifier", None)
    payor["display"] = "Sunny Health Plan of the South"
    claim = request["context"]["claims"]["entry"][0]["resource"]
    for item in claim["item"]:
        item["servicedDate"] = "2024-03-04"
        item["productOrService"] = {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "77387"}]}
    path = tmp_path / "request.json"
    path.write_text(json.dumps(request), "utf-8")

    shown = igrt_process("check", "--json", path, IGRT_CDS_POLICY_PATH=str(tmp_path / "ours"))
    assert shown.code == 2, shown.out + shown.err
    findings = json.loads(shown.out)["files"][0]["findings"]
    (found,) = [f for f in findings if "SUNNYHEALTH-01" in f.get("rules", ())]
    assert (found["kind"], found["severity"]) == ("modifier", "critical")
    assert found["remedies"] == [{"action": "add-modifier", "code": "77387", "modifier": "26"}]

    without = igrt_process("check", "--json", path, IGRT_CDS_POLICY_PATH="")
    rules = {r for f in json.loads(without.out)["files"][0]["findings"] for r in f.get("rules", ())}
    assert "SUNNYHEALTH-01" not in rules


def test_a_wrong_path_in_the_environment_gets_a_letter(igrt_process: Igrt, tmp_path: Path) -> None:
    shown = igrt_process("policies", "check", IGRT_CDS_POLICY_PATH=str(tmp_path / "gone"))
    assert shown.code == 3
    assert "is no folder" in shown.err
    assert "IGRT_CDS_POLICY_PATH" in shown.err
    assert "Traceback" not in shown.err


@pytest.mark.parametrize(
    ("slug", "letter"),
    [
        ("Sunny", "is no name for a payer"),
        ("sunny health", "is no name for a payer"),
        ("../sunny", "is no name for a payer"),
        ("-", "is no name for a payer"),
        ("sunny-", "is no name for a payer"),
        ("sunny\n", "is no name for a payer"),
        ("florida-blue", "exists already"),
        ("medicare-ffs", "exists already"),
        ("other", "Rules say other of many payers"),
        ("unknown", "Rules say unknown of many payers"),
    ],
)
def test_a_name_that_cannot_be_used_is_refused(igrt: Igrt, tmp_path: Path, slug: str, letter: str) -> None:
    shown = igrt("policies", "new-payer", "--folder", tmp_path / "ours", "--", slug)
    assert shown.code == 3
    assert letter in shown.err
    assert not (tmp_path / "ours").exists()


def test_nothing_is_overwritten(igrt: Igrt, tmp_path: Path) -> None:
    assert igrt("policies", "new-payer", "sunny-health", "--folder", tmp_path).code == 0
    changed = tmp_path / "sunny-health" / "payer.yaml"
    changed.write_text("# ours\n", "utf-8")
    shown = igrt("policies", "new-payer", "sunny-health", "--folder", tmp_path)
    assert shown.code == 3
    assert "exists already" in shown.err
    assert changed.read_text("utf-8") == "# ours\n"
