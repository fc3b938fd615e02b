"""Each remedy on a ServiceRequest changes what it says and nothing else (contract section 4)."""

from __future__ import annotations

from typing import Any

import pytest

from cards.corrections import carry_out
from cds_service.engine.model import LineRef, Remedy
from tests.cards.builders import CPT, HCPCS, order, order_line
from tests.cards.correcting import corrected
from tests.cards.json_diff import differences

GUIDANCE = {"system": CPT, "code": "77387", "display": "guidance"}
DELIVERY = {"system": CPT, "code": "77386"}
SNOMED = {"system": "http://snomed.info/sct", "code": "441799006"}
LOCAL = {"system": "urn:hospital:orders", "code": "33512"}


def test_remove_line_drops_the_coding() -> None:
    resource = order(GUIDANCE, DELIVERY, SNOMED)
    made = corrected(resource, Remedy("remove-line", "77387"), order_line(0, "77387"))
    assert made == order(DELIVERY, SNOMED)


@pytest.mark.parametrize("left", [[], [SNOMED], [SNOMED, {"text": "x"}], [{"code": "IGRT"}]])
def test_an_order_without_billing_code_is_void(left: list[dict[str, Any]]) -> None:
    resource, remedy = order(GUIDANCE, *left), Remedy("remove-line", "77387")
    outcome = carry_out(resource, [(remedy, "")], [order_line(0, "77387")])
    assert outcome is not None
    assert outcome.void
    assert corrected(resource, remedy, order_line(0, "77387")) is None


def test_a_code_of_unknown_system_leaves_the_order_to_a_person() -> None:
    steps = [(Remedy("remove-line", "77387"), "")]
    assert carry_out(order(GUIDANCE, LOCAL), steps, [order_line(0, "77387")]) is None


@pytest.mark.parametrize(
    ("sent", "to", "expected"),
    [
        ("77387", "G6002", "G6002"),
        ("77387", "G6002-26", "G6002:26"),
        ("77387:26", "G6002-26", "G6002:26"),
        ("77387-26", "G6002-26", "G6002-26"),
        ("77387:TC", "G6002", "G6002"),
        ("77387:TC:LT", "G6002-26", "G6002:26:LT"),
    ],
)
def test_replace(sent: str, to: str, expected: str) -> None:
    resource = order(SNOMED, GUIDANCE | {"code": sent}, LOCAL)
    made = corrected(resource, Remedy("replace", "77387", to=to), order_line(1, "77387"))
    assert made["code"]["coding"] == [SNOMED, {"system": HCPCS, "code": expected}, LOCAL]
    assert differences(resource, made) == {
        f"code.coding[1].{member}" for member in ("system", "code", "display")
    }


def test_steps_are_done_together() -> None:
    steps = [(Remedy("remove-line", "77387"), ""), (Remedy("replace", "77386", to="G6015"), "")]
    lines = [order_line(0, "77387"), order_line(1, "77386")]
    outcome = carry_out(order(GUIDANCE, DELIVERY), steps, lines)
    assert outcome is not None
    assert not outcome.void
    assert outcome.resource == order({"system": HCPCS, "code": "G6015"})
    both = [(Remedy("remove-line", code), "") for code in ("77387", "77386")]
    outcome = carry_out(order(GUIDANCE, DELIVERY), both, lines)
    assert outcome is not None
    assert outcome.void


def test_replace_leaves_other_billing_codes_alone() -> None:
    made = corrected(
        order(DELIVERY, GUIDANCE), Remedy("replace", "77387", to="77014"), order_line(1, "77387")
    )
    assert made["code"]["coding"] == [DELIVERY, {"system": CPT, "code": "77014"}]


def test_modifiers_stand_in_the_code() -> None:
    added = corrected(order(GUIDANCE), Remedy("add-modifier", "77387", modifier="26"), order_line(0, "77387"))
    assert added["code"]["coding"] == [{"system": CPT, "code": "77387:26"}]
    wrong = order({"system": HCPCS, "code": "G6017:26"})
    removed = corrected(
        wrong, Remedy("remove-modifier", "G6017", modifier="26"), order_line(0, "G6017", "26")
    )
    assert removed["code"]["coding"] == [{"system": HCPCS, "code": "G6017"}]


def test_reduce_units() -> None:
    resource = order(GUIDANCE, SNOMED, quantityQuantity={"value": 30, "unit": "fractions"})
    made = corrected(resource, Remedy("reduce-units", "77387", to=20), order_line(0, "77387"))
    assert differences(resource, made) == {"quantityQuantity.value"}
    assert made["quantityQuantity"]["value"] == 20


def test_attest_indication() -> None:
    reason = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "C61"}]}
    resource = order(GUIDANCE, reasonCode=[reason])
    remedy = Remedy("attest-indication", indications=("internal-motion", "narrow-margins"))
    twice = {"coding": [{"system": "urn:igrt-cds:indication", "code": "narrow-margins"}, {"code": "x"}]}
    assert corrected(order(GUIDANCE, reasonCode=[twice]), remedy, option="narrow-margins") is None
    made = corrected(resource, remedy, option="narrow-margins")
    assert len(corrected(made, remedy, option="internal-motion")["reasonCode"]) == 3
    attested = {"coding": [{"system": "urn:igrt-cds:indication", "code": "narrow-margins"}]}
    assert made["reasonCode"] == [reason, attested]
    assert differences(resource, made) == {"reasonCode[1]"}
    assert corrected(made, remedy, option="narrow-margins") is None
    assert corrected(order(GUIDANCE), remedy, option="internal-motion")["reasonCode"][0]["coding"]


def test_to_attest_does_not_void_an_order_that_never_had_a_billing_code() -> None:
    steps = [(Remedy("attest-indication", indications=("internal-motion",)), "internal-motion")]
    outcome = carry_out(order(SNOMED), steps, [])
    assert outcome is not None
    assert not outcome.void
    assert outcome.resource["code"] == {"coding": [SNOMED]}


@pytest.mark.parametrize(
    ("resource", "remedy", "found"),
    [
        pytest.param(
            order(DELIVERY), Remedy("remove-line", "77387"), order_line(0, "77387"), id="another code"
        ),
        pytest.param(
            order(GUIDANCE), Remedy("remove-line", "77387"), order_line(1, "77387"), id="no such coding"
        ),
        pytest.param(
            order(GUIDANCE),
            Remedy("remove-line", "77387"),
            LineRef("ServiceRequest/s1", None, "77387", (), "2023-05-08", "ServiceRequest.orderDetail[0]"),
            id="not in the code",
        ),
        pytest.param(order(GUIDANCE), Remedy("replace", "77387"), order_line(0, "77387"), id="no target"),
        pytest.param(
            order(GUIDANCE),
            Remedy("add-line", "77387-TC"),
            order_line(0, "77387"),
            id="an order has no lines",
        ),
        pytest.param(
            order(GUIDANCE),
            Remedy("attest-other-modality", modalities=("proton",)),
            order_line(0, "77387"),
            id="other modality",
        ),
        pytest.param(
            order(GUIDANCE, DELIVERY, quantityQuantity={"value": 3}),
            Remedy("reduce-units", "77387", to=1),
            order_line(0, "77387"),
            id="quantity of two codes",
        ),
        pytest.param(
            order(GUIDANCE), Remedy("reduce-units", "77387", to=1), order_line(0, "77387"), id="no quantity"
        ),
        pytest.param(
            order({"code": "77387:26"}),
            Remedy("add-modifier", "77387", modifier="26"),
            order_line(0, "77387", "26"),
            id="modifier is there already",
        ),
        pytest.param(
            order(GUIDANCE),
            Remedy("remove-modifier", "77387", modifier="26"),
            order_line(0, "77387"),
            id="modifier is not there",
        ),
        pytest.param(
            order(DELIVERY, GUIDANCE),
            Remedy("replace", "77387", to="77014"),
            order_line(0, "77387"),
            id="another code at that place",
        ),
        pytest.param(
            order({"code": "77387:26"}, {"code": "77387"}),
            Remedy("remove-modifier", "77387", modifier="26"),
            order_line(0, "77387", "26"),
            id="modifier is not in every spelling",
        ),
        pytest.param(order(GUIDANCE), Remedy("review"), order_line(0, "77387"), id="review"),
        pytest.param(
            {"resourceType": "ServiceRequest", "id": "s1"},
            Remedy("replace", "77387", to="77014"),
            order_line(0, "77387"),
            id="no code at all",
        ),
    ],
)
def test_left_to_a_person(resource: dict[str, Any], remedy: Remedy, found: LineRef) -> None:
    assert corrected(resource, remedy, found) is None
