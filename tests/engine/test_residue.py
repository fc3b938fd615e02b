"""Which parts of a condition are settled by indexed facts alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from cds_service.engine.conditions import Parser
from cds_service.engine.model import UNKNOWN
from cds_service.engine.residue import node_of, residue
from cds_service.engine.vocabulary import Vocabulary
from tests.engine.world import CATALOGUE, VOCABULARY, world


@pytest.mark.parametrize(
    ("indexed", "tree", "settled"),
    [
        ((), {"line_choice": {"is": "a"}}, False),
        (("line_choice",), {"line_choice": {"is": "a"}}, True),
        (("line_choice",), {"not": {"line_choice": {"is": "a"}}}, True),
        (("line_choice",), {"line_choice": {"is": "a"}, "unit_choice": {"is": "a"}}, False),
        (("line_choice", "unit_choice"), {"line_choice": {"is": "a"}, "unit_choice": {"is": "a"}}, True),
        (("line_number",), {"line_number": {"more_than": {"fact": "limit"}}}, False),
        (("limit",), {"line_number": {"more_than": {"fact": "limit"}}}, False),
        (("line_number", "limit"), {"line_number": {"more_than": {"fact": "limit"}}}, True),
        # Other lines may be alike or not, whatever the line itself is like.
        (("other_lines", "code"), {"other_lines": {"some": {"code": {"is": "77387"}}}}, False),
    ],
)
def test_what_indexed_facts_settle(indexed: tuple[str, ...], tree: Any, settled: bool) -> None:
    facts = {name: replace(fact, indexed=name in indexed) for name, fact in VOCABULARY.items()}
    condition = Parser(cast(Vocabulary, facts), CATALOGUE.sets).parse(tree, (), "line")
    assert node_of(condition, "line").settled is settled


@pytest.mark.parametrize(
    ("how", "rest", "expected"),
    [
        ("all", True, UNKNOWN),
        ("all", False, False),
        ("all", UNKNOWN, UNKNOWN),
        ("any", True, True),
        ("any", False, UNKNOWN),
        ("any", UNKNOWN, UNKNOWN),
    ],
)
def test_a_part_that_is_not_known_is_neither_true_nor_false(how: str, rest: Any, expected: Any) -> None:
    """The claim's fact is settled before, and nobody told it; the line's is asked afterwards."""
    facts = {name: replace(fact, indexed=name == "unit_yes_no") for name, fact in VOCABULARY.items()}
    tree = {how: [{"unit_yes_no": {"is": "yes"}}, {"line_yes_no": {"is": "yes"}}]}
    condition = Parser(cast(Vocabulary, facts), CATALOGUE.sets).parse(tree, (), "line")
    (line,) = world("77387", line_yes_no=rest).units[0].lines
    left = residue(node_of(condition, "line"), line)
    assert callable(left)
    assert left(line) is expected
    holding = residue(node_of(condition, "line"), line, whole=False)
    assert callable(holding) is (how == "any"), "what is not known cannot hold"
    assert ((holding(line) if callable(holding) else holding) is True) is (expected is True)


def test_what_is_not_known_is_not_known_under_a_not() -> None:
    indexed = ("unit_yes_no", "unit_choice")
    facts = {name: replace(fact, indexed=name in indexed) for name, fact in VOCABULARY.items()}
    known = {"any": [{"unit_choice": {"is": "a"}}, {"line_yes_no": {"is": "yes"}}]}
    tree = {"not": {"all": [{"unit_yes_no": {"is": "yes"}}, known]}}
    condition = Parser(cast(Vocabulary, facts), CATALOGUE.sets).parse(tree, (), "line")
    (line,) = world("77387", unit_choice="a").units[0].lines
    assert residue(node_of(condition, "line"), line) is UNKNOWN
    assert residue(node_of(condition, "line"), line, whole=False) is False
