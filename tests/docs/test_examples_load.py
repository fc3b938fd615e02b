"""The example payer and every YAML block of the pages are files that the loader takes."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from cds_service.books import CATALOGUES, POLICIES, Library, load_library, run_policy_cases
from cds_service.engine.catalogue import load_catalogue
from cds_service.engine.conditions import Parser
from cds_service.engine.letters import Problem
from cds_service.engine.rules import Rule
from cds_service.engine.textyaml import parse_text_yaml
from cds_service.environment import table
from cds_service.facts.document_types import read_document_types
from cds_service.facts.given import build_case
from cds_service.facts.vocabulary import VOCABULARY
from cds_service.service import Advisor
from cds_service.trust.registry import parse_registry
from fhir_fixtures import stories
from scripts import docs_letters
from tests.conftest import ROOT
from tests.docs.pages import EXAMPLES, PAGES, Block, all_blocks, blocks

REQUEST = EXAMPLES / "gulf-palms" / "request.json"
MARKED = [block for block in all_blocks("yaml") if block.mark.startswith("check: ")]


@pytest.fixture(scope="module")
def library() -> Library:
    return load_library((POLICIES, EXAMPLES))


def read(text: str) -> Any:
    problems: list[Any] = []
    parsed = parse_text_yaml(text, "block", problems)
    assert parsed is not None, problems
    return parsed.data


def test_the_example_payer_has_rules_cases_and_nothing_missing(library: Library) -> None:
    report = run_policy_cases(library, (EXAMPLES,))
    assert [str(p) for p in report.problems if p.file.startswith("gulf-palms/")] == []
    rules = [rule for rule in library.engine.book.rules if rule.policy.startswith("gulf-palms.")]
    assert len({rule.id for rule in rules}) == 8
    assert len(rules) == 10
    assert {rule.name for rule in rules} <= set(report.spoke)


def test_the_example_payer_says_that_it_is_invented() -> None:
    for name in ("policy.md", "payer.yaml", "sources.yaml"):
        assert "nvented" in (EXAMPLES / "gulf-palms" / name).read_text("utf-8")
    assert "test health data" in REQUEST.read_text("utf-8")


def test_the_example_request_gets_one_card_of_each_severity(library: Library) -> None:
    answer = Advisor(library).advise("igrt-claim-review", REQUEST.read_bytes())
    assert answer.status == 200
    cards = json.loads(answer.encode())["cards"]
    assert [card["indicator"] for card in cards] == ["critical", "warning", "info"]
    rules = [card["extension"]["org.igrt-cds.findings"][0]["rules"] for card in cards]
    assert rules == [["GPHP-03", "AST-13"], ["GPHP-06"], ["GPHP-05"]]


def test_every_yaml_block_is_checked() -> None:
    for page in PAGES:
        marks = [block.mark for block in blocks(page) if block.language in ("yaml", "yml")]
        assert all(re.match(r"check: |begin: (file|excerpt) ", mark) for mark in marks), page.name


@pytest.mark.parametrize("block", MARKED, ids=lambda block: f"{block.place} {block.mark}")
def test_handwritten_yaml_is_understood(block: Block, library: Library, tmp_path: Path) -> None:
    data = read(block.text)
    what, *rest = block.mark.removeprefix("check: ").split()
    if what == "condition":
        sets = load_catalogue(CATALOGUES).sets
        scope: Any = rest[0]
        assert Parser(VOCABULARY, sets).parse(data, (), scope) is not None
    elif what == "given":
        case = build_case(data)
        assert len(case.units[0].lines) == len(data["lines"])
        assert case.units[0].member.payer in {p["payer"] for p in library.engine.book.payers}
    elif what == "trust":
        assert parse_registry(block.text, block.page, tmp_path).clients
    elif what == "document-types":
        file = tmp_path / "types.yaml"
        file.write_text(block.text, encoding="utf-8")
        problems: list[Problem] = []
        assert read_document_types(file, problems)
        assert problems == []
    elif what == "payer":
        (tmp_path / "site").mkdir()
        (tmp_path / "site" / "payer.yaml").write_text(block.text, encoding="utf-8")
        payers = load_library((POLICIES, tmp_path)).engine.book.payers
        assert len(payers) > len(load_library((POLICIES,)).engine.book.payers)
    elif what == "compose":
        known = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
        assert set(data["services"]) <= set(known)
        for name, made in data["services"].items():
            assert set(made) <= set(known[name])
            assert set(made.get("environment", {})) <= {row.variable for row in table()}
    else:
        assert what == "finding"
        assert set(data) == set(rest) | {"caps"}
        rule = rule_with(data)
        assert rule.finding.caps
        assert rule.finding.severity.steps


def rule_with(members: dict[str, Any]) -> Rule:
    """A rule of the example whose finding has these members, built by the loader's own builder."""
    from cds_service.engine.build import PolicyBuilder

    text = parse_text_yaml(
        (EXAMPLES / "gulf-palms" / "guidance.policy.yaml").read_text("utf-8"), "example", []
    )
    assert text is not None
    data: Any = text.data
    data["rules"] = data["rules"][:1]
    data["rules"][0]["finding"] |= members
    problems: list[Any] = []
    policy = PolicyBuilder(text, VOCABULARY, load_catalogue(CATALOGUES).sets, problems).policy()
    assert problems == []
    return policy.rules[0]


def test_a_slip_that_nobody_notices_is_told() -> None:
    same = docs_letters.Slip("nothing", "scope.policy.yaml", "severity: info", "severity: info")
    with pytest.raises(ValueError, match="Nobody notices"):
        docs_letters.letter(same)
    with pytest.raises(ValueError, match="no longer holds"):
        docs_letters.letter(docs_letters.Slip("gone", "scope.policy.yaml", "no such text", ""))


def test_the_example_travels(tmp_path: Path) -> None:
    """A folder of one's own needs nothing from the folder in which it was made."""
    shutil.copytree(EXAMPLES / "gulf-palms", tmp_path / "elsewhere" / "gulf-palms")
    library = load_library((POLICIES, tmp_path / "elsewhere"))
    assert any(policy.id == "gulf-palms.guidance" for policy in library.engine.book.policies)


def test_pages_show_fixtures_as_they_are() -> None:
    known = {json.dumps(story.request(), sort_keys=True) for story in stories()}
    shown = [block for block in all_blocks("json") if block.mark.startswith("begin: request ")]
    assert shown
    for block in shown:
        assert json.dumps(json.loads(block.text), sort_keys=True) in known
