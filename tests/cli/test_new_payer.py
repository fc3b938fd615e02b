"""`igrt-cds policies new-payer`: files that load, pass their tests and work in a check as they are."""

from __future__ import annotations

import json
import shlex
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


@pytest.mark.parametrize(
    "slugs",
    [
        ("sunny-health-east", "sunny-health-west"),
        ("blue-cross-blue-shield-of-texas", "blue-cross-blue-shield-of-illinois"),
        ("northern-lights-health", "northern-lake-health", "new-lands-health"),
        ("sunnyhealthcorporation-a", "sunnyhealthcorporation-b"),
        ("sunnyhealthcorporations", "sunnyhealthcorporation"),
        ("plan-8", "plan-9"),
        ("a-b", "ab"),
        ("1", "2"),
    ],
    ids=lambda slugs: "+".join(slugs),
)
def test_new_payers_stand_beside_each_other(igrt: Igrt, tmp_path: Path, slugs: tuple[str, ...]) -> None:
    for slug in slugs:
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


@pytest.mark.parametrize(
    ("slug", "told"),
    [
        ("humana", "the names humana, careplus health plans; the numbers 61101 (clearinghouse)"),
        ("united-healthcare", "that of UnitedHealthcare, a payer without a policy"),
        ("tricare", "that of TRICARE, a payer without a policy"),
        ("blue-cross-blue-shield-of-texas", "that of Blue Cross and Blue Shield plan of another state"),
        ("aetna-of-texas", "CVS Health (Aetna) (cvs-aetna) is recognised by this name"),
    ],
)
def test_a_payer_that_is_known_without_a_policy_gets_one(
    igrt: Igrt, tmp_path: Path, slug: str, told: str
) -> None:
    made = igrt("policies", "new-payer", slug, "--folder", tmp_path)
    assert made.code == 0
    assert told in made.out
    shown = igrt("policies", "test", "--mine", "--policies", tmp_path)
    assert shown.code == 0, shown.err


def test_nothing_is_said_of_a_name_that_nobody_knew(igrt: Igrt, tmp_path: Path) -> None:
    assert "Until now" not in igrt("policies", "new-payer", "sunny-health", "--folder", tmp_path).out


@pytest.mark.parametrize(
    ("slug", "payer"),
    [("aetna", "cvs-aetna"), ("molina-healthcare", "molina"), ("medicare", "medicare-ffs")],
)
def test_another_name_of_a_payer_with_policies_says_whose_it_is(
    igrt: Igrt, tmp_path: Path, slug: str, payer: str
) -> None:
    shown = igrt("policies", "new-payer", slug, "--folder", tmp_path / "ours")
    assert shown.code == 3
    assert f"`applies: {{payer: {{is: {payer}}}}}`" in shown.err
    assert not (tmp_path / "ours").exists()


def test_rules_for_a_payer_of_the_package_stand_in_a_folder_without_payer_yaml(
    igrt: Igrt, tmp_path: Path
) -> None:
    assert igrt("policies", "new-payer", "more-rules", "--folder", tmp_path).code == 0
    (tmp_path / "more-rules" / "payer.yaml").unlink()
    for name in ("guidance.policy.yaml", "guidance.cases.yaml"):
        file = tmp_path / "more-rules" / name
        text = file.read_text("utf-8")
        file.write_text(
            text.replace("is: more-rules", "is: cvs-aetna").replace("payer: more-rules", "payer: cvs-aetna")
        )
    shown = igrt("policies", "test", "--mine", "--policies", tmp_path)
    assert shown.code == 0, shown.err


def test_the_command_that_is_printed_works_in_a_folder_with_blanks(igrt: Igrt, tmp_path: Path) -> None:
    folder = tmp_path / "our own payers"
    made = igrt("policies", "new-payer", "sunny-health", "--folder", folder)
    (printed,) = [line.split("`")[1] for line in made.out.splitlines() if line.startswith("Next:")]
    program, *words = shlex.split(printed)
    assert program == "igrt-cds"
    assert igrt(*words).code == 0
