"""The state of the place of service: where it is looked for, and in which spellings."""

from __future__ import annotations

import csv
from typing import Any

import pytest

from cds_service.books import CATALOGUES
from cds_service.engine.model import UNKNOWN, Unknown
from tests.facts.build import Json, case, claim, item, knowledge, order, unit

STATES = {
    "Alabama": "AL",
    "district of columbia": "DC",
    "FLORIDA": "FL",
    "Fla.": "FL",
    "New York": "NY",
    "north  carolina": "NC",
    "Puerto Rico": "PR",
    "U.S. Virgin Islands": "VI",
    "West Virginia": "WV",
    "Virginia": "VA",
    "Washington": "WA",
    "Washington, D.C.": "DC",
    "D.C.": "DC",
    "N.Y.": "NY",
}


def patient(state: str | None = "TX", *addresses: Json) -> Json:
    return {"resourceType": "Patient", "id": "p1", "address": list(addresses) or [{"state": state}]}


def location(state: str | None, id: str = "loc") -> Json:
    return {"resourceType": "Location", "id": id, **({"address": {"state": state}} if state else {})}


def organization(state: str | None, id: str = "org", **more: Any) -> Json:
    address = [{"state": state}] if state else []
    return {"resourceType": "Organization", "id": id, "address": address, **more}


def role(organization_reference: str, id: str = "role") -> Json:
    return {
        "resourceType": "PractitionerRole",
        "id": id,
        "organization": {"reference": organization_reference},
    }


def state(made: Json, *beside: Json) -> tuple[str | Unknown, bool]:
    member = unit(made, beside=beside).member
    return member.state, member.state_assumed


FACILITY: Json = {"facility": {"reference": "Location/loc"}}
ORG: Json = {"reference": "Organization/org"}
PROVIDER: Json = {"provider": ORG}
ROLE: Json = {"provider": {"reference": "PractitionerRole/role"}}
EVERYONE = (location("GA"), organization("AL"), role("Organization/org"), patient())


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (claim(item("77387"), **FACILITY, **PROVIDER), ("GA", False)),
        (claim(item("77387"), **PROVIDER), ("AL", False)),
        (claim(item("77387"), **ROLE), ("AL", False)),
        (claim(item("77387"), facility={"reference": "Location/unknown"}, **PROVIDER), ("AL", False)),
        (claim(item("77387"), provider={"reference": "Practitioner/x"}), ("TX", True)),
        (claim(item("77387")), ("TX", True)),
        (
            order(
                locationReference=[{"reference": "Location/loc"}],
                performer=[{"reference": "Organization/org"}],
            ),
            ("GA", False),
        ),
        (
            order(performer=[{"reference": "Practitioner/x"}, ORG]),
            ("AL", False),
        ),
        (order(requester={"reference": "PractitionerRole/role"}), ("AL", False)),
        (order(), ("TX", True)),
    ],
)
def test_where_the_state_is_looked_for(made: Json, expected: tuple[str, bool]) -> None:
    assert state(made, *EVERYONE) == expected


def test_a_place_without_a_state_leaves_the_question_to_the_next() -> None:
    both = claim(item("77387"), **FACILITY, **PROVIDER)
    assert state(both, location(None), organization("AL"), patient()) == ("AL", False)
    assert state(both, location(" "), organization(None), patient()) == ("TX", True)
    assert state(both, location("somewhere"), organization("Alabama"), patient()) == ("AL", False)


def test_contained_places() -> None:
    by_facility = claim(item("77387"), facility={"reference": "#loc"}, contained=[location("GA")])
    assert state(by_facility) == ("GA", False)
    by_role = claim(
        item("77387"), provider={"reference": "#role"}, contained=[role("#org"), organization("AL")]
    )
    assert state(by_role, patient()) == ("AL", False)


def test_old_and_billing_addresses() -> None:
    old, bills, here = {"use": "old", "state": "NY"}, {"use": "billing", "state": "NJ"}, {"state": "FL"}
    made = claim(item("77387"), **PROVIDER)
    assert state(made, organization(None, address=[old, bills, here])) == ("FL", False)
    assert state(made, organization(None, address=[old, bills])) == ("NJ", False)
    assert state(claim(item("77387")), patient(None, old, here)) == ("FL", True)
    assert state(claim(item("77387")), patient(None, old)) == (UNKNOWN, False)


@pytest.mark.parametrize(
    "lesser",
    [{"period": {"start": "2010-01-01", "end": "2019-01-01"}}, {"use": "temp"}, {"period": {"end": "2019"}}],
)
def test_where_nobody_lives_any_more_or_only_for_some_time_comes_last(lesser: Json) -> None:
    other, here = {"state": "NY", **lesser}, {"use": "home", "state": "FL", "period": {"start": "2019-01-01"}}
    assert state(claim(item("77387")), patient(None, other, here)) == ("FL", True)
    assert state(claim(item("77387")), patient(None, other)) == ("NY", True)
    made = claim(item("77387"), **PROVIDER)
    assert state(made, organization(None, address=[other, here])) == ("FL", False)


@pytest.mark.parametrize("kind", ["physical", "both", None])
def test_where_mail_goes_is_not_where_treatment_is(kind: str | None) -> None:
    mail, here = {"type": "postal", "state": "NY"}, {"type": kind, "state": "FL"}
    made = claim(item("77387"), **PROVIDER)
    assert state(made, organization(None, address=[mail, here])) == ("FL", False)
    assert state(made, organization(None, address=[mail])) == ("NY", False)


@pytest.mark.parametrize(
    ("written", "code"), [*STATES.items(), *((each, each) for each in ("FL", "PR", "ON"))]
)
def test_spellings(written: str, code: str) -> None:
    made = claim(item("77387"), **FACILITY)
    for spelling in (written, written.lower(), f" {written} "):
        assert state(made, location(spelling)) == (code, False)
    assert state(claim(item("77387")), patient(written)) == (code, True)


@pytest.mark.parametrize("written", ["US-FL", "us fl"])
def test_the_iso_form(written: str) -> None:
    assert state(claim(item("77387"), **FACILITY), location(written)) == ("FL", False)


@pytest.mark.parametrize("written", ["", "-", "F", "12", "Floridaa", "South"])
def test_what_is_no_state_is_unknown(written: str) -> None:
    assert state(claim(item("77387"), **FACILITY), location(written)) == (UNKNOWN, False)


def test_the_table_holds_every_state_and_territory_once_per_name() -> None:
    with (CATALOGUES / "states.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    names = [row["name"].lower() for row in rows]
    numbers = [row["ssa"] for row in rows if row["ssa"]]
    assert len(names) == len(set(names))
    assert len(numbers) == len(set(numbers)) == 50 + len(("DC", "PR", "VI", "GU", "MP"))
    assert len(knowledge().states) == len(names) + len(numbers)
    codes = {row["code"] for row in rows}
    territories = {"AS", "GU", "MP", "PR", "VI", "FM", "MH", "PW"}
    assert territories < codes
    assert len(codes - territories - {"DC"}) == 50


def test_another_patients_address_is_never_used() -> None:
    assert state(claim(item("77387")), {**patient("FL"), "id": "p2"}) == (UNKNOWN, False)


def at(number: int, **where: Any) -> Json:
    return {**item("77387", number), **where}


ADDRESS: Json = {"locationAddress": {"state": "FL"}}
NAMED: Json = {"locationReference": {"reference": "Location/own"}}
MEDICARES = "https://bluebutton.cms.gov/resources/variables/prvdr_state_cd"
CODED: Json = {
    "locationCodeableConcept": {
        "coding": [{"code": "11"}],
        "extension": [
            {
                "url": "https://bluebutton.cms.gov/resources/variables/carr_line_prcng_lclty_cd",
                "valueCoding": {"code": "NC"},
            },
            {"url": MEDICARES, "valueCoding": {"system": MEDICARES, "code": "FL"}},
        ],
    }
}


@pytest.mark.parametrize("where", [ADDRESS, NAMED, CODED], ids=["address", "reference", "extension"])
def test_where_an_item_was_given_goes_before_who_bills_it(where: Json) -> None:
    beside = (*EVERYONE, location("Florida", "own"))
    assert state(claim(at(1, **where), **PROVIDER), *beside) == ("FL", False)
    assert state(claim(item("77014"), at(2, **where)), *beside) == ("FL", False)
    assert state(claim(at(1, **where), **FACILITY, **PROVIDER), *beside) == ("GA", False)


def test_items_of_one_biller_have_each_their_own_place() -> None:
    first, second = claim(at(1, **ADDRESS), **PROVIDER), claim(item("77387"), id="c2", **PROVIDER)
    for made, other in ((first, second), (second, first)):
        found = {each.ref: each.member.state for each in case(made, other, beside=EVERYONE).units}
        assert found == {"Claim/c1": "FL", "Claim/c2": "AL"}


def test_items_in_two_states_tell_none() -> None:
    two = claim(at(1, **ADDRESS), at(2, locationAddress={"state": "NC"}), **PROVIDER)
    assert state(two, *EVERYONE) == ("AL", False)
    same = claim(at(1, **ADDRESS), at(2, locationAddress={"state": "Florida"}), **PROVIDER)
    assert state(same, *EVERYONE) == ("FL", False)
    untold = claim(at(1, **ADDRESS), at(2, locationAddress={"city": "Orlando"}), **PROVIDER)
    assert state(untold, *EVERYONE) == ("FL", False)
