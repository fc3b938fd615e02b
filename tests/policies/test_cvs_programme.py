"""The CVS column of the decision table (rulebook 12), cell by cell, and what its cards offer and point to."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from cds_service.books import standard_library
from cds_service.engine.cases import short
from cds_service.engine.model import Finding
from cds_service.facts.given import build_case
from cds_service.facts.views import CaseView

HOSPITAL = {"claim_type": "institutional"}
PHYSICIAN = {"claim_type": "professional", "place_of_service": "22"}
OFFICE = {"claim_type": "professional", "place_of_service": "11"}
CURATIVE = {"diagnoses": ["C61"], "technique": ["3dcrt"], "intent": ["curative"]}
BONE = {"diagnoses": ["C79.51"], "technique": ["3dcrt"], "intent": ["palliative"]}
METHOD_26 = ("77014-26", "G6001-26", "G6002-26", "77387-26")
METHOD = ("77014", "G6001", "G6002", "77387")
PAYERS = ("cvs-aetna", "medicare-ffs", "molina", "florida-blue", "unknown")
GUIDANCE = ("77014", "77387", "G6001", "G6002", "G6017")


def findings(**given: Any) -> list[Finding]:
    library = standard_library()
    case = build_case({"payer": "cvs-aetna", "programs": ["cvs-radonc"], **given})
    return list(library.engine.evaluate(CaseView(case, library.knowledge)))


def said(**given: Any) -> list[str]:
    return sorted(short(finding) for finding in findings(**given))


def delivered(code: str) -> dict[str, Any]:
    """The hospital's delivery of the date, as a physician's claim sees it."""
    return {"history": [{"code": code, "claim_type": "institutional"}]}


# ---- IMRT


@pytest.mark.parametrize("delivery", ["77385", "77386"])
@pytest.mark.parametrize("guidance", ["77387", "77387-TC", "77014", "G6001-TC", "G6002", "G6017"])
def test_hospital_imrt_has_no_guidance_line(delivery: str, guidance: str) -> None:
    code = guidance.partition("-")[0]
    assert said(**HOSPITAL, lines=[delivery, guidance]) == [f"bundling warning: remove-line {code}"]
    assert said(**HOSPITAL, lines=[delivery]) == []


@pytest.mark.parametrize("guidance", METHOD_26)
def test_the_physician_in_a_hospital_reports_imrt_guidance_with_26(guidance: str) -> None:
    code = guidance.partition("-")[0]
    assert said(**PHYSICIAN, **delivered("77386"), lines=[guidance]) == []
    assert said(**PHYSICIAN, **delivered("77386"), lines=[code]) == [
        f"modifier warning: add-modifier {code} 26"
    ]


@pytest.mark.parametrize("delivery", ["G6015", "G6016"])
@pytest.mark.parametrize("guidance", [*METHOD, "G6017"])
def test_an_office_reports_imrt_guidance_globally_beside_g_codes(delivery: str, guidance: str) -> None:
    assert said(**OFFICE, lines=[delivery, guidance]) == []


def test_an_office_reports_imrt_guidance_beside_cpt_codes_with_26() -> None:
    assert said(**OFFICE, lines=["77386", "77387-26"]) == []
    assert said(**OFFICE, lines=["77386", "77014-26"]) == []
    assert said(**OFFICE, lines=["77386", "77387"]) == ["bundling warning: replace 77387 -> 77387-26"]
    assert said(**OFFICE, lines=["77386", "77387-TC"]) == ["bundling warning: remove-line 77387"]
    assert said(**OFFICE, lines=["77386", "G6002"]) == ["bundling info: review"]


# ---- Conventional treatment


@pytest.mark.parametrize("delivery", ["77402", "77407", "77412"])
@pytest.mark.parametrize("guidance", ["77387", "77387-TC"])
def test_hospital_guidance_of_conventional_treatment_is_right_if_necessary(
    delivery: str, guidance: str
) -> None:
    lines = [delivery, guidance]
    assert said(**HOSPITAL, **CURATIVE, lines=lines) == []
    assert said(**HOSPITAL, lines=lines) == []
    assert said(**HOSPITAL, **BONE, lines=lines) == [
        "not-necessary warning: attest-indication | remove-line 77387"
    ]
    assert said(**HOSPITAL, **BONE, indications=["close-to-critical-structure"], lines=lines) == []


@pytest.mark.parametrize("guidance", METHOD_26)
def test_physicians_guidance_of_conventional_treatment_is_right_if_necessary(guidance: str) -> None:
    code = guidance.partition("-")[0]
    given = {**PHYSICIAN, **delivered("77412"), "lines": [guidance]}
    assert said(**given, **CURATIVE) == []
    assert said(**given, **BONE) == [f"not-necessary warning: attest-indication | remove-line {code}"]


@pytest.mark.parametrize("delivery", ["G6003", "G6014", "77402", "77412"])
@pytest.mark.parametrize("guidance", METHOD)
def test_office_guidance_of_conventional_treatment_is_right_if_necessary(
    delivery: str, guidance: str
) -> None:
    given = {**OFFICE, "lines": [delivery, guidance]}
    assert said(**given, **CURATIVE) == []
    assert said(**given, **BONE) == [f"not-necessary warning: attest-indication | remove-line {guidance}"]


# ---- SRS and SBRT: no guidance line at all


def in_programme(**given: Any) -> list[Finding]:
    """Findings, without that about a payer nobody knows."""
    return [finding for finding in findings(**given) if finding.kind != "scope-applicability"]


@pytest.mark.parametrize("delivery", ["77371", "77372", "77373", "G0339", "G0340"])
@pytest.mark.parametrize("setting", [HOSPITAL, PHYSICIAN, OFFICE], ids=["hospital", "physician", "office"])
@pytest.mark.parametrize("payer", PAYERS)
def test_no_guidance_line_with_stereotactic_treatment(
    delivery: str, setting: dict[str, Any], payer: str
) -> None:
    for guidance, modifier in product(GUIDANCE, ("", "-26", "-TC")):
        found = in_programme(**setting, **delivered(delivery), payer=payer, lines=[guidance + modifier])
        assert [short(f) for f in found] == [f"bundling critical: remove-line {guidance}"]
        assert "CVS-14" in found[0].rules


# ---- Superficial and electron treatment: guidance is not necessary


@pytest.mark.parametrize("setting", [HOSPITAL, PHYSICIAN, OFFICE], ids=["hospital", "physician", "office"])
@pytest.mark.parametrize("payer", PAYERS)
@pytest.mark.parametrize(("technique", "rule"), [("superficial", "CVS-16"), ("electron", "CVS-17")])
def test_no_guidance_with_superficial_or_electron_treatment(
    setting: dict[str, Any], payer: str, technique: str, rule: str
) -> None:
    for guidance, modifier in product(GUIDANCE, ("", "-26", "-TC")):
        found = in_programme(**setting, payer=payer, technique=[technique], lines=[guidance + modifier])
        assert [short(f) for f in found] == [f"not-necessary critical: remove-line {guidance}"]
        assert rule in found[0].rules
        assert ("AST-23" in found[0].rules) is (technique == "superficial")


# ---- Proton therapy and brachytherapy: necessary, codes as for other payers


@pytest.mark.parametrize("delivery", ["77520", "77522", "77523", "77525"])
@pytest.mark.parametrize(
    ("setting", "guidance"),
    [
        (HOSPITAL, "77387-TC"),
        *((PHYSICIAN, g) for g in METHOD_26),
        *((OFFICE, g) for g in (*METHOD, "G6017")),
    ],
)
def test_proton_therapy_is_left_alone(delivery: str, setting: dict[str, Any], guidance: str) -> None:
    assert said(**setting, **delivered(delivery), diagnoses=["C79.51"], lines=[guidance]) == []


def test_protons_in_a_hospital_need_26_on_the_physicians_line() -> None:
    assert said(**PHYSICIAN, **delivered("77523"), lines=["77387"]) == [
        "modifier warning: add-modifier 77387 26"
    ]


@pytest.mark.parametrize(
    ("setting", "guidance"), [(HOSPITAL, "77387-TC"), (PHYSICIAN, "77014-26"), (OFFICE, "G6001")]
)
def test_brachytherapy_is_left_alone(setting: dict[str, Any], guidance: str) -> None:
    assert said(**setting, **delivered("77770"), diagnoses=["C61"], lines=[guidance]) == []


# ---- From 2026


@pytest.mark.parametrize(
    ("setting", "lines", "expected"),
    [
        (HOSPITAL, ["77412", "77387"], []),
        (HOSPITAL, ["77412", "77387-TC"], ["bundling warning: remove-line 77387"]),
        (PHYSICIAN, ["77387-26"], []),
        (OFFICE, ["77412", "77387-26"], []),
        (OFFICE, ["77412", "77387"], []),
        (HOSPITAL, ["77373", "77387"], ["bundling critical: remove-line 77387"]),
        (PHYSICIAN, ["77435", "77387-26"], []),
        (OFFICE, ["77373", "77387-26"], ["bundling critical: remove-line 77387"]),
        (OFFICE, ["77437", "77387-26"], ["not-necessary critical: remove-line 77387"]),
        (OFFICE, ["77438", "77439"], ["not-necessary info: review"]),
    ],
)
def test_the_code_set_of_2026(setting: dict[str, Any], lines: list[str], expected: list[str]) -> None:
    assert said(**setting, date="2026-03-02", lines=lines) == expected


@pytest.mark.parametrize("lines", [["77412", "77387-26"], ["77402", "77387"]])
def test_electrons_in_2026(lines: list[str]) -> None:
    given = {**OFFICE, "date": "2026-03-02", "technique": ["electron"]}
    assert said(**given, lines=lines) == ["not-necessary critical: remove-line 77387"]


# ---- What the cards offer and point to


def offered(**given: Any) -> dict[str, tuple[str, ...]]:
    (finding,) = findings(**given)
    return {remedy.action: remedy.indications for remedy in finding.remedies}


def test_the_reasons_that_are_offered() -> None:
    whole_brain = {**PHYSICIAN, "body_site": ["whole-brain"], "lines": ["77014-26"]}
    assert offered(**whole_brain)["attest-indication"] == ("hippocampal-sparing",)
    exceptions = ("prior-irradiation-adjacent", "close-to-critical-structure")
    assert offered(**PHYSICIAN, **BONE, lines=["77014-26"])["attest-indication"] == exceptions
    open_intent = {"diagnoses": ["C61"], "technique": ["3dcrt"]}
    assert offered(**PHYSICIAN, **open_intent, lines=["77014-26"]) == {
        "attest-indication": ("prior-irradiation-adjacent",)
    }
    for given in ({"intent": ["palliative"]}, {"intent": ["curative"]}):
        reasons = offered(**PHYSICIAN, **given, technique=["2d"], lines=["77014-26"])["attest-indication"]
        assert len(reasons) == 11
        assert "prior-irradiation-adjacent" in reasons
        assert "hippocampal-sparing" not in reasons


@pytest.mark.parametrize(
    "given",
    [
        {"body_site": ["whole-brain"]},
        BONE,
        {"diagnoses": ["C61"], "technique": ["3dcrt"]},
        {"technique": ["2d"], "intent": ["palliative"]},
        {"technique": ["2d"], "intent": ["curative"]},
    ],
)
def test_each_offered_reason_settles_the_finding(given: dict[str, Any]) -> None:
    given = {**PHYSICIAN, **given, "lines": ["77014-26"]}
    for reason in offered(**given)["attest-indication"]:
        assert said(**given, indications=[reason]) == []


@pytest.mark.parametrize(
    ("delivery", "lines"), [("77373", ["77373", "77014"]), ("77401", ["77401", "77014"])]
)
def test_the_delivery_of_the_date_is_shown_as_evidence(delivery: str, lines: list[str]) -> None:
    (finding,) = findings(**OFFICE, date="2013-03-04", lines=lines)
    assert {e.value for e in finding.evidence} == {delivery, "77014"}
    assert [line.code for line in finding.lines] == ["77014"]


def test_the_programme_is_named_as_the_source() -> None:
    (finding,) = findings(**OFFICE, payer="florida-blue", technique=["electron"], lines=["77014"])
    assert [(s.owner, s.rank, s.edition) for s in finding.sources] == [("CVS Health", "programme", "undated")]


def test_no_card_promises_or_threatens() -> None:
    """Nothing here is called paid, denied, covered or approved (rulebook 2.5)."""
    book = standard_library().engine.book
    texts = [
        text
        for rule in book.rules
        if rule.policy.startswith("cvs-radonc.")
        for text in (rule.finding.summary, *rule.finding.because, *rule.finding.notes)
    ]
    assert len(texts) >= 20
    for word in ("paid", "pays", "denied", "denial", "approved", "covered"):
        assert [text for text in texts if word in text.lower()] == []
