"""A Procedure or order speaks for the course of its own disease (contract section 3)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.books import Library, standard_library
from cds_service.engine.model import UNKNOWN, Severity
from cds_service.facts.diagnosis import kinship
from cds_service.facts.views import CaseView
from tests.facts.build import (
    FRACTION,
    Json,
    case,
    claim,
    coded,
    coverage,
    guidance,
    item,
    order,
    plan,
    procedure,
    technique,
    unit,
)

ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
DAY = "2024-06-03"


def of(*codes: str) -> Json:
    return {"reasonCode": [coded(code, ICD10) for code in codes]}


def billed(*codes: str, **more: Any) -> Json:
    told = [
        {"sequence": n, "diagnosisCodeableConcept": coded(code, ICD10)} for n, code in enumerate(codes, 1)
    ]
    return claim(item("77387"), diagnosis=told, **more)


def course(**more: Any) -> Json:
    return procedure(extension=[technique(None, local="sbrt")], performedDateTime="2024-05-20", **more)


@pytest.mark.parametrize(
    ("ones", "others", "kin"),
    [
        (["C34.11"], ["C34.11"], "same"),
        (["C34.11"], ["C61", "C34.11"], "same"),
        (["C34.1"], ["C34.11"], "same"),
        (["C34.11"], ["C34"], "same"),
        (["C34.11"], ["C34.12"], "doubtful"),
        (["C34.11"], ["C61"], "another"),
        (["C34.11"], [], "same"),
        (["Z51.0"], ["C61"], "same"),
        (["Z51.0", "C34.11"], ["Z51.0", "C61"], "another"),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else value,
)
def test_kinship_of_diagnoses(ones: list[str], others: list[str], kin: str) -> None:
    assert kinship(ones, others) == kinship(others, ones) == kin


def test_a_procedure_of_another_disease_says_nothing_of_the_course() -> None:
    assert unit(billed("C50.911"), beside=[course(**of("C34.11"))]).radiotherapy.techniques == set()
    assert unit(billed("C34.11"), beside=[course(**of("C34.11"))]).radiotherapy.techniques == {"sbrt"}
    assert unit(billed("C50.911"), beside=[course()]).radiotherapy.techniques == {"sbrt"}
    assert unit(billed(), beside=[course(**of("C34.11"))]).radiotherapy.techniques == {"sbrt"}


def test_the_reason_of_a_procedure_may_be_a_condition() -> None:
    lung: Json = {"resourceType": "Condition", "id": "lung", "code": coded("C34.11", ICD10)}
    made = course(reasonReference=[{"reference": "Condition/lung"}])
    assert unit(billed("C50.911"), beside=[made, lung]).radiotherapy.techniques == set()
    assert unit(billed("C34.11"), beside=[made, lung]).radiotherapy.techniques == {"sbrt"}
    assert unit(billed("C50.911"), beside=[made]).radiotherapy.techniques == {"sbrt"}


def test_each_procedure_of_the_time_speaks_for_its_own_claim() -> None:
    beside = [
        course(id="lung", **of("C34.11")),
        procedure(id="breast", extension=[technique(None, local="3dcrt")], **of("C50.911")),
    ]
    lung, breast = case(billed("C34.11", id="c1"), billed("C50.911", id="c2"), beside=beside).units
    assert (lung.radiotherapy.techniques, breast.radiotherapy.techniques) == ({"sbrt"}, {"3dcrt"})


def test_a_record_of_the_day_is_of_its_own_disease() -> None:
    def fraction(**more: Any) -> Json:
        told = [guidance("ultrasound", "urn:igrt-cds:igrt-method")]
        return procedure(FRACTION, performedDateTime=DAY, extension=told, **more)

    assert unit(billed("C50.911"), beside=[fraction(**of("C61"))]).day_records == ()
    (record,) = unit(billed("C61"), beside=[fraction(**of("C61"))]).day_records
    assert record.methods == {"ultrasound"}
    (doubtful,) = unit(billed("C50.911"), beside=[fraction(**of("C50.912"))]).day_records
    assert doubtful.diagnoses == {"C50.912"}


def test_a_further_order_of_another_disease_is_no_other_modality() -> None:
    def modalities(*codes: str) -> frozenset[str]:
        electrons = order("77412", id="e1", extension=[technique(None, local="electron")], **of(*codes))
        return unit(billed("C50.911"), beside=[electrons]).radiotherapy.other_modalities

    assert modalities("C44.311") == frozenset()
    assert modalities("C50.911") == modalities() == {"electron"}


def test_what_may_be_of_another_course_is_told_apart() -> None:
    made = unit(billed("C50.911"), beside=[course(**of("C50.912"))])
    assert made.radiotherapy.techniques == {"sbrt"}
    assert made.without_doubt is not None
    assert made.without_doubt[0].techniques == set()
    assert made.without_doubt[0].fractions is UNKNOWN
    assert unit(billed("C50.911"), beside=[course(**of("C50.911"))]).without_doubt is None
    assert unit(billed("C50.911"), beside=[course(**of("C61"))]).without_doubt is None


@pytest.fixture(scope="module")
def library() -> Library:
    return standard_library()


@pytest.mark.parametrize(
    ("reason", "severity"),
    [
        ("C34.11", Severity.critical),
        ("C34.12", Severity.info),
        ("C50.911", None),
    ],
)
def test_what_only_a_doubtful_record_says_is_a_hint(
    library: Library, reason: str, severity: Severity | None
) -> None:
    member = coverage("Aetna", **{"class": [plan("group", "cvs-radonc")]})
    made = case(billed("C34.11"), beside=[member, course(**of(reason))])
    found = [f for f in library.findings(CaseView(made, library.knowledge)) if "CVS-14" in f.rules]
    assert [f.severity for f in found] == ([] if severity is None else [severity])


def test_what_is_found_without_the_doubtful_record_too_keeps_its_weight(library: Library) -> None:
    member = coverage("Aetna", **{"class": [plan("group", "cvs-radonc")]})
    sure, doubtful = course(id="sure", **of("C34.11")), course(id="doubtful", **of("C34.12"))
    made = case(billed("C34.11"), beside=[member, sure, doubtful])
    found = [f for f in library.findings(CaseView(made, library.knowledge)) if "CVS-14" in f.rules]
    assert [f.severity for f in found] == [Severity.critical]
