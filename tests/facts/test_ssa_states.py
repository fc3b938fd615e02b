"""States of Medicare's exports are SSA numbers; a number that may be a FIPS one is no state."""

from __future__ import annotations

import pytest

from cds_service.engine.model import UNKNOWN, Unknown
from tests.facts.build import CLAIM_TYPE, Json, case, claim, item, unit

BLUE_BUTTON = "https://bluebutton.cms.gov/resources/"
STATE = f"{BLUE_BUTTON}variables/prvdr_state_cd"
MEDICARES: Json = {
    "type": {
        "coding": [
            {"system": f"{BLUE_BUTTON}codesystem/eob-type", "code": "CARRIER"},
            {"system": CLAIM_TYPE, "code": "professional"},
        ]
    }
}
"""What makes a claim one of Medicare's exports."""
BENEFICIARY: Json = {"system": f"{BLUE_BUTTON}variables/bene_id", "value": "-1"}
RECORD: Json = {"system": "https://hospital.example/mrn", "value": "1"}


def patient(state: str, *identifiers: Json) -> Json:
    return {
        "resourceType": "Patient",
        "id": "p1",
        "address": [{"state": state, "district": "999"}],
        **({"identifier": list(identifiers)} if identifiers else {}),
    }


def stated(code: str, url: str = STATE, system: str | None = STATE) -> Json:
    coding = {"code": code, **({"system": system} if system else {})}
    return item("77387", locationCodeableConcept={"extension": [{"url": url, "valueCoding": coding}]})


def state(made: Json, *beside: Json) -> tuple[str | Unknown, bool]:
    member = unit(made, beside=beside).member
    return member.state, member.state_assumed


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        *[("01", "AL"), ("08", "DE"), ("10", "FL"), ("12", "HI"), ("33", "NY"), ("45", "TX"), ("53", "WY")],
        *[("40", "PR"), ("48", "VI"), ("97", "MP"), ("98", "GU"), ("1", "AL")],
        *[("54", UNKNOWN), ("99", UNKNOWN), ("00", UNKNOWN), ("XX", "XX"), ("FL", "FL"), ("010", UNKNOWN)],
    ],
)
def test_the_extension_of_an_item(number: str, expected: str | Unknown) -> None:
    assert state(claim(stated(number)))[0] == expected


def test_the_extension_says_by_itself_which_numbers_it_uses() -> None:
    assert state(claim(stated("10", system=None))) == ("FL", False)
    assert state(claim(stated("10", f"{STATE}/"))) == ("FL", False)
    assert state(claim(stated("10", system="urn:oid:2.16.840.1.113883.6.92"))) == (UNKNOWN, False), "FIPS"
    assert state(claim(stated("10", f"{BLUE_BUTTON}variables/prvdr_zip"))) == (UNKNOWN, False)


@pytest.mark.parametrize(
    ("made", "home", "expected"),
    [
        ({}, patient("10", BENEFICIARY), "FL"),
        (MEDICARES, patient("10", BENEFICIARY, RECORD), "FL"),
        (MEDICARES, patient("10"), "FL"),
        (MEDICARES, patient("12"), "HI"),
        (MEDICARES, patient("FL"), "FL"),
        (MEDICARES, patient("99"), UNKNOWN),
        (MEDICARES, patient("10", RECORD), UNKNOWN),
        ({}, patient("10", RECORD), UNKNOWN),
        ({}, patient("10"), UNKNOWN),
    ],
    ids=[
        "a beneficiary",
        "one who has a record too",
        "of the claim's export",
        "not the FIPS number",
        "letters",
        "no state",
        "of another system",
        "no word of Medicare",
        "no word of anybody",
    ],
)
def test_a_patients_number_is_the_ssa_s_where_the_export_is_medicare_s(
    made: Json, home: Json, expected: str | Unknown
) -> None:
    assert state(claim(item("77387")) | made, home) == (expected, expected is not UNKNOWN)


def test_the_number_in_an_item_s_address_is_the_ssa_s_on_claims_of_medicare_s_exports() -> None:
    line = item("77387", locationAddress={"state": "10"})
    assert state(claim(line) | MEDICARES) == ("FL", False)
    assert state(claim(line)) == (UNKNOWN, False)


def test_each_claim_of_a_request_says_for_itself_whether_it_is_of_such_an_export() -> None:
    first, second = claim(item("77387")) | MEDICARES, claim(item("77387"), id="c2")
    for made, other in ((first, second), (second, first)):
        found = {each.ref: each.member.state for each in case(made, other, beside=[patient("10")]).units}
        assert found == {"Claim/c1": "FL", "Claim/c2": UNKNOWN}
