"""Where the product and the oracle part: a table of classes of disagreement, each with its smallest example.

python -m tests.oracle.lcd_table [COUNT] [SEED]
"""

from __future__ import annotations

import sys
from collections import defaultdict

from tests.oracle.lcd_agreement import Answer, describe, differences
from tests.oracle.lcd_hand import HAND
from tests.oracle.lcd_model import LcdScenario
from tests.oracle.lcd_scenarios import random_scenario


def classes(scenarios: list[LcdScenario]) -> dict[str, list[LcdScenario]]:
    """Scenarios that disagree, by who says what with which rule."""
    found: dict[str, list[LcdScenario]] = defaultdict(list)
    for scenario in scenarios:
        theirs, ours = differences(scenario)
        for key in {*_keys("product", theirs), *_keys("oracle", ours)}:
            found[key].append(scenario)
    return found


def _keys(who: str, found: Answer) -> set[str]:
    return {
        f"{who} only: {'+'.join(sorted(rules))} {a.kind} {a.severity} [{' | '.join(r.split()[0] for r in a.remedies)}]"
        for a, rules in found.items()
    }


def _size(scenario: LcdScenario) -> int:
    papers = len(scenario.papers) + len(scenario.attached_papers)
    return len(scenario.lines) * 3 + sum(2 + len(c.lines) * 2 for c in scenario.history) + papers


def main(count: int, seed: str) -> None:
    """Prints the table, then one smallest example for each class."""
    scenarios = [hand.scenario for hand in HAND] + [random_scenario(f"{seed}/{n}") for n in range(count)]
    found = classes(scenarios)
    wrong = {s.name for group in found.values() for s in group}
    print(
        f"{len(scenarios)} scenarios, {len(wrong)} disagree ({100 - 100 * len(wrong) / len(scenarios):.2f} % agree)"
    )
    for key, group in sorted(found.items(), key=lambda item: -len(item[1])):
        print(f"{len(group):5}  {key}")
    for key, group in sorted(found.items(), key=lambda item: -len(item[1])):
        print(f"\n## {key} ({len(group)})")
        print(describe(min(group, key=_size)))


if __name__ == "__main__":
    arguments = sys.argv[1:]
    main(int(arguments[0]) if arguments else 400, arguments[1] if len(arguments) > 1 else "lcd")
