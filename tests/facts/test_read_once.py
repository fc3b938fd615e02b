"""What several lines or claims share is read once, and says of each of them what reading it alone says."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.audit.shared import Everybody, SharedPool
from cds_service.facts import dates, fhir
from cds_service.facts.claims import read_claim
from cds_service.facts.codes import billing_codes
from cds_service.facts.pool import Pool
from tests.facts.build import (
    HCPCS,
    ICD10,
    LOCAL,
    POS,
    Json,
    case,
    claim,
    coded,
    concept,
    coverage,
    item,
    knowledge,
    order,
    procedure,
    technique,
)

TODAY = date(2026, 11, 23)
unhurried = settings(deadline=None)  # the first example loads the catalogues


MODIFIERS: tuple[list[Json], ...] = (
    [],
    [coded("26", None)],
    [coded("TC", None), coded("59", None)],
    [coded("TC 59", None)],
    [{"text": "59"}],
    [{"text": "26"}, coded("59", None)],
)


@st.composite
def items(draw: st.DrawFn, sequence: int = 1) -> Json:
    more: dict[str, Any] = {
        "diagnosisSequence": draw(st.sampled_from(([], [1], [2], [2, 1], [9]))),
        "informationSequence": draw(st.sampled_from(([], [1], [2], [1, 2, 3], [9]))),
        "careTeamSequence": draw(st.sampled_from(([], [1], [2]))),
        "modifier": draw(st.sampled_from(MODIFIERS)),
    }
    place = draw(st.sampled_from((None, "11", "22", "x", "7")))
    if place:
        more["locationCodeableConcept"] = coded(place, draw(st.sampled_from((POS, None, "urn:other"))))
    code = draw(st.sampled_from(("77387", "77387-26", "G6002:TC", "77386,77387", "99999", " 77014 ")))
    system = draw(st.sampled_from((HCPCS, None, "urn:other", "http://loinc.org")))
    day = draw(st.sampled_from(("2024-06-03", "2024-06-04", None)))
    service = coded(code, system)
    if draw(st.integers(0, 3)) == 0:
        service["coding"] += coded(draw(st.sampled_from(("77014", "77386,77387", "X"))), HCPCS)["coding"]
    return item(service, sequence, day=day, **more)


def written(*lines: Json) -> fhir.Claim:
    around: Json = {
        "billablePeriod": {"start": "2024-06-01", "end": "2024-06-07"},
        "diagnosis": [
            {"sequence": n, "diagnosisCodeableConcept": coded(code, ICD10)}
            for n, code in enumerate(("Z51.0", "C61"), start=1)
        ],
        "careTeam": [
            {"sequence": n, "provider": {"reference": f"Practitioner/{n}"}, "role": coded("primary", None)}
            for n in (1, 2)
        ],
        "supportingInfo": [
            info(1, "course", valueString="first"),
            info(2, "fractions", valueQuantity={"value": 2}),
            info(3, "supervision-level", code=coded("direct", f"{LOCAL}supervision-level")),
        ],
    }
    found = fhir.decode(json.dumps(claim(*lines, **around)).encode())
    assert isinstance(found, fhir.Claim)
    return found


def info(sequence: int, category: str, **more: Any) -> Json:
    return {"sequence": sequence, "category": coded(category, f"{LOCAL}supporting-info"), **more}


@unhurried
@given(st.lists(items(), min_size=1, max_size=5))
def test_a_line_among_others_is_read_as_it_is_alone(drawn: list[Json]) -> None:
    pool, own = Pool(), [Pool() for _ in drawn]
    together = read_claim(written(*drawn), pool, knowledge(), TODAY).lines
    alone = [
        replace(line, path=f"Claim.item[{number}]")
        for number, each in enumerate(drawn)
        for line in read_claim(written(each), own[number], knowledge(), TODAY).lines
    ]
    assert list(together) == alone
    assert [trouble.path for trouble in pool.troubles] == [
        f"Claim.item[{number}]" for number, each in enumerate(own) for _ in each.troubles
    ]


def test_a_text_that_repeats_a_code_is_told_of_as_composite() -> None:
    pool = Pool()
    lines = read_claim(written(item("77387,77387")), pool, knowledge(), TODAY).lines
    assert [(line.code, line.composite) for line in lines] == [("77387", True)]
    assert [trouble.why for trouble in pool.troubles] == ["composite"]


@pytest.mark.parametrize("first", ["urn:unknown-system", HCPCS])
def test_a_code_that_was_read_in_one_system_is_read_anew_in_another(first: str) -> None:
    catalogue = knowledge().catalogue
    systems = [first, "urn:unknown-system", HCPCS, "http://loinc.org"]
    known = [bool(billing_codes(concept(coded("99999", system)), catalogue)) for system in systems]
    assert known == [first == HCPCS, False, True, False]


@pytest.mark.parametrize("more", ["", "T10:00:00", "T10:00:00." + "0" * 100])
def test_a_day_is_the_same_however_long_its_time_is(more: str) -> None:
    for _ in range(2):
        assert dates.day(f"2024-06-03{more}") == date(2024, 6, 3)
        assert dates.day(f"1024-06-03{more}") is None


def test_a_pool_that_kept_a_reference_sees_what_is_added_later() -> None:
    pool = SharedPool()
    pool.everybody = Everybody(
        {"Organization/o": b'{"resourceType":"Organization","id":"o","name":"Shared"}'}
    )
    reference, holder = fhir.Reference("Coverage/c"), fhir.Resource()
    assert pool.find(reference, holder, fhir.Coverage) is None
    pool.add(b'{"resourceType":"Coverage","id":"c"}', "c")
    assert pool.find(reference, holder, fhir.Coverage) is not None
    assert pool.find(reference, holder, fhir.Organization) is None, "of another type"
    for _ in range(2):
        shared = pool.find(fhir.Reference(" Organization/o "), holder, fhir.Organization)
        assert shared is not None
        assert shared.name == "Shared"


def test_what_one_claim_contains_is_not_what_the_next_one_contains() -> None:
    pool = SharedPool()
    for name in ("one", "two"):
        inside = {"resourceType": "Organization", "id": "1", "name": name}
        holder = fhir.decode(json.dumps(claim(item("77387"), contained=[inside])).encode())
        assert holder is not None
        found = pool.find(fhir.Reference("#1"), holder, fhir.Organization)
        assert found is not None
        assert found.name == name


def test_the_insurer_of_a_shared_coverage_is_each_claims_own_when_the_claims_contain_it() -> None:
    def billed_to(name: str, id: str) -> Json:
        inside = {"resourceType": "Organization", "id": "1", "name": name}
        insurance = [{"focal": True, "coverage": {"reference": "Coverage/cov1"}}]
        return claim(item("77387"), id=id, contained=[inside], insurance=insurance)

    shared = coverage(payor=[{"reference": "#1"}])
    found = case(billed_to("Florida Blue", "a"), billed_to("Molina Healthcare", "b"), beside=[shared])
    assert [unit.member.payer for unit in found.units] == ["florida-blue", "molina"]


def test_claims_of_one_coverage_have_one_insurer_and_the_programmes_of_their_own_days() -> None:
    claims = [claim(item("77387", day=day), id=day) for day in ("2024-06-03", "2014-06-03")]
    one = coverage("Florida Blue")
    together = case(*claims, beside=[one]).units
    alone = [case(each, beside=[one]).units[0] for each in claims]
    assert [unit.member for unit in together] == [unit.member for unit in alone]
    assert {unit.member.payer for unit in together} == {"florida-blue"}


def test_claims_together_have_the_states_of_their_own_places() -> None:
    def located(state: str, id: str) -> Json:
        return {"resourceType": "Location", "id": id, "address": {"state": state}}

    def given_at(facility: str, id: str, **more: Any) -> Json:
        return claim(item("77387"), id=id, facility={"reference": facility}, **more)

    home = {"resourceType": "Patient", "id": "p1", "address": [{"state": "TX"}]}
    beside = [home, located("FL", "one"), located("GA", "two")]
    claims = [
        given_at("#1", "a", contained=[located("NY", "1")]),
        given_at("Location/one", "b"),
        given_at("#1", "c"),
        given_at("#1", "d", contained=[located("CA", "1")]),
        given_at("Location/two", "e"),
        given_at("Location/one", "f"),
        claim(item("77387"), id="g"),
    ]
    members = [unit.member for unit in case(*claims, beside=beside).units]
    assert [member.state for member in members] == ["NY", "FL", "TX", "CA", "GA", "FL", "TX"]
    assert [member.state_assumed for member in members] == [False, False, True, False, False, False, True]


def test_claims_together_have_the_courses_of_their_own_time_around_them() -> None:
    days = ("2023-01-02", "2024-06-03", "2023-01-09", "2024-06-10", "2022-01-03")
    courses = [
        procedure(id=day, performedDateTime=day, extension=[technique(None, local=local)])
        for day, local in (("2023-01-05", "imrt"), ("2024-06-05", "sbrt"), ("2024-06-06", "srs"))
    ]
    claims = [claim(item("77387", day=day), id=day) for day in days]
    together = case(*claims, beside=courses).units
    alone = [case(each, beside=courses).units[0] for each in claims]
    assert [each.radiotherapy for each in together] == [each.radiotherapy for each in alone]
    assert len({each.radiotherapy.techniques for each in together}) == 3


def test_an_order_among_others_is_told_of_the_others_modalities_only() -> None:
    def asking(id: str, modality: str) -> Json:
        detail = coded(modality, f"{LOCAL}other-modality")
        return order("77387", id, orderDetail=[detail], occurrenceDateTime="2024-06-03")

    orders = [asking("a", "proton"), asking("b", "electron"), asking("c", "neutron")]
    together = case(*orders).units
    for number, unit in enumerate(together):
        alone = case(orders[number], beside=[o for o in orders if o is not orders[number]]).units[0]
        assert unit.radiotherapy == alone.radiotherapy
        assert unit.radiotherapy.other_modalities == {"proton", "electron", "neutron"}
