"""Every policy of the package passes the cases beside it, and no rule version lacks one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cds_service.books import POLICIES, load_library, run_policy_cases
from cds_service.engine.account import account_of
from cds_service.engine.cases import Report
from cds_service.engine.loader import case_files

CASES = case_files([POLICIES])
POLICY_FILES = sorted(path.relative_to(POLICIES).as_posix() for path in POLICIES.rglob("*.policy.yaml"))


@pytest.fixture(scope="module")
def report() -> Report:
    return run_policy_cases(load_library([POLICIES]), [POLICIES])


def about(report: Report, file: str) -> list[str]:
    return [str(problem) for problem in report.problems if problem.file == file]


@pytest.mark.parametrize("file", [name for _, name in CASES])
def test_the_cases_of_the_file_pass(report: Report, file: str) -> None:
    assert about(report, file) == []


@pytest.mark.parametrize("file", POLICY_FILES)
def test_no_rule_version_of_the_policy_lacks_a_case(report: Report, file: str) -> None:
    """Each one speaks, is silent while in force, and speaks on its first and last day."""
    assert about(report, file) == []
    assert file.replace(".policy.", ".cases.") in {name for _, name in CASES}


def test_nothing_else_is_wrong(report: Report) -> None:
    assert [str(problem) for problem in report.problems] == []


def test_every_case_was_run(report: Report) -> None:
    written = sum(_count(path) for path, _ in CASES)
    assert written > 200
    assert report.ran >= written


def _count(path: Path) -> int:
    return len(re.findall(r"^  - name:", path.read_text("utf-8"), re.MULTILINE))


def test_every_registered_statement_is_accounted_for() -> None:
    for document in account_of(load_library([POLICIES]).engine.book):
        assert document.open == 0, document.id
        assert document.implemented + document.reasoned == document.total > 0


def test_no_card_says_that_something_is_denied_or_approved() -> None:
    """What a payer does in the end is not known here (rulebook 2.5)."""
    for rule in load_library([POLICIES]).engine.book.rules:
        for text in (rule.finding.summary, *rule.finding.because, *rule.finding.notes):
            assert not re.search(r"(?i)will be paid|denie[ds]|approved", str(text)), rule.id
