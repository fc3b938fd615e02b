"""Codings of one order are one service said several ways: they are not billed beside each other."""

from __future__ import annotations

import json

import pytest

from cds_service.books import standard_library
from cds_service.service import Advisor
from tests.facts.build import CPT, HCPCS, SNOMED, TODAY, Json, coverage, order, view

ADVISOR = Advisor(standard_library())
OPTIONS = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-billing-options"

OVER_THE_NEW_YEAR: Json = {
    "occurrenceDateTime": None,
    "occurrencePeriod": {"start": "2025-12-29", "end": "2026-01-09"},
}


def said_as(*codes: str) -> Json:
    return {"coding": [{"system": CPT if c[0].isdigit() else HCPCS, "code": c} for c in codes]}


def options_of(*codes: str) -> Json:
    """An orderable that is no billing code, with its likely ones beside it (CRD)."""
    beside = [{"url": OPTIONS, "valueCodeableConcept": said_as(code)} for code in codes]
    return {"coding": [{"system": SNOMED, "code": "1287742003"}], "extension": beside}


def cards(*drafts: Json) -> list[Json]:
    """The cards for a member of another payer."""
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
    found: list[Json] = ADVISOR.advise("igrt-order-sign", json.dumps(body).encode(), TODAY).body["cards"]
    return found


def rules(*drafts: Json) -> list[str]:
    """The rules of all findings."""
    found = [each for card in cards(*drafts) for each in card["extension"]["org.igrt-cds.findings"]]
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
    assert (old.kept_date.by, old.of_date, new.of_date) == ((new,), (), ())


def test_delivery_beside_guidance_is_no_translation() -> None:
    delivery, guidance = view(order(said_as("77401", "77387"))).lines
    assert (delivery.of_date, guidance.of_date) == ((guidance,), (delivery,))
    assert (
        rules(order(said_as("77401", "77387"))) == rules(order("77401"), order("77387", "o2")) == ["AST-23"]
    )


def corrected(draft: Json) -> list[list[str]]:
    """What each suggestion leaves of the order's codings."""
    actions = [a for card in cards(draft) for s in card["suggestions"] for a in s["actions"]]
    return [[c["code"] for c in action["resource"]["code"]["coding"]] for action in actions]


@pytest.mark.parametrize(
    ("codes", "day", "left"),
    [
        (("77402", "G6003"), "2026-02-02", "77402"),
        (("G6015", "77407"), "2026-02-02", "77407"),
        (("77437", "77401"), "2026-02-02", "77437"),
        (("77421", "G6002"), "2025-03-03", "G6002"),
        (("77403", "G6003"), "2025-03-03", "G6003"),
    ],
    ids=["linac", "imrt", "superficial", "guidance", "linac-to-2014"],
)
def test_an_ended_coding_goes_where_a_valid_one_stands(codes: tuple[str, ...], day: str, left: str) -> None:
    assert corrected(order(said_as(*codes), occurrenceDateTime=day)) == [[left]]


def test_before_2026_other_linac_delivery_does_not_say_imrt() -> None:
    assert [line.valid_codings for line in view(order(said_as("77418", "77402"))).lines] == [(), ()]
    old, new = view(order(said_as("77418", "77402"), occurrenceDateTime="2026-01-01")).lines
    assert (old.valid_codings, new.valid_codings) == ((new,), ())


def test_an_ended_coding_in_a_composite_text_is_a_service_of_its_own() -> None:
    ended = order(said_as("77402 G6003"), occurrenceDateTime="2026-02-02")
    (card,) = [c for c in cards(ended) if "no longer valid" in c["summary"]]
    assert {r["action"] for r in card["extension"]["org.igrt-cds.findings"][0]["remedies"]} == {"replace"}


@pytest.mark.parametrize(
    ("codes", "when", "read"),
    [
        (("77402", "77407", "G6015"), {"occurrenceDateTime": "2026-02-02"}, ["77402", "77407"]),
        (("77402", "77407", "G6015"), {"occurrenceDateTime": "2025-12-31"}, ["77402", "77407", "G6015"]),
        (("77402", "G6003"), OVER_THE_NEW_YEAR, ["77402", "G6003"]),
        (("77412", "G6015"), OVER_THE_NEW_YEAR, ["77412", "G6015"]),
        (("77387", "77421"), OVER_THE_NEW_YEAR, ["77387"]),
        (("77412", "77418"), {"occurrenceDateTime": "2025-12-31"}, ["77412", "77418"]),
        (("77412", "77418"), {"occurrenceDateTime": "2026-01-01"}, ["77412"]),
        (("77385", "77418"), {"occurrenceDateTime": "2025-12-31"}, ["77385"]),
        (("77387", "77014", "G6003"), {"occurrenceDateTime": "2026-02-02"}, ["77387", "G6003"]),
        (("77385", "G6015"), {"occurrenceDateTime": "2026-02-02"}, ["77385", "G6015"]),
        (("77437", "77401"), {"occurrenceDateTime": "2025-12-31"}, ["77401"]),
    ],
    ids=[
        "after",
        "last-day",
        "over-the-new-year",
        "imrt-over-the-new-year",
        "ended-before-the-new-year",
        "conventional-beside-imrt-of-2025",
        "linac-levels-of-2026",
        "imrt-to-2014",
        "another-service",
        "all-ended",
        "before",
    ],
)
def test_likely_codes_that_cannot_be_meant_are_left_out(
    codes: tuple[str, ...], when: Json, read: list[str]
) -> None:
    assert [line.code for line in view(order(options_of(*codes), **when)).lines] == read


def test_nothing_is_to_be_corrected_where_a_likely_code_is_valid() -> None:
    assert rules(order(options_of("77402", "77407", "G6015"), occurrenceDateTime="2026-02-02")) == []
    assert rules(order(options_of("77385", "G6015"), occurrenceDateTime="2026-02-02")) == ["EXT-01", "EXT-01"]
