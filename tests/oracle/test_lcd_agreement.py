"""Random Medicare claims and orders: the product and the oracle have to say the same.

`IGRT_ORACLE_SCENARIOS` and `IGRT_ORACLE_SEED` as in `test_agreement`. 98 in 100 have to agree; most of the others are
claims on which several rules of one course point different ways. `python -m tests.oracle.lcd_table` prints the
classes of disagreement of a longer run, each with its smallest example.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest

from tests.oracle.lcd_agreement import describe, differences, oracle, told_by_product
from tests.oracle.lcd_model import LcdScenario
from tests.oracle.lcd_scenarios import random_scenario

SEED = os.environ.get("IGRT_ORACLE_SEED", "2026")
COUNT = int(os.environ.get("IGRT_ORACLE_SCENARIOS", "400"))
CHUNKS = 8
SHOWN = 5


def _chunk(number: int) -> list[LcdScenario]:
    return [random_scenario(f"{SEED}/{n}") for n in range(number, COUNT, CHUNKS)]


@pytest.mark.parametrize("number", range(CHUNKS))
def test_the_product_agrees_with_the_oracle_on_medicare(number: int) -> None:
    wrong = [scenario for scenario in _chunk(number) if any(differences(scenario))]
    allowed = len(_chunk(number)) // 50
    if len(wrong) > allowed:
        told = "\n\n".join(describe(scenario) for scenario in wrong[:SHOWN])
        pytest.fail(f"{len(wrong)} scenarios disagree, the first:\n\n{told}", pytrace=False)


@pytest.mark.parametrize("number", range(CHUNKS))
def test_one_finding_for_a_line_and_remedy_of_medicare(number: int) -> None:
    """M-1: rules that propose the same for the same line are one finding. LCD-25 is a reminder for the course and
    stands by itself."""
    wrong = []
    for scenario in _chunk(number):
        told = [atom for atom, rules in told_by_product(scenario) if atom.line and "LCD-25" not in rules]
        count = Counter((atom.line, atom.remedies) for atom in told)
        wrong += [f"{scenario.name}: {key}" for key, times in count.items() if times > 1]
    assert wrong[:SHOWN] == []


def test_scenarios_are_reproducible_and_every_rule_is_met() -> None:
    scenarios = [random_scenario(f"lcd/{n}") for n in range(2500)]
    assert scenarios[:50] == [random_scenario(f"lcd/{n}") for n in range(50)]
    met = {rule for scenario in scenarios for rules in oracle(scenario).values() for rule in rules}
    numbers = (
        5,
        23,
        24,
        25,
        *range(27, 38),
        *range(40, 46),
        47,
        *range(49, 52),
        53,
        55,
        56,
        *range(61, 67),
        74,
    )
    wanted = {f"LCD-{n:02d}" for n in (*numbers, 78, 79, 84)}
    assert wanted - met == set()
