"""`igrt-cds check`: findings, exit codes, JSON, and letters for what cannot be read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from fhir_fixtures import load, stories
from tests.cli.conftest import Igrt

PATHS = {story.name: story.path for story in stories(None)}
CRITICAL = PATHS["hospital-imrt-guidance-double-billed-medicare"]
WARNING = PATHS["hospital-imrt-guidance-double-billed-florida-blue"]
INFO = PATHS["florida-blue-chart-not-visible"]
CLEAN = PATHS["hospital-imrt-clean-medicare"]
CLAIM = PATHS["check-claim-hospital-imrt-double-billed"]
ANSI = re.compile(r"\x1b")


def written(folder: Path, content: Any) -> Path:
    """A file with this content."""
    path = folder / "given.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ([CLEAN], 0),
        ([INFO], 0),
        ([WARNING], 1),
        ([CRITICAL], 2),
        ([CLEAN, INFO, WARNING], 1),
        ([CRITICAL, WARNING, CLEAN], 2),
        ([CRITICAL, Path("gone.json")], 3),
        ([Path("gone.json"), CLEAN], 3),
    ],
    ids=lambda value: ",".join(p.stem for p in value) if isinstance(value, list) else str(value),
)
@pytest.mark.parametrize("options", [(), ("--json",)], ids=["text", "json"])
def test_the_exit_code_is_the_worst_of_all_files(
    igrt: Igrt, files: list[Path], code: int, options: tuple[str, ...]
) -> None:
    assert igrt("check", *options, *files).code == code


def test_a_finding_is_shown_with_its_line_remedy_and_source(igrt: Igrt) -> None:
    shown = igrt("check", CLAIM)
    assert shown.err == ""
    text = " ".join(shown.out.split())
    assert CLAIM.name in text
    assert "CRITICAL" in text
    assert "77387-TC (line 2) on 2025-02-03" in text
    assert "remedy Remove 77387" in text
    assert "source AST-15 " in text
    assert "1 file checked: 1 critical." in text
    assert "Advisory only" in text


def test_nothing_found_is_said(igrt: Igrt) -> None:
    shown = igrt("check", CLEAN, PATHS["check-claim-hospital-conventional-clean"])
    assert shown.out.count("Nothing to say") == 2
    assert "2 files checked: no findings." in shown.out


def test_json_holds_each_file_with_its_findings_and_nothing_else_is_printed(igrt: Igrt) -> None:
    told = json.loads(igrt("check", "--json", CRITICAL, CLEAN).out)
    assert [Path(each["file"]) for each in told["files"]] == [CRITICAL, CLEAN]
    (finding,) = told["files"][0]["findings"]
    assert (finding["kind"], finding["severity"]) == ("bundling", "critical")
    assert {"AST-15"} <= set(finding["rules"])
    assert finding["remedies"] == [{"action": "remove-line", "code": "77387"}]
    assert finding["summary"].endswith(".")
    assert told["files"][1]["findings"] == []


def test_json_of_a_file_that_cannot_be_read_says_so_beside_the_others(igrt: Igrt, tmp_path: Path) -> None:
    bad = written(tmp_path, [])
    shown = igrt("check", "--json", bad, CRITICAL)
    told = json.loads(shown.out)["files"]
    assert [sorted(each) for each in told] == [["error", "file"], ["file", "findings", "judged"]]
    assert shown.err == ""


@pytest.mark.parametrize("options", [(), ("--json",)], ids=["text", "json"])
def test_into_a_pipe_goes_plain_text(igrt_process: Igrt, options: tuple[str, ...]) -> None:
    shown = igrt_process("check", *options, CRITICAL, WARNING, "gone.json")
    assert shown.code == 3
    assert not ANSI.search(shown.out + shown.err)
    if options:
        assert len(json.loads(shown.out)["files"]) == 3


def test_a_terminal_without_unicode_is_no_reason_to_fail(igrt_process: Igrt) -> None:
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    shown = igrt_process("check", PATHS["physician-imrt-77387-medicare"], **ascii_only)
    assert shown.code == 2
    assert "one of:" in shown.out
    assert shown.out.isascii()
    assert shown.err == ""


UNREADABLE: dict[str, tuple[Any, str]] = {
    "nothing": (b"", "not JSON in UTF-8"),
    "no JSON": (b"{", "not JSON in UTF-8"),
    "a list": ([], "no JSON object"),
    "wrong UTF-8": (b'{"resourceType": "Claim", "x": "\xff"}', "/x The body is not JSON in UTF-8"),
    "depth bomb": (b"[" * 100_000, "deeper than 64 levels"),
    "a type that is no text": ({"resourceType": 5}, "no JSON object"),
    "another resource": ({"resourceType": "Patient", "id": "p"}, "neither a hook request nor a Claim"),
    "no resource": ({}, "neither a hook request nor a Claim"),
    "an unknown hook": ({"hook": "patient-view"}, "No service answers this hook"),
    "a broken hook request": ({"hook": "order-sign"}, "context is missing"),
    "a claim with a wrong type inside": ({"resourceType": "Claim", "item": 5}, "Claim.item"),
    "a Bundle whose entry is no list": ({"resourceType": "Bundle", "entry": 5}, "Bundle.entry"),
    "a Bundle of something else": ({"resourceType": "Bundle", "entry": [7]}, "Bundle.entry[0]"),
    "a Bundle without claim": ({"resourceType": "Bundle"}, "No Claim or ServiceRequest"),
    "no coverage": (load(CRITICAL.stem) | {"prefetch": {}}, "prefetch.coverage"),
}


@pytest.mark.parametrize(("content", "letter"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_gets_a_letter_with_the_file_s_name(
    igrt: Igrt, tmp_path: Path, content: Any, letter: str
) -> None:
    path = written(tmp_path, content)
    shown = igrt("check", path, CLEAN)
    assert shown.code == 3
    said = " ".join(shown.err.split())
    assert said.startswith(f"{path}: ")
    assert letter in said
    assert "Traceback" not in said
    assert "1 file checked: no findings. 1 could not be read." in shown.out


def test_a_folder_and_a_missing_file_get_letters(igrt: Igrt, tmp_path: Path) -> None:
    shown = igrt("check", tmp_path, tmp_path / "gone.json")
    assert shown.code == 3
    assert "0 files checked" in shown.out
    assert len(shown.err.splitlines()) == 2
    assert "Check the path." in shown.err


def test_text_of_the_file_never_reaches_the_letter(igrt: Igrt, tmp_path: Path) -> None:
    request = load(CRITICAL.stem)
    request["context"]["claims"]["entry"][0]["resource"]["item"] = "Zq7Canary"
    request["hookInstance"] = ["Zq7Canary"]
    for content in (
        request,
        request | {"hookInstance": "1"},
        {"hook": "Zq7Canary"},
        {"resourceType": "Zq7Canary"},
    ):
        shown = igrt("check", written(tmp_path, content))
        assert shown.code == 3
        assert "Zq7Canary" not in shown.err


@pytest.mark.parametrize("name", ["check-claims-bundle", "check-claim-hospital-imrt-double-billed"])
def test_a_bare_file_needs_no_hook_and_no_coverage(igrt: Igrt, name: str) -> None:
    assert igrt("check", PATHS[name]).code in (0, 1, 2)


def test_as_of_dates_an_order_without_a_date(igrt: Igrt, tmp_path: Path) -> None:
    order = {
        "resourceType": "ServiceRequest",
        "id": "s1",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "77014"}]},
    }
    path = written(tmp_path, order)
    kinds = {
        day: [
            f["kind"]
            for f in json.loads(igrt("check", "--json", "--as-of", day, path).out)["files"][0]["findings"]
        ]
        for day in ("2025-12-31", "2026-01-01")
    }
    assert "code-effective-date" not in kinds["2025-12-31"]
    assert "code-effective-date" in kinds["2026-01-01"]


def billed(identity: str, patient: str, **more: Any) -> dict[str, Any]:
    plan = {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "77301"}]}
    line = {"sequence": 1, "productOrService": plan, "servicedDate": "2024-06-03"}
    named = {"resourceType": "Claim", "id": identity, "patient": {"reference": patient}}
    return {**named, "status": "active", "use": "claim", "item": [line], **more}


def test_claims_of_several_patients_are_not_judged_beside_each_other(igrt: Igrt, tmp_path: Path) -> None:
    def checked(*claims: dict[str, Any]) -> Any:
        entries: list[dict[str, Any]] = [{"resource": claim} for claim in claims]
        patient = {"resourceType": "Patient", "id": "p1"}
        entries.append({"fullUrl": "urn:uuid:8a2c1e1e-98a3-4b0e-9b5b-6d1d2f0c9f11", "resource": patient})
        return igrt("check", "--json", written(tmp_path, {"resourceType": "Bundle", "entry": entries}))

    refused = checked(billed("a", "Patient/p1"), billed("b", "Patient/p2"))
    assert refused.code == 3
    assert "several patients" in json.loads(refused.out)["files"][0]["error"][0]
    one = ("Patient/p1", "https://ehr.example.org/fhir/Patient/p1")
    urn = "urn:uuid:8a2c1e1e-98a3-4b0e-9b5b-6d1d2f0c9f11"
    assert [checked(billed("a", who), billed("b", urn)).code for who in one] == [0, 0]


def test_a_file_of_withdrawn_claims_is_not_told_as_one_to_which_no_rule_applies(
    igrt: Igrt, tmp_path: Path
) -> None:
    file = written(tmp_path, billed("a", "Patient/p1", status="cancelled"))
    shown = igrt("check", "--json", file)
    told = json.loads(shown.out)["files"][0]
    assert (shown.code, told["judged"], told["findings"]) == (0, 0, [])
    text = " ".join(igrt("check", file).out.split())
    assert "Nothing to judge" in text
    assert "no rule applies" not in text
    assert json.loads(igrt("check", "--json", CLEAN).out)["files"][0]["judged"] == 1


def test_strict_refuses_what_breaks_fhir_and_passes_what_does_not(igrt: Igrt, tmp_path: Path) -> None:
    assert igrt("check", "--strict", CRITICAL).code == 2
    request = load(CRITICAL.stem)
    request["context"]["claims"]["entry"][0]["resource"]["status"] = ["active"]
    del request["prefetch"]["patient"]["id"]
    request["prefetch"]["patient"]["birthDate"] = "Zq7Canary"
    path = written(tmp_path, request)
    shown = igrt("check", "--strict", path)
    assert shown.code == 3
    assert "prefetch.patient.birthDate" in shown.err
    assert "Zq7Canary" not in shown.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["check", "--as-of", "tomorrow", "x.json"],
        ["check", "--nothing"],
        ["nothing"],
        ["policies", "nothing"],
        ["serve", "--port", "http"],
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_3_and_a_letter_not_with_a_finding_s_code(
    igrt: Igrt, arguments: list[str]
) -> None:
    shown = igrt(*arguments)
    assert shown.code == 3
    assert "Error:" in shown.err
    assert shown.out == ""


@pytest.mark.parametrize("arguments", [[], ["--help"], ["policies"], ["check", "--help"]], ids=" ".join)
def test_help_is_no_error(igrt: Igrt, arguments: list[str]) -> None:
    shown = igrt(*arguments)
    assert shown.code == 0
    assert "Usage: igrt-cds" in shown.out
