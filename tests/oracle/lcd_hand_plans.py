"""Plans and simulation by hand: LCD-23, 25, 27, 29 to 32, 74, with courses, marks, periods and payers."""

from __future__ import annotations

from datetime import date

from tests.oracle.lcd_case import case, chart, day, documents, earlier, line
from tests.oracle.lcd_model import Paper
from tests.oracle.model import Document, Record

_TWO = (line("77301"), line("77301", 20))


def _second(number: int = 2, code: str = "77301", severity: str = "warning", less: str = "") -> str:
    remedies = sorted(("add-document anatomy-change", less or "remove-line 77301"))
    return f"unit-limit {severity} {number} {code}: {' | '.join(remedies)}"


def _papers(change: int | None, scan: int | None = None) -> dict:
    more = [Paper("anatomy-change", day(change))] if change is not None else []
    more += [Paper("repeat-planning-ct", day(scan))] if scan is not None else []
    return chart(more=tuple(more))


PLANS = [
    case("LCD-30 one plan", line("77301")),
    case("LCD-30 two plans, chart not seen", *_TWO, say=_second()),
    case("LCD-30 two plans, chart seen", *_TWO, say=_second(), **chart()),
    case(
        "LCD-30 two units on a line", line("77301", units=2), say=_second(1, less="reduce-units 77301 -> 1")
    ),
    case(
        "LCD-30 two units after an earlier plan",
        line("77301", 9, 2),
        history=(earlier(line("77301")),),
        say=_second(1),
    ),
    case(
        "LCD-30 the first on an earlier claim",
        line("77301", 9),
        history=(earlier(line("77301")),),
        say=_second(1),
    ),
    case(
        "LCD-30 two parts of one plan, two claims",
        line("77301-26"),
        pos="22",
        history=(earlier(line("77301"), pos=None, own=False),),
    ),
    case("LCD-30 two parts of one plan, one claim", line("77301-26"), line("77301-TC")),
    case(
        "LCD-30 two professional parts",
        line("77301-26", 9),
        pos="22",
        history=(earlier(line("77301"), pos=None, own=False), earlier(line("77301-26"), pos="22")),
        say=_second(1, "77301-26"),
    ),
    case("LCD-30 two plans of the hospital", *_TWO, pos=None, say=_second()),
    case("LCD-30 critical access hospital", line("77301"), line("77301-26"), pos=None, bill="0851"),
    case(
        "LCD-30 other hospital",
        line("77301"),
        line("77301-26"),
        pos=None,
        bill="0131",
        say=_second(2, "77301-26"),
    ),
    case(
        "LCD-30 without modifier in a hospital is professional only",
        line("77301"),
        pos="22",
        history=(earlier(line("77301"), pos=None, own=False),),
    ),
    case(
        "LCD-30 without modifier in an office holds both parts",
        line("77301-TC", 9),
        history=(earlier(line("77301")),),
        say=_second(1, "77301-TC"),
    ),
    case(
        "course: another diagnosis is another course",
        line("77301", 9),
        history=(earlier(line("77301"), diagnoses=("C34.11",)),),
    ),
    case(
        "course: same category is doubtful",
        line("77301", 9),
        diagnoses=("C50.911",),
        history=(earlier(line("77301"), diagnoses=("C50.919",)),),
        say=_second(1, severity="info"),
    ),
    case(
        "course: no diagnosis is doubtful",
        line("77301", 9),
        history=(earlier(line("77301"), diagnoses=()),),
        say=_second(1, severity="info"),
    ),
    case(
        "course: Z51.0 is set aside",
        line("77301", 9),
        diagnoses=("Z51.0", "C61"),
        history=(earlier(line("77301")),),
        say=_second(1),
    ),
    case("course: 60 days apart", line("77301", 60), history=(earlier(line("77301")),), say=_second(1)),
    case("course: 61 days apart", line("77301", 61), history=(earlier(line("77301")),)),
    case(
        "course: 61 days apart, a check of the physicist between",
        line("77301", 61),
        history=(earlier(line("77301"), line("77336", 30)),),
        say=_second(1),
    ),
    case(
        "course: 61 days apart, an office visit between",
        line("77301", 61),
        history=(earlier(line("77301"), line("99213", 30)),),
    ),
    case("course: other mark", line("77301", 9, course="B"), history=(earlier(line("77301", course="A")),)),
    case(
        "course: same mark after half a year",
        line("77301", 180, course="A"),
        history=(earlier(line("77301", course="A")),),
        say=_second(1),
    ),
    case(
        "course: same mark, other diagnosis",
        line("77301", 9, course="A"),
        history=(earlier(line("77301", course="A"), diagnoses=("C34.11",)),),
        say=_second(1),
    ),
    case("period: the day before", line("77301", date(2015, 9, 30), 2)),
    case(
        "period: the first day",
        line("77301", date(2015, 10, 1), 2),
        say=_second(1, less="reduce-units 77301 -> 1"),
    ),
    case(
        "period: the last day",
        line("77301", date(2025, 12, 31), 2),
        say=_second(1, less="reduce-units 77301 -> 1"),
    ),
    case(
        "period: the day after",
        line("77301", date(2026, 1, 1), 2),
        say=_second(1, severity="info", less="reduce-units 77301 -> 1"),
    ),
    case("payer: Medicare Advantage", *_TWO, payer="medicare-advantage", say=_second()),
    case("payer: lob medicare of another payer", *_TWO, payer="other-payer-medicare", say=_second()),
    case("payer: Molina Medicare", *_TWO, payer="molina-medicare", say=_second()),
    case("payer: commercial", *_TWO, payer="other"),
    case("state: Georgia", *_TWO, place="GA"),
    case("state: Georgia's patient treated in Florida", *_TWO, home="GA", say=_second()),
    case("state: Florida's patient treated in Georgia", *_TWO, place="GA", home="FL"),
    case("state: only the home is known", *_TWO, place=None, say=_second()),
    case("LCD-31 change and new CT", *_TWO, **_papers(10, 12)),
    case("LCD-31 on the second plan's day", *_TWO, **_papers(20, 20)),
    case("LCD-31 on the first plan's day", *_TWO, say=_second(), **_papers(0, 12)),
    case("LCD-31 after the second plan", *_TWO, say=_second(), **_papers(21, 12)),
    case("LCD-31 change without CT", *_TWO, say=documents("warning", "repeat-planning-ct"), **_papers(10)),
    case(
        "LCD-31 CT before the first plan",
        *_TWO,
        say=documents("warning", "repeat-planning-ct"),
        **_papers(10, -1),
    ),
    case(
        "LCD-31 a second simulation is the CT",
        line("77290", -1),
        line("77301"),
        line("77290", 18),
        line("77301", 20),
        **_papers(10),
    ),
    case(
        "LCD-31 a third plan needs a second pair", *_TWO, line("77301", 40), say=_second(3), **_papers(10, 12)
    ),
    case(
        "LCD-31 a third plan with a second pair",
        *_TWO,
        line("77301", 40),
        **chart(
            more=tuple(
                Paper(slug, day(n)) for n in (10, 30) for slug in ("anatomy-change", "repeat-planning-ct")
            )
        ),
    ),
    case("LCD-31 undated change", *_TWO, say=_second(), **chart(more=(Paper("anatomy-change", None),))),
    case(
        "M-5 attached documents allow, unseen chart or not",
        *_TWO,
        attached_papers=(Paper("anatomy-change", day(10)), Paper("repeat-planning-ct", day(12))),
    ),
    case(
        "LCD-77 an unmapped chart is as good as unseen",
        *_TWO,
        documents=(Document("28626-0", day(0)),),
        say=(
            _second(),
            *documents(
                "info", "prescription-constraints", "imrt-need-statement", "image-review", "dvh-review"
            ),
            *documents("info", "portal-description", "dosimetric-verification"),
        ),
    ),
]
_CONFORMAL = "add-document anatomy-change | remove-line 77295"
CONFORMAL = [
    case(
        "LCD-32 in one course", line("77301"), line("77295", 9), say=f"bundling warning 2 77295: {_CONFORMAL}"
    ),
    case("LCD-32 first", line("77295"), line("77301", 9), say=f"bundling warning 1 77295: {_CONFORMAL}"),
    case("LCD-32 before EXT-11", line("77301"), line("77295"), say=f"bundling warning 2 77295: {_CONFORMAL}"),
    case("EXT-11 in Georgia", line("77301"), line("77295"), place="GA", say="bundling info 2 77295: review"),
    case("LCD-32 anatomy change", line("77301"), line("77295", 9), **_papers(5)),
    case(
        "LCD-32 anatomy change, same day: EXT-11",
        line("77301"),
        line("77295"),
        say="bundling info 2 77295: review",
        **_papers(0),
    ),
    case(
        "LCD-32 on an earlier claim",
        line("77301", 9),
        history=(earlier(line("77295")),),
        say="bundling warning 1 77301: review",
    ),
    case(
        "LCD-32 the plan on an earlier claim",
        line("77295", 9),
        history=(earlier(line("77301")),),
        say=f"bundling warning 1 77295: {_CONFORMAL}",
    ),
    case(
        "LCD-32 with brachytherapy",
        line("77301"),
        line("77295", 9),
        line("77770", 12),
        say="bundling info 2 77295: review",
    ),
    case(
        "LCD-32 with protons coded",
        line("77301"),
        line("77295", 9),
        modalities=("proton",),
        say="bundling info 2 77295: review",
    ),
    case(
        "LCD-32 doubtful course",
        line("77295", 9),
        history=(earlier(line("77301"), diagnoses=()),),
        say=f"bundling info 1 77295: {_CONFORMAL}",
    ),
    case(
        "LCD-32 from 2026",
        line("77301", date(2026, 3, 2)),
        line("77295", date(2026, 3, 9)),
        say=f"bundling info 2 77295: {_CONFORMAL}",
    ),
    case("LCD-32 without 77301", line("77295"), line("G6015", 9)),
]
_DELIVERED = (line("77290", -7), line("77301"), line("G6015", 7))
PLANNING = [
    case("LCD-23 after the plan", line("77301"), line("77263", 1), say="informational info 2 77263: review"),
    case("LCD-23 same day: EXT-11", line("77301"), line("77263"), say="bundling info 2 77263: review"),
    case("LCD-23 before the plan", line("77301"), line("77263", -1)),
    case(
        "LCD-23 plan on an earlier claim",
        line("77263", 1),
        history=(earlier(line("77301")),),
        say="informational info 1 77263: review",
    ),
    case("LCD-23 off from 2026", line("77301", date(2026, 3, 2)), line("77263", date(2026, 3, 3))),
    case(
        "LCD-25 visit and planning by one physician",
        line("99213", -1, rendering="anna"),
        line("77263", -1, rendering="anna"),
        line("77301"),
        say="bundling info 2 77263: review",
    ),
    case(
        "LCD-25 two physicians",
        line("99213", -1, rendering="bert"),
        line("77263", -1, rendering="anna"),
        line("77301"),
    ),
    case(
        "LCD-25 same biller, physician not named",
        line("99215", -1),
        line("77263", -1),
        line("77301"),
        say="bundling info 2 77263: review",
    ),
    case("LCD-25 another day", line("99213", -2), line("77263", -1), line("77301")),
    case(
        "LCD-25 visit of another biller",
        line("77263", -1),
        line("77301"),
        history=(earlier(line("99213", -1), own=False),),
    ),
    case(
        "LCD-27 after the first delivery",
        *_DELIVERED,
        line("77290", 10),
        say="informational info 4 77290: review",
        **chart(),
    ),
    case("LCD-27 on the first delivery's day", *_DELIVERED, line("77290", 7), **chart()),
    case(
        "LCD-27 with a reason on file",
        *_DELIVERED,
        line("77290", 10),
        **chart(more=(Paper("repeat-planning-ct", day(9)),)),
    ),
    case("LCD-27 with a boost", *_DELIVERED, line("77290", 10), line("G6012", 30), **chart()),
    case(
        "LCD-29 no plan in a complete history",
        line("G6015"),
        complete=True,
        say="documentation info claim: review",
    ),
    case("LCD-29 history not known to be complete", line("G6015")),
    case(
        "LCD-29 the other part of the plan",
        line("77385", 7),
        pos=None,
        complete=True,
        history=(earlier(line("77301-26"), pos="22", own=False),),
    ),
    case(
        "LCD-29 off from 2026",
        line("77412", date(2026, 3, 2)),
        complete=True,
        records=(Record("course", None, (), ("imrt",)),),
    ),
    case("LCD-74 without a plan", line("77293"), complete=True, say="informational info 1 77293: review"),
    case("LCD-74 history not known to be complete", line("77293")),
    case("LCD-74 beside a plan", line("77293"), line("77295"), complete=True),
    case(
        "LCD-74 plan on an earlier claim",
        line("77293"),
        complete=True,
        history=(earlier(line("77301"), own=False),),
    ),
]
ALL = [*PLANS, *CONFORMAL, *PLANNING]
