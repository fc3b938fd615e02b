"""A reason that is stated, but not in ICD-10-CM, is not known: the problem list does not take its place."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.books import standard_library
from cds_service.engine.model import Severity
from cds_service.facts.views import CaseView
from tests.facts.build import (
    CONFORMAL,
    ICD10,
    IMRT,
    LOCAL,
    PHOTONS,
    PLANE,
    SNOMED,
    Json,
    case,
    coded,
    coverage,
    order,
    plan,
    technique,
    unit,
    view,
)

BREAST = "254837009"
PROGRAMME: Json = {"class": [plan("group", "cvs-radonc")]}
CVS, FLORIDA_BLUE = coverage("Aetna", **PROGRAMME), coverage("Florida Blue")
FLORIDA: Json = {"resourceType": "Patient", "id": "p1", "address": [{"state": "FL"}]}
MEDICARE = coverage("Medicare")
SLUG = coded("setup-variation", LOCAL + "indication")


def condition(id: str, *codes: Json, **more: Any) -> Json:
    return {"resourceType": "Condition", "id": id, "code": codes[0], **more} if codes else {}


BONE = condition("bone", coded("C79.51", ICD10))


def because(*reasons: Json) -> Json:
    return {"reasonCode": list(reasons)}


def guidance(how: Json | None = None, **more: Any) -> Json:
    return order("77387", "g", extension=[how or technique(PHOTONS, CONFORMAL)], **more)


def judged(*orders: Json, beside: tuple[Json, ...], whole: bool = True) -> dict[str, Severity]:
    library = standard_library()
    made = case(*orders, beside=beside, conditions_whole=whole)
    found = library.findings(CaseView(made, library.knowledge))
    return {rule: f.severity for f in found if f.unit == "ServiceRequest/g" for rule in f.rules}


def bone_rule(made: Json, *conditions: Json, whole: bool = True) -> Severity | None:
    return judged(made, beside=(CVS, *conditions), whole=whole).get("CVS-09")


@pytest.mark.parametrize(
    "reason",
    [
        because(coded(BREAST, SNOMED)),
        because({"text": "Breast cancer"}),
        because({"coding": [{"display": "Breast cancer"}]}),
        because(coded("174.9", "http://hl7.org/fhir/sid/icd-9-cm")),
        because(coded("Z51.0", ICD10), coded(BREAST, SNOMED)),
        {"reasonReference": [{"reference": "Condition/elsewhere"}]},
        {"reasonReference": [{"display": "Breast cancer"}]},
        {
            "contained": [condition("x", coded(BREAST, SNOMED))],
            "reasonReference": [{"reference": "#x"}],
        },
    ],
    ids=["SNOMED", "text", "display", "ICD-9", "beside Z51.0", "not here", "no reference", "contained"],
)
def test_a_stated_reason_is_not_the_problem_lists_disease(reason: Json) -> None:
    assert bone_rule(guidance(**reason), BONE) is Severity.info


@pytest.mark.parametrize(
    "reason",
    [
        {},
        because(coded("Z51.0", ICD10)),
        because(SLUG),
        because({}),
        because(coded("C79.51", ICD10), coded(BREAST, SNOMED)),
        {"reasonReference": [{"reference": "Condition/bone"}]},
    ],
    ids=["none", "Z51.0", "an indication", "empty", "read too", "the condition"],
)
def test_without_a_reason_that_cannot_be_read_all_stays(reason: Json) -> None:
    assert bone_rule(guidance(**reason), BONE) is Severity.warning


@pytest.mark.parametrize(
    ("beside", "severity"),
    [
        (condition("b", coded(BREAST, SNOMED)), Severity.info),
        (condition("b", {"text": "Breast cancer"}), Severity.info),
        (condition("b", coded(BREAST, SNOMED), clinicalStatus=coded("resolved", None)), Severity.warning),
        (condition("b", SLUG), Severity.warning),
        (condition("b", coded("I10", ICD10)), None),
    ],
    ids=["SNOMED", "text", "resolved", "an indication", "several diseases"],
)
def test_the_treated_disease_may_be_one_of_the_list_that_cannot_be_read(
    beside: Json, severity: Severity | None
) -> None:
    assert bone_rule(guidance(), BONE, beside) is severity
    stated = guidance(**because(coded("C79.51", ICD10)))
    assert bone_rule(stated, BONE, beside) is Severity.warning


def test_a_problem_list_that_was_read_in_part_may_hold_the_treated_disease() -> None:
    assert bone_rule(guidance(), BONE, whole=False) is Severity.info
    assert bone_rule(guidance(**because(coded("C79.51", ICD10))), whole=False) is Severity.warning


def test_what_is_not_known_is_not_taken_for_no_left_breast() -> None:
    """FLB-12: breath hold of the left breast is covered; the right one of the list may be another tumour."""
    held = coded("721051000124109", SNOMED)

    def asked(reason: Json, *conditions: Json) -> Severity | None:
        made = guidance(technique(PHOTONS, PLANE), **reason, orderDetail=[held])
        return judged(made, beside=(FLORIDA_BLUE, *conditions)).get("FLB-21")

    right, left = (condition("b", coded(code, ICD10)) for code in ("C50.411", "C50.412"))
    assert asked({}, right) is Severity.warning
    assert asked(because(coded(BREAST, SNOMED)), right) is Severity.info
    assert asked(because(coded(BREAST, SNOMED)), left) is None
    assert asked(because(coded(BREAST, SNOMED))) is Severity.info
    assert asked({}) is Severity.warning


def test_what_is_not_known_is_not_taken_for_no_common_site() -> None:
    """LCD-05 asks more mildly at the sites that commonly support IMRT."""

    def asked(reason: Json, *conditions: Json) -> Severity:
        made = guidance(technique(PHOTONS, IMRT), **reason)
        return judged(made, beside=(MEDICARE, FLORIDA, *conditions))["LCD-05"]

    thigh = condition("t", coded("C49.21", ICD10))
    assert asked({}, thigh) is asked({}) is Severity.warning
    assert asked(because(coded(BREAST, SNOMED)), thigh) is Severity.info
    assert asked(because(coded(BREAST, SNOMED))) is Severity.info
    assert asked({}, thigh, condition("b", coded(BREAST, SNOMED))) is Severity.info


def test_a_procedure_of_the_problem_lists_disease_may_be_of_another() -> None:
    def doubt(reason: Json) -> bool:
        done: Json = {
            "resourceType": "Procedure",
            "id": "p",
            "status": "completed",
            **because(coded("C79.51", ICD10)),
        }
        course = {**done, "performedDateTime": "2024-05-20", "extension": [technique(PHOTONS, IMRT)]}
        made = order("77387", "g", **reason)
        return unit(made, beside=(BONE, course)).without_doubt is not None

    assert not doubt({})
    assert doubt(because(coded(BREAST, SNOMED)))


def test_reasons_that_cannot_be_read_are_compared_as_they_stand() -> None:
    def told(own: Json, other: Json) -> Severity | None:
        made = order("77387", "g", **own)
        return judged(made, order("77401", "d", **other), beside=(CVS,)).get("CVS-16")

    skin = because(coded("254651007", SNOMED))
    assert told(skin, skin) is Severity.critical
    assert told(because({"text": "Skin cancer "}), because({"text": "skin cancer"})) is Severity.critical
    assert told(because(coded(BREAST, SNOMED)), skin) is Severity.info
    assert told(because(coded("C61", ICD10)), skin) is Severity.info
    assert (
        told(because({"coding": [{"display": "A"}]}), because({"coding": [{"display": "A"}]}))
        is Severity.info
    )
    assert told({}, skin) is Severity.critical
    assert told(skin, {}) is Severity.critical


def test_contained_reasons_that_are_not_there_are_two() -> None:
    reason: Json = {"reasonReference": [{"reference": "#1"}]}
    one, two = case(order("77387", "a", **reason), order("77386", "b", **reason)).units
    assert one.unread_reasons
    assert one.unread_reasons.isdisjoint(two.unread_reasons)


@pytest.mark.parametrize(
    ("listed", "doubt"),
    [((BONE,), False), ((BONE, condition("breast", coded(BREAST, SNOMED))), True)],
    ids=["all-read", "one-unread"],
)
def test_what_another_order_treats_may_be_the_disease_that_could_not_be_read(
    listed: tuple[Json, ...], doubt: bool
) -> None:
    other = order("77373", "o", **because(coded("C34.11", ICD10)))
    made = view(order("77387", "g"), other, beside=listed)
    assert made.neighbours.doubtful is doubt
