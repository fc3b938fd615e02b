"""Unit limits by hand: LCD-47, 49, 55 and 84, and how units are taken away (contract, section 4)."""

from __future__ import annotations

from datetime import date

from tests.oracle.lcd_case import case, chart, day, earlier, line
from tests.oracle.lcd_model import Paper
from tests.oracle.model import Record

IMRT = line("G6015", 7)


def _less(number: int, code: str, left: int, severity: str = "warning") -> str:
    plain = code.split("-")[0]
    remedy = f"reduce-units {plain} -> {left}" if left else f"remove-line {plain}"
    return f"unit-limit {severity} {number} {code}: {remedy}"


DEVICES = [
    case("LCD-47 six", IMRT, line("77334-26", 3, 6)),
    case("LCD-47 seven", IMRT, line("77334-26", 3, 7), say=_less(2, "77334-26", 6)),
    case(
        "LCD-47 three lines",
        IMRT,
        line("77334-26", 3, 4),
        line("77333-26", 4, 4),
        line("77332-26", 5, 1),
        say=(_less(3, "77333-26", 2), _less(4, "77332-26", 0)),
    ),
    case(
        "LCD-47 lines count by date, not by sequence",
        IMRT,
        line("77334-26", 5, 4),
        line("77334-26", 3, 4),
        say=_less(2, "77334-26", 2),
    ),
    case(
        "LCD-47 history counts first",
        IMRT,
        line("77334-26", 3, 2),
        history=(earlier(line("77334-26", 9, 5)),),
        say=_less(2, "77334-26", 1),
    ),
    case(
        "LCD-47 not the hospital's",
        IMRT,
        line("77334-26", 3, 2),
        history=(earlier(line("77334-26", 2, 5), pos=None, own=False),),
    ),
    case("LCD-47 separate devices are not counted", IMRT, line("77334-26-59", 3, 5), line("77334-26", 4, 5)),
    case(
        "LCD-47 physician in a hospital",
        line("77301-26"),
        line("77334-26", 3, 7),
        pos="22",
        say=_less(2, "77334-26", 6),
    ),
    case("LCD-47 devices of a boost", IMRT, line("77334-26", 20, 9), line("G6012", 30)),
    case(
        "LCD-47 beside 77338",
        IMRT,
        line("77338-26", 3),
        line("77334-26", 3, 6),
        say="unit-limit info 3 77334-26: review",
    ),
    case("LCD-47 beside the technical part of 77338", IMRT, line("77338-TC", 3), line("77334-26", 3, 6)),
    case(
        "LCD-47 by plan",
        line("77301"),
        line("77334-26", 3, 6),
        line("77301", 20),
        line("77334-26", 20, 6),
        **chart(more=(Paper("anatomy-change", day(10)), Paper("repeat-planning-ct", day(12)))),
    ),
    case("LCD-47 off from 2026", line("77301", date(2026, 3, 2)), line("77334-26", date(2026, 3, 2), 7)),
]
_WEEK = tuple(line("G6015", n) for n in range(7, 12))
PHYSICS = [
    case("LCD-49 one more than the weeks of the claim", IMRT, line("77336", 7, 2)),
    case("LCD-49 two more", IMRT, line("77336", 7, 3), say=_less(2, "77336", 2)),
    case("LCD-49 twice a day", *(line("G6015", n, 2) for n in (0, 1, 2, 3, 4, 7, 8, 9)), line("77336", 9, 5)),
    case(
        "LCD-49 twice a day, one more",
        *(line("G6015", n, 2) for n in (0, 1, 2, 3, 4, 7, 8, 9)),
        line("77336", 9, 6),
        say=_less(9, "77336", 5),
    ),
    case(
        "LCD-49 fractions of the course",
        IMRT,
        line("77336", 7, 2),
        course_fractions=5,
        say=_less(2, "77336", 1),
    ),
    case("LCD-49 a sixth fraction", IMRT, line("77336", 7, 2), course_fractions=6),
    case(
        "LCD-49 two weeks, five fractions",
        IMRT,
        line("G6015", 14),
        line("77336", 7, 2),
        course_fractions=5,
    ),
    case(
        "LCD-49 complete history, one week",
        *_WEEK,
        line("77336", 9, 2),
        complete=True,
        say=("documentation info claim: review", _less(6, "77336", 1)),
    ),
    case(
        "LCD-49 the claim's fractions",
        line("77301", -9),
        line("77336", 9, 4),
        fractions=10,
        say=_less(2, "77336", 3),
    ),
    case(
        "LCD-49 earlier checks count",
        IMRT,
        line("77336", 9),
        course_fractions=5,
        history=(earlier(line("77336", 8), line("77301"), own=False),),
        say=_less(2, "77336", 0),
    ),
    case("LCD-49 nothing known", line("77301", -9), line("77336", 9), line("77336", 10)),
    case(
        "LCD-49 nothing known, two on one day",
        line("77301", -9),
        line("77336", 9, 2),
        say=_less(2, "77336", 1),
    ),
    case("LCD-49 nothing known, a span", line("77301", -9), line("77336", 9, 2, end=day(20))),
    case(
        "LCD-49 several lines",
        IMRT,
        line("77336", 7),
        line("77336", 9, 2),
        line("77336", 11),
        say=(_less(3, "77336", 1), _less(4, "77336", 0)),
    ),
    case("LCD-49 without IMRT", line("G6012", 7), line("77336", 7, 3)),
    case(
        "LCD-49 from 2026",
        line("77301", date(2026, 3, 2)),
        line("77412", date(2026, 3, 9)),
        line("77336", date(2026, 3, 9), 3),
        say=_less(3, "77336", 2, "info"),
    ),
]
MANAGEMENT = [
    case("LCD-55(a) ten fractions, two units", IMRT, line("77427", 7, 2), course_fractions=10),
    case(
        "LCD-55(a) ten fractions, three",
        IMRT,
        line("77427", 7, 3),
        course_fractions=10,
        say=_less(2, "77427", 2),
    ),
    case("LCD-55(a) eleven fractions, three", IMRT, line("77427", 7, 3), course_fractions=11),
    case(
        "LCD-55(a) earlier units count",
        IMRT,
        line("77427", 14),
        course_fractions=5,
        history=(earlier(line("77427", 7)),),
        say=_less(2, "77427", 0),
    ),
    case(
        "LCD-55(a) all deliveries of a complete history",
        line("77427", 11, 2),
        line("77301"),
        complete=True,
        history=(earlier(*(line("77385", n) for n in range(7, 12)), pos=None, own=False),),
        say=_less(1, "77427", 1),
    ),
    case("LCD-55(b) one more than the claim's fractions", IMRT, line("77427", 7, 2), fractions=5),
    case("LCD-55(b) two more", IMRT, line("77427", 7, 3), fractions=5, say=_less(2, "77427", 2)),
    case(
        "LCD-55(b) only the claim's units",
        IMRT,
        line("77427", 14, 2),
        fractions=5,
        history=(earlier(line("77427", 7, 3)),),
    ),
    case("LCD-55(c) unknown", IMRT, line("77427", 7), line("77427", 8)),
    case("LCD-55(c) two on one day", IMRT, line("77427", 7), line("77427", 7), say=_less(3, "77427", 0)),
    case("LCD-55(c) a span", IMRT, line("77427", 7, 4, end=day(30))),
    case(
        "LCD-55 from 2026",
        line("77301", date(2026, 3, 2)),
        line("77427", date(2026, 3, 9), 2),
        course_fractions=5,
        say=_less(2, "77427", 1, "info"),
    ),
]
DAYS = [
    case(
        "LCD-84 two units, one fraction",
        line("G6015", 7, 2),
        records=(Record("fraction", day(7)),),
        say=_less(1, "G6015", 1),
    ),
    case("LCD-84 two units, two fractions", line("G6015", 7, 2), records=(Record("fraction", day(7)),) * 2),
    case("LCD-84 fractions unknown", line("G6015", 7, 2)),
    case(
        "LCD-84 two lines",
        line("G6015", 7, fractions=1),
        line("G6015-76", 7),
        say=_less(2, "G6015-76", 0),
    ),
    case("LCD-84 the claim's fractions, one day", line("G6015", 7, 3), fractions=2, say=_less(1, "G6015", 2)),
    case("LCD-84 a span", line("G6015", 7, 5, end=day(12), fractions=1)),
    case("LCD-84 Georgia", line("G6015", 7, 2), fractions=1, place="GA"),
]
ALL = [*DEVICES, *PHYSICS, *MANAGEMENT, *DAYS]
