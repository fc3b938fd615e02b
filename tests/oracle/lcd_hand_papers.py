"""Records and reasons by hand: LCD-05 to 18, 24, 28, 33 to 37, 40, 61, 63, 77 to 80."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.oracle.lcd_case import BOTH, SIGNED, Hand, case, chart, day, documents, earlier, line, order
from tests.oracle.lcd_model import Paper
from tests.oracle.model import Document, Record

_SIX = (
    *("prescription-constraints", "imrt-need-statement", "image-review", "dvh-review", "portal-description"),
    "dosimetric-verification",
)
_LOINC = (Document("28626-0", day(0)),)
PLAN = line("77301")


def _instead(slug: str, *papers: Paper) -> dict:
    return chart(slug, more=papers)


def _verified(*signers: tuple[str, str | None]) -> dict:
    return _instead("dosimetric-verification", Paper("dosimetric-verification", day(0), signers))


_UNVERIFIED = documents("warning", "dosimetric-verification")
RECORD = [
    case("LCD-77 all on file", PLAN, **chart()),
    case("LCD-77 an empty chart", PLAN, documents=(), say=documents("warning", *_SIX)),
    case("LCD-77 chart not seen", PLAN),
    case(
        "LCD-77 deliveries of a hospital",
        line("77386"),
        pos=None,
        documents=(),
        say=documents("warning", *_SIX),
    ),
    case("LCD-77 conventional delivery", line("G6012"), documents=()),
    case("LCD-77 77293 triggers nothing", line("77293"), documents=()),
    case("LCD-77 unmapped chart", PLAN, documents=_LOINC, say=documents("info", *_SIX)),
    case(
        "LCD-77 Medicare Advantage",
        PLAN,
        documents=(),
        payer="medicare-advantage",
        say=documents("info", *_SIX),
    ),
    case(
        "LCD-77 an attached document",
        PLAN,
        documents=(),
        say=documents("warning", *_SIX[:-3], *_SIX[-2:]),
        attached_papers=(Paper("dvh-review", day(0)),),
    ),
    case("LCD-77 60 days before the course", PLAN, **chart(at=day(-60))),
    case("LCD-77 61 days before the course", PLAN, say=documents("warning", *_SIX), **chart(at=day(-61))),
    case(
        "LCD-77 61 days before, the simulation starts the course",
        line("77280", -1),
        PLAN,
        **chart(at=day(-61)),
    ),
    case("LCD-77 dated on the day of the call", PLAN, **chart(at=date(2026, 11, 23))),
    case(
        "LCD-77 dated after the call", PLAN, say=documents("warning", *_SIX), **chart(at=date(2026, 11, 24))
    ),
    case("LCD-77 an undated document counts", PLAN, **_instead("dvh-review", Paper("dvh-review", None))),
    case(
        "LCD-33 an undated image review does not",
        PLAN,
        say=documents("warning", "image-review"),
        **_instead("image-review", Paper("image-review", None, SIGNED)),
    ),
    case(
        "LCD-33 not signed",
        PLAN,
        say=documents("warning", "image-review"),
        **_instead("image-review", Paper("image-review", day(0))),
    ),
    case(
        "LCD-33 signed by the physicist",
        PLAN,
        say=documents("warning", "image-review"),
        **_instead("image-review", Paper("image-review", day(0), (("bert", "medical-physicist"),))),
    ),
    case(
        "LCD-33 signed by somebody",
        PLAN,
        **_instead("image-review", Paper("image-review", day(0), (("bert", None),))),
    ),
    case("LCD-36 signed by both", PLAN, **_verified(*BOTH)),
    case("LCD-36 signed by the oncologist", PLAN, say=_UNVERIFIED, **_verified(*SIGNED)),
    case(
        "LCD-36 signed by two therapists",
        PLAN,
        say=_UNVERIFIED,
        **_verified(("cora", "radiation-therapist"), ("dora", "radiation-therapist")),
    ),
    case("LCD-36 the oncologist and somebody", PLAN, **_verified(*SIGNED, ("bert", None))),
    case("LCD-36 somebody", PLAN, **_verified(("bert", None))),
    case("LCD-36 not signed", PLAN, say=_UNVERIFIED, **_verified()),
    case(
        "LCD-36 one signature each on two documents",
        PLAN,
        **_instead(
            "dosimetric-verification",
            *(Paper("dosimetric-verification", day(0), (signer,)) for signer in BOTH),
        ),
    ),
    case(
        "LCD-37 compensators",
        line("G6016"),
        say=documents("warning", "compensator-design"),
        **chart("compensator-design"),
    ),
    case("LCD-37 not for G6015", line("G6015"), **chart("compensator-design")),
    case(
        "LCD-37 compensators on an earlier claim",
        PLAN,
        history=(earlier(line("G6016")),),
        say=documents("warning", "compensator-design"),
        **chart("compensator-design"),
    ),
    case("LCD-77 the day before the text", line("77301", date(2015, 9, 30)), documents=()),
    case(
        "LCD-77 the first day",
        line("77301", date(2015, 10, 1)),
        documents=(),
        say=documents("warning", *_SIX),
    ),
    case(
        "LCD-77 the last day",
        line("77301", date(2025, 12, 31)),
        documents=(),
        say=documents("warning", *_SIX),
    ),
    case("LCD-77 off from 2026", line("77301", date(2026, 1, 1)), documents=()),
    case("LCD-78, 79 an order", PLAN, pos=None, hook="order", documents=(), say=documents("info", *_SIX[:2])),
    order("LCD-79 an order of IMRT", "77427", "imrt", documents=(), say=documents("info", *_SIX[:2])),
    case(
        "LCD-24, 28, 40 reminders",
        line("77290", -3),
        line("77263", -2),
        line("77300", 2),
        PLAN,
        say=documents("info", "planning-work-itemised", "simulation-note", "independent-dose-check"),
        **chart("planning-work-itemised", "simulation-note", "independent-dose-check"),
    ),
    case("LCD-24, 40 without IMRT", line("77263"), line("77300"), line("77295"), documents=()),
]
_GUIDED = (line("G6015", 7), line("G6002", 7), line("G6015", 8), line("G6002", 8))
_REVIEW = documents("warning", "igrt-physician-review")


def _reviewed(at: int | None) -> dict:
    return _instead("igrt-physician-review", Paper("igrt-physician-review", None if at is None else day(at)))


REVIEW = [
    case("LCD-63 reviewed on the last day", *_GUIDED, **_reviewed(8)),
    case("LCD-63 reviewed the day before", *_GUIDED, say=_REVIEW, **_reviewed(7)),
    case(
        "LCD-63 undated review", *_GUIDED, say=documents("info", "igrt-physician-review"), **_reviewed(None)
    ),
    case("LCD-63 none", *_GUIDED, say=_REVIEW, **chart("igrt-physician-review")),
    case("LCD-63 chart not seen", *_GUIDED),
    case(
        "LCD-58 tracking is not reviewed",
        line("G6015", 7),
        line("G6017", 7),
        **chart("igrt-physician-review"),
    ),
    case(
        "LCD-63 Medicare Advantage",
        *_GUIDED,
        payer="medicare-advantage",
        say=documents("info", "igrt-physician-review"),
        **chart("igrt-physician-review"),
    ),
    case(
        "M-3 all guidance goes",
        line("77385", 7),
        line("G6002", 7),
        pos=None,
        say="bundling critical 2 G6002: remove-line G6002",
        **chart("igrt-physician-review"),
    ),
    case(
        "LCD-63 off from 2026", line("77412", date(2026, 3, 2)), line("77387", date(2026, 3, 2)), documents=()
    ),
]
_ASK = "coverage-necessity {} claim: attest-indication"
_WARN, _HINT = _ASK.format("warning"), _ASK.format("info")


def _asked(name: str, *codes: str, say: str = "", **more: Any) -> Hand:
    """A plan without any reason coded."""
    return case(
        f"{name} {'+'.join(codes)}", PLAN, diagnoses=codes, say=say or (), **{"indications": ()} | more
    )


REASONS = [
    _asked("LCD-05", "C50.911", say=_WARN),
    _asked("LCD-05 Medicare Advantage", "C50.911", say=_WARN, payer="medicare-advantage"),
    _asked("LCD-14 prostate", "C61", say=_HINT),
    _asked("LCD-02 lymphoma", "C83.31", say=_HINT),
    _asked("LCD-02 the next category", "C86.0", say=_WARN),
    _asked("LCD-11 meninges", "D32.9", say=_HINT),
    _asked("LCD-11 pituitary", "C75.1", say=_HINT),
    _asked("LCD-11 adrenal beside it", "C75.4", say=_WARN),
    _asked("LCD-12 bone", "C79.51", say=_WARN),
    _asked("LCD-12 vertebra", "C79.51", say=_HINT, spine=True),
    _asked("LCD-15 liver metastasis", "C78.7", say=_HINT),
    _asked("LCD-16 left breast", "C50.912", say=_HINT),
    _asked("LCD-16 right breast, setup", "C50.911", say=_HINT, indications=("setup-variation",)),
    _asked("LCD-16 right breast, motion", "C50.911", say=_WARN, indications=("internal-motion",)),
    _asked("LCD-18 re-irradiation", "C50.911", "Z92.3", say=_HINT),
    _asked("LCD-07 narrow margins", "C50.911", indications=("narrow-margins",)),
    _asked(
        "LCD-05 reason on an earlier claim",
        "C50.911",
        history=(earlier(line("77263", -9), diagnoses=("C50.911",), told=("concave-convex-target",)),),
    ),
    _asked(
        "LCD-05 reason on a claim of another course",
        "C50.911",
        say=_WARN,
        history=(earlier(line("77263", -9), diagnoses=("C34.11",), told=("concave-convex-target",)),),
    ),
    _asked("LCD-05 statement on file", "C50.911", **chart()),
    _asked(
        "LCD-05 no statement on file",
        "C50.911",
        say=_WARN,
        **chart("imrt-need-statement", more=(Paper("anatomy-change", day(0)),))
        | {"papers": ()}
        | {"documents": None},
    ),
    case("LCD-05 conventional", line("G6012"), indications=()),
    case("LCD-05 77385", line("77385"), pos=None, indications=(), diagnoses=("C50.911",), say=_WARN),
    case(
        "LCD-05 from 2026", line("77301", date(2026, 1, 1)), indications=(), diagnoses=("C50.911",), say=_HINT
    ),
    case(
        "LCD-05 from 2026 only 77301",
        line("77412", date(2026, 1, 1)),
        indications=(),
        diagnoses=("C50.911",),
        records=(Record("course", None, (), ("imrt",)),),
    ),
    order("LCD-05 an order of IMRT", "77427", "imrt", indications=(), diagnoses=("C50.911",), say=_WARN),
    order("LCD-05 an order of 3D", "77427", "3dcrt", indications=(), diagnoses=("C50.911",)),
    order("LCD-61 guidance without a reason", "G6002", indications=(), say=_HINT),
    order(
        "LCD-61 both parts",
        "G6002",
        indications=("close-to-critical-structure", "internal-motion"),
        diagnoses=("C50.911",),
    ),
    order(
        "LCD-61 neither part",
        "G6002",
        indications=(),
        diagnoses=("C50.911",),
        say=f"{_HINT} | attest-indication",
    ),
    order("LCD-61 one part", "G6002", indications=("internal-motion",), diagnoses=("C50.911",), say=_HINT),
    order("LCD-61 one part and a common site", "G6002", indications=("internal-motion",)),
    order("LCD-61 Medicare Advantage", "77014", indications=(), payer="medicare-advantage", say=_HINT),
    order("LCD-61 Georgia", "G6002", indications=(), place="GA"),
    case("LCD-61 not on claims", line("G6015"), line("G6002")),
    order(
        "orders: isodose plan of an IMRT order",
        "77306",
        "imrt",
        say="bundling info 1 77306: attest-other-modality | remove-line 77306",
    ),
    order(
        "orders: special treatment",
        "77470",
        "imrt",
        say=("bundling info 1 77470: attest-other-modality | remove-line 77470 | replace 77470 -> 77499"),
    ),
    order("orders: no modifier is missed", "77334", "imrt"),
]
_PLANNED = (earlier(line("77301", -9), line("G6015", 2)),)
ORDERS = [
    order(
        "orders: a second plan",
        "77301",
        history=_PLANNED,
        say="unit-limit warning 1 77301: add-document anatomy-change | remove-line 77301",
    ),
    order(
        "orders: 77295 beside a plan",
        "77295",
        history=_PLANNED,
        say="bundling info 1 77295: add-document anatomy-change | remove-line 77295",
    ),
    order(
        "orders: dosimetry of the plan",
        "77331",
        history=_PLANNED,
        say="bundling info 1 77331: remove-line 77331",
    ),
    order(
        "orders: consultation before the first delivery",
        "77370",
        history=_PLANNED,
        say="bundling info 1 77370: remove-line 77370",
    ),
    order(
        "orders: another delivery on the day of IMRT",
        "G6012",
        history=(earlier(line("G6015")),),
        say="same-day-exclusion warning 1 G6012: remove-line G6012",
    ),
    order(
        "orders: physics is not limited", "77336", history=(earlier(line("77301", -9), line("77336", 0, 5)),)
    ),
    order(
        "orders: a separate device",
        "77334-59",
        history=_PLANNED,
        say="documentation info claim: add-document device-necessity",
        **chart("device-necessity"),
    ),
    order(
        "orders: the reason stands on an earlier claim",
        "77301",
        indications=(),
        history=(earlier(line("77263", -9), told=("narrow-margins",)),),
    ),
]
ALL = [*ORDERS, *RECORD, *REVIEW, *REASONS]
