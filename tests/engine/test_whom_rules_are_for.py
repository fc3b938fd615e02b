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
        pytest.param("payer: {in: [example-plan, molina]}", id="a second payer beside its own"),
        pytest.param("programs: {has_any: [cvs-radonc]}", id="a programme"),
        pytest.param(
            "any: [{payer: {is: example-plan}}, {programs: {is: cvs-radonc}}]", id="a bound on each branch"
        ),
        pytest.param(
            "all: [{payer: {is: example-plan}}, {any: [{state: {is: FL}}, {medicare: {is: yes}}]}]",
            id="a bound on one part of all",
        ),
        pytest.param("{payer: {is: example-plan}, medicare: {is: yes}}", id="its members of Medicare"),
        pytest.param(
            "lines_of_claim: {some: {code: {is: 77387}, payer: {is: example-plan}}}", id="asked of a line"
        ),
    ],
)
def test_a_file_beside_a_payer_may_say_in_other_words_that_it_is_its_own(plan: Path, applies: str) -> None:
    change(plan, GUIDANCE, APPLIES, f"applies:\n  {applies}\n")
    assert letters(plan) == []


@pytest.mark.parametrize(
    "applies",
    [
        pytest.param("line_of_business: {is: medicaid}", id="a line of business"),
        pytest.param("medicare: {is: yes}", id="medicare"),
        pytest.param("payer: {known: yes}", id="any known payer"),
        pytest.param("payer: {is_not: molina}", id="all payers but one"),
        pytest.param("payer: {not_in: [molina, florida-blue]}", id="all payers but some"),
        pytest.param("programs: {has_none: [cvs-radonc]}", id="all members outside a programme"),
        pytest.param(
            "any: [{payer: {is: example-plan}}, {state: {is: FL}}]", id="one branch without a bound"
        ),
        pytest.param("not: {payer: {is: example-plan}}", id="everybody else"),
        pytest.param(
            "lines_of_claim: {none: {code: {is: 77387}, payer: {is: example-plan}}}", id="no line of its own"
        ),
        pytest.param("plan: {is: other}", id="a plan of many payers"),
    ],
)
def test_a_condition_that_leaves_other_payers_in_is_refused(plan: Path, applies: str) -> None:
    change(plan, GUIDANCE, APPLIES, f"applies:\n  {applies}\n")
    (letter,) = letters(plan)
    assert "speaks for other payers too: nothing bounds it to `example-plan`" in letter
    assert "Write `payer: {is: example-plan}` in `applies`" in letter


@pytest.mark.parametrize(
    ("applies", "named"),
    [
        pytest.param("payer: {is: florida-blue}", "`florida-blue`", id="as copied"),
        pytest.param("payer: {in: [florida-blue, molina]}", "`florida-blue` and `molina`", id="two others"),
        pytest.param("plan: {is: molina-medicare}", "`molina`", id="a plan of another"),
        pytest.param("payer: {is: unknown}", "`unknown`", id="nobody recognised"),
        pytest.param(
            "{payer: {is: florida-blue}, programs: {has_any: [cvs-radonc]}}",
            "`florida-blue`",
            id="another payer's members of a programme",
        ),
        pytest.param(
            "all: [{payer: {in: [example-plan, molina]}}, {payer: {is: molina}}]",
            "`molina`",
            id="what is left of two bounds",
        ),
    ],
)
def test_rules_of_another_payer_do_not_stand_beside_a_payer(plan: Path, applies: str, named: str) -> None:
    change(plan, GUIDANCE, APPLIES, f"applies:\n  {applies}\n")
    (letter,) = letters(plan)
    assert letter == (
        f"example-plan/guidance.policy.yaml:4: is for {named}, and beside it stands the payer.yaml of "
        "`example-plan`. Write `payer: {is: example-plan}`, or move it to a folder without payer.yaml."
    )


def test_a_single_rule_of_another_payer_gets_the_letter(plan: Path) -> None:
    change(plan, GUIDANCE, "    when:\n", "    when:\n      payer: {is: molina}\n")
    (letter,) = letters(plan)
    assert " [guidance-without-26]: is for `molina`, and beside it stands" in letter


def test_a_folder_of_two_payers_may_speak_for_either(plan: Path) -> None:
    listed = [line for line in (plan / PAYER).read_text("utf-8").splitlines() if line[:1] != "#"]
    one = "\n".join(f"    {line}" for line in listed)
    two = one.replace("example-plan", "second-plan").replace("Example", "Second").replace("example", "second")
    text = f"payers:\n  -\n{one}\n  -\n{two}\n"
    (plan / PAYER).write_text(text, "utf-8")
    change(plan, GUIDANCE, "payer: {is: example-plan}", "payer: {is: second-plan}")
    assert letters(plan) == []


@pytest.mark.parametrize("payer", ["payer", "payer_on_date"])
def test_the_rules_may_name_the_payer_instead(plan: Path, payer: str) -> None:
    change(plan, GUIDANCE, APPLIES, "")
    assert len(letters(plan)) == 1
    change(plan, GUIDANCE, "    when:\n", f"    when:\n      {payer}: {{is: example-plan}}\n")
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


def test_a_document_of_another_folder_is_refused_where_all_cites_are_its_own(plan: Path) -> None:
    change(plan, GUIDANCE, "document: example-plan-igrt", "document: molina-igrt")
    (letter,) = letters(plan)
    assert letter == (
        "example-plan/guidance.policy.yaml:3: names the document `molina-igrt` of molina/sources.yaml, but its rules "
        "cite none of its statements. Name the document that they carry out: example-plan-igrt."
    )
    change(plan, GUIDANCE, "cites: [EXP-01]", "cites: [EXP-01, MOL-13]")
    assert letters(plan) == []


ENDED = "effective: {from: 2026-01-01}"


def ended(plan: Path, codes: str) -> list[str]:
    change(plan, GUIDANCE, "effective: {from: 2024-01-01}", ENDED)
    change(plan, GUIDANCE, "code: {in: [77387]}", f"code: {{in: [{codes}]}}")
    return [letter for letter in letters(plan) if "never speaks" in letter]


def test_a_rule_about_codes_that_have_ended_never_speaks(plan: Path) -> None:
    assert ended(plan, "G6002, 77421")


@pytest.mark.parametrize("codes", ["G6002, 77387", "77387"])
def test_one_code_that_goes_on_is_enough(plan: Path, codes: str) -> None:
    assert ended(plan, codes) == []


@pytest.mark.parametrize("kind", ["coverage-necessity", "documentation", "code-effective-date"])
def test_what_is_said_beside_an_invalid_code_may_speak_of_it(plan: Path, kind: str) -> None:
    change(plan, GUIDANCE, "kind: modifier", f"kind: {kind}")
    assert ended(plan, "G6002") == []


def test_a_rule_may_speak_of_an_ended_code_where_one_overrides_its_validity(plan: Path) -> None:
    change(plan, GUIDANCE, "    when:\n", "    overrides: [guidance-code-ended-2025]\n    when:\n")
    assert ended(plan, "G6002") == []


@pytest.mark.parametrize(
    "number",
    [
        '{value: "61101", kind: clearinghouse, confidence: low}',
        '{value: "87726", kind: clearinghouse, confidence: low}',
    ],
    ids=["humana", "unitedhealthcare"],
)
def test_a_payer_may_have_the_names_and_numbers_of_one_without_a_policy(plan: Path, number: str) -> None:
    change(plan, PAYER, "aliases:\n", "aliases:\n  - {name: humana, match: starts}\n")
    change(plan, PAYER, "aliases:\n", f"identifiers:\n  - {number}\naliases:\n")
    assert letters(plan) == []


def test_a_number_of_a_payer_with_a_policy_is_refused_however_its_system_is_written(plan: Path) -> None:
    system = "urn:oid:2.16.840.1.113883.6.300/"
    number = f'{{value: "98167", system: "{system}", kind: clearinghouse, confidence: low}}'
    change(plan, PAYER, "aliases:\n", f"identifiers:\n  - {number}\naliases:\n")
    (letter,) = letters(plan)
    assert "already stands for the payer `florida-blue` (florida-blue/payer.yaml:" in letter
    assert letter.endswith("if they are one payer, write its rules for `florida-blue`.")


def test_two_payers_with_names_of_their_own_may_not_share_what_a_list_has_too(plan: Path) -> None:
    change(plan, PAYER, "aliases:\n", "aliases:\n  - {name: humana, match: starts}\n")
    other = Path(shutil.copytree(plan, plan.parent / "second-plan"))
    for file in other.iterdir():
        file.write_text(
            file.read_text("utf-8").replace("example-plan", "second-plan").replace("EXP-", "SEC-"), "utf-8"
        )
    assert any("`humana` already stands for the payer `example-plan`" in letter for letter in letters(plan))
