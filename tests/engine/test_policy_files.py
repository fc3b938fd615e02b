"""Which files of a policy folder are read, and what is said of those that cannot be."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cds_service.books import POLICIES, Library, load_library, run_policy_cases
from cds_service.engine.letters import PolicyError
from tests.conftest import ROOT

SOUND = ROOT / "docs" / "examples"


def letters(*folders: Path) -> list[str]:
    with pytest.raises(PolicyError) as refused:
        load_library((POLICIES, *folders))
    return [str(problem) for problem in refused.value.problems]


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """A folder with one sound payer."""
    shutil.copytree(SOUND / "gulf-palms", tmp_path / "ours" / "gulf-palms")
    return tmp_path / "ours"


@pytest.mark.parametrize("name", ["x.policy.yaml", "payer.yaml", "positions.yaml", "x.yml"])
def test_a_folder_with_the_name_of_a_file_gets_a_letter(ours: Path, name: str) -> None:
    (ours / "more" / name).mkdir(parents=True)
    (ours / "more" / name / "inner.policy.yaml").write_text("not: looked at\n", "utf-8")
    found = letters(ours)
    assert f"more/{name}: is a folder, where a file is meant. Give it another name, or move it away." in found
    assert not [letter for letter in found if "inner" in letter]


def test_a_folder_is_a_letter_also_where_nothing_else_stands(tmp_path: Path) -> None:
    (tmp_path / "payer.yaml").mkdir()
    assert letters(tmp_path) == [
        "payer.yaml: is a folder, where a file is meant. Give it another name, or move it away."
    ]


@pytest.mark.parametrize("name", ["more.policy.YAML", "Payer.Yaml", "more.cases.YAML", "more.policy.YML"])
def test_a_name_in_capitals_is_not_passed_over(ours: Path, name: str) -> None:
    text = (ours / "gulf-palms" / "scope.policy.yaml").read_text("utf-8")
    (ours / "gulf-palms" / name).write_text(text, "utf-8")
    (letter,) = letters(ours)
    assert letter.startswith(f"gulf-palms/{name}: has a name that no policy folder knows. Call it payer.yaml")


def test_a_folder_that_is_named_twice_is_read_once(ours: Path, tmp_path: Path) -> None:
    (tmp_path / "same").symlink_to(ours)
    once, twice = load_library((POLICIES, ours)), load_library((POLICIES, ours, tmp_path / "same", ours))
    assert twice.engine.book.fingerprint == once.engine.book.fingerprint
    assert len(twice.engine.book.policies) == len(once.engine.book.policies)
    _same_report(once, ours)


def _same_report(library: Library, ours: Path) -> None:
    beside = POLICIES / "other-blue-plans"
    once, twice = (run_policy_cases(library, folders) for folders in ((beside, ours), (beside, ours, ours)))
    assert once.ran == twice.ran > 0
    own = [str(problem) for problem in twice.problems if problem.file.startswith("gulf-palms")]
    assert own == []


def test_a_folder_that_leads_to_itself_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (letter,) = letters(tmp_path / "loop")
    assert letter == f"{tmp_path / 'loop'}: is no folder. Correct --policies or IGRT_CDS_POLICY_PATH."
