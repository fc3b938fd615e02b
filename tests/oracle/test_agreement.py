"""Random claims and orders: the product and the oracle, two readings of the same rules, have to say the same.

`IGRT_ORACLE_SCENARIOS` sets how many scenarios of each family are tried (400 when unset), `IGRT_ORACLE_SEED` their
seed. The standard run allows no difference. Longer ones meet claims on which several rules of one line point different
ways, where the rulebook leaves the choice open: there 98 in 100 have to agree, and the others are printed to be judged.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest

from tests.oracle.agreement import WHOLE, describe, differences, tell
from tests.oracle.evaluator import evaluate
from tests.oracle.model import PAYERS, Finding, Scenario
from tests.oracle.product import answer
from tests.oracle.scenarios import random_scenario
from tests.oracle.scenarios_payers import MOLINA, payer_scenario

SEED = os.environ.get("IGRT_ORACLE_SEED", "2026")
COUNT = int(os.environ.get("IGRT_ORACLE_SCENARIOS", "400"))
CHUNKS = 4
SHOWN = 5
FAMILIES = ("any payer", "molina", "cvs", "span")
PARTS = [(family, number) for family in FAMILIES for number in range(CHUNKS)]


def _chunk(family: str, number: int) -> list[Scenario]:
    numbers = range(number, COUNT, CHUNKS)
    if family == "any payer":
        return [random_scenario(f"{SEED}/{n}") for n in numbers]
    return [payer_scenario(f"{family}/{SEED}/{n}") for n in numbers]


@pytest.mark.parametrize(("family", "number"), PARTS)
def test_the_product_agrees_with_the_oracle(family: str, number: int) -> None:
    wrong = []
    chunk = _chunk(family, number)
    for scenario in chunk:
        if any(differences(scenario, answer(scenario), evaluate(scenario))):
            wrong.append(scenario)
    allowed = len(chunk) // 50 if COUNT > 400 else 0
    if len(wrong) > allowed:
        told = "\n\n".join(describe(scenario) for scenario in wrong[:SHOWN])
        pytest.fail(f"{len(wrong)} scenarios disagree, the first:\n\n{told}", pytrace=False)


@pytest.mark.parametrize(("family", "number"), PARTS)
def test_one_finding_for_a_line_and_remedy(family: str, number: int) -> None:
    """M-1: rules that propose the same for the same line are one finding."""
    wrong = []
    for scenario in _chunk(family, number):
        twice = _told_twice(answer(scenario))
        if twice:
            wrong.append(f"{scenario.name} {scenario.payer}: {twice}")
    assert wrong[:SHOWN] == []


def _told_twice(found: tuple[Finding, ...]) -> list[str]:
    at_lines = [f for f in found if f.kind not in WHOLE]
    count = Counter((label, f.remedies) for f in at_lines for label in f.lines)
    return [tell(f) for f in at_lines if any(count[label, f.remedies] > 1 for label in f.lines)]


@pytest.mark.parametrize("family", FAMILIES)
def test_scenarios_are_reproducible_and_varied(family: str) -> None:
    scenarios = _chunk(family, 0)
    assert scenarios == _chunk(family, 0)
    assert len({scenario.payer for scenario in scenarios}) == len(MOLINA if family == "molina" else PAYERS)
    kinds = {finding.kind for scenario in scenarios for finding in evaluate(scenario)}
    assert len(kinds) > 8
