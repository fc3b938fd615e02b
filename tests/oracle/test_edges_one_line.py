"""Lines of one date that would become one line (rulebook 1.7), on which the two readings have to agree."""

from __future__ import annotations

from itertools import permutations, product

import pytest

from tests.oracle.agreement import describe, disagreement
from tests.oracle.claims import DAY, NEW, P, T, claim, method
from tests.oracle.model import Line, Scenario

PAYERS = (
    "medicare-ffs",
    "florida-blue-ma",
    "florida-blue",
    "other",
    "molina-medicaid",
    "molina-marketplace",
    "molina-medicare",
)
METHODS = ((), ("ct",), ("ct", "ultrasound"), ("intrafraction-tracking",))
LINES = (
    ("TC and 26", "22", (), (("77387", T), ("77387", P))),
    ("bare and 26", "22", (), (("77387", ()), ("77387", P))),
    ("whole and 26", "11", ("G6003", "G6015"), (("77387", P), ("77387", ()))),
    # MOL-11's hint at a Medicare member's technical line meets MOL-16 in an office with IMRT.
    ("whole and TC", "11", ("G6003",), (("77387", T), ("77387", ()))),
    ("whole beside TC", "11", ("77386", "G6015"), (("77014", T), ("77387", ()))),
    ("26 beside TC", "22", (), (("G6002", T), ("77387", P))),
    ("two of another method", "22", (), (("G6002", T), ("G6002", P))),
    ("two methods", "11", ("G6003",), (("G6002", ()), ("G6001", ()))),
    ("ended and 77387", "22", (), (("77421", P), ("77387", P))),
    ("ended as TC and as 26", "22", (), (("77421", T), ("77421", P))),
    ("ended and standing", "11", ("G6003", "G6015"), (("77421", ()), ("G6002", ()))),
    ("ended alone", "11", ("G6015", "77386"), (("76950", ()),)),
    ("ended and tracking", "11", ("G6003",), (("0197T", ()), ("77387", ()))),
)


def scenarios() -> list[Scenario]:
    """Every payer, delivery and method, with the lines in either order."""
    made = []
    for (name, pos, deliveries, lines), payer, methods in product(LINES, PAYERS, METHODS):
        for delivery, order in product(deliveries or ("",), permutations(lines)):
            here = [Line(delivery, DAY)] if delivery else []
            here += [Line(code, DAY, modifiers) for code, modifiers in order]
            said = f"{name}, {payer}, {'+'.join(line.label.split()[1] for line in here)}, {'+'.join(methods)}"
            made.append(claim(said, payer, pos, *here, records=method(*methods) if methods else ()))
    return made


def of_2026() -> list[Scenario]:
    """Superficial treatment with ultrasound, and CT of a day of planning."""
    made = []
    lines = (
        ("77437", ("G6001", ()), ("77014", ())),
        ("77437", ("G6001", T), ("G6017", ())),
        ("77438", ("77439", ()), ("G6001", P)),
        ("77438", ("77439", T), ("G6001", P)),
        ("77438", ("77421", ()), ("77387", ())),
        ("77437", ("77402", ()), ("G6001", ())),
        ("77301", ("77014", ()), ("G6002", ())),
        ("77290", ("77014", P), ("77387", P)),
    )
    for (other, *codes), pos, payer in product(lines, ("11", "22", None), ("other", "medicare-ffs")):
        for order in permutations(codes):
            here = [Line(other, NEW), *(Line(code, NEW, modifiers) for code, modifiers in order)]
            said = f"2026, {payer}, {pos}, {'+'.join(line.label.split()[1] for line in here)}"
            made.append(claim(said, payer, pos, *here, records=method("ultrasound")))
    return made


@pytest.mark.parametrize("scenario", [*scenarios(), *of_2026()], ids=lambda scenario: scenario.name)
def test_the_readings_agree_on_one_line(scenario: Scenario) -> None:
    if any(disagreement(scenario)):
        pytest.fail(describe(scenario), pytrace=False)
