"""A Procedure or order speaks for the course of its own disease (contract section 3)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.books import Library, standard_library
from cds_service.engine.doubt import NOTE
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
        (["C44.311"], ["I10"], "same"),
        (["C50.911", "E11.9"], ["C61", "E11.9"], "another"),
        (["G50.0"], ["C61"], "another"),
        (["C34.10"], ["C34.11"], "same"),
        (["C34.91"], ["C34.11"], "same"),
        (["C34.92"], ["C34.11"], "doubtful"),
        (["C50.919"], ["C50.411"], "same"),
        (["C50.911"], ["C50.412"], "doubtful"),
        (["C50.211"], ["C50.411"], "doubtful"),
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
    assert lung.radiotherapy.techniques == {"sbrt"}
    assert breast.radiotherapy.techniques == {"3dcrt"}


def test_a_record_of_the_day_is_of_its_own_disease() -> None:
    def fraction(**more: Any) -> Json:
        told = [guidance("ultrasound", "urn:igrt-cds:igrt-method")]
        return procedure(FRACTION, performedDateTime=DAY, extension=told, **more)

    assert unit(billed("C50.911"), beside=[fraction(**of("C61"))]).day_records == ()
    (record,) = unit(billed("C61"), beside=[fraction(**of("C61"))]).day_records
    assert record.methods == frozenset({"ultrasound"})
    (doubtful,) = unit(billed("C50.911"), beside=[fraction(**of("C50.912"))]).day_records
    assert doubtful.diagnoses == {"C50.912"}
    told = unit(billed("C50.911"), beside=[fraction(**of("C50.912"))]).without_doubt
    assert told is not None
    assert told[1] == ()


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


def test_of_several_diseases_of_a_problem_list_nobody_says_which_is_treated() -> None:
    def problem(id: str, code: str, **more: Any) -> Json:
        return {"resourceType": "Condition", "id": id, "code": coded(code, ICD10), **more}

    list_of = [problem("a", "C34.11"), problem("b", "C61")]
    made = unit(order(), beside=[*list_of, course(**of("C34.11"))])
    assert (made.radiotherapy.techniques, made.without_doubt is not None) == (frozenset({"sbrt"}), True)
    assert unit(order(), beside=[*list_of, course()]).without_doubt is None
    made = unit(order(), beside=[list_of[0], problem("h", "I10"), course(**of("C34.11"))])
    assert (made.radiotherapy.techniques, made.without_doubt) == (frozenset({"sbrt"}), None)


def test_a_condition_that_was_entered_in_error_is_no_reason() -> None:
    wrong = coded("entered-in-error", "http://terminology.hl7.org/CodeSystem/condition-ver-status")
    lung: Json = {"resourceType": "Condition", "id": "lung", "code": coded("C34.11", ICD10)}
    made = course(reasonReference=[{"reference": "Condition/lung"}])
    found = unit(billed("C50.911"), beside=[made, {**lung, "verificationStatus": wrong}])
    assert found.radiotherapy.techniques == {"sbrt"}


def test_what_names_the_course_is_of_it_whatever_its_reason() -> None:
    mark = {
        "sequence": 1,
        "category": coded("course", "urn:igrt-cds:supporting-info"),
        "valueReference": {"reference": "Procedure/proc"},
    }
    told = billed("C79.51")["diagnosis"]
    marked = claim(item("77387", informationSequence=[1]), diagnosis=told, supportingInfo=[mark])
    assert unit(marked, beside=[course(**of("C50.911"))]).radiotherapy.techniques == {"sbrt"}
    phase = course(id="phase", partOf=[{"reference": "Procedure/proc"}], **of("C50.911"))
    assert unit(marked, beside=[phase]).radiotherapy.techniques == {"sbrt"}
    ordered = order(**of("C79.51"))
    based = course(basedOn=[{"reference": "ServiceRequest/o1"}], **of("C50.911"))
    assert unit(ordered, beside=[based]).radiotherapy.techniques == {"sbrt"}
    assert unit(ordered, beside=[course(**of("C50.911"))]).radiotherapy.techniques == set()


@pytest.mark.parametrize(
    ("pointers", "techniques", "doubt"),
    [
        ([[1], [1]], {"sbrt"}, False),
        ([[1], [2]], {"sbrt"}, True),
        ([[2], [2]], {"sbrt"}, True),
        ([[1, 2], [1]], {"sbrt"}, False),
        ([[], []], {"sbrt"}, False),
    ],
    ids=["all lines", "one line", "no line", "with another", "nothing pointed to"],
)
def test_the_lines_say_which_disease_of_a_claim_they_treat(
    pointers: list[list[int]], techniques: set[str], doubt: bool
) -> None:
    lines = [item("77387", n, diagnosisSequence=p) for n, p in enumerate(pointers, 1)]
    told = billed("C50.911", "C79.51")["diagnosis"]
    made = unit(claim(*lines, diagnosis=told), beside=[course(**of("C50.911"))])
    assert (made.radiotherapy.techniques, made.without_doubt is not None) == (frozenset(techniques), doubt)


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
    programme: Json = {"class": [plan("group", "cvs-radonc")]}
    member = coverage("Aetna", **programme)
    made = case(billed("C34.11"), beside=[member, course(**of(reason))])
    found = [f for f in library.findings(CaseView(made, library.knowledge)) if "CVS-14" in f.rules]
    assert [f.severity for f in found] == ([] if severity is None else [severity])
    told = [any(note.template == NOTE for note in f.notes) for f in found]
    assert told == [f.severity is Severity.info for f in found]


@pytest.mark.parametrize(
    ("reason", "doubt"),
    [("C34.11", None), ("C34.12", "nothing is shown")],
)
def test_the_explanation_tells_what_doubt_changes(library: Library, reason: str, doubt: str | None) -> None:
    programme: Json = {"class": [plan("group", "cvs-radonc")]}
    made = case(billed("C34.11"), beside=[coverage("Aetna", **programme), course(**of(reason))])
    view = CaseView(made, library.knowledge)
    library.findings(view)
    entries = library.explain(view)
    spoke = [entry for entry in entries if "CVS-14" in entry["cites"] and entry["spoke"]]
    assert [entry.get("doubt") for entry in spoke] == [doubt]
    assert (made.units[0].without_doubt is not None) == (
        doubt is not None
    )  # judging leaves the case as it is


def test_what_is_found_without_the_doubtful_record_too_keeps_its_weight(library: Library) -> None:
    programme: Json = {"class": [plan("group", "cvs-radonc")]}
    member = coverage("Aetna", **programme)
    sure, doubtful = course(id="sure", **of("C34.11")), course(id="doubtful", **of("C34.12"))
    made = case(billed("C34.11"), beside=[member, sure, doubtful])
    found = [f for f in library.findings(CaseView(made, library.knowledge)) if "CVS-14" in f.rules]
    assert [f.severity for f in found] == [Severity.critical]
