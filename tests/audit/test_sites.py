"""Where a claim was billed and who pays, as rows and reports name it: organizations and places, never people."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.books import Library
from tests.audit.exports import around, double_billed
from tests.audit.running import judged

Resource = dict[str, Any]
NPI = "http://hl7.org/fhir/sid/us-npi"


def numbered(kind: str, ref: str, name: Any, *numbers: tuple[str, str]) -> Resource:
    found: Resource = {"resourceType": kind, "id": ref, "name": name}
    if numbers:
        found["identifier"] = [{"system": system, "value": value} for system, value in numbers]
    return found


PERSON = numbered("Practitioner", "person", [{"family": "Verysecret"}], (NPI, "1111111111"))
NORTH = numbered("Location", "north", "North", ("urn:example:site", "N"), (NPI, " 2222222222 "))
SOUTH = numbered("Location", "south", "South", ("urn:example:site", "S"))
PLAIN = numbered("Organization", "plain", "Plain Group", ("urn:example:org", "77"))
BY_OID = numbered("Organization", "oid", "By Oid", ("urn:oid:2.16.840.1.113883.4.6", "3333333333"))


def to(reference: str) -> Resource:
    return {"reference": reference}


@pytest.mark.parametrize(
    ("change", "site", "name"),
    [
        ({}, "0000000000", "Synthetic Hospital"),
        ({"facility": to("Location/north")}, "2222222222", "North"),
        ({"facility": to("https://ehr.example/fhir/Location/north/_history/2")}, "2222222222", "North"),
        ({"facility": to("Location/south")}, "0000000000", "South"),
        ({"facility": to("Location/south"), "provider": to("Organization/plain")}, "Location/south", "South"),
        ({"facility": {"display": "Elsewhere"}}, "0000000000", "Synthetic Hospital"),
        ({"facility": to("Location/gone")}, "0000000000", "Synthetic Hospital"),
        ({"provider": to("Organization/plain")}, "Organization/plain", "Plain Group"),
        ({"provider": to("Organization/oid")}, "3333333333", "By Oid"),
        ({"provider": to("Practitioner/person")}, "1111111111", ""),
        ({"provider": {"identifier": {"system": NPI, "value": "4444444444"}}}, "4444444444", ""),
        ({"provider": {"identifier": {"system": "urn:example:org", "value": "88"}}}, "88", ""),
        ({"provider": to("#in"), "contained": [{**NORTH, "id": "in"}]}, "2222222222", "North"),
        ({"provider": to("#in"), "contained": [{**PLAIN, "id": "in"}]}, "77", "Plain Group"),
        ({"provider": to("#in"), "contained": [{**PERSON, "id": "in"}]}, "1111111111", ""),
        ({"provider": to("#out"), "contained": [{**PLAIN, "id": "in"}]}, "", ""),
        ({"provider": None}, "", ""),
    ],
)
def test_a_site_is_the_facility_else_who_bills(
    library: Library, change: Resource, site: str, name: str
) -> None:
    resources = [*around(), PERSON, NORTH, SOUTH, PLAIN, BY_OID, double_billed() | change]
    (row, *_), _ = judged(resources, library)
    assert (row.site, row.site_name) == (site, name)
    assert "ecret" not in str(row)


def payors(*references: Resource) -> list[Resource]:
    people = around()
    people[1]["payor"] = list(references)
    return people


@pytest.mark.parametrize(
    ("people", "change", "name"),
    [
        (around(), {}, "Medicare"),
        (around(), {"insurer": to("Organization/plain")}, "Medicare"),
        (payors(to("Organization/plain"), to("Organization/medicare")), {}, "Plain Group"),
        (payors(to("Patient/p1")), {}, ""),
        (payors(to("Organization/gone")), {"insurer": to("Organization/plain")}, "Plain Group"),
    ],
)
def test_a_payer_is_named_as_the_coverage_names_it_else_the_claim(
    library: Library, people: list[Resource], change: Resource, name: str
) -> None:
    rows, _ = judged([*people, PLAIN, double_billed() | change], library)
    assert {row.payer_name for row in rows} == {name}


def test_of_several_insurances_the_one_that_the_claim_is_for_names_the_payer(library: Library) -> None:
    other = around()[1] | {"id": "other", "payor": [to("Organization/plain")]}
    insurance = [
        {"sequence": 1, "focal": False, "coverage": to("Coverage/other")},
        {"sequence": 2, "focal": True, "coverage": to("Coverage/p1-cover")},
    ]
    rows, _ = judged([*around(), other, PLAIN, double_billed(insurance=insurance)], library)
    assert {row.payer_name for row in rows} == {"Medicare"}
