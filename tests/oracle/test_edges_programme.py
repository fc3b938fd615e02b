"""Small claims of members of the CVS programme at the edges of its rules, on which the two readings have to agree."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.oracle.agreement import describe, disagreement
from tests.oracle.claims import DAY, NEW, OLD, P, T, claim, coded, earlier
from tests.oracle.model import Document, Line, Record, Scenario

ALL_DOCUMENTS = tuple(Document(loinc, DAY) for loinc in ("28626-0", "18741-9", "18776-5"))
NEAR, CLOSE = ("prior-irradiation-adjacent",), ("close-to-critical-structure",)
OFFICE = (Line("G6012", DAY), Line("77014", DAY))


def _member(name: str, pos: str | None, *lines: Line, payer: str = "aetna", **more: Any) -> Scenario:
    return claim(name, payer, pos, *lines, **({"programme": True} | more))


def _coded_day(technique: str) -> tuple[Record, ...]:
    return (Record("fraction", DAY, (), (technique,)),)


def _pointing(codes: tuple[str, ...], *points: int, **more: Any) -> Scenario:
    line = Line("77014", DAY, points=points)
    told = "+".join(codes)
    return _member(
        f"CVS-09 {told} points {points} {more}",
        "11",
        Line("G6012", DAY, points=points),
        line,
        diagnosis=codes[0],
        more_diagnoses=codes[1:],
        **more,
    )


EDGES = [
    # CVS-02
    claim("CVS-02 not in the programme", "aetna", "11", *OFFICE, diagnosis="C79.51"),
    claim(
        "CVS-02 the other coverage's programme",
        "aetna",
        "11",
        *OFFICE,
        diagnosis="C79.51",
        other_coverage="other",
        other_programme=True,
    ),
    *(
        _member(f"CVS-02 {payer}", "11", *OFFICE, payer=payer, diagnosis="C79.51")
        for payer in ("unknown", "florida-blue-fep", "molina-medicaid", "medicare-ffs")
    ),
    # CVS-06 and CVS-18
    *(
        _member(
            f"{technique} {intent} {code} {slugs}",
            "11",
            *OFFICE,
            records=coded(technique),
            intent=intent,
            diagnosis=code,
            indications=slugs,
        )
        for technique in ("3dcrt", "2d", "neutron", "electron", "imrt", "brachytherapy")
        for intent in ("curative", "palliative", None)
        for code in ("C61", "D05.12", "D32.0", "Z51.0")
        for slugs in ((), NEAR, ("narrow-margins",))
    ),
    _member(
        "CVS-06 any malignant code is enough",
        "11",
        *OFFICE,
        records=coded("3dcrt"),
        diagnosis="D32.0",
        more_diagnoses=("C61",),
    ),
    _member(
        "CVS-06 the first code after C96",
        "11",
        *OFFICE,
        records=coded("3dcrt"),
        diagnosis="D10.0",
        intent="curative",
    ),
    _member(
        "CVS-06 the last in-situ code",
        "11",
        *OFFICE,
        records=coded("3dcrt"),
        diagnosis="D09.9",
        intent="curative",
    ),
    _member("CVS-18 conventional is not a known technique", "11", *OFFICE, intent="palliative"),
    _member(
        "CVS-18 a hint is not a known technique",
        "11",
        Line("77295", DAY),
        Line("77014", DAY),
        intent="palliative",
    ),
    _member(
        "CVS-18 one of two photon techniques",
        "11",
        *OFFICE,
        records=coded("3dcrt", "2d"),
        intent="palliative",
    ),
    _member(
        "CVS-18 3dcrt or imrt", "11", Line("77014", DAY), records=coded("3dcrt", "imrt"), intent="palliative"
    ),
    _member(
        "CVS-18 order", "11", Line("77014", DAY), hook="order", records=coded("3dcrt"), intent="palliative"
    ),
    _member("CVS-18 neutron delivery", "11", Line("77423", DAY), Line("77014", DAY), intent="palliative"),
    # CVS-08
    *(
        _member(
            f"CVS-08 {technique} {intent} {slugs}",
            "11",
            Line("77014", DAY),
            records=coded(technique) if technique else (),
            whole_brain=True,
            intent=intent,
            indications=slugs,
        )
        for technique in ("3dcrt", "2d", "imrt", "proton", "srs", "sbrt", "electron", None)
        for intent in ("curative", "palliative", None)
        for slugs in ((), NEAR, CLOSE, ("hippocampal-sparing",))
    ),
    _member("CVS-08 a brain metastasis does not prove it", "11", *OFFICE, diagnosis="C79.31"),
    _member("CVS-08 a hint of IMRT", "11", Line("77301", DAY), Line("77014", DAY), whole_brain=True),
    _member("CVS-08 a hint of 3D-CRT", "11", Line("77295", DAY), Line("77014", DAY), whole_brain=True),
    _member("CVS-08 two codes", "11", *OFFICE, Line("G6017", DAY), whole_brain=True),
    _member("CVS-08 2026", "11", Line("77407", NEW), Line("77387", NEW, P), whole_brain=True),
    _member("CVS-08 2014", "11", Line("77014", OLD), whole_brain=True),
    _member("CVS-08 modifier missing as well", "22", Line("77014", DAY), whole_brain=True),
    # CVS-09
    *(
        _pointing(codes, *points)
        for codes, points in (
            (("C79.51",), (1,)),
            (("C79.51",), ()),
            (("C61", "C79.51"), (2,)),
            (("C61", "C79.51"), (1,)),
            (("C61", "C79.51"), ()),
            (("C61", "C79.51"), (1, 2)),
            (("C79.51", "C61"), ()),
            (("Z51.0", "C79.51"), ()),
            (("Z51.0", "C61", "C79.51"), ()),
            (("Z51.0", "C79.51"), (1,)),
            (("C79.31", "C79.51"), ()),
            (("C79.51", "C79.31"), ()),
            (("C79.51", "C79.31"), (1,)),
            (("C79.51", "C78.00"), (1, 2)),
            (("C79.52",), (1,)),
            (("C79.52", "C79.51"), ()),
            (("D32.0", "C79.51"), ()),
            (("C79.51", "D32.0"), ()),
            (("C77.0", "C79.51"), (2,)),
        )
    ),
    _pointing(("C79.51",), 1, indications=NEAR),
    _pointing(("C79.51",), 1, indications=CLOSE),
    _pointing(("C79.51",), 1, indications=("narrow-margins",)),
    _pointing(("C79.51",), 1, intent="curative"),
    _pointing(("C79.51",), 1, intent="palliative"),
    *(_pointing(("C79.51",), 1, records=coded(technique)) for technique in ("3dcrt", "2d", "electron")),
    *(
        _member(f"CVS-09 {t}", "11", Line("77014", DAY), diagnosis="C79.51", records=coded(t))
        for t in ("imrt", "proton", "sbrt", "brachytherapy", "neutron")
    ),
    _member("CVS-09 order", "11", Line("77387", DAY), hook="order", diagnosis="C79.51"),
    _member(
        "CVS-09 lines with their own diagnoses",
        "11",
        Line("G6012", DAY),
        Line("77014", DAY, points=(1,)),
        Line("G6002", DAY, points=(2,)),
        diagnosis="C61",
        more_diagnoses=("C79.51",),
    ),
    # CVS-14
    *(
        _member(f"CVS-14 {delivery} {pos} {guidance.label}", pos, Line(delivery, guidance.date), guidance)
        for delivery in ("77372", "77373", "G0340")
        for pos in (None, "22", "11", "24")
        for guidance in (Line("77387", DAY), Line("G6002", DAY, P), Line("G6017", DAY), Line("77387", NEW, P))
    ),
    _member("CVS-14 before 2015", "11", Line("77373", OLD), Line("77014", OLD)),
    _member("CVS-14 a code that had not begun", "11", Line("77373", OLD), Line("G6002", OLD)),
    _member("CVS-14 coded technique", "22", Line("G6002", DAY, P), records=coded("sbrt")),
    _member("CVS-14 one of two techniques", "22", Line("G6002", DAY, P), records=coded("sbrt", "3dcrt")),
    _member("CVS-14 a hint is not enough", "22", Line("77435", DAY), Line("G6001", DAY, P)),
    _member("CVS-14 order", "22", Line("77387", DAY), hook="order", records=coded("sbrt")),
    _member("CVS-14 the delivery of another day", "11", Line("77373", DAY), Line("G6012", NEW)),
    _member(
        "CVS-14 and Molina's 77387",
        "22",
        Line("77387", DAY, P),
        payer="molina-medicare",
        records=coded("srs"),
    ),
    _member(
        "M-3 nothing left to document",
        "22",
        Line("G6002", DAY, P),
        payer="florida-blue",
        records=coded("sbrt"),
        documents=(),
    ),
    _member(
        "3.1 the payer's documents stay",
        "11",
        *OFFICE,
        payer="florida-blue",
        records=coded("3dcrt"),
        intent="curative",
        documents=(),
    ),
    _member(
        "3.1 the payer's coverage rules do not",
        "11",
        *OFFICE,
        payer="florida-blue",
        records=coded("2d"),
        documents=ALL_DOCUMENTS,
    ),
    # CVS-16
    *(
        _member(
            f"CVS-16 {pos} {guidance.label} {payer}",
            pos,
            Line("77401" if guidance.date == DAY else "77437", guidance.date),
            guidance,
            payer=payer,
        )
        for pos in (None, "22", "11", "24")
        for guidance in (Line("77387", DAY), Line("G6001", DAY, P), Line("77387", NEW), Line("77439", NEW))
        for payer in ("aetna", "medicare-ffs")
    ),
    _member("CVS-16 coded technique", "11", Line("G6001", DAY), records=coded("superficial")),
    _member(
        "CVS-16 one of two techniques", "11", Line("G6001", DAY), records=coded("superficial", "electron")
    ),
    _member("CVS-16 2014", "11", Line("77401", OLD), Line("77014", OLD)),
    _member("CVS-16 order", "11", Line("77387", DAY), hook="order", records=coded("superficial")),
    _member("CVS-16 order of 77439", "11", Line("77439", NEW), hook="order", records=coded("superficial")),
    _member("CVS-16 an ended code and no ultrasound", "11", Line("77437", NEW), Line("77014", NEW)),
    # CVS-17
    _member("CVS-17 coded beside a conventional code", "11", *OFFICE, records=coded("electron")),
    _member("CVS-17 2014", "11", Line("77014", OLD), records=coded("electron")),
    _member("CVS-17 2026", "11", Line("77412", NEW), Line("77387", NEW, P), records=coded("electron")),
    _member("CVS-17 electron and photons", "11", *OFFICE, records=coded("electron", "3dcrt")),
    _member(
        "CVS-17 a course with IMRT as well",
        "11",
        Line("G6012", DAY),
        Line("77014", DAY),
        records=coded("electron"),
        history=earlier("G6015", DAY.replace(day=3)),
    ),
    _member(
        "CVS-17 the day is coded",
        "11",
        Line("G6012", DAY),
        Line("77014", DAY),
        records=_coded_day("electron"),
        history=earlier("G6015", DAY.replace(day=3)),
    ),
    _member(
        "CVS-17 a course with conventional codes only",
        "11",
        Line("G6012", DAY),
        Line("77014", DAY),
        records=coded("electron"),
        history=earlier("G6010", DAY.replace(day=3)),
    ),
    _member(
        "CVS-17 IMRT on the day", "11", Line("G6015", DAY), Line("77014", DAY), records=coded("electron")
    ),
    _member("CVS-17 order", "11", Line("77387", DAY), hook="order", records=coded("electron")),
    _member(
        "CVS-17 wrong modifier on a line that goes", "22", Line("77014", DAY, T), records=coded("electron")
    ),
    # CVS-15, CVS-12
    _member(
        "CVS-15 brachytherapy",
        "11",
        Line("77770", DAY),
        Line("77014", DAY),
        intent="palliative",
        diagnosis="C79.51",
    ),
    _member(
        "CVS-12 proton", "11", Line("77523", DAY), Line("77014", DAY), intent="palliative", diagnosis="C79.51"
    ),
    *(
        replace(_member("", "11", *OFFICE, diagnosis="C79.51"), state=state, name=f"any state {state}")
        for state in ("FL", "TX")
    ),
]


@pytest.mark.parametrize("scenario", EDGES, ids=lambda scenario: scenario.name)
def test_the_readings_agree_at_the_edges(scenario: Scenario) -> None:
    if any(disagreement(scenario)):
        pytest.fail(describe(scenario), pytrace=False)
