"""A course order may be contained in the order that is based on it, and its reason beside it in the same order."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.engine.model import Severity
from cds_service.facts import fhir
from tests.facts.build import (
    ICD10,
    PATIENT,
    SNOMED,
    Json,
    case,
    coded,
    coverage,
    filled,
    order,
    technique,
    unit,
)
from tests.facts.judged import because, condition, indication, severities

FLORIDA_BLUE = coverage("Florida Blue")
PLANE = technique(None, local="2d")


def course(id: str = "p", **more: Any) -> Json:
    return order(None, id, **{"status": "active", "extension": [PLANE], **more})


def under(*contained: Json, id: str = "g", of: str = "p") -> Json:
    inside = [{"subject": PATIENT, **each} for each in contained]
    return order("77387", id, contained=inside, basedOn=[{"reference": f"#{of}"}])


def for_(name: str) -> Json:
    return {"reasonReference": [{"reference": f"#{name}"}]}


def test_the_reason_of_a_contained_course_order_stands_beside_it() -> None:
    made = under(course(**for_("c")), condition("c", coded("C61", ICD10)))
    found = unit(made, beside=[condition("k", coded("C50.911", ICD10))])
    assert (found.diagnoses, found.diagnoses_stated) == (("C61",), True)
    assert (found.unread_reasons, found.reasons_missing) == (frozenset(), False)
    assert severities(made, beside=[FLORIDA_BLUE])["FLB-21"] is Severity.warning


def test_an_indication_beside_a_contained_course_order_counts() -> None:
    reason = condition("c", coded("C61", ICD10), indication("setup-variation"))
    made = under(course(**for_("c")), reason)
    assert unit(made).indications == {"setup-variation"}
    assert "FLB-21" not in severities(made, beside=[FLORIDA_BLUE])


def test_a_contained_course_order_may_be_based_on_one_beside_it() -> None:
    made = under(course(basedOn=[{"reference": "#q"}]), course("q", **because("C61")))
    assert unit(made).diagnoses == ("C61",)


@pytest.mark.parametrize(
    ("reason", "missing"),
    [("psa", False), ("gone", True)],
    ids=["an observation", "nothing"],
)
def test_what_a_contained_course_order_refers_to_is_looked_for_beside_it(reason: str, missing: bool) -> None:
    psa: Json = {"resourceType": "Observation", "id": "psa", "status": "final"}
    assert unit(under(course(**for_(reason)), psa)).reasons_missing is missing


def test_a_contained_order_may_have_the_id_of_its_container() -> None:
    assert unit(under(course("g", **because("C61")), of="g")).diagnoses == ("C61",)


def test_reasons_of_contained_orders_that_cannot_be_told_apart_are_two() -> None:
    one, two = case(under(course(**for_("x")), id="a"), under(course(**for_("x")), id="b")).units
    assert one.unread_reasons
    assert one.unread_reasons.isdisjoint(two.unread_reasons)


def test_a_condition_is_not_found_in_another_container() -> None:
    away = under(course("q"), condition("c", coded("C61", ICD10)), id="b", of="q")
    assert case(under(course(**for_("c")), id="a"), away).units[0].diagnoses == ()


def test_what_is_nested_against_fhir_is_found_all_the_same() -> None:
    nested = course(**for_("c"), contained=[{"subject": PATIENT, **condition("c", coded("C61", ICD10))}])
    assert unit(under(nested)).diagnoses == ("C61",)


def test_the_pool_tells_which_resource_contains_another() -> None:
    pool = filled(under(course(), condition("c", coded("254900004", SNOMED))))
    ((holder, _),) = pool.every(fhir.ServiceRequest)
    inside = pool.find(fhir.Reference("#p"), holder, fhir.ServiceRequest)
    assert inside is not None
    assert pool.container_of(inside) is holder
    assert pool.container_of(holder) is None
    beside = pool.find(fhir.Reference("#c"), inside, fhir.Condition)
    assert beside is pool.find(fhir.Reference("#c"), holder, fhir.Condition)
