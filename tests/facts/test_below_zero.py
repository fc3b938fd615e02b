"""A claim line with a quantity below zero takes another one back, and bills nothing (contract section 3)."""

from __future__ import annotations

import json

import pytest

from cds_service.facts.assemble import Given, assemble
from tests.facts.build import TODAY, Json, case, claim, filled, item, knowledge


def billed(quantity: float, id: str = "c1") -> Json:
    return claim(item("77386", 1), item("77387", 2, quantity={"value": quantity}), id=id)


@pytest.mark.parametrize(
    ("quantity", "codes"), [(-1, ["77386"]), (0, ["77386", "77387"]), (1, ["77386", "77387"])]
)
def test_a_line_below_zero_is_none(quantity: float, codes: list[str]) -> None:
    under_review = case(billed(quantity)).units[0]
    assert [line.code for line in under_review.lines] == codes
    history = case(claim(item("77300"), id="c2"), beside=[billed(quantity)]).history
    assert [line.code for line in history] == codes


def test_it_is_told_on_the_claim_under_review_only() -> None:
    pool = filled(billed(-1, "earlier"))
    entry = pool.add(json.dumps(billed(-1)).encode(), "context.claims")
    assert entry is not None
    assemble(Given("claim", TODAY, [entry], False), pool, knowledge())
    assert [(t.why, t.path, t.what) for t in pool.troubles] == [
        ("unreadable", "Claim.item[1].quantity", "below zero")
    ]
