"""The pool: one patient's resources only, found by every kind of reference."""

from __future__ import annotations

import json

import pytest

from cds_service.facts import fhir
from cds_service.facts.pool import Pool, Trouble, relative
from tests.facts.build import PATIENT, Json, claim, filled, item

CLINIC: Json = {"resourceType": "Organization", "id": "a", "name": "Clinic"}


def bundle(*entries: tuple[str, Json]) -> Json:
    made = [{"resource": each, **({"fullUrl": url} if url else {})} for url, each in entries]
    return {"resourceType": "Bundle", "type": "collection", "entry": made}


def found(pool: Pool, reference: str) -> str | None:
    organization = pool.find(fhir.Reference(reference), fhir.Resource(), fhir.Organization)
    return organization.name if organization else None


@pytest.mark.parametrize(
    ("reference", "plain"),
    [
        ("Patient/1", "Patient/1"),
        ("https://ehr.example/fhir/Patient/1", "Patient/1"),
        ("https://ehr.example/fhir/Patient/1/_history/7", "Patient/1"),
        ("Patient/1/_history/7", "Patient/1"),
        ("Patient/1?x=y/z", "Patient/1"),
        ("urn:uuid:0c3151bd", "urn:uuid:0c3151bd"),
        ("#1", "#1"),
        ("", ""),
    ],
)
def test_relative(reference: str, plain: str) -> None:
    assert relative(reference) == plain


@pytest.mark.parametrize(
    "reference",
    [
        "Organization/a",
        " Organization/a ",
        "https://x.example/Organization/a",
        "Organization/a/_history/2",
        "urn:uuid:1",
    ],
)
def test_one_organization_by_each_reference(reference: str) -> None:
    assert found(filled(bundle(("urn:uuid:1", CLINIC))), reference) == "Clinic"


@pytest.mark.parametrize("reference", ["", "a", "#a", "Organization/b", "Location/a", "urn:uuid:2"])
def test_other_references_find_nothing(reference: str) -> None:
    assert found(filled(CLINIC, {**CLINIC, "resourceType": "Location"}), reference) is None


def test_the_first_of_two_copies_is_found_and_both_are_listed() -> None:
    pool = filled(CLINIC, {**CLINIC, "name": "Other"})
    assert found(pool, "Organization/a") == "Clinic"
    assert [each.name for each, _ in pool.every(fhir.Organization)] == ["Clinic", "Other"]


@pytest.mark.parametrize(
    "subject",
    [
        PATIENT,
        {"reference": "https://ehr.example/fhir/Patient/p1"},
        {"reference": "Patient/p1/_history/2"},
        {"reference": "urn:uuid:p1"},
        {"display": "somebody"},
        None,
    ],
)
def test_whose_resources_get_in(subject: Json | None) -> None:
    made = {key: value for key, value in claim(item("77387")).items() if key != "patient"}
    pool = filled({**made, **({"patient": subject} if subject else {})})
    assert len(list(pool.every(fhir.Claim))) == 1
    assert pool.troubles == []


@pytest.mark.parametrize(
    "subject", ["Patient/p2", "https://ehr.example/fhir/Patient/p2", "urn:uuid:p2", "Group/p1", "#me"]
)
def test_whose_resources_do_not(subject: str) -> None:
    pool = filled(claim(item("77387"), patient={"reference": subject}))
    assert list(pool.every(fhir.Claim)) == []
    assert pool.troubles == [Trouble("foreign", "prefetch.0", "Claim")]


def test_a_bundle_may_name_the_patient_by_its_full_url_wherever_it_stands() -> None:
    mine = claim(item("77387"), patient={"reference": "urn:uuid:77"})
    me, other = {"resourceType": "Patient", "id": "p1"}, {"resourceType": "Patient", "id": "p2"}
    assert len(list(filled(bundle(("", mine), ("urn:uuid:77", me))).every(fhir.Claim))) == 1
    assert list(filled(bundle(("", mine), ("urn:uuid:77", other))).every(fhir.Claim)) == []


def test_contained_resources_belong_to_the_patient_too() -> None:
    inside: Json = {"resourceType": "Coverage", "id": "cov", "beneficiary": {"reference": "Patient/p2"}}
    pool = filled(claim(item("77387"), contained=[inside]))
    ((holder, _),) = pool.every(fhir.Claim)
    for _ in range(2):
        assert pool.find(fhir.Reference("#cov"), holder, fhir.Coverage) is None
    assert pool.troubles == [Trouble("foreign", "contained", "Coverage")]


def test_an_unreadable_resource_costs_itself_alone() -> None:
    broken = {"resourceType": "Organization", "id": "a", "name": 7}
    pool = filled(bundle(("", broken), ("", {**CLINIC, "id": "b"})))
    assert found(pool, "Organization/b") == "Clinic"
    ((why, path),) = [(t.why, t.path) for t in pool.troubles]
    assert (why, path) == ("unreadable", "prefetch.0.entry[0].resource")


def test_bundles_in_bundles_are_read_to_a_depth() -> None:
    nested = CLINIC
    for _ in range(3):
        nested = bundle(("", nested))
    assert found(filled(nested), "Organization/a") == "Clinic"
    for _ in range(3):
        nested = bundle(("", nested))
    assert found(filled(nested), "Organization/a") is None


def test_types_that_no_rule_reads_are_skipped() -> None:
    pool = Pool(patient_id="p1")
    assert pool.add(json.dumps({"resourceType": "Observation", "id": "x"}).encode(), "prefetch.0") is None
    assert pool.troubles == []
