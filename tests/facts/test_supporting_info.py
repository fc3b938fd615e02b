"""Claim.supportingInfo of our own categories, for a line and for the claim (contract section 3)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from cds_service.engine.model import UNKNOWN
from tests.facts.build import (
    LOCAL,
    PATIENT,
    SNOMED,
    Json,
    claim,
    coded,
    document,
    info,
    item,
    unit,
    view,
)


def fractions(value: Any, sequence: int = 1) -> Json:
    return info("fractions", sequence, valueQuantity={"value": value})


def level(code: str, sequence: int = 1) -> Json:
    return info("supervision-level", sequence, code=coded(code, LOCAL + "supervision-level"))


def role(code: str, sequence: int = 1) -> Json:
    return info("performer-role", sequence, code=coded(code, LOCAL + "performer-role"))


def test_fractions_speak_for_the_named_line_else_for_the_claim() -> None:
    made = claim(
        item("G6017", 1, informationSequence=[1]),
        item("G6015", 2),
        supportingInfo=[fractions(2), fractions(10, 2)],
    )
    found = unit(made)
    assert found.fractions == 10.0
    assert [each.fractions for each in found.lines] == [2.0, UNKNOWN]


def test_a_number_that_a_line_names_is_not_the_claims() -> None:
    found = unit(claim(item("G6017", informationSequence=[1]), supportingInfo=[fractions(2)]))
    assert found.fractions is UNKNOWN
    assert found.lines[0].fractions == 2.0


@pytest.mark.parametrize(
    "given",
    [
        info("fractions", valueQuantity={}),
        info("fractions", valueString="10"),
        info("other", valueQuantity={"value": 10}),
        {
            "sequence": 1,
            "category": coded("fractions", "http://other.example"),
            "valueQuantity": {"value": 10},
        },
        {"sequence": 1, "valueQuantity": {"value": 10}},
    ],
)
def test_other_information_holds_no_fractions(given: Json) -> None:
    assert unit(claim(item("G6017"), supportingInfo=[given])).fractions is UNKNOWN


def test_information_without_sequence_is_counted() -> None:
    bare = {key: value for key, value in fractions(4).items() if key != "sequence"}
    found = unit(claim(item("G6017", informationSequence=[2]), supportingInfo=[level("direct"), bare]))
    assert found.lines[0].fractions == 4.0


def test_supervision_and_performer() -> None:
    made = claim(
        item("G6017", 1, informationSequence=[2, 3]),
        item("77387", 2),
        supportingInfo=[level("direct", 1), level("none", 2), role("radiation-therapist", 3)],
    )
    found = unit(made)
    assert (found.supervision, found.performer_role) == ("direct", UNKNOWN)
    assert [(each.supervision, each.performer_role) for each in found.lines] == [
        ("none", "radiation-therapist"),
        (UNKNOWN, UNKNOWN),
    ]


@pytest.mark.parametrize("told", ["none", "general", "direct", "personal"])
def test_every_level_of_supervision_is_read(told: str) -> None:
    assert unit(claim(item("77387"), supportingInfo=[level(told)])).supervision == told


def test_an_unknown_level_is_unknown() -> None:
    assert unit(claim(item("77387"), supportingInfo=[level("close")])).supervision is UNKNOWN


@pytest.mark.parametrize(
    ("value", "course"),
    [
        ({"valueString": "course 2"}, "course 2"),
        ({"valueReference": {"reference": "Procedure/course"}}, "Procedure/course"),
        ({"valueReference": {"reference": "https://ehr.example/fhir/Procedure/course"}}, "Procedure/course"),
        ({"valueReference": {"display": "boost"}}, ""),
    ],
)
def test_course_of_a_line(value: Json, course: str) -> None:
    made = claim(
        item("77386", informationSequence=[1]), item("77386", 2), supportingInfo=[info("course", **value)]
    )
    assert [each.course for each in unit(made).lines] == [course, ""]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([info("history-complete", valueBoolean=True)], True),
        ([info("history-complete", valueBoolean=False)], False),
        ([info("history-complete")], UNKNOWN),
        ([info("history", valueBoolean=True)], UNKNOWN),
        ([], UNKNOWN),
    ],
)
def test_history_complete(given: list[Json], expected: Any) -> None:
    assert unit(claim(item("77387"), supportingInfo=given)).history_complete is expected


def test_indications_of_claim_diagnosis_condition_and_questionnaire() -> None:
    def slug(name: str) -> Json:
        return coded(name, LOCAL + "indication")

    condition = {"resourceType": "Condition", "id": "k", "subject": PATIENT, "code": slug("narrow-margins")}
    refuted = {
        **condition,
        "id": "k2",
        "code": slug("dose-escalation"),
        "verificationStatus": coded("refuted", "http://terminology.hl7.org/CodeSystem/condition-ver-status"),
    }
    answered = {
        "resourceType": "QuestionnaireResponse",
        "status": "completed",
        "subject": PATIENT,
        "item": [
            {
                "item": [
                    {"answer": [{"valueCoding": {"system": LOCAL + "indication", "code": "internal-motion"}}]}
                ]
            },
            {"answer": [{"valueCoding": {"system": SNOMED, "code": "setup-variation"}}, {}]},
        ],
    }
    open_form = {
        **answered,
        "status": "in-progress",
        "item": [
            {"answer": [{"valueCoding": {"system": LOCAL + "indication", "code": "hippocampal-sparing"}}]}
        ],
    }
    made = claim(
        item("77387"),
        supportingInfo=[info("indication", code=slug("implanted-fiducials"))],
        diagnosis=[{"sequence": 1, "diagnosisCodeableConcept": slug("concave-convex-target")}],
    )
    found = unit(made, beside=[condition, refuted, answered, open_form])
    assert found.indications == {
        "implanted-fiducials",
        "concave-convex-target",
        "narrow-margins",
        "internal-motion",
    }


@pytest.mark.parametrize(
    "given",
    [
        coded("no-such-slug", LOCAL + "indication"),
        coded("narrow-margins", "http://other.example"),
        {"text": "narrow-margins"},
    ],
)
def test_what_is_no_indication(given: Json) -> None:
    assert (
        unit(claim(item("77387"), supportingInfo=[info("indication", code=given)])).indications == frozenset()
    )


def test_other_modalities_of_a_claim() -> None:
    boost = info("other-modality", 1, code=coded("electron", LOCAL + "other-modality"))
    elsewhere = info("indication", 2, code=coded("proton", LOCAL + "other-modality"))
    found = unit(claim(item("77386"), supportingInfo=[boost, elsewhere]))
    assert found.radiotherapy.other_modalities == {"electron"}


def test_attached_documents_count_without_making_the_chart_visible() -> None:
    inside = {**document("18776-5", "2024-05-01", "in"), "subject": PATIENT}
    attached = [
        info("attachment", 1, valueReference={"reference": "DocumentReference/d1"}),
        info("attachment", 2, valueReference={"reference": "#in"}),
        info("attachment", 3, valueReference={"reference": "DocumentReference/unknown"}),
        info("attachment", 4, valueReference={"reference": "DocumentReference/gone"}),
    ]
    gone = document("11506-3", "2024-05-01", "gone", status="entered-in-error")
    made = claim(item("77387"), supportingInfo=attached, contained=[inside])
    seen = view(made, beside=[document("28626-0", "2024-05-02"), gone])
    assert [(set(d.types), d.day, d.path, d.attached) for d in seen.unit.attached] == [
        ({"28626-0"}, date(2024, 5, 2), "Claim.supportingInfo[0].valueReference", True),
        ({"18776-5"}, date(2024, 5, 1), "Claim.supportingInfo[1].valueReference", True),
    ]
    assert not seen.case.case.chart.visible
