"""Small Molina claims at the edges of its rules, on which the two readings have to agree."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tests.oracle.agreement import describe, disagreement
from tests.oracle.claims import DAY, NEW, OLD, P, T, claim, coded, earlier, method
from tests.oracle.model import Line, Record, Scenario

MEDICAID, MARKET, MEDICARE = "molina-medicaid", "molina-marketplace", "molina-medicare"
EVE, FIRST = date(2020, 11, 19), date(2020, 11, 20)
LAST, AFTER = date(2025, 12, 31), date(2026, 1, 1)
CT = (Record("fraction", DAY, ("ct",)),)
TRACKED = (Record("fraction", DAY, ("intrafraction-tracking",)),)


def _every_lob(name: str, pos: str | None, *lines: Line, **more: object) -> list[Scenario]:
    return [claim(f"{name} {payer}", payer, pos, *lines, **more) for payer in (MEDICAID, MARKET, MEDICARE)]


EDGES = [
    *(
        scenario
        for day in (EVE, FIRST, LAST, AFTER)
        for name, pos, code, modifiers in (
            ("MOL-13 in an office", "11", "77387", ()),
            ("MOL-13 in a hospital", "22", "77387", P),
            ("MOL-14 part missing", "22", "G6002", ()),
            ("MOL-14 technical part", "19", "77014", T),
            ("MOL-15 tracking in a hospital", "21", "G6017", ()),
            ("MOL-15 tracking with 26", "22", "G6017", P),
            ("MOL-15 tracking of the hospital", None, "G6017", ()),
            ("AST-14 at the hospital", None, "G6001", T),
        )
        for scenario in _every_lob(
            f"{name} {day}",
            pos,
            Line(code, day, modifiers),
            history=earlier("77412", day, own=False),
        )
    ),
    *(
        scenario
        for day in (EVE, FIRST)
        for delivery in ("G6015", "77386")
        for guidance in (Line("77014", day), Line("G6001", day, T), Line("G6002", day, P), Line("77387", day))
        for scenario in _every_lob(f"MOL-11 {delivery} {guidance.label}", "49", Line(delivery, day), guidance)
    ),
    *(
        scenario
        for day in (EVE, FIRST)
        for guidance in (Line("77387", day), Line("77387", day, P), Line("G6002", day, T), Line("G6017", day))
        for scenario in _every_lob(f"MOL-18 {guidance.label}", None, Line("77385", day), guidance)
    ),
    *_every_lob(
        "3.3 one claim on both sides of the first day",
        "22",
        Line("G6002", EVE),
        Line("G6002", FIRST),
        Line("77387", EVE, P),
        Line("77387", FIRST, P),
    ),
    *_every_lob("MOL-25 no guidance no card", "22", Line("77427", EVE)),
    *_every_lob("MOL-25 before 2015", "11", Line("77014", OLD)),
    *_every_lob("MOL-25 order", "11", Line("77387", EVE), hook="order"),
    *_every_lob(
        "MOL-18 delivery on an earlier claim", "11", Line("77387", DAY), history=earlier("G6015", DAY)
    ),
    *_every_lob(
        "MOL-18 delivery of another day", "11", Line("G6015", EVE), Line("77387", DAY), records=coded("imrt")
    ),
    *_every_lob("MOL-18 26 beside the delivery", "11", Line("G6016", DAY), Line("77387", DAY, P)),
    *_every_lob("MOL-18 26 on the hospital claim", None, Line("77386", DAY), Line("77387", DAY, P)),
    *_every_lob("MOL-11 a coded technique is enough", "11", Line("G6002", DAY), records=coded("imrt")),
    *_every_lob("MOL-11 one of two techniques", "11", Line("G6002", DAY), records=coded("imrt", "proton")),
    *_every_lob("MOL-11 a hint is not enough", "11", Line("77301", DAY), Line("G6002", DAY)),
    *_every_lob(
        "MOL-11 both components of one day", "11", Line("G6015", DAY), Line("G6002", DAY), Line("77014", DAY)
    ),
    *_every_lob("1.7 no code of its own", "22", Line("77387", DAY, P), records=method("planar")),
    *_every_lob("1.7 tracking alone", "22", Line("77387", DAY, P), records=method("intrafraction-tracking")),
    *_every_lob(
        "1.7 two methods", "11", Line("G6012", DAY), Line("77387", DAY), records=method("ct", "ultrasound")
    ),
    *_every_lob("1.7 a stereotactic day", "11", Line("77373", DAY), Line("77387", DAY)),
    *_every_lob(
        "1.7 a possible stereotactic day", "22", Line("77387", DAY, P), records=coded("sbrt", "3dcrt")
    ),
    *_every_lob("1.2 side unknown", "24", Line("77387", DAY, P), Line("G6002", DAY)),
    *_every_lob("MOL-20 wrong method", "22", Line("77014", DAY, P), records=method("ultrasound")),
    *_every_lob("MOL-20 method without a code", "11", Line("77014", DAY), records=method("fluoroscopy")),
    *_every_lob(
        "MOL-20 wrong method is tracking",
        "22",
        Line("G6002", DAY, P),
        records=method("intrafraction-tracking"),
    ),
    *_every_lob("MOL-20 order", "11", Line("77014", DAY), hook="order", records=method("ultrasound")),
    *_every_lob("MOL-02 wrong modifier on an order", "11", Line("G6017", DAY, P), hook="order"),
    *_every_lob("MOL-02 units on an order", "11", Line("G6017", DAY, units=2), hook="order"),
    *_every_lob("MOL-19 tracking twice", "22", Line("77387", DAY, P), Line("G6017", DAY)),
    *_every_lob("MOL-13 beside the code of the method", "22", Line("77387", DAY, P), Line("G6002", DAY, P)),
    *_every_lob(
        "MOL-23 more units than fractions", "11", Line("G6012", DAY), Line("G6017", DAY, (), 2, None, 1)
    ),
    *_every_lob(
        "AST-18 by method", "22", Line("77427", DAY), records=CT, history=earlier("77386", DAY, own=False)
    ),
    *_every_lob(
        "AST-18 tracking", "22", Line("77427", DAY), records=TRACKED, history=earlier("77386", DAY, own=False)
    ),
    *_every_lob("AST-19 guided but not billed", None, Line("77412", DAY), records=CT),
    *_every_lob("AST-20 tracking of the hospital", None, Line("G0339", DAY), Line("G6017", DAY)),
    *_every_lob("AST-29 delivery of the hospital", "22", Line("77412", DAY), Line("G6002", DAY, P)),
    *_every_lob("FLB-43 a code that ended", "22", Line("77421", DAY, P), Line("0197T", DAY)),
    *_every_lob("FLB-43 before the policy", "22", Line("77421", EVE, P)),
    *_every_lob("MOL-28 a code that had not begun", "11", Line("G6002", OLD)),
    *_every_lob("EXT-01 a code that has ended", "11", Line("77412", NEW), Line("G6002", NEW)),
    *_every_lob("EXT-02 technical part", "11", Line("77412", NEW), Line("77387", NEW, T)),
    *_every_lob("EXT-03 part missing", "22", Line("77387", NEW), history=earlier("77412", NEW, own=False)),
    claim("another coverage is another's", MEDICAID, "22", Line("G6002", DAY), other_coverage="medicare-ffs"),
    claim("sent to another payer", "other", "22", Line("77387", DAY, P), other_coverage=MEDICARE),
    *(
        replace(scenario, state=state, name=f"MOL-08 {state}")
        for state in ("FL", "TX", "CA")
        for scenario in [claim("", MEDICAID, "22", Line("77387", DAY, P), Line("G6002", DAY))]
    ),
]


@pytest.mark.parametrize("scenario", EDGES, ids=lambda scenario: scenario.name)
def test_the_readings_agree_at_the_edges(scenario: Scenario) -> None:
    if any(disagreement(scenario)):
        pytest.fail(describe(scenario), pytrace=False)
