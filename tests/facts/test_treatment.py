"""What a line treats and by what (CVS-06, CVS-09, CVS-17): diagnoses of claims and orders, records, the course."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.engine.model import UNKNOWN
from cds_service.facts.diagnosis import treated_diagnosis
from cds_service.facts.treatment_facts import (
    codes_around,
    technique_recorded_on_date,
    treated_diagnosis_groups,
    treats_a_malignancy,
)
from cds_service.facts.views import LineView, UnitView
from tests.facts.build import (
    COURSE,
    ELECTRONS,
    FRACTION,
    ICD10,
    PATIENT,
    Json,
    claim,
    coded,
    item,
    knowledge,
    order,
    procedure,
    technique,
    view,
)

GROUPS = knowledge().diagnosis_groups
BONE, BREAST, LUNG_METASTASIS = "C79.51", "C50.911", "C78.02"


def treated(listed: list[str], pointed: tuple[str, ...] = (), **more: Any) -> str:
    return treated_diagnosis(pointed, listed, GROUPS, **more)


@pytest.mark.parametrize(
    ("pointed", "expected"),
    [
        ((BONE,), BONE),
        ((BREAST, BONE), BREAST),
        ((BONE, BREAST), BONE),
        (("Z51.0", BONE), BONE),
        ((BONE, LUNG_METASTASIS), BONE),
        ((LUNG_METASTASIS, BONE), LUNG_METASTASIS),
        (("Z51.0",), "C61"),
        ((), "C61"),
    ],
)
def test_the_lines_own_pointer_decides(pointed: tuple[str, ...], expected: str) -> None:
    assert treated(["C61"], pointed) == expected


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ([BONE], BONE),
        ([BONE, "G89.3"], BONE),
        (["Z51.0", BONE], BONE),
        ([BREAST, BONE], BONE),
        ([BREAST, "C50.412", BONE], BONE),
        (["C7A.1", BONE], BONE),
        (["C80.1", BONE], BONE),
        (["C90.00", BONE], BONE),
        (["C96.9", BONE], BONE),
        (["C00.9", BONE], BONE),
        (["C76.0", BONE], BONE),
        ([BREAST, "C61", BONE], ""),
        ([BONE, BREAST, "C61"], BONE),
        (["G89.3", BONE], ""),
        ([BREAST, "G89.3", BONE], ""),
        (["D05.11", BONE], ""),
        ([BONE, LUNG_METASTASIS], ""),
        ([BONE, BREAST, LUNG_METASTASIS], ""),
        ([BONE, "C77.0"], ""),
        ([BONE, "C79.52"], ""),
        ([BONE, "C7B.01"], ""),
        ([BONE, BONE], BONE),
        ([BREAST, BREAST, BONE], BONE),
        (["C61"], "C61"),
        (["C61", "G89.3"], "C61"),
        (["Z51.0"], ""),
        ([""], ""),
        ([], ""),
    ],
)
def test_without_a_pointer_the_first_disease_is_treated(listed: list[str], expected: str) -> None:
    assert treated(listed) == expected


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ([BONE], BONE),
        ([BONE, "Z85.3"], BONE),
        ([BONE, BONE], BONE),
        ([BONE, "I10"], ""),
        ([BREAST, BONE], ""),
    ],
)
def test_a_problem_list_has_no_first_disease(listed: list[str], expected: str) -> None:
    assert treated(listed, in_order=False) == expected


def diagnosis(sequence: int, code: str, principal: bool = False) -> Json:
    made: Json = {"sequence": sequence, "diagnosisCodeableConcept": coded(code, ICD10)}
    kind = {"coding": [{"code": "principal"}]}
    return {**made, "type": [kind]} if principal else made


def line_of(claim_or_order: Json, *beside: Json) -> LineView:
    return view(claim_or_order, beside=beside).lines[0]


def test_the_pointer_of_a_claims_item() -> None:
    listed = [diagnosis(1, BONE), diagnosis(2, "D33.0")]
    to_bone = line_of(claim(item("77387", diagnosisSequence=[1]), diagnosis=listed))
    to_brain = line_of(claim(item("77387", diagnosisSequence=[2]), diagnosis=listed))
    to_none = line_of(claim(item("77387"), diagnosis=listed))
    assert "bone-metastasis" in treated_diagnosis_groups(to_bone)
    assert "bone-metastasis" not in treated_diagnosis_groups(to_brain)
    assert "bone-metastasis" in treated_diagnosis_groups(to_none)
    assert [treats_a_malignancy(line) for line in (to_bone, to_brain, to_none)] == [True, False, True]


def test_the_principal_diagnosis_is_the_first_one_of_a_claim() -> None:
    made = claim(item("77387"), diagnosis=[diagnosis(1, "G89.3"), diagnosis(2, BONE, principal=True)])
    assert "bone-metastasis" in treated_diagnosis_groups(line_of(made))


@pytest.mark.parametrize("codes", [[], ["Z51.0"], ["Z51.0", "Z85.3"]])
def test_without_a_disease_nothing_is_known(codes: list[str]) -> None:
    line = line_of(claim(item("77387"), diagnosis=[diagnosis(n, c) for n, c in enumerate(codes, start=1)]))
    assert treated_diagnosis_groups(line) is UNKNOWN
    assert treats_a_malignancy(line) is UNKNOWN


@pytest.mark.parametrize(
    ("code", "malignant"),
    [
        ("C00.9", True),
        ("C96.9", True),
        ("D00.00", True),
        ("D09.9", True),
        ("D10.0", False),
        ("D37.01", False),
        ("G50.0", False),
        ("B99.9", False),
    ],
)
def test_malignant_and_in_situ_tumours(code: str, malignant: bool) -> None:
    found = line_of(claim(item("77387"), diagnosis=[diagnosis(1, "Z51.0"), diagnosis(2, code)]))
    assert treats_a_malignancy(found) is malignant


def condition(code: str, id: str) -> Json:
    return {"resourceType": "Condition", "id": id, "subject": PATIENT, "code": coded(code, ICD10)}


def test_an_order_goes_by_its_reasons_in_their_order() -> None:
    reasons = [coded("Z51.0", ICD10), coded(BREAST, ICD10), coded(BONE, ICD10), coded("I10", ICD10)]
    assert "bone-metastasis" in treated_diagnosis_groups(line_of(order(reasonCode=reasons)))
    by_reference = order(reasonReference=[{"reference": "Condition/bone"}])
    found = line_of(by_reference, condition("I10", "pressure"), condition(BONE, "bone"))
    assert "bone-metastasis" in treated_diagnosis_groups(found)


def test_the_problem_list_tells_what_is_treated_only_when_it_holds_one_disease() -> None:
    alone = line_of(order(), condition(BONE, "bone"))
    among = line_of(order(), condition(BONE, "bone"), condition("I10", "pressure"))
    assert "bone-metastasis" in treated_diagnosis_groups(alone)
    assert treated_diagnosis_groups(among) is UNKNOWN
    assert treats_a_malignancy(among) is True


def test_a_technique_of_the_very_date() -> None:
    fraction = procedure(FRACTION, performedDateTime="2024-06-03", extension=[technique(ELECTRONS)])
    untold = procedure(FRACTION, performedDateTime="2024-06-03")
    course = procedure(COURSE, performedDateTime="2024-06-03", extension=[technique(ELECTRONS)])
    made = claim(item("77014"), item("77014", 2, day="2024-06-04"))
    for beside, told in ((fraction, [True, False]), (untold, [False, False]), (course, [False, False])):
        lines = view(made, beside=[beside]).lines
        assert [technique_recorded_on_date(line) for line in lines] == told


def test_codes_of_the_course() -> None:
    near = claim(item("G6015", day="2024-04-10"), id="near")
    nearer = claim(item("77300", day="2024-05-20"), id="nearer")
    far = claim(item("77373", day="2024-01-01"), id="far")
    seen: UnitView = view(claim(item("77014"), item("G6003", 2)), beside=[near, nearer, far])
    assert codes_around(seen) == {"77014", "G6003", "G6015", "77300"}
