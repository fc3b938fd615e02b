"""`igrt-cds policies …`: check, test, coverage, explain and facts."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from cds_service.books import POLICIES, standard_library
from cds_service.engine.conditions import MANUAL
from cds_service.facts.vocabulary import VOCABULARY
from fhir_fixtures import stories
from tests.cli.conftest import Igrt, Ran

PATHS = {story.name: story.path for story in stories(None)}
DOUBLE_BILLED = PATHS["hospital-imrt-guidance-double-billed-medicare"]


def words(shown: Ran) -> str:
    """The output without its line breaks."""
    return " ".join(shown.out.split())


@pytest.fixture
def payer(tmp_path: Path, igrt: Igrt) -> Path:
    """A folder with one new payer, as the command writes it."""
    assert igrt("policies", "new-payer", "sunny-health", "--folder", tmp_path).code == 0
    return tmp_path


def change(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / "sunny-health" / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_check_counts_what_it_read(igrt: Igrt) -> None:
    book = standard_library().engine.book
    shown = igrt("policies", "check")
    assert shown.code == 0
    assert f"{len(book.policies)} policies with {len(book.rules)} rule versions" in words(shown)
    assert f"{len(book.documents)} documents" in words(shown)
    assert book.fingerprint in shown.out


def test_check_reads_further_folders(igrt: Igrt, payer: Path) -> None:
    count = len(standard_library().engine.book.policies)
    assert f"{count + 1} policies" in words(igrt("policies", "check", "--policies", payer))
    twice = igrt("policies", "check", "--policies", payer, "--policies", payer)
    assert f"{count + 1} policies" in words(twice), "a folder named twice is read once"


def test_check_prints_every_letter_and_ends_with_3(igrt: Igrt, payer: Path) -> None:
    change(payer, "guidance.policy.yaml", "side: {is:", "sied: {is:")
    change(payer, "sources.yaml", "rank: payer", "rank: payr")
    shown = igrt("policies", "check", "--policies", payer)
    assert shown.code == 3
    assert shown.out == ""
    assert "2 problem(s) in the policy files" in shown.err
    assert re.search(r"sunny-health/guidance\.policy\.yaml:\d+ \[.*\]: there is no fact `sied`", shown.err)
    assert re.search(r"sunny-health/sources\.yaml:\d+: .*payr", shown.err)
    assert "Traceback" not in shown.err


@pytest.mark.parametrize("command", ["check", "test", "coverage"])
def test_a_folder_that_is_not_there_gets_a_letter(igrt: Igrt, tmp_path: Path, command: str) -> None:
    shown = igrt("policies", command, "--policies", tmp_path / "gone")
    assert shown.code == 3
    assert "is no folder" in shown.err


def test_test_passes_on_a_new_payer_and_fails_on_a_wrong_expectation(igrt: Igrt, payer: Path) -> None:
    good = igrt("policies", "test", "--policies", payer)
    assert good.code == 0, good.err
    ran = int(words(good).split()[0])
    assert words(good) == f"{ran} case runs, 0 problem(s)."

    change(payer, "guidance.cases.yaml", "severity: critical", "severity: info")
    bad = igrt("policies", "test", "--policies", payer)
    assert bad.code == 1
    assert f"{ran} case runs, 1 problem(s)." in words(bad)
    assert re.match(r"sunny-health/guidance\.cases\.yaml:\d+ \[", bad.err)
    assert "should say" in bad.err


def test_test_of_one_s_own_cases_leaves_those_of_the_package_out(igrt: Igrt, payer: Path) -> None:
    every = int(words(igrt("policies", "test", "--policies", payer)).split()[0])
    good = igrt("policies", "test", "--mine", "--policies", payer)
    assert good.code == 0, good.err
    ran = int(words(good).split()[0])
    assert 0 < ran < every

    change(payer, "guidance.cases.yaml", "severity: critical", "severity: info")
    (payer / "sunny-health" / "lonely.cases.yaml").write_text("cases: []\n", "utf-8")
    bad = igrt("policies", "test", "--mine", "--policies", payer)
    assert bad.code == 1
    assert "sunny-health/guidance.cases.yaml:2 [" in bad.err
    assert "sunny-health/lonely.cases.yaml" in bad.err
    assert len(bad.err.strip().splitlines()) == 2


def test_test_of_one_s_own_cases_needs_a_folder(igrt: Igrt) -> None:
    shown = igrt("policies", "test", "--mine")
    assert (shown.code, shown.out) == (3, "")
    assert "Name yours with --policies." in shown.err


def test_test_names_what_no_case_shows(igrt: Igrt, payer: Path) -> None:
    (payer / "sunny-health" / "guidance.cases.yaml").unlink()
    shown = igrt("policies", "test", "--policies", payer)
    assert shown.code == 1
    assert "no case makes it speak" in shown.err


def test_coverage_accounts_for_every_statement(igrt: Igrt) -> None:
    shown = igrt("policies", "coverage")
    assert shown.code == 0
    for document in standard_library().engine.book.documents.values():
        assert document.id in shown.out
        assert f"{len(document.statements)} statements: " in words(shown)
        for statement in document.statements:
            assert re.search(rf"\b{statement.id}\b", shown.out), statement.id
    assert "NEITHER" not in shown.out


def test_coverage_of_one_document(igrt: Igrt, payer: Path) -> None:
    shown = igrt("policies", "coverage", "sunny-health-igrt", "--policies", payer)
    assert shown.code == 0
    assert "2 statements: 1 with rules, 1 with a reason, 0 open." in words(shown)
    assert "AST-01" not in shown.out
    unknown = igrt("policies", "coverage", "sunny-health", "--policies", payer)
    assert (unknown.code, unknown.out) == (3, "")
    assert "sunny-health: no register holds this document. Known: astro-igrt-coding, " in unknown.err


def test_coverage_names_the_rules_of_a_statement(igrt: Igrt, payer: Path) -> None:
    shown = words(igrt("policies", "coverage", "--policies", payer))
    assert "sunny-health.guidance.hospital-physician-guidance-without-26" in shown
    assert "2 statements: 1 with rules, 1 with a reason, 0 open." in shown


def test_explain_shows_the_rules_that_spoke_with_the_values_they_met(igrt: Igrt) -> None:
    shown = igrt("policies", "explain", DOUBLE_BILLED)
    assert shown.code == 0
    assert "(AST-15" in shown.out
    assert "speaks on Claim/claim-under-review 77387-TC 2023-05-08" in shown.out
    assert "✓ side is hospital   [hospital]" in shown.out
    assert " silent on " not in shown.out


def test_explain_goes_on_to_the_finding(igrt: Igrt) -> None:
    shown = words(igrt("policies", "explain", DOUBLE_BILLED))
    assert "of astro.components, in force from 2015-01-01 to 2025-12-31, by line date" in shown
    assert "severity critical (step 1) ✓ critical when ✓ medicare is yes [yes]" in shown
    assert "✗ info at most when ✗ techniques_of_date several yes [imrt]" in shown
    assert "remedies remove-line settled shown as it is: critical bundling: remove-line 77387" in shown


def test_explain_of_all_rules_and_of_one(igrt: Igrt) -> None:
    every = igrt("policies", "explain", "--all", DOUBLE_BILLED).out
    assert " silent on " in every
    assert "✗" in every
    heads = {line.split()[0] for line in every.splitlines() if line and not line.startswith(" ")}
    assert len(heads) > 10
    silent = next(
        line.split()[0] for line in every.splitlines() if " silent on " in line and not line.startswith(" ")
    )
    one = igrt("policies", "explain", "--rule", silent, DOUBLE_BILLED).out
    assert {line.split()[0] for line in one.splitlines() if not line.startswith(" ")} == {silent}


def test_explain_of_one_rule_says_why_it_was_not_asked(igrt: Igrt) -> None:
    rule = "florida-blue.scope.federal-employee-member"
    shown = words(igrt("policies", "explain", "--rule", rule, DOUBLE_BILLED))
    assert "federal-employee-member (FLB-35) silent on Claim/claim-under-review" in shown
    assert "not asked: it does not apply to this member" in shown
    assert "✗ payer is florida-blue [medicare-ffs]" in shown
    unknown = igrt("policies", "explain", "--rule", "no-such-rule", DOUBLE_BILLED)
    assert (unknown.code, unknown.out) == (3, "")
    assert "no-such-rule: no policy holds a rule of this id." in unknown.err


def test_explain_says_when_no_rule_spoke(igrt: Igrt) -> None:
    shown = igrt("policies", "explain", PATHS["hospital-imrt-clean-medicare"])
    assert "No rule spoke" in shown.out


def test_explain_of_what_cannot_be_read_ends_with_3(igrt: Igrt, tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text("[]", "utf-8")
    shown = igrt("policies", "explain", path)
    assert shown.code == 3
    assert "no JSON object" in shown.err


def test_explain_asks_further_policies_too(igrt: Igrt, payer: Path) -> None:
    shown = igrt("policies", "explain", "--all", "--policies", payer, DOUBLE_BILLED)
    assert shown.code == 0


def test_facts_lists_every_fact_and_operator(igrt: Igrt) -> None:
    shown = igrt("policies", "facts").out
    for name in (*VOCABULARY, *MANUAL):
        assert re.search(rf"^│ {name} +│", shown, re.MULTILINE), name


def test_the_package_s_own_folder_may_be_named_again(igrt: Igrt) -> None:
    assert igrt("policies", "check", "--policies", POLICIES).code == 0


def test_a_copy_of_a_payer_is_refused_not_merged(igrt: Igrt, tmp_path: Path) -> None:
    shutil.copytree(POLICIES / "florida-blue", tmp_path / "florida-blue")
    shown = igrt("policies", "check", "--policies", tmp_path)
    assert shown.code == 3
    assert "is also registered in" in shown.err


@pytest.mark.parametrize(
    "command", [("policies", "check"), ("policies", "test", "--mine"), ("serve",)], ids=" ".join
)
def test_a_pipe_is_not_waited_for(igrt_process: Igrt, payer: Path, command: tuple[str, ...]) -> None:
    os.mkfifo(payer / "sunny-health" / "x.policy.yaml")
    (payer / "sunny-health" / "y.policy.yaml").symlink_to("/dev/zero")
    named = () if command == ("serve",) else ("--policies", payer)
    shown = igrt_process(*command, *named, IGRT_CDS_POLICY_PATH=str(payer))
    assert shown.code == 3, shown.out
    for name in "xy":
        assert f"sunny-health/{name}.policy.yaml: is no file, but a pipe or a device." in shown.err


def test_a_pipe_among_the_cases_is_a_letter_of_their_run(igrt_process: Igrt, payer: Path) -> None:
    os.mkfifo(payer / "sunny-health" / "x.cases.yaml")
    shown = igrt_process("policies", "test", "--mine", "--policies", payer)
    assert shown.code == 1, shown.out
    assert "sunny-health/x.cases.yaml: is no file, but a pipe or a device." in shown.err


def test_a_folder_that_is_named_twice_has_its_cases_run_once(igrt: Igrt, payer: Path) -> None:
    once = igrt("policies", "test", "--mine", "--policies", payer)
    twice = igrt("policies", "test", "--mine", "--policies", payer, "--policies", payer)
    assert (twice.code, twice.out, twice.err) == (0, once.out, "")


def test_a_rule_to_be_proved_that_is_misspelt_gets_the_nearest_name(igrt: Igrt) -> None:
    done = igrt("policies", "prove", "--rule", "astro.components.technical-77387-inside-imrt-deliver")
    assert done.code == 3
    assert "Did you mean `astro.components.technical-77387-inside-imrt-delivery`?" in " ".join(
        done.err.split()
    )
