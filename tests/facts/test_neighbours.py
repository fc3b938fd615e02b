"""Orders signed together or before tell the technique of an order's day, if they are of its disease (contract 3)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.books import Library, standard_library
from cds_service.engine.model import UNKNOWN, Severity
from cds_service.facts.line_facts import likely_techniques_of_date, techniques_of_date
from cds_service.facts.treatment_facts import codes_around
from cds_service.facts.views import CaseView
from tests.facts.build import (
    CONFORMAL,
    ELECTRONS,
    IMRT,
    PHOTONS,
    PLANE,
    VMAT,
    Json,
    case,
    claim,
    coded,
    coverage,
    item,
    order,
    plan,
    procedure,
    technique,
    view,
)

ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
PROGRAMME: Json = {"class": [plan("group", "cvs-radonc")]}
MEMBER = coverage("Aetna", **PROGRAMME)


def of(*codes: str) -> Json:
    return {"reasonCode": [coded(code, ICD10) for code in codes]} if codes else {}


def guidance(*diagnoses: str, how: Json | None = None, **more: Any) -> Json:
    return order("77387", "guidance", **of(*diagnoses), **({"extension": [how]} if how else {}), **more)


def delivery(code: str, *diagnoses: str, **more: Any) -> Json:
    return order(code, "delivery", **of(*diagnoses), **more)


def told(*orders: Json, beside: tuple[Json, ...] = ()) -> Any:
    return techniques_of_date(view(*orders, beside=beside).lines[0])


@pytest.fixture(scope="module")
def library() -> Library:
    return standard_library()


def judged(library: Library, *orders: Json, beside: tuple[Json, ...] = ()) -> dict[str, Severity]:
    """Severities by rule id, of the first order."""
    made = case(*orders, beside=(MEMBER, *beside))
    found = library.findings(CaseView(made, library.knowledge))
    first = f"ServiceRequest/{orders[0]['id']}"
    return {rule: f.severity for f in found if f.unit == first for rule in f.rules}


@pytest.mark.parametrize("signed", [False, True], ids=["signed together", "signed before"])
def test_the_delivery_of_another_disease_says_nothing_of_the_day(library: Library, signed: bool) -> None:
    skin = delivery("77401", "C44.311", **({"status": "active"} if signed else {}))
    prostate = guidance("C61", how=technique(PHOTONS, IMRT))
    orders, beside = ((prostate,), (skin,)) if signed else ((prostate, skin), ())
    assert told(*orders, beside=beside) == {"imrt"}
    assert "CVS-16" not in judged(library, *orders, beside=beside)
    assert told(guidance("C61"), skin) is UNKNOWN
    assert told(guidance("C44.311"), skin) == {"superficial"}
    assert judged(library, guidance("C44.311"), skin)["CVS-16"] is Severity.critical


@pytest.mark.parametrize(
    ("own", "how", "other", "rule", "severity"),
    [
        ("C79.51", technique(PHOTONS, PLANE), ("77386", "C50.912"), "CVS-09", Severity.warning),
        ("C44.311", technique(ELECTRONS), ("77386", "C34.11"), "CVS-17", Severity.critical),
    ],
    ids=["breast beside bone", "lung beside skin"],
)
def test_the_delivery_of_another_disease_hides_nothing(
    library: Library, own: str, how: Json, other: tuple[str, str], rule: str, severity: Severity
) -> None:
    made = guidance(own, how=how)
    assert judged(library, made, delivery(*other))[rule] is severity
    assert judged(library, made)[rule] is severity
    assert judged(library, made, delivery(*other, occurrenceDateTime="2024-06-05"))[rule] is severity


def test_the_planning_of_another_disease_is_no_hint(library: Library) -> None:
    assert likely_techniques_of_date(view(guidance("C61"), delivery("77301", "C61")).lines[0]) == {"imrt"}
    bone, breast = guidance("C79.51"), delivery("77301", "C50.912")
    assert likely_techniques_of_date(view(bone, breast).lines[0]) is UNKNOWN
    assert "CVS-09" in judged(library, bone, breast)


def test_codes_around_an_order_are_those_of_its_disease() -> None:
    made = guidance("C61"), delivery("77386", "C61"), order("77401", "skin", **of("C44.311"))
    assert codes_around(view(*made)) == {"77387", "77386"}
    earlier = order("77412", "before", status="active", **of("C44.311"))
    assert codes_around(view(*made, beside=(earlier,))) == {"77387", "77386"}


@pytest.mark.parametrize(
    ("code", "how", "techniques"),
    [
        ("77401", technique(PHOTONS, IMRT), {"superficial", "imrt"}),
        ("77386", technique(PHOTONS, CONFORMAL), {"imrt", "3dcrt"}),
        ("77386", technique(ELECTRONS), {"imrt", "electron"}),
        ("77412", technique(PHOTONS, IMRT), {"conventional", "imrt"}),
        ("77412", technique(ELECTRONS), {"electron"}),
        ("77373", technique(PHOTONS, VMAT), {"sbrt"}),
        ("77372", technique(PHOTONS, CONFORMAL), {"srs"}),
        ("77373", technique(PHOTONS, PLANE), {"sbrt", "2d"}),
        ("77520", technique(None, IMRT), {"proton"}),
        ("77401", technique(PHOTONS, PLANE), {"superficial"}),
        ("77301", technique(PHOTONS, CONFORMAL), {"3dcrt"}),
    ],
    ids=[
        "superficial, coded IMRT",
        "IMRT, coded conformal",
        "IMRT, coded electrons",
        "conventional, coded IMRT",
        "conventional, coded electrons",
        "SBRT planned as VMAT",
        "SRS planned conformally",
        "SBRT, coded plane",
        "protons planned as IMRT",
        "superficial, coded plane",
        "a plan delivers nothing",
    ],
)
def test_both_are_possible_where_an_order_of_the_disease_is_at_odds(
    code: str, how: Json, techniques: set[str]
) -> None:
    assert told(guidance("C61", how=how), delivery(code, "C61")) == techniques


def test_the_orders_own_delivery_code_comes_before_what_it_codes() -> None:
    own = order("77401", "own", extension=[technique(PHOTONS, IMRT)], **of("C61"))
    assert told(own) == {"superficial"}
    assert told(own, delivery("77401", "C61")) == {"superficial"}
    assert told(own, delivery("77386", "C61")) == {"superficial", "imrt"}


def test_what_needs_an_order_at_odds_is_a_hint(library: Library) -> None:
    skin = delivery("77401", "C44.311")
    assert judged(library, guidance("C44.311", how=technique(PHOTONS, IMRT)), skin)["CVS-16"] is Severity.info


@pytest.mark.parametrize("how", [technique(PHOTONS, IMRT), technique(ELECTRONS)], ids=["IMRT", "electrons"])
def test_what_a_course_before_was_is_not_at_odds_with_the_delivery_of_the_day(
    library: Library, how: Json
) -> None:
    before = procedure(extension=[how], performedDateTime="2024-05-20", **of("C44.311"))
    orders = guidance("C44.311"), delivery("77401", "C44.311")
    assert told(*orders, beside=(before,)) == {"superficial"}
    found = judged(library, *orders, beside=(before,))
    assert found["CVS-16"] is Severity.critical
    assert "CVS-17" not in found


def test_an_order_that_may_be_of_the_disease_gives_hints_only(library: Library) -> None:
    """Of one category but another code, and nothing coded on the order itself."""
    skin = delivery("77401", "C44.311")
    assert told(guidance("C44.41"), skin) == {"superficial"}
    assert judged(library, guidance("C44.41"), skin)["CVS-16"] is Severity.info
    assert judged(library, guidance("C44.311"), skin)["CVS-16"] is Severity.critical
    hidden = judged(library, guidance("C79.51", how=technique(PHOTONS, PLANE)), delivery("77386", "C79.31"))
    assert hidden["CVS-09"] is Severity.info


@pytest.mark.parametrize("earlier", [False, True], ids=["signed together", "signed before"])
def test_one_of_several_diseases_of_the_problem_list_is_a_guess(library: Library, earlier: bool) -> None:
    diseases = [
        {"resourceType": "Condition", "id": code, "code": coded(code, ICD10)} for code in ("C61", "C44.311")
    ]
    skin = delivery("77401", "C44.311", **({"status": "active"} if earlier else {}))
    orders, beside = ((guidance(),), (skin, *diseases)) if earlier else ((guidance(), skin), (*diseases,))
    assert judged(library, *orders, beside=beside)["CVS-16"] is Severity.info


def test_an_order_without_a_reason_speaks_for_those_beside_it() -> None:
    """Its diagnoses are the problem list's, and do not say what it is for."""
    known: Json = {"resourceType": "Condition", "id": "skin", "code": coded("C44.311", ICD10)}
    assert told(guidance("C61"), delivery("77386"), beside=(known,)) == {"imrt"}


def test_orders_that_name_each_other_are_of_one_treatment() -> None:
    names: Json = {"basedOn": [{"reference": "ServiceRequest/delivery"}]}
    assert told(guidance("C61", **names), delivery("77401", "C44.311")) == {"superficial"}
    named: Json = {"basedOn": [{"reference": "ServiceRequest/guidance"}]}
    assert told(guidance("C61"), delivery("77401", "C44.311", **named)) == {"superficial"}


def test_one_plan_may_be_of_several_diseases(library: Library) -> None:
    shared: Json = {"basedOn": [{"reference": "ServiceRequest/plan"}]}
    orders = guidance("C61", **shared), delivery("77401", "C44.311", **shared)
    assert judged(library, *orders)["CVS-16"] is Severity.info


def test_the_codes_of_a_claims_date_are_those_of_all_claims() -> None:
    """Rulebook 1.3 holds to the letter for claims: whoever billed, and whatever for."""
    skin = [{"sequence": 1, "diagnosisCodeableConcept": coded("C44.311", ICD10)}]
    prostate = [{"sequence": 1, "diagnosisCodeableConcept": coded("C61", ICD10)}]
    billed = claim(item("77387"), diagnosis=prostate)
    other = claim(item("77401"), id="other", diagnosis=skin)
    assert told(billed, beside=(other,)) == {"superficial"}
    assert codes_around(view(billed, beside=(other,))) == {"77387", "77401"}
