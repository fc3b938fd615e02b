"""Services beside an IMRT plan, deliveries of one day, supervision and devices by hand: LCD-41 to 53, 55(d) to 66."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.oracle.lcd_case import Hand, case, chart, earlier, line
from tests.oracle.model import Record

IMRT = line("G6015", 7)
_ISODOSE = "attest-other-modality | remove-line"
_SPECIAL = "bundling warning 2 77470: attest-other-modality | remove-line 77470 | replace 77470 -> 77499"
_REQUEST = "add-document special-physics-request | remove-line 77370"

SERVICES = [
    case("LCD-41 in an IMRT course", IMRT, line("77306"), say=f"bundling warning 2 77306: {_ISODOSE} 77306"),
    case("LCD-41 77321", IMRT, line("77321"), say=f"bundling warning 2 77321: {_ISODOSE} 77321"),
    case("LCD-41 with a boost delivered", IMRT, line("77307"), line("G6012", 40)),
    case(
        "LCD-41 with a boost on an earlier claim",
        IMRT,
        line("77307"),
        history=(earlier(line("77412", -20), pos=None, own=False),),
    ),
    case("LCD-41 with electrons coded", IMRT, line("77307"), modalities=("electron",)),
    case(
        "LCD-41 brachytherapy is none of them",
        IMRT,
        line("77307"),
        modalities=("brachytherapy",),
        say=f"bundling warning 2 77307: {_ISODOSE} 77307",
    ),
    case("LCD-41 without IMRT", line("77307"), line("G6012", 7)),
    case(
        "LCD-41 technique coded",
        line("77307"),
        records=(Record("course", None, (), ("imrt",)),),
        say=f"bundling warning 1 77307: {_ISODOSE} 77307",
    ),
    case(
        "LCD-41 before EXT-11",
        line("77301"),
        line("77306"),
        say=f"bundling warning 2 77306: {_ISODOSE} 77306",
    ),
    case(
        "head of section 9: stereotactic courses only keep the rules of 77301",
        line("77301"),
        line("77306"),
        line("77373", 7),
        say="bundling info 2 77306: review",
    ),
    case("LCD-42 in an IMRT course", IMRT, line("77316"), say=f"bundling warning 2 77316: {_ISODOSE} 77316"),
    case("LCD-42 with brachytherapy delivered", IMRT, line("77317"), line("77770", 30)),
    case(
        "LCD-42 a boost is none",
        IMRT,
        line("77318"),
        line("G6012", 40),
        say=f"bundling warning 2 77318: {_ISODOSE} 77318",
    ),
    case(
        "LCD-43 on the plan's day",
        line("77301"),
        line("77331"),
        say="bundling warning 2 77331: remove-line 77331",
    ),
    case(
        "LCD-43 on a delivery's day",
        line("77301"),
        IMRT,
        line("77331", 7),
        say="bundling warning 3 77331: remove-line 77331",
    ),
    case(
        "LCD-43 before the first delivery",
        line("77331", 3),
        history=(earlier(line("77301")), earlier(line("77385", 7), pos=None, own=False)),
        say="bundling warning 1 77331: remove-line 77331",
    ),
    case(
        "LCD-43 no delivery known",
        line("77301"),
        line("77331", 3),
        say="bundling warning 2 77331: remove-line 77331",
    ),
    case(
        "LCD-43 between deliveries",
        line("77301"),
        IMRT,
        line("77331", 8),
        say="bundling warning 3 77331: remove-line 77331",
    ),
    case("LCD-43 without 77301", IMRT, line("77331", 7)),
    case(
        "LCD-43 from 2026 on a delivery's day",
        line("77301", date(2026, 3, 2)),
        line("77412", date(2026, 3, 9)),
        line("77331", date(2026, 3, 9)),
        say="bundling info 3 77331: remove-line 77331",
    ),
    case(
        "LCD-50 on the plan's day, a week before",
        line("77301"),
        line("77336"),
        IMRT,
        say="bundling warning 2 77336: remove-line 77336",
    ),
    case("LCD-50 a delivery on that week's Sunday", line("77301"), line("77336"), line("G6015", 6)),
    case(
        "LCD-50 a delivery on the Sunday before",
        line("77301"),
        line("77336"),
        line("G6015", -1),
        say="bundling warning 2 77336: remove-line 77336",
    ),
    case(
        "LCD-50 no delivery known",
        line("77301"),
        line("77336"),
        say="bundling info 2 77336: remove-line 77336",
    ),
    case("LCD-50 another day", line("77301"), line("77336", 1), IMRT),
    case(
        "LCD-51 no request on file",
        IMRT,
        line("77370", 9),
        say=f"documentation warning claim: {_REQUEST}",
        **chart("special-physics-request"),
    ),
    case("LCD-51 request on file", IMRT, line("77370", 9), **chart()),
    case("LCD-51 chart not seen", IMRT, line("77370", 9)),
    case(
        "LCD-51 on the plan's day, request on file",
        line("77301"),
        line("77370"),
        say="bundling warning 2 77370: remove-line 77370",
        **chart(),
    ),
    case(
        "LCD-51 before the first delivery",
        IMRT,
        line("77370", 6),
        say="bundling warning 2 77370: remove-line 77370",
    ),
    case("LCD-51 before, no delivery known", line("77301"), line("77370", 6)),
    case(
        "LCD-52 another modality",
        IMRT,
        line("77370", 6),
        modalities=("proton",),
        say=f"documentation info claim: {_REQUEST}",
        **chart("special-physics-request"),
    ),
    case("LCD-56 in an IMRT course", IMRT, line("77470"), say=_SPECIAL),
    case("LCD-56 a boost is regular", IMRT, line("77470"), line("G6012", 30), say=_SPECIAL),
    case("LCD-56 electrons are regular", IMRT, line("77470"), modalities=("electron",), say=_SPECIAL),
    case("LCD-56 total body irradiation", IMRT, line("77470"), modalities=("tbi",)),
    case(
        "LCD-56 superficial: the text is silent", IMRT, line("77470"), modalities=("superficial", "electron")
    ),
    case("LCD-56 intraoperative delivered", IMRT, line("77470"), line("77424", -3)),
    case(
        "LCD-55(d) management on a hospital claim",
        line("77385", 7),
        line("77427", 7),
        pos=None,
        bill="0131",
        say="code-choice-by-setting warning 2 77427: review",
    ),
    case("LCD-55(d) critical access hospital", line("77385", 7), line("77427", 7), pos=None, bill="0851"),
]
_G6012 = "same-day-exclusion warning 2 G6012: remove-line G6012"
SAME_DAY = [
    case("LCD-53 one day", IMRT, line("G6012", 7), say=_G6012),
    case("LCD-53 next day", IMRT, line("G6012", 8)),
    case("LCD-53 G6016", line("G6016", 7), line("G6012", 7), say=_G6012),
    case(
        "LCD-53 G6016 with a modifier",
        line("G6016", 7),
        line("G6012-59", 7),
        say="same-day-exclusion warning 2 G6012-59: remove-line G6012",
    ),
    case(
        "LCD-53 superficial",
        IMRT,
        line("77401", 7),
        say="same-day-exclusion warning 2 77401: remove-line 77401",
    ),
    case(
        "LCD-53 stereotactic",
        IMRT,
        line("77373", 7),
        say="same-day-exclusion warning 2 77373: remove-line 77373",
    ),
    case("LCD-53 robotic is not listed", IMRT, line("G0339", 7)),
    case("C-11 hospital codes are not listed", line("77385", 7), line("77412", 7), pos=None),
    case(
        "LCD-53 the other delivery on an earlier claim",
        IMRT,
        history=(earlier(line("G6012", 7), own=False),),
        say="same-day-exclusion warning 1 G6015: review",
    ),
    case(
        "LCD-53 IMRT on an earlier claim",
        line("G6012", 7),
        history=(earlier(IMRT, own=False, diagnoses=("C34.11",)),),
        say="same-day-exclusion warning 1 G6012: remove-line G6012",
    ),
    case("LCD-53 does not look at spans", line("G6015", 7, 5, end=date(2022, 5, 13)), line("G6012", 7)),
    case(
        "LCD-53 77422 on its last day",
        line("G6015", date(2017, 12, 31)),
        line("77422", date(2017, 12, 31)),
        say="same-day-exclusion warning 2 77422: remove-line 77422",
    ),
    case(
        "M-10 77422 the day after",
        line("G6015", date(2018, 1, 1)),
        line("77422", date(2018, 1, 1)),
        say="code-effective-date critical 2 77422: review",
    ),
    case(
        "contract: a span is judged by its end again",
        line("G6015", date(2025, 12, 30), 5, end=date(2026, 1, 3)),
        say="code-effective-date critical 1 G6015: "
        "replace G6015 -> 77402 | replace G6015 -> 77407 | replace G6015 -> 77412",
    ),
    case("LCD-53 Georgia", IMRT, line("G6012", 7), place="GA"),
    case(
        "LCD-53 and AST-29 one finding, the general rule's severity",
        line("G6015", 7),
        line("G6012", 7),
        pos="22",
        say=(
            "code-choice-by-setting warning 1 G6015: remove-line G6015",
            "code-choice-by-setting warning 2 G6012: remove-line G6012",
        ),
    ),
]


def _watched(name: str, code: str, say: str = "", on: date = date(2019, 12, 31), **more: Any) -> Hand:
    """A guidance line on the day of an IMRT delivery in an office."""
    return case(name, line("G6015", on), line(code, on), say=say or (), **more)


SUPERVISION = [
    _watched("LCD-62 a nurse", "G6001", "supervision warning 2 G6001: review", performer="nurse"),
    _watched("LCD-62 a therapist", "G6001", performer="radiation-therapist"),
    _watched("LCD-62 the professional part is no imaging", "G6001-26", performer="nurse"),
    _watched("LCD-58 tracking is not named", "G6017", performer="nurse"),
    _watched("LCD-64 none", "G6001", "supervision warning 2 G6001: review", level="none"),
    _watched("LCD-64 general", "G6001", level="general"),
    _watched(
        "LCD-64 none, 2020", "G6001", "supervision info 2 G6001: review", date(2020, 1, 1), level="none"
    ),
    _watched(
        "LCD-65 general", "77014", "supervision warning 2 77014: review", date(2025, 12, 31), level="general"
    ),
    _watched("LCD-65 direct", "77014", level="direct"),
    _watched("LCD-66 general", "G6002", "supervision warning 2 G6002: review", level="general"),
    _watched(
        "LCD-66 general, 2020", "G6002", "supervision info 2 G6002: review", date(2020, 1, 1), level="general"
    ),
    _watched("LCD-66 personal", "G6002", level="personal"),
    _watched("LCD-66 not known", "G6002"),
    _watched("LCD-66 professional part", "G6002-26", level="none"),
    _watched("LCD-66 Georgia", "G6002", level="none", place="GA"),
    _watched(
        "LCD-66 Medicare Advantage",
        "G6002",
        "supervision warning 2 G6002: review",
        level="none",
        payer="medicare-advantage",
    ),
    case(
        "LCD-66 no place of service",
        line("G6015", date(2018, 5, 7)),
        line("G6002", date(2018, 5, 7)),
        pos="24",
        level="none",
        say="supervision info 2 G6002: review",
    ),
    case(
        "LCD-65 on a hospital claim",
        line("77523", 7),
        line("77014", 7),
        pos=None,
        level="none",
        say="supervision info 2 77014: review",
    ),
    case(
        "LCD-65 named for the line",
        line("G6015", 7),
        line("77014", 7, level="none"),
        line("G6015", 8),
        line("77014", 8),
        level="direct",
        say="supervision warning 2 77014: review",
    ),
    case(
        "M-2 no review of a line that goes",
        line("77385", 7),
        line("G6002", 7),
        pos=None,
        level="none",
        say="bundling critical 2 G6002: remove-line G6002",
    ),
]


def _choice(number: int, code: str, severity: str, third: str = "add-modifier {} 26") -> str:
    plain = code.split("-")[0]
    remedies = sorted((f"add-modifier {plain} 59", f"add-modifier {plain} XU", third.format(plain)))
    return f"modifier {severity} {number} {code}: {' | '.join(remedies)}"


DEVICES = [
    case("LCD-45 on the plan's day", line("77301"), line("77334"), say=_choice(2, "77334", "warning")),
    case("LCD-45 on the day of G6015", IMRT, line("77332", 7), say=_choice(2, "77332", "warning")),
    case(
        "LCD-45 the plan on the hospital's claim",
        line("77334"),
        history=(earlier(line("77301"), pos=None, own=False),),
        say=_choice(1, "77334", "info"),
    ),
    case(
        "LCD-45 G6016 has no such pair", line("G6016", 7), line("77333", 7), say=_choice(2, "77333", "info")
    ),
    case("LCD-45 another day", IMRT, line("77334", 8), say=_choice(2, "77334", "info")),
    case(
        "LCD-45 77338 in the course",
        line("77301"),
        line("77338", 2),
        line("77334"),
        say=_choice(3, "77334", "warning", "review"),
    ),
    case(
        "LCD-45 technical part",
        line("77301"),
        line("77334-TC"),
        say=_choice(2, "77334-TC", "warning", "review"),
    ),
    case("LCD-45 a professional part", line("77301"), line("77334-26")),
    case("LCD-45 separate structure", line("77301"), line("77334-XS")),
    case(
        "LCD-45 hospital claim, day of 77385",
        line("77385", 7),
        line("77334", 7),
        pos=None,
        say=_choice(2, "77334", "info", "review"),
    ),
    case("LCD-45 hospital claim, day of the plan", line("77301"), line("77334"), pos=None),
    case("LCD-46 a boost coded", line("77301"), line("77334"), modalities=("external-beam-boost",)),
    case("LCD-46 21 days before the boost", IMRT, line("G6012", 30), line("77334", 9)),
    case(
        "LCD-46 22 days before the boost",
        IMRT,
        line("G6012", 30),
        line("77334", 8),
        say=_choice(3, "77334", "info"),
    ),
    case(
        "LCD-45 from 2026",
        line("77301", date(2026, 3, 2)),
        line("77334", date(2026, 3, 2)),
        say=_choice(2, "77334", "info", "review"),
    ),
    case(
        "head of section 9: devices of a stereotactic course", line("77301"), line("77334"), line("77373", 7)
    ),
    case("LCD-45 without IMRT", line("G6012", 7), line("77334", 7)),
    case(
        "LCD-44 no reason on file",
        line("77301"),
        line("77334-59"),
        line("77334-XU", 3),
        say="documentation warning claim: add-document device-necessity",
        **chart("device-necessity"),
    ),
    case("LCD-44 reason on file", line("77301"), line("77334-59"), **chart()),
    case("LCD-44 chart not seen", line("77301"), line("77334-59")),
    case(
        "LCD-44 hospital claim",
        line("77301"),
        line("77334-59"),
        pos=None,
        say="documentation info claim: add-document device-necessity",
        **chart("device-necessity"),
    ),
    case("LCD-44 for a boost", IMRT, line("77334-59", 20), line("G6012", 30), **chart("device-necessity")),
]
ALL = [*SERVICES, *SAME_DAY, *SUPERVISION, *DEVICES]
