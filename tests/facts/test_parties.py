"""Who rendered a line, as far as a claim tells the performers apart (rulebook LCD-25)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.facts.course_facts import lines_of_date_same_physician
from tests.facts.build import Json, claim, coded, item, unit, view

NPI = "http://hl7.org/fhir/sid/us-npi"


def team(*providers: Json) -> list[Json]:
    return [
        {"sequence": n, "provider": provider, "role": coded("rendering", None)}
        for n, provider in enumerate(providers, 1)
    ]


def doctor(id: str, npi: str | None, kind: str = "Practitioner") -> Json:
    told = {"identifier": [{"system": NPI, "value": npi}]} if npi else {}
    return {"resourceType": kind, "id": id, **told}


def visit(*providers: Json, **more: Any) -> Json:
    """A visit of the first performer and clinical planning of the last one, on one day."""
    first, last = item("99214", careTeamSequence=[1]), item("77263", 2, careTeamSequence=[len(providers)])
    return claim(first, last, careTeam=team(*providers), provider={"reference": "Organization/o"}, **more)


def same(made: Json) -> bool:
    return bool(lines_of_date_same_physician(view(made).lines[1]))


@pytest.mark.parametrize("kind", ["Practitioner", "PractitionerRole"])
def test_contained_performers_are_named_by_their_identifiers(kind: str) -> None:
    two = ({"reference": "#a"}, {"reference": "#b"})
    assert same(visit(*two, contained=[doctor("a", "1", kind), doctor("b", "1", kind)]))
    assert not same(visit(*two, contained=[doctor("a", "1", kind), doctor("b", "2", kind)]))
    (line, _) = unit(visit(*two, contained=[doctor("a", "1", kind), doctor("b", "2", kind)])).lines
    assert line.rendering == f"{NPI}|1"


def test_a_number_whose_type_says_npi_needs_no_system() -> None:
    def npi(value: str, **told: Any) -> Json:
        return {"identifier": {"value": value, **told}}

    typed = coded("npi", "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBIdentifierType")
    assert same(visit(npi("1", system=NPI), npi("1", type=typed)))
    assert same(visit(npi("1", system=NPI), npi("1", type=coded("NPI", None))))
    assert not same(visit(npi("1", system=NPI), npi("2", type=typed)))
    assert not same(visit(npi("1", system=NPI), npi("1", type=coded("TAX", None))))
    assert same(visit(npi("1", system=NPI), npi("1", system="urn:oid:2.16.840.1.113883.4.6")))
    assert not same(visit(npi("1", system=NPI), npi("1", system="urn:hospital", type=typed)))


def test_performers_without_an_identifier_are_told_apart_within_their_claim() -> None:
    unnamed = [doctor("a", None), doctor("b", None)]
    assert not same(visit({"reference": "#a"}, {"reference": "#b"}, contained=unnamed))
    assert same(visit({"reference": "#a"}, {"reference": "#a"}, contained=unnamed))
    assert not same(visit({"display": "Dr A"}, {"display": "Dr B"}))
    assert same(visit({"display": "Dr A"}, {"display": "Dr  A"}))


def test_lines_of_one_claim_have_one_biller_whoever_it_is() -> None:
    lines = (item("99214"), item("77263", 2))
    unnamed = {"resourceType": "Organization", "id": "biller", "name": "Test"}
    assert same(claim(*lines, contained=[unnamed], provider={"reference": "#biller"}))
    assert same(claim(*lines))
