"""Which parts of a condition are settled by indexed facts alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from cds_service.engine.conditions import Parser
from cds_service.engine.residue import node_of
from cds_service.engine.vocabulary import Vocabulary
from tests.engine.world import CATALOGUE, VOCABULARY


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
