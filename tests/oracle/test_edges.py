"""Small claims at the edges of the rules, on which the two readings have to agree. Each names the rule it turns on."""

from __future__ import annotations

import pytest

from tests.oracle.agreement import describe, disagreement
from tests.oracle.claims import DAY, NEW, OLD, P, T
from tests.oracle.claims import claim as _claim
from tests.oracle.claims import coded as _coded
from tests.oracle.claims import earlier as _earlier
from tests.oracle.claims import method as _method
from tests.oracle.model import Document, Line, Record, Scenario

CT_FRACTION = (Record("fraction", DAY, ("ct",)),)
ALL_DOCUMENTS = tuple(Document(loinc, DAY) for loinc in ("28626-0", "18741-9", "18776-5"))


EDGES = [
    _claim(
        "FLB-27 two lines, one fraction",
        "other",
        "11",
        Line("G6015", DAY),
        Line("G6002", DAY),
        Line("G6002", DAY),
        fractions=1,
    ),
    _claim(
        "FLB-27 earlier lines count",
        "other",
        "11",
        Line("G6015", DAY),
        Line("G6002", DAY),
        Line("G6002", DAY, units=2),
        fractions=1,
    ),
    _claim(
        "FLB-27 two lines, fractions unknown",
        "other",
        "11",
        Line("G6015", DAY),
        Line("G6017", DAY),
        Line("G6017", DAY),
    ),
    _claim(
        "FLB-27 fractions of the records",
        "other",
        "11",
        Line("G6015", DAY),
        Line("G6002", DAY, units=3),
        records=(Record("fraction", DAY),) * 2,
    ),
    _claim(
        "FLB-27 a removed line uses up no fraction",
        "florida-blue",
        None,
        Line("77402", NEW),
        Line("77387", NEW, T),
        Line("77387", NEW),
        fractions=1,
    ),
    _claim(
        "M-2 no unit suggestion on a line that goes",
        "other",
        None,
        Line("77412", DAY),
        Line("G6002", DAY, T),
        Line("G6002", DAY, T),
        fractions=1,
    ),
    _claim(
        "M-2 replaced line keeps no modifier card",
        "other",
        "22",
        Line("G6001", DAY),
        records=(Record("course", None, ("planar",), ("imrt",)),),
    ),
    _claim(
        "M-2 replaced line keeps no unit card",
        "other",
        "11",
        Line("G6015", DAY),
        Line("G6002", DAY, (), 2, None, 1),
        records=_method("planar"),
    ),
    _claim(
        "1.3 a possible technique silences nothing",
        "medicare-ffs",
        "22",
        Line("77014", DAY),
        records=_coded("superficial", "3dcrt"),
    ),
    _claim(
        "1.3 a possible technique removes no payer choice",
        "medicare-ffs",
        "11",
        Line("77387", DAY),
        records=_coded("superficial", "3dcrt"),
    ),
    _claim(
        "1.3 codes that have ended tell no technique",
        "medicare-ffs",
        None,
        Line("0073T", DAY),
        Line("77387", DAY),
    ),
    _claim(
        "1.3 G6012 in 2026 tells no technique",
        "florida-blue",
        "22",
        Line("77387", NEW, P),
        Line("77301", NEW),
        history=_earlier("G6012", NEW, own=False),
    ),
    _claim(
        "AST-18 delivery line first",
        "other",
        "22",
        Line("77386", DAY),
        Line("77427", DAY),
        records=CT_FRACTION,
    ),
    _claim(
        "AST-18 delivery line last",
        "other",
        "22",
        Line("77427", DAY),
        Line("77386", DAY),
        records=CT_FRACTION,
    ),
    _claim("AST-18 technique unknown", "other", "22", Line("77427", DAY), records=CT_FRACTION),
    _claim(
        "AST-18 hospital delivered",
        "other",
        "22",
        Line("77427", DAY),
        records=CT_FRACTION,
        history=_earlier("77386", DAY, own=False),
    ),
    _claim(
        "AST-14 one 77387 a day: -26 is no technical line",
        "other",
        None,
        Line("77412", DAY),
        Line("G6017", DAY),
        Line("G6002", DAY, P),
    ),
    _claim(
        "AST-14 one 77387 a day: retired code later",
        "medicare-ffs",
        None,
        Line("77412", DAY),
        Line("G6002", DAY, T),
        Line("77421", DAY, T),
    ),
    _claim(
        "AST-14 one 77387 a day: retired code first",
        "medicare-ffs",
        None,
        Line("77412", DAY),
        Line("77421", DAY, T),
        Line("G6002", DAY, T),
    ),
    _claim("AST-24 Medicare Advantage", "medicare-advantage", None, Line("G6015", DAY)),
    _claim(
        "AST-31 26 on the earlier claim",
        "other",
        "11",
        Line("77412", NEW),
        Line("77387", NEW),
        history=_earlier("77387", NEW, "26"),
    ),
    _claim(
        "AST-31 global on the earlier claim",
        "other",
        "11",
        Line("77412", NEW),
        Line("77387", NEW, P),
        history=_earlier("77387", NEW),
    ),
    _claim(
        "EXT-10 77387-26 on a hospital claim", "medicare-ffs", None, Line("77372", DAY), Line("77387", DAY, P)
    ),
    _claim(
        "EXT-10 G6002-26 on a hospital claim", "medicare-ffs", None, Line("77372", DAY), Line("G6002", DAY, P)
    ),
    _claim(
        "EXT-02 speaks of claims, not of orders",
        "florida-blue",
        "11",
        Line("77387", NEW, T),
        hook="order",
        documents=(),
    ),
    _claim("FLB-03 not before 2015", "florida-blue", "11", Line("77372", OLD), Line("77014", OLD)),
    _claim(
        "M-5 attached documents are present",
        "florida-blue",
        "11",
        Line("G6015", DAY),
        Line("77014", DAY),
        attached=ALL_DOCUMENTS,
    ),
    _claim(
        "M-5 one of three attached",
        "florida-blue",
        "11",
        Line("G6015", DAY),
        Line("77014", DAY),
        attached=ALL_DOCUMENTS[:1],
    ),
    _claim(
        "FLB-23 and M-1 one finding of two policies",
        "florida-blue",
        "11",
        Line("G6015", DAY),
        Line("G6002", DAY),
        records=_method("planar"),
        documents=ALL_DOCUMENTS,
    ),
]


@pytest.mark.parametrize("scenario", EDGES, ids=lambda scenario: scenario.name)
def test_the_readings_agree_at_the_edges(scenario: Scenario) -> None:
    if any(disagreement(scenario)):
        pytest.fail(describe(scenario), pytrace=False)
