"""What a Claim says of itself and of its lines: dates, types, diagnoses, people, units."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from cds_service.engine.model import UNKNOWN
from cds_service.facts.unit_facts import critical_access_hospital
from tests.facts.build import (
    BILL,
    CPT,
    ICD10,
    PATIENT,
    TODAY,
    Json,
    claim,
    coded,
    info,
    item,
    line,
    unit,
    view,
)

JUNE = date(2024, 6, 3)
PERIOD = {"start": "2024-05-20", "end": "2024-05-31"}


def days_of(**more: Any) -> tuple[date, date]:
    """First and last day of the only line; `item` members in `item`, the rest on the Claim."""
    on_item = more.pop("item", {})
    found = line(claim(item("77387", day=None, **on_item), **more))
    return found.start, found.end


@pytest.mark.parametrize(
    ("on_item", "on_claim", "first", "last"),
    [
        ({"servicedDate": "2024-06-03"}, {"billablePeriod": PERIOD}, "2024-06-03", "2024-06-03"),
        ({"servicedDate": "2024-06-03T23:00:00-05:00"}, {}, "2024-06-03", "2024-06-03"),
        ({"servicedPeriod": {"start": "2024-06-03", "end": "2024-06-07"}}, {}, "2024-06-03", "2024-06-07"),
        ({"servicedPeriod": {"start": "2024-06-03", "end": "2024-06-03"}}, {}, "2024-06-03", "2024-06-03"),
        ({"servicedPeriod": {"start": "2024-06-03"}}, {}, "2024-06-03", "2024-06-03"),
        ({"servicedPeriod": {"start": "2024-06-07", "end": "2024-06-03"}}, {}, "2024-06-07", "2024-06-07"),
        ({"servicedDate": "2024-06"}, {"billablePeriod": PERIOD}, "2024-06-01", "2024-06-30"),
        ({"servicedDate": "yesterday"}, {"created": "2024-05-21"}, "2024-05-21", "2024-05-21"),
        ({}, {"billablePeriod": PERIOD, "created": "2024-06-05"}, "2024-05-20", "2024-05-20"),
        ({}, {"billablePeriod": {"end": "2024-05-31"}, "created": "2024-06-05T10:00:00Z"}, "2024-06-05", ""),
        ({}, {"billablePeriod": {"start": "0001-01-01"}, "created": "2024-06-05"}, "2024-06-05", ""),
    ],
)
def test_line_dates(on_item: Json, on_claim: Json, first: str, last: str) -> None:
    expected = (date.fromisoformat(first), date.fromisoformat(last or first))
    assert days_of(item=on_item, **on_claim) == expected


def test_only_without_any_date_the_day_of_the_call_is_taken_and_said() -> None:
    assumed = unit(claim(item("77387", day=None)))
    assert (assumed.lines[0].start, assumed.start, assumed.date_assumed) == (TODAY, TODAY, True)
    half = unit(claim(item("77387"), item("77386", 2, day=None)))
    assert (half.lines[1].start, half.start, half.date_assumed) == (TODAY, JUNE, True)
    for told in (
        claim(item("77387")),
        claim(item("77387", day=None), created="2024-06-05"),
        claim(item("77387", day=None), billablePeriod=PERIOD),
    ):
        assert not unit(told).date_assumed


@pytest.mark.parametrize(
    ("days", "on_claim", "start"),
    [
        (["2024-06-05", "2024-06-03"], {}, "2024-06-03"),
        (["2024-06-05", "2024-06-03"], {"billablePeriod": PERIOD}, "2024-05-20"),
        (["2024-06-05"], {"billablePeriod": {"start": "2024-06"}}, "2024-06-05"),
        (["2024-06-05"], {"created": "2024-06-01"}, "2024-06-05"),
        ([], {"created": "2024-06-01"}, "2024-06-01"),
    ],
)
def test_service_start(days: list[str], on_claim: Json, start: str) -> None:
    made = claim(*(item("77387", n, day=each) for n, each in enumerate(days, start=1)), **on_claim)
    assert unit(made).start == date.fromisoformat(start)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (coded("institutional", "http://terminology.hl7.org/CodeSystem/claim-type"), "institutional"),
        (coded("professional", "http://terminology.hl7.org/CodeSystem/claim-type"), "professional"),
        (coded("institutional", None), "institutional"),
        (coded("oral", "http://terminology.hl7.org/CodeSystem/claim-type"), UNKNOWN),
        ({"text": "professional"}, UNKNOWN),
    ],
)
def test_claim_type(written: Json, expected: Any) -> None:
    found = unit({**claim(item("77387")), "type": written})
    assert found.claim_type == expected if isinstance(expected, str) else found.claim_type is expected
    assert found.lines[0].claim_type is found.claim_type


@pytest.mark.parametrize(
    ("written", "bill", "critical_access"),
    [
        ("0131", "131", False),
        ("131", "131", False),
        ("0851", "851", True),
        ("851", "851", True),
        ("085x", "85x", True),
        ("0", UNKNOWN, False),
    ],
)
@pytest.mark.parametrize("where", ["subType", "supportingInfo"])
def test_type_of_bill(written: str, bill: Any, critical_access: bool, where: str) -> None:
    concept = coded(written, BILL)
    place = {"subType": concept} if where == "subType" else {"supportingInfo": [info("info", code=concept)]}
    seen = view(claim(item("77387"), type="institutional", **place))
    assert seen.unit.type_of_bill == bill if isinstance(bill, str) else seen.unit.type_of_bill is UNKNOWN
    assert critical_access_hospital(seen) is critical_access
    assert seen.lines[0].line.type_of_bill == seen.unit.type_of_bill


def test_a_code_of_another_system_is_no_type_of_bill() -> None:
    found = unit(claim(item("77387"), subType=coded("0851", "http://hospital.example/sub")))
    assert found.type_of_bill is UNKNOWN


def test_line_basics() -> None:
    made = claim(
        item("77387:26", 4, quantity={"value": 2}, revenue=coded("0333", "https://x.example")),
        item("77386", 9),
    )
    first, second = unit(made).lines
    assert (first.resource, first.sequence, first.code, first.modifiers, first.units, first.path) == (
        "Claim/c1",
        4,
        "77387",
        ("26",),
        2.0,
        "Claim.item[0]",
    )
    assert (second.sequence, second.units, second.path) == (9, 1.0, "Claim.item[1]")
    assert unit(claim({"productOrService": coded("77387")}, id=None)).lines[0].sequence == 1
    assert unit(claim(item("77387"), id=None)).ref == "Claim/unidentified"


def diagnosis(sequence: int | None, code: str, *types: str, **more: Any) -> Json:
    made: Json = {"diagnosisCodeableConcept": coded(code, ICD10), **more}
    if sequence is not None:
        made["sequence"] = sequence
    if types:
        made["type"] = [coded(t, "http://terminology.hl7.org/CodeSystem/ex-diagnosistype") for t in types]
    return made


def test_diagnoses_come_in_sequence_and_the_first_is_the_principal() -> None:
    found = unit(claim(item("77387"), diagnosis=[diagnosis(2, "C79.51"), diagnosis(1, "C61")]))
    assert (found.diagnoses, found.principal) == (("C61", "C79.51"), "C61")


def test_a_diagnosis_marked_principal_is_the_principal() -> None:
    marked = [diagnosis(1, "Z51.0"), diagnosis(2, "C61", "clinical", "principal")]
    assert unit(claim(item("77387"), diagnosis=marked)).principal == "C61"
    two_codes = diagnosis(1, "C79.51")
    two_codes["diagnosisCodeableConcept"]["coding"] += coded("C61", ICD10)["coding"]
    assert unit(claim(item("77387"), diagnosis=[two_codes])).principal == "C79.51"
    assert unit(claim(item("77387"))).principal == ""


def test_a_line_points_to_its_own_diagnoses() -> None:
    made = claim(
        item("77387", diagnosisSequence=[2, 3, 7]),
        item("77386", 2),
        diagnosis=[diagnosis(1, "C61"), diagnosis(3, "C79.31"), diagnosis(2, "C79.51")],
    )
    first, second = unit(made).lines
    assert first.diagnoses == ("C79.51", "C79.31")
    assert second.diagnoses == ("C61",)


def test_a_line_that_points_to_no_readable_diagnosis_has_no_course_of_its_own() -> None:
    one = [diagnosis(1, "C61")]
    unread = {"sequence": 2, "diagnosisReference": {"reference": "Condition/elsewhere"}}
    for listed, pointer, course in (
        (one, [1], "C61"),
        (one, [], "C61"),
        (one, [7], "C61"),
        ([*one, diagnosis(2, "C34.11")], [7], ""),
        ([*one, diagnosis(2, "C34.11")], [7, 2], "C34.11"),
        ([*one, unread], [2], ""),
        ([*one, unread], [], "C61"),
    ):
        made = claim(item("77301", diagnosisSequence=pointer), diagnosis=listed)
        assert unit(made).lines[0].course_diagnosis == course


def test_a_diagnosis_may_be_a_reference_to_a_condition() -> None:
    condition: Json = {"resourceType": "Condition", "id": "k1", "code": coded("c50912", ICD10)}
    beside = {**condition, "subject": PATIENT}
    by_reference = [{"sequence": 1, "diagnosisReference": {"reference": "Condition/k1"}}]
    assert unit(claim(item("77387"), diagnosis=by_reference), beside=[beside]).principal == "C50.912"
    inside = [{"sequence": 1, "diagnosisReference": {"reference": "#k1"}}]
    assert unit(claim(item("77387"), diagnosis=inside, contained=[condition])).principal == "C50.912"
    assert unit(claim(item("77387"), diagnosis=by_reference)).diagnoses == ()


def test_diagnoses_that_are_not_icd10_are_left_out() -> None:
    snomed = {"sequence": 1, "diagnosisCodeableConcept": coded("399068003", "http://snomed.info/sct")}
    found = unit(claim(item("77387"), diagnosis=[snomed, diagnosis(2, "C61")]))
    assert (found.diagnoses, found.principal) == (("C61",), "C61")


def member(sequence: int | None, reference: str, role: str | None = "primary") -> Json:
    made: Json = {"provider": {"reference": reference}}
    if sequence is not None:
        made["sequence"] = sequence
    if role:
        made["role"] = coded(role, "http://terminology.hl7.org/CodeSystem/claimcareteamrole")
    return made


def test_the_rendering_physician_is_named_by_the_line() -> None:
    team = [
        member(1, "Practitioner/a"),
        member(2, "Practitioner/b", "rendering"),
        member(3, "Practitioner/c", "assist"),
    ]
    made = claim(
        item("77387", careTeamSequence=[3, 2]),
        item("77386", 2, careTeamSequence=[3]),
        item("77014", 3, careTeamSequence=[1]),
        careTeam=team,
    )
    assert [each.rendering for each in unit(made).lines] == ["Practitioner/b", "", "Practitioner/a"]


@pytest.mark.parametrize("named", [[1, 2], [2, 1], []])
@pytest.mark.parametrize("role", ["performing", "rendering"])
def test_who_performed_goes_before_whom_the_payer_calls_primary(named: list[int], role: str) -> None:
    team = [member(1, "Organization/paid"), member(2, "Practitioner/b", role)]
    assert line(claim(item("77387", careTeamSequence=named), careTeam=team)).rendering == "Practitioner/b"


def test_of_several_performers_none_is_taken_for_a_line_that_names_none() -> None:
    team = [member(n, f"Practitioner/{n}", "performing") for n in (1, 2)]
    assert line(claim(item("77387"), careTeam=team)).rendering == ""
    assert line(claim(item("77387"), careTeam=[*team, member(3, "Practitioner/3")])).rendering == ""
    several = claim(item("77387"), careTeam=[member(n, f"Practitioner/{n}") for n in (1, 2)])
    assert line(several).rendering == ""


def test_the_only_rendering_physician_needs_no_naming() -> None:
    assert line(claim(item("77387"), careTeam=[member(1, "Practitioner/a")])).rendering == "Practitioner/a"
    assert line(claim(item("77387"), careTeam=[member(None, "Practitioner/a")])).rendering == "Practitioner/a"
    assert line(claim(item("77387"), careTeam=[member(1, "Practitioner/a", None)])).rendering == ""


NPI = {"system": "http://hl7.org/fhir/sid/us-npi", "value": "1234567893"}
CLINIC: Json = {"resourceType": "Organization", "id": "org1", "name": "Clinic"}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"reference": "Organization/org1"}, "Organization/org1"),
        ({"reference": "https://ehr.example/fhir/Organization/org1"}, "Organization/org1"),
        ({"reference": "Organization/org1/_history/3"}, "Organization/org1"),
        ({"reference": "Practitioner/x9"}, "Practitioner/x9"),
        ({"identifier": NPI}, "http://hl7.org/fhir/sid/us-npi|1234567893"),
        ({"identifier": {"value": " 77 "}}, "|77"),
        ({"identifier": {"system": "urn:x"}}, ""),
        ({"display": "Clinic"}, ""),
    ],
)
def test_one_biller_has_one_name(written: Json, expected: str) -> None:
    assert unit(claim(item("77387"), provider=written), beside=[CLINIC]).provider == expected


@pytest.mark.parametrize("reference", ["Organization/org1", "#org1"])
def test_a_biller_is_named_by_the_number_that_is_the_same_everywhere(reference: str) -> None:
    tax = {"system": "urn:oid:2.16.840.1.113883.4.4", "value": "99"}
    told = {**CLINIC, "identifier": [tax, NPI]}
    made = claim(item("77387"), provider={"reference": reference}, contained=[told])
    assert unit(made, beside=[told]).provider == "http://hl7.org/fhir/sid/us-npi|1234567893"


def test_contained_billers_of_two_claims_are_not_the_same_by_their_label() -> None:
    one = {"resourceType": "Organization", "id": "org", "identifier": [NPI]}
    made = claim(item("77387"), provider={"reference": "#org"}, contained=[one])
    assert unit(made).provider == "http://hl7.org/fhir/sid/us-npi|1234567893"
    nameless = claim(item("77387"), provider={"reference": "#org"}, contained=[{**one, "identifier": []}])
    assert unit(nameless).provider == ""


@pytest.mark.parametrize("code", ["77387", "77336", "77301", "77427", "77439", "0197T"])
def test_a_radiotherapy_code_makes_the_claim_ours(code: str) -> None:
    assert unit(claim(item("99281", 1), item(code, 2))).in_scope


@pytest.mark.parametrize(
    "items", [[], [item("99281")], [item(coded("36415", CPT))], [item({"text": "77387"})]]
)
def test_other_claims_are_none_of_ours(items: list[Json]) -> None:
    assert not unit(claim(*items)).in_scope
