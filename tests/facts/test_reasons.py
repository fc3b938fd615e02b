"""What an order or a Procedure of the course gave as its reason, its claims have as indications."""

from __future__ import annotations

from typing import Any

import pytest

from tests.facts.build import Json, case, claim, coded, item, order

INDICATION = "urn:igrt-cds:indication"
MARGINS = coded("narrow-margins", INDICATION)
REVIEWED = claim(item("77387", day="2024-06-03"))


def indications(*beside: Json, review: Json = REVIEWED) -> set[str]:
    return set(case(review, beside=beside).units[0].indications)


def ordered(**more: Any) -> Json:
    return order("77301", **{"id": "o1", "reasonCode": [MARGINS], **more})


def done(**more: Any) -> Json:
    return {
        "resourceType": "Procedure",
        "id": "p1",
        "status": "completed",
        "subject": REVIEWED["patient"],
        "reasonCode": [MARGINS],
        **more,
    }


def test_reasons_of_the_course_are_the_claims_too() -> None:
    assert indications() == set()
    assert indications(ordered()) == {"narrow-margins"}
    assert indications(done()) == {"narrow-margins"}
    assert indications(ordered(occurrenceDateTime=None)) == {"narrow-margins"}
    assert indications(done(reasonCode=[coded("dose-escalation", INDICATION)]), ordered()) == {
        "narrow-margins",
        "dose-escalation",
    }


@pytest.mark.parametrize(
    "beside",
    [
        ordered(status="revoked"),
        ordered(doNotPerform=True),
        ordered(occurrenceDateTime="2024-01-10"),
        ordered(occurrenceDateTime="2024-09-10"),
        done(status="not-done"),
        done(status="entered-in-error"),
        done(performedPeriod={"start": "2023-06-01", "end": "2023-07-01"}),
        done(performedDateTime="2024-01-10"),
        ordered(reasonCode=[coded("narrow-margins", "urn:other")]),
    ],
    ids=[
        "revoked",
        "not wanted",
        "before",
        "after",
        "not done",
        "an error",
        "another course",
        "day",
        "other",
    ],
)
def test_other_reasons_are_not(beside: Json) -> None:
    assert indications(beside) == set()


def test_the_order_of_another_site_says_nothing_of_this_one() -> None:
    def of(code: str) -> Json:
        return ordered(reasonCode=[MARGINS, coded(code, "http://hl7.org/fhir/sid/icd-10-cm")])

    def diagnosed(code: str) -> Json:
        concept = coded(code, "http://hl7.org/fhir/sid/icd-10-cm")
        return claim(
            item("77387", day="2024-06-03"), diagnosis=[{"sequence": 1, "diagnosisCodeableConcept": concept}]
        )

    assert indications(of("C50.911"), review=diagnosed("C50.411")) == {"narrow-margins"}
    assert indications(of("C34.11"), review=diagnosed("C50.411")) == set()
    assert indications(of("C34.11"), review=claim(item("77387"), diagnosis=[])) == {"narrow-margins"}
    assert indications(ordered(), review=diagnosed("C50.411")) == {"narrow-margins"}


def test_an_order_is_of_the_site_of_the_order_behind_it() -> None:
    def of(behind: str) -> set[str]:
        icd10 = "http://hl7.org/fhir/sid/icd-10-cm"
        course = order(None, id="course", reasonCode=[coded(behind, icd10)])
        breast = [{"sequence": 1, "diagnosisCodeableConcept": coded("C50.411", icd10)}]
        review = claim(item("77387", day="2024-06-03"), diagnosis=breast)
        return indications(ordered(basedOn=[{"reference": "ServiceRequest/course"}]), course, review=review)

    assert of("C50.911") == {"narrow-margins"}
    assert of("C34.11") == set()


def test_an_order_that_another_one_replaces_gives_no_reason() -> None:
    newer = order("77301", id="o2", status="active", replaces=[{"reference": "ServiceRequest/o1"}])
    assert indications(ordered(), newer) == set()


def test_orders_do_not_take_the_reasons_of_other_orders() -> None:
    review = order("77387", id="o9")
    assert set(case(review, beside=[ordered()]).units[0].indications) == set()
