"""The type of bill in one code, and in the three parts in which Medicare's exports tell it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cds_service.engine.model import UNKNOWN
from cds_service.facts import fhir
from cds_service.facts.claims import bill_frequency
from cds_service.facts.type_of_bill import type_of_bill, types_of_bill

BLUE_BUTTON = "https://bluebutton.cms.gov/resources/variables"
NUBC = "https://www.nubc.org/CodeSystem/TypeOfBill"
Json = dict[str, Any]


def coded(name: str, code: Any) -> Json:
    """An extension of Blue Button, which has its own address as its code's system."""
    url = f"{BLUE_BUTTON}/{name}"
    return {"url": url, "valueCoding": {"system": url, "code": code}}


FACILITY = coded("clm_fac_type_cd", "8")
CLASS = coded("clm_srvc_clsfctn_type_cd", "5")
FREQUENCY: Json = {"code": {"coding": [{"system": f"{BLUE_BUTTON}/clm_freq_cd", "code": "1"}]}}
REPLACEMENT: Json = {"code": {"coding": [{"system": f"{BLUE_BUTTON}/clm_freq_cd", "code": "7"}]}}
OTHER = coded("fi_num", "12345")


def benefit(facility: list[Json] | None, own: list[Json], information: list[Json], **more: Any) -> fhir.Claim:
    made: Json = {
        "resourceType": "ExplanationOfBenefit",
        "extension": own,
        "supportingInfo": information,
        **more,
    }
    if facility is not None:
        made["facility"] = {"identifier": {"value": "999999"}, "extension": facility}
    read = fhir.decode(json.dumps(made).encode())
    assert isinstance(read, fhir.Claim)
    return read


def test_three_parts_are_one_type_of_bill() -> None:
    told = benefit([OTHER, FACILITY], [OTHER, CLASS], [{"code": {"text": "x"}}, FREQUENCY])
    assert (type_of_bill(told), bill_frequency(told)) == ("851", "1")


def test_blanks_around_the_parts_are_none_of_them() -> None:
    spaced: Json = {"code": {"coding": [{"system": f"{BLUE_BUTTON}/clm_freq_cd", "code": " 1 "}]}}
    told = benefit([coded("clm_fac_type_cd", "8 ")], [coded("clm_srvc_clsfctn_type_cd", " 5")], [spaced])
    assert type_of_bill(told) == "851"
    slashed = {**FACILITY, "url": FACILITY["url"] + "/"}
    assert type_of_bill(benefit([slashed], [CLASS], [FREQUENCY])) == "851"


@pytest.mark.parametrize(
    ("facility", "own", "information"),
    [
        (None, [CLASS], [FREQUENCY]),
        ([], [CLASS], [FREQUENCY]),
        ([FACILITY], [], [FREQUENCY]),
        ([FACILITY], [CLASS], []),
        ([CLASS], [FACILITY], [FREQUENCY]),
        ([FACILITY, coded("clm_fac_type_cd", "1")], [CLASS], [FREQUENCY]),
        ([FACILITY], [CLASS], [FREQUENCY, REPLACEMENT]),
        ([coded("clm_fac_type_cd", None)], [CLASS], [FREQUENCY]),
        ([{"url": FACILITY["url"], "valueString": "8"}], [CLASS], [FREQUENCY]),
    ],
    ids=["no facility", "no type", "no class", "no frequency", "elsewhere", "two", "two frequencies", "empty", "text"],
)  # fmt: skip
def test_what_lacks_a_part_is_unknown(
    facility: list[Json] | None, own: list[Json], information: list[Json]
) -> None:
    assert type_of_bill(benefit(facility, own, information)) is UNKNOWN


def test_a_whole_code_goes_before_the_parts() -> None:
    whole = {"coding": [{"system": NUBC, "code": "0131"}]}
    told = benefit([FACILITY], [CLASS], [FREQUENCY], subType=whole)
    assert (type_of_bill(told), list(types_of_bill(told))) == ("131", ["131", "851"])
    assert type_of_bill(benefit(None, [], [{"code": whole}])) == "131"
    assert type_of_bill(benefit(None, [], [], subType={"coding": [{"system": NUBC, "code": " "}]})) is UNKNOWN


@pytest.mark.parametrize("odd", ["text", 5, [5], {"url": 1}, [{"url": 1}], [{"valueCoding": "8"}]])
def test_extensions_of_another_shape_cost_nothing(odd: Any) -> None:
    told = {
        "resourceType": "Claim",
        "id": "c1",
        "extension": odd,
        "facility": {"reference": "Location/l1", "extension": odd},
    }
    read = fhir.decode(json.dumps(told).encode())
    assert isinstance(read, fhir.Claim)
    assert (read.id, type_of_bill(read)) == ("c1", UNKNOWN)


def test_a_facility_whose_claim_has_odd_extensions_is_passed_over() -> None:
    told = {
        "resourceType": "Claim",
        "extension": [{"url": 1}],
        "facility": {"extension": [FACILITY]},
        "supportingInfo": [FREQUENCY],
    }
    read = fhir.decode(json.dumps(told).encode())
    assert isinstance(read, fhir.Claim)
    assert type_of_bill(read) is UNKNOWN
