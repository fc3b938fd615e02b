"""Hand-written Medicare claims: what follows from the rules, what the oracle says and what the product says."""

from __future__ import annotations

import pytest

from tests.oracle.lcd_agreement import differences, oracle, product, scenario_text
from tests.oracle.lcd_case import Hand, told
from tests.oracle.lcd_hand import HAND


def _name(hand: Hand) -> str:
    return hand.scenario.name


def test_no_two_cases_have_one_name() -> None:
    assert len({_name(hand) for hand in HAND}) == len(HAND)


@pytest.mark.parametrize("hand", HAND, ids=_name)
def test_the_oracle_says_what_follows_by_hand(hand: Hand) -> None:
    assert told(oracle(hand.scenario)) == sorted(hand.expected), scenario_text(hand.scenario)


@pytest.mark.parametrize("hand", HAND, ids=_name)
def test_the_product_says_what_follows_by_hand(hand: Hand) -> None:
    if any(differences(hand.scenario)):
        found = told(product(hand.scenario))
        assert found == sorted(hand.expected), scenario_text(hand.scenario)
