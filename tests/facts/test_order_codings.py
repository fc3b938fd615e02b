"""Codings of one order are one service said several ways: they are not billed beside each other."""

from __future__ import annotations

import json

from cds_service.books import standard_library
from cds_service.service import Advisor
from tests.facts.build import CPT, HCPCS, TODAY, Json, coverage, order, view

ADVISOR = Advisor(standard_library())
OPTIONS = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-billing-options"


def said_as(*codes: str) -> Json:
    return {"coding": [{"system": CPT if c[0].isdigit() else HCPCS, "code": c} for c in codes]}


def rules(*drafts: Json) -> list[str]:
    """The rules of all findings for a member of another payer."""
    entries = [{"resource": draft} for draft in drafts]
    body = {
        "hook": "order-sign",
        "hookInstance": "5a3b2a54-5a4e-4d12-9b3a-51b5f8a1b3a0",
        "context": {
            "userId": "Practitioner/u",
            "patientId": "p1",
            "draftOrders": {"resourceType": "Bundle", "entry": entries},
        },
        "prefetch": {"coverage": coverage("UnitedHealthcare")},
    }
    cards = ADVISOR.advise("igrt-order-sign", json.dumps(body).encode(), TODAY).body["cards"]
    found = [each for card in cards for each in card["extension"]["org.igrt-cds.findings"]]
    return [rule for each in found for rule in each.get("rules", ())]


def test_translations_of_one_order_are_no_pair() -> None:
    assert rules(order(said_as("77387", "77014", "G6001", "G6002"))) == []
    options = [{"url": OPTIONS, "valueCodeableConcept": said_as(c)} for c in ("77387", "G6002")]
    local = {"coding": [{"system": "urn:oid:1.2.840.114350.1", "code": "IGRT"}], "extension": options}
    assert rules(order(local)) == []


def test_codes_of_two_orders_and_of_one_text_are_a_pair() -> None:
    assert rules(order("77387"), order("77014", "o2")) == ["AST-04"]
    assert rules(order(said_as("77387 77014"))) == ["AST-04"]


def test_one_of_two_translations_still_needs_no_successor() -> None:
    drafts = order(said_as("77014", "77387"), occurrenceDateTime="2026-06-03")
    old, new = view(drafts).lines
    assert (old.kept_by, old.of_date, new.of_date) == ((new,), (), ())


def test_delivery_beside_guidance_is_no_translation() -> None:
    delivery, guidance = view(order(said_as("77401", "77387"))).lines
    assert (delivery.of_date, guidance.of_date) == ((guidance,), (delivery,))
    assert (
        rules(order(said_as("77401", "77387"))) == rules(order("77401"), order("77387", "o2")) == ["AST-23"]
    )
