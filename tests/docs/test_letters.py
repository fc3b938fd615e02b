"""Slips of an author that a schema cannot see: each is refused when the files are read, with a letter."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.books import POLICIES, load_library
from cds_service.engine.letters import PolicyError
from scripts.docs_letters import EXAMPLES, Slip, letter

SCOPE, GUIDANCE, COVERAGE = "scope.policy.yaml", "guidance.policy.yaml", "coverage.policy.yaml"
REVIEW = "        - {action: review}"
SUMMARY = '"Gulf Palms Advantage member:'

LETTERS = [
    ("remove-line", SCOPE, REVIEW, "        - {action: remove-line}", "needs a line, but the rule is"),
    (
        "add-line",
        SCOPE,
        REVIEW,
        "        - {action: add-line, code: 77387-TC}",
        "needs a line, but the rule is",
    ),
    (
        "reduce-units",
        SCOPE,
        REVIEW,
        "        - {action: reduce-units, to: 1}",
        "needs a line, but the rule is",
    ),
    (
        "others without others",
        GUIDANCE,
        "{action: add-modifier, modifier: 26}",
        "{action: add-modifier, modifier: 26, of: others}",
        "is `of: others`, but there are none",
    ),
    ("units in words", GUIDANCE, "reduce-units, to: 1}", "reduce-units, to: one}", "needs a number"),
    ("line of a unit", SCOPE, SUMMARY, '"{line} of a member:', "gap {line}, which nothing fills"),
    ("items outside a checklist", SCOPE, SUMMARY, '"{items} of a member:', "gap {items}, which nothing"),
    (
        "others in a text without them",
        SCOPE,
        SUMMARY,
        '"{others} of a member:',
        "gap {others}, which nothing",
    ),
    ("lines in a text", SCOPE, SUMMARY, '"{lines_of_claim} of a member:', "gap {lines_of_claim}, which"),
    (
        "a formatted gap",
        GUIDANCE,
        '"{units} units of {code} on',
        '"{units:d} units of {code} on',
        "formats the gap",
    ),
    (
        "a gap of the question",
        COVERAGE,
        'question: "No reason',
        'question: "{reason}: no reason',
        "gap {reason}, which nothing fills",
    ),
    (
        "equal to a fact",
        GUIDANCE,
        "units: {more_than: {fact: fractions_of_date}}",
        "units: {is: {fact: fractions_of_date}}",
        "`is` compares with a value, not with `fractions_of_date`",
    ),
    (
        "a line's number inside a unit's condition",
        SCOPE,
        "lines_of_claim: {some: {code: {in: {set: image-guidance}}}}",
        "lines_of_claim: {some: {code: {is: 77387}}}\n      fractions_of_date: {at_least: 1}",
        "fact `fractions_of_date` is about a line",
    ),
    (
        "a misspelt reason of a remedy",
        COVERAGE,
        "          indications: [implanted-fiducials,",
        "          indications: [implanted-fiducial,",
        "offers the reason `implanted-fiducial`, which nobody reads",
    ),
    (
        "a misspelt reason of a condition",
        COVERAGE,
        "indications: {has_none: [implanted-fiducials,",
        "indications: {has_none: [implanted-fiducial,",
        "`indications` is never 'implanted-fiducial'",
    ),
    (
        "a misspelt payer in a list",
        GUIDANCE,
        "G6017}\n",
        "G6017}\n      payer: {in: [gulf-palms, molinna]}\n",
        "`molinna`",
    ),
]


@pytest.mark.parametrize(("told", "file", "old", "new", "said"), LETTERS, ids=[told for told, *_ in LETTERS])
def test_the_slip_is_refused_with_its_place(told: str, file: str, old: str, new: str, said: str) -> None:
    found = letter(Slip(told, file, old, new))
    assert found.file == f"gulf-palms/{file}"
    assert found.line > 0
    assert found.rule
    assert said in found.what
    assert found.remedy


def test_a_lost_rule_is_not_called_a_missing_one() -> None:
    """Mending the rule is enough: nobody is told to write it again for its statement."""
    with pytest.raises(PolicyError) as refused:
        _load_with(GUIDANCE, "reduce-units, to: 1}", "reduce-units, to: one}")
    assert [p.rule for p in refused.value.problems] == ["more-guidance-units-than-the-plan-takes"]


def _load_with(file: str, old: str, new: str) -> None:
    import shutil
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        shutil.copytree(EXAMPLES / "gulf-palms", Path(name) / "gulf-palms")
        changed = Path(name) / "gulf-palms" / file
        changed.write_text(changed.read_text("utf-8").replace(old, new, 1), "utf-8")
        load_library((POLICIES, Path(name)))


def test_a_folder_without_policies_is_no_folder_of_policies(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="holds no policy files"):
        load_library((POLICIES, tmp_path))
    with pytest.raises(PolicyError, match="is no folder"):
        load_library((POLICIES, tmp_path / "missing"))
    (tmp_path / "payer.yml").write_text("payer: x\n", "utf-8")
    with pytest.raises(PolicyError, match=r"payer\.yml: has a name that no policy folder knows"):
        load_library((POLICIES, tmp_path))
