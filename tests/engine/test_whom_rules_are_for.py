"""Policies whose payer, document or codes look odd: what is refused, and what is meant and stays."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cds_service.books import POLICIES, load_library
from cds_service.engine.letters import PolicyError
from tests.conftest import ROOT

SOUND = ROOT / "tests" / "bad_policies" / "cases-wrong-kind" / "example-plan"
APPLIES = "applies:\n  payer: {is: example-plan}\n"
GUIDANCE, PAYER, SOURCES = "guidance.policy.yaml", "payer.yaml", "sources.yaml"


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """The folder of one sound payer."""
    return Path(shutil.copytree(SOUND, tmp_path / "ours" / "example-plan"))


def change(plan: Path, file: str, old: str, new: str) -> None:
    text = (plan / file).read_text("utf-8")
    assert old in text
    (plan / file).write_text(text.replace(old, new), "utf-8")


def letters(plan: Path) -> list[str]:
    try:
        load_library((POLICIES, plan.parent))
    except PolicyError as refused:
        return [str(problem) for problem in refused.problems]
    return []


@pytest.mark.parametrize(
    "applies",
    [
        "payer: {in: [example-plan, molina]}",
        "payer: {is_not: molina}",
        "plan: {is: molina-medicare}",
        "programs: {has_any: [cvs-radonc]}",
        "any: [{payer: {is: example-plan}}, {state: {is: FL}}]",
    ],
)
def test_a_file_beside_a_payer_may_say_otherwise_for_whom_it_is(plan: Path, applies: str) -> None:
    change(plan, GUIDANCE, APPLIES, f"applies:\n  {applies}\n")
    assert letters(plan) == []


@pytest.mark.parametrize(
    "applies",
    ["line_of_business: {is: medicaid}", "medicare: {is: yes}", "payer: {known: yes}"],
)
def test_other_conditions_do_not_say_which_payer_is_meant(plan: Path, applies: str) -> None:
    change(plan, GUIDANCE, APPLIES, f"applies:\n  {applies}\n")
    (letter,) = letters(plan)
    assert "speaks for every payer: nothing names `example-plan`" in letter


def test_the_rules_may_name_the_payer_instead(plan: Path) -> None:
    change(plan, GUIDANCE, APPLIES, "")
    assert len(letters(plan)) == 1
    change(plan, GUIDANCE, "    when:\n", "    when:\n      payer: {is: example-plan}\n")
    assert letters(plan) == []


def test_a_folder_without_payer_may_speak_for_everybody(plan: Path) -> None:
    change(plan, GUIDANCE, APPLIES, "")
    (plan / PAYER).unlink()
    assert letters(plan) == []


def test_of_medicare_s_own_folder_medicare_is_the_payer(plan: Path) -> None:
    change(plan, GUIDANCE, APPLIES, "applies:\n  medicare: {is: yes}\n")
    change(plan, PAYER, "payer: example-plan\nname: Example Plan", "payer: medicare-ffs\nname: Medicare")
    assert letters(plan) == []


def test_an_applies_that_cannot_be_read_is_not_called_missing(plan: Path) -> None:
    change(plan, GUIDANCE, "  payer: {is: example-plan}", "  payor: {is: example-plan}")
    (letter,) = letters(plan)
    assert "there is no fact `payor`" in letter


def test_many_payers_may_be_other_where_no_policy_stands_beside(plan: Path) -> None:
    more = plan.parent / "more"
    more.mkdir()
    (more / PAYER).write_text(
        "payer: other\nname: Some Plan\naliases:\n  - {name: some plan, match: starts}\n", "utf-8"
    )
    assert letters(plan) == []


def test_groups_of_a_payer_may_stand_in_a_further_file_under_its_name(plan: Path) -> None:
    more = plan.parent / "more"
    more.mkdir()
    text = (plan / PAYER).read_text("utf-8") + "programs:\n  - {value: G1, program: cvs-radonc}\n"
    (more / PAYER).write_text(text, "utf-8")
    assert letters(plan) == []
    change(more, PAYER, "name: Example Plan", "name: Zeta Plan")
    (letter,) = letters(plan)
    assert letter.startswith("more/payer.yaml:")
    assert "is called `Example Plan` in example-plan/payer.yaml:3, here `Zeta Plan`" in letter
