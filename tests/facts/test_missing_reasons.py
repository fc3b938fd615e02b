"""A reason that is not here may be an indication: that none is coded is then said as a hint (M-6)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.engine.model import OpenSet, Severity
from cds_service.facts import imrt_facts, unit_facts
from cds_service.facts.views import CaseView
from tests.facts.build import (
    CONFORMAL,
    ICD10,
    IMRT,
    LOCAL,
    PHOTONS,
    SNOMED,
    Json,
    case,
    coded,
    coverage,
    extension,
    knowledge,
    order,
    procedure,
    technique,
)
from tests.facts.judged import PROGRAMME, based_on, because, condition, indication, severities

PLANE = technique(None, local="2d")
HOW = technique(PHOTONS, CONFORMAL)
PALLIATIVE = extension("http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-procedure-intent", "363676003")
FLORIDA_BLUE = coverage("Florida Blue")
DEFINITIONS = "http://hl7.org/fhir/StructureDefinition/"
AWAY: Json = {"reasonReference": [{"reference": "Condition/c9"}]}
REASON = condition("c9", coded("C61", ICD10), indication("setup-variation"))


def guidance(*how: Json, **more: Any) -> Json:
    return order("77387", "g", **{"extension": list(how or [PLANE]), **more})


def asked(made: Json, *beside: Json) -> Severity | None:
    return severities(made, beside=[FLORIDA_BLUE, *beside]).get("FLB-21")


def test_an_indication_that_may_be_behind_a_reference_is_asked_for_as_a_hint() -> None:
    assert asked(guidance(**AWAY)) is Severity.info
    assert asked(guidance(**AWAY), REASON) is None
    assert asked(guidance(**AWAY), condition("c9", coded("C61", ICD10))) is Severity.warning


@pytest.mark.parametrize(
    ("reference", "severity"),
    [
        ({"reference": "Condition/c9"}, Severity.info),
        ({"reference": "https://ehr.example/fhir/Condition/c9/_history/2"}, Severity.info),
        ({"reference": "urn:uuid:0c2b1d1e-6f4f-4d52-9a6b-1d5f5e0f9a11"}, Severity.info),
        ({"reference": "#gone"}, Severity.info),
        ({"display": "Prostate cancer"}, Severity.info),
        ({"identifier": {"value": "7"}, "type": "Condition"}, Severity.info),
        ({"reference": "Observation/psa"}, Severity.warning),
        ({"reference": "https://ehr.example/fhir/DiagnosticReport/1"}, Severity.warning),
        ({"identifier": {"value": "7"}, "type": "DocumentReference"}, Severity.warning),
        ({"reference": "Encounter/1"}, Severity.warning),
        ({"reference": "ClinicalImpression/1"}, Severity.warning),
        ({"identifier": {"value": "7"}, "type": f"{DEFINITIONS}Observation"}, Severity.warning),
        ({"identifier": {"value": "7"}, "type": f"{DEFINITIONS}Condition"}, Severity.info),
        ({"reference": "Condition/c9", "type": "Resource"}, Severity.info),
        ({"reference": "https://ehr.example/reasons/7"}, Severity.info),
        ({"reference": "Condition/here"}, Severity.warning),
        ({"reference": "#report"}, Severity.warning),
        ({"reference": "#psa"}, Severity.warning),
        ({"reference": "#broken"}, Severity.info),
    ],
    ids=[
        "relative",
        "absolute",
        "a UUID",
        "contained",
        "display",
        "identifier",
        "an observation",
        "a report",
        "a document",
        "an encounter",
        "an impression",
        "an observation by canonical URL",
        "a condition by canonical URL",
        "of any type",
        "of no type",
        "here",
        "a contained document",
        "a contained observation",
        "a contained condition that cannot be read",
    ],
)
def test_only_what_may_be_a_condition_and_is_not_here_may_be_an_indication(
    reference: Json, severity: Severity
) -> None:
    report: Json = {"resourceType": "DocumentReference", "id": "report", "status": "current"}
    psa: Json = {"resourceType": "Observation", "id": "psa", "status": "final"}
    broken: Json = {"resourceType": "Condition", "id": "broken", "code": 7}
    made = guidance(**because("C61"), reasonReference=[reference], contained=[report, psa, broken])
    here = condition("here", coded("254900004", SNOMED))
    assert asked(made, here) is severity


def test_an_observation_in_a_bundle_is_here_by_its_full_url() -> None:
    uuid = "urn:uuid:0c2b1d1e-6f4f-4d52-9a6b-1d5f5e0f9a11"
    made = guidance(**because("C61"), reasonReference=[{"reference": uuid}])

    def sent(url: str) -> Json:
        psa: Json = {"resourceType": "Observation", "id": "psa", "status": "final"}
        return {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [{"fullUrl": url, "resource": psa}],
        }

    assert asked(made, sent(uuid)) is Severity.warning
    assert asked(made, sent("urn:uuid:00000000-0000-4000-8000-000000000001")) is Severity.info


@pytest.mark.parametrize(
    "reason",
    [because({"text": "Prostate cancer"}), because(coded("254900004", SNOMED)), because("C61"), {}],
    ids=["text", "SNOMED", "ICD-10", "none"],
)
def test_a_reason_that_is_here_is_a_disease_and_no_indication(reason: Json) -> None:
    assert asked(guidance(**reason)) is Severity.warning


@pytest.mark.parametrize(
    ("rule", "made"),
    [
        ("CVS-08", guidance(HOW, bodySite=[coded("whole-brain", LOCAL + "body-site")], **because("C79.31"))),
        ("CVS-09", guidance(HOW, **because("C79.51"))),
        ("CVS-18", guidance(HOW, PALLIATIVE, **because("C34.11"))),
    ],
    ids=["whole brain", "bone", "palliative"],
)
def test_what_an_indication_would_settle_is_a_hint(rule: str, made: Json) -> None:
    assert severities(made, beside=[PROGRAMME])[rule] is Severity.warning
    assert severities({**made, **AWAY}, beside=[PROGRAMME])[rule] is Severity.info


def test_what_an_indication_would_not_settle_keeps_its_weight() -> None:
    """CVS-16 names no exception."""
    made = guidance(technique(None, local="superficial"), **because("C44.311"), **AWAY)
    assert severities(made, beside=[PROGRAMME])["CVS-16"] is Severity.critical


def test_the_condition_of_imrt_may_be_behind_a_reference() -> None:
    florida: Json = {"resourceType": "Patient", "id": "p1", "address": [{"state": "FL"}]}
    member = [coverage("Medicare"), florida]
    plan = order("77301", "g", extension=[technique(PHOTONS, IMRT)], **because("C49.21"))
    assert severities(plan, beside=member)["LCD-05"] is Severity.warning
    assert severities({**plan, **AWAY}, beside=member)["LCD-05"] is Severity.info
    other = order("77290", "o", **because("C49.21"), **AWAY)
    assert severities(plan, other, beside=member)["LCD-05"] is Severity.info


def test_the_reason_of_an_order_behind_it_may_be_an_indication() -> None:
    made = guidance(**because("C61"), **based_on("course"))
    course = order(None, "course", status="active", **because("C61"))
    assert asked(made, course) is Severity.warning
    assert asked(made, {**course, **AWAY}) is Severity.info


def test_the_reason_of_a_procedure_that_says_something_of_the_course_may_be_an_indication() -> None:
    def done(**more: Any) -> Json:
        return procedure(performedDateTime="2024-05-20", **AWAY, **more)

    made = order("77387", "g", extension=[PLANE], **because("C61"))
    biopsy = done(level=coded("65575008", SNOMED))
    assert asked(made, biopsy) is Severity.warning
    assert asked(made, done(extension=[PLANE])) is Severity.info
    long_ago = procedure(performedDateTime="2023-05-20", extension=[PLANE], **AWAY)
    assert asked(made, long_ago) is Severity.warning


def test_indications_are_open_only_where_what_is_in_doubt_is_left_out() -> None:
    made = CaseView(case(guidance(**AWAY, **because("C50.411"))), knowledge())
    assert not isinstance(unit_facts.indications(made.all_units[0]), OpenSet)
    sure = made.without_doubt()
    assert sure is not None
    (unit,) = sure.all_units
    assert isinstance(unit_facts.indications(unit), OpenSet)
    assert isinstance(imrt_facts.course_indications(unit), OpenSet)
    assert CaseView(case(guidance(**because("C61"))), knowledge()).without_doubt() is None


def test_a_right_breast_is_not_taken_for_no_common_site_while_its_reason_is_not_here() -> None:
    """LCD-16 counts it where an indication speaks for IMRT."""

    def common(**reason: Any) -> Any:
        sure = CaseView(case(guidance(**because("C50.411"), **reason)), knowledge())
        return imrt_facts.common_imrt_site((sure.without_doubt() or sure).all_units[0])

    assert common() is False
    assert not isinstance(common(**AWAY), bool)
    given = guidance(**because("C50.411", indication("setup-variation")), **AWAY)
    (unit,) = CaseView(case(given), knowledge()).all_units
    assert imrt_facts.common_imrt_site(unit) is True
