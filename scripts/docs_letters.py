"""The letters that docs/add-a-payer.md shows: each is provoked by one slip in the example payer."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cds_service.books import POLICIES, load_library, run_policy_cases
from cds_service.engine.letters import PolicyError, Problem

EXAMPLES = Path(__file__).resolve().parent.parent / "docs" / "examples"
PAYER = "gulf-palms"


@dataclass(frozen=True)
class Slip:
    """One change to one file of the example; `rename` gives the file another name instead."""

    told: str
    file: str
    old: str = ""
    new: str = ""
    rename: str = ""


SLIPS = (
    Slip(
        "a text with a colon, without quotes",
        "guidance.policy.yaml",
        'summary: "Gulf Palms: report the physician\'s part of guidance as {code}-26."',
        "summary: Gulf Palms: report the physician's part of guidance as {code}-26.",
    ),
    Slip("a tab instead of blanks", "scope.policy.yaml", "applies:\n  payer", "applies:\n\tpayer"),
    Slip(
        "the same key twice",
        "scope.policy.yaml",
        "    for_each: unit\n",
        "    for_each: unit\n    for_each: unit\n",
    ),
    Slip("a misspelt member", "guidance.policy.yaml", "    hooks: [claim]", "    hook: [claim]"),
    Slip("a misspelt value", "scope.policy.yaml", "severity: info", "severity: information"),
    Slip("a misspelt fact", "guidance.policy.yaml", "modifiers: {has_none", "modifier: {has_none"),
    Slip("a misspelt payer", "scope.policy.yaml", "payer: {is: gulf-palms}", "payer: {is: gulf-plams}"),
    Slip(
        "an operator of another type",
        "guidance.policy.yaml",
        "units: {more_than: 1}",
        "units: {has_any: [1]}",
    ),
    Slip(
        "an answer that the fact never gives",
        "guidance.policy.yaml",
        "side: {is: physician-in-hospital}",
        "side: {is: physician}",
    ),
    Slip("a set that does not exist", "scope.policy.yaml", "set: image-guidance", "set: igrt"),
    Slip(
        "a fact about a line in a rule for each unit",
        "scope.policy.yaml",
        "line_of_business: {is: medicare-advantage}",
        "code: {is: 77387}",
    ),
    Slip(
        "a gap that nothing fills",
        "scope.policy.yaml",
        '"Gulf Palms Advantage member:',
        '"{code} of a Gulf Palms Advantage member:',
    ),
    Slip(
        "a remedy without its member",
        "guidance.policy.yaml",
        "{action: replace, to: {fact: codes_of_method}}",
        "{action: replace}",
    ),
    Slip(
        "a suggested code that is not valid on all days of the rule",
        "guidance.policy.yaml",
        "{action: replace, to: 77387}",
        "{action: replace, to: 77421}",
    ),
    Slip(
        "a ladder without its last step",
        "guidance.policy.yaml",
        "          - otherwise:\n",
        "          - when: {code: {is: 77014}}\n            then:\n",
    ),
    Slip(
        "versions that share a day",
        "guidance.policy.yaml",
        "effective: {from: 2025-07-01, through: 2025-12-31}",
        "effective: {from: 2025-06-30, through: 2025-12-31}",
    ),
    Slip(
        "days without any version",
        "guidance.policy.yaml",
        "effective: {from: 2025-07-01, through: 2025-12-31}",
        "effective: {from: 2025-07-03, through: 2025-12-31}",
    ),
    Slip(
        "a rule older than its document",
        "scope.policy.yaml",
        "effective: {from: 2023-07-01}",
        "effective: {from: 2023-01-01}",
    ),
    Slip("a statement that nobody registered", "scope.policy.yaml", "[GPHP-01]", "[GPHP-01, GPHP-10]"),
    Slip(
        "a statement with neither rule nor reason",
        "sources.yaml",
        "        not_modelled: Background; it asks for nothing that a claim or order could show.\n",
        "",
    ),
    Slip(
        "an exception to a rule that does not exist",
        "guidance.policy.yaml",
        "overrides: [tracking-beside-other-guidance, tracking-beside-77387]",
        "overrides: [tracking-beside-guidance]",
    ),
    Slip(
        "`ask` without a question",
        "coverage.policy.yaml",
        '      question: "No reason for guidance is coded: needed if treatment is 3D conformal, 2D or electron."\n',
        "",
    ),
    Slip("a difference that nobody resolves", "resolutions.yaml", "and: [AST-05, AST-27]", "and: [AST-05]"),
    Slip("a resolution of nothing", "resolutions.yaml", "[AST-05, AST-27]", "[AST-05, AST-27, AST-30]"),
    Slip("a point that does not exist", "positions.yaml", "point: guidance-codes", "point: guidance-code"),
    Slip("a file with another name", "scope.policy.yaml", rename="scope.policies.yaml"),
    Slip("one value where a list is meant", "coverage.cases.yaml", "technique: [3dcrt]", "technique: 3dcrt"),
    Slip(
        "a case that expects something else",
        "scope.cases.yaml",
        "severity: info",
        "severity: warning",
    ),
    Slip("a rule without its first day in the cases", "scope.cases.yaml", "      speaks: [2023-07-01]\n", ""),
)


def letter(slip: Slip, policies: Path = POLICIES) -> Problem:
    """The first letter about the example payer that the slip provokes.

    Raises:
        ValueError: the slip changes nothing, or nobody notices it.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(EXAMPLES / PAYER, folder / PAYER)
        file = folder / PAYER / slip.file
        text = file.read_text("utf-8")
        if slip.rename:
            file.rename(file.with_name(slip.rename))
        elif slip.old not in text:
            raise ValueError(f"{slip.file} no longer holds {slip.old!r}. Correct scripts/docs_letters.py.")
        else:
            file.write_text(text.replace(slip.old, slip.new, 1), "utf-8")
        # Half the package is enough for most letters, and loads in a fraction of the time.
        for base in (policies / "astro", policies):
            for problem in _problems(folder, base):
                if problem.file.startswith(PAYER):
                    return problem
    raise ValueError(f"Nobody notices {slip.told!r}. A check is missing.")


def _problems(folder: Path, policies: Path) -> Iterator[Problem]:
    try:
        library = load_library((policies, folder))
    except PolicyError as error:
        yield from error.problems
        return
    yield from run_policy_cases(library, (folder,)).problems
