"""Faults of an author: each is refused with the letters that stand beside it, and with no other.

A folder of tests/bad_policies holds one payer with one fault (`many-faults`: many) and `letters.txt`: every
letter as it is printed, with file, line, rule, what is wrong and what to do. Folders named `cases-…` load;
their fault is found when the cases are run.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from cds_service.books import POLICIES, load_library, policy_folders, run_policy_cases
from cds_service.engine.letters import PolicyError
from tests.conftest import ROOT

BAD = ROOT / "tests" / "bad_policies"
FOLDERS = sorted(path.name for path in BAD.iterdir() if path.is_dir())
OF_CASES = [name for name in FOLDERS if name.startswith("cases-")]
OF_POLICIES = [name for name in FOLDERS if not name.startswith("cases-")]
LETTER = re.compile(
    r"(?P<file>example-plan/[\w.-]+)(:(?P<line>\d+))?( \[(?P<rule>[\w .-]+)\])?: (?P<said>.+)"
)
BESIDE = POLICIES / "other-blue-plans"
"""Payers without rules of their own, so that no letter comes from elsewhere."""
CLASHES = {"duplicate-document", "payer-of-another-name"}
"""Faults that need the rest of the package."""
WHOLE_FILE = {"empty-file", "not-utf8", "unknown-file-name", "cases-beside-no-policy"}


def expected(name: str) -> list[str]:
    return (BAD / name / "letters.txt").read_text("utf-8").splitlines()


@pytest.mark.parametrize("name", OF_POLICIES)
def test_a_fault_is_refused_with_its_letters(name: str) -> None:
    with pytest.raises(PolicyError) as refused:
        load_library((POLICIES if name in CLASHES else BESIDE, BAD / name))
    assert [str(problem) for problem in refused.value.problems] == expected(name)
    assert str(refused.value).count("\n") == len(expected(name))


@pytest.mark.parametrize("name", OF_CASES)
def test_a_fault_of_the_cases_is_found_when_they_are_run(name: str) -> None:
    folders = (BESIDE, BAD / name)
    report = run_policy_cases(load_library(folders), folders)
    assert [str(problem) for problem in report.problems] == expected(name)


@pytest.mark.parametrize("name", FOLDERS)
def test_each_letter_names_a_line_that_is_there_and_a_remedy(name: str) -> None:
    for letter in expected(name):
        found = LETTER.fullmatch(letter)
        assert found, letter
        file = BAD / name / found["file"]
        if found["line"]:
            lines = [*file.read_text("utf-8").splitlines(), "(the end, where something is still missing)"]
            line = lines[int(found["line"]) - 1]
            assert line.strip(), letter
            assert not line.lstrip().startswith("#"), letter
        else:
            assert name in WHOLE_FILE, letter
        *_, remedy = re.findall(r"[A-Z][^.]*(?:\.\w+[^.]*)*[.?`»…]", found["said"])
        assert remedy, letter


def test_the_sound_payer_that_all_of_them_spoil_is_accepted(tmp_path: Path) -> None:
    """A control: the files of `cases-wrong-kind` are sound but for one word."""
    shutil.copytree(BAD / "cases-wrong-kind" / "example-plan", tmp_path / "example-plan")
    cases = tmp_path / "example-plan" / "guidance.cases.yaml"
    cases.write_text(cases.read_text("utf-8").replace("kind: bundling", "kind: modifier"), "utf-8")
    folders = (BESIDE, tmp_path)
    report = run_policy_cases(load_library(folders), folders)
    assert [str(problem) for problem in report.problems] == []


def test_many_faults_come_at_once_and_none_twice() -> None:
    letters = expected("many-faults")
    assert len(letters) == len(set(letters)) > 8
    assert {letter.split(":")[0].partition("/")[2] for letter in letters} == {
        path.name for path in (BAD / "many-faults" / "example-plan").iterdir()
    }
    with pytest.raises(PolicyError) as refused:
        load_library((POLICIES, BAD / "many-faults"))
    assert [str(problem) for problem in refused.value.problems] == letters, "the package adds none"


def test_a_folder_of_the_environment_that_is_not_there(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    folders = policy_folders(environment=f"{gone}:")
    assert folders == (POLICIES, gone)
    with pytest.raises(PolicyError) as refused:
        load_library(folders)
    (letter,) = map(str, refused.value.problems)
    assert letter == f"{gone}: is no folder. Correct --policies or IGRT_CDS_POLICY_PATH."


def test_files_of_two_folders_with_the_same_names_are_told_apart(tmp_path: Path) -> None:
    """A site's own florida-blue/scope.policy.yaml is not the package's."""
    folder = tmp_path / "florida-blue"
    folder.mkdir()
    text = (POLICIES / "florida-blue" / "scope.policy.yaml").read_text("utf-8")
    (folder / "scope.policy.yaml").write_text(text.replace("when:", "wenn:", 1), "utf-8")
    with pytest.raises(PolicyError) as refused:
        load_library((POLICIES, tmp_path))
    assert {problem.file for problem in refused.value.problems} == {f"{folder.as_posix()}/scope.policy.yaml"}
