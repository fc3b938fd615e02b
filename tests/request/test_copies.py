"""What is under review, sent several times: in the context, in the prefetch, in several versions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cds_service.books import standard_library
from cds_service.service import Advisor
from tests.facts.build import (
    BILL,
    CLAIM_TYPE,
    COURSE,
    LOCAL,
    SNOMED,
    TODAY,
    Json,
    claim,
    coded,
    coverage,
    item,
    order,
    plan,
    technique,
)

ADVISOR = Advisor(standard_library())
MEMBER = coverage("Medicare", type=coded("ffs", LOCAL + "line-of-business"))
FLORIDA: Json = {"resourceType": "Patient", "id": "p1", "address": [{"state": "FL"}]}
PLAN = order("77301")


def findings(*review: Json, **prefetch: Json | list[Json]) -> list[tuple[str, bool]]:
    """The first rule of each finding, and whether its card offers a correction."""
    entries = [{"resource": each} for each in review]
    claims = review[0]["resourceType"] == "Claim"
    body = {
        "hook": "org.igrt-cds.claim-submit" if claims else "order-sign",
        "hookInstance": "4b0a9b54-5a4e-4d12-9b3a-51b5f8a1b3a0",
        "context": {
            "userId": "Practitioner/u",
            "patientId": "p1",
            "claims" if claims else "draftOrders": {
                "resourceType": "Bundle",
                "type": "collection",
                "entry": entries,
            },
        },
        "prefetch": {"patient": FLORIDA, "coverage": MEMBER, **prefetch},
    }
    service = "igrt-claim-review" if claims else "igrt-order-sign"
    answer = ADVISOR.advise(service, json.dumps(body).encode(), TODAY)
    assert answer.status == 200, answer.body
    return [
        (found["rules"][0], "suggestions" in card)
        for card in answer.body["cards"]
        for found in card["extension"]["org.igrt-cds.findings"]
    ]


def version(resource: Json, number: str, updated: str | None = None) -> Json:
    meta = {"versionId": number, **({"lastUpdated": updated} if updated else {})}
    return {**resource, "meta": meta}


def test_two_plans_are_two() -> None:
    assert [rule for rule, _ in findings(PLAN, {**PLAN, "id": "o2"})].count("LCD-30") == 1


@pytest.mark.parametrize(
    "copies",
    [
        (PLAN, PLAN),
        (PLAN, version(PLAN, "2")),
        (version(PLAN, "1"), version({**PLAN, "authoredOn": "2024-06-01"}, "2")),
        (version({**PLAN, "note": [{"text": "x"}]}, "9"), version(PLAN, "10")),
    ],
)
def test_one_order_sent_twice_is_judged_once(copies: tuple[Json, Json]) -> None:
    assert [rule for rule, _ in findings(*copies)] == ["LCD-05"]


def test_of_two_versions_the_newer_one_is_judged() -> None:
    old = order("77014", occurrenceDateTime="2026-06-03")
    new = version({**old, "code": coded("77387")}, "1", "2026-06-02T08:00:00Z")
    old = version(old, "2", "2026-06-01T08:00:00Z")
    assert findings(new, old) == []
    assert ("EXT-01", True) in findings(old)


def test_two_drafts_that_share_an_id_are_both_judged() -> None:
    two = (order("77014", occurrenceDateTime="2026-06-03"), order("77402", occurrenceDateTime="2027-06-03"))
    assert [rule for rule, _ in findings(*two)] == ["EXT-01"]


def bundle(*entries: Json) -> Json:
    return {"resourceType": "Bundle", "type": "searchset", "entry": list(entries)}


@pytest.mark.parametrize(
    "reference", ["ServiceRequest/course", "https://ehr.example.org/fhir/ServiceRequest/course"]
)
def test_an_order_in_the_context_stands_for_its_older_copy_in_the_prefetch(reference: str) -> None:
    def course(*told: Any) -> Json:
        return order(
            coded(COURSE, SNOMED), "course", extension=[technique(None, local=local) for local in told]
        )

    client = {**coverage("Aetna"), "class": [plan("group", "cvs-radonc")]}
    guidance = order(basedOn=[{"reference": reference}])
    address = "https://ehr.example.org/fhir/ServiceRequest/course"
    saved = bundle({"fullUrl": address, "resource": course("3dcrt")})
    found = findings(course("sbrt"), guidance, coverage=client, serviceRequests=saved)
    assert [rule for rule, _ in found] == ["CVS-14"]


BILLED = claim(item("77301"), status="draft")
OF_OLD = {"claim": {"reference": "Claim/old"}, "relationship": coded("prior", None)}
NUMBER = {"system": "urn:test:number", "value": "7"}
OF_NUMBER = {"claim": {"identifier": NUMBER}, "relationship": coded("prior", None)}


@pytest.mark.parametrize(
    ("other", "more", "spoken"),
    [
        ({}, {}, ["LCD-05", "LCD-05", "LCD-30"]),
        ({"status": "cancelled"}, {}, ["LCD-05"]),
        ({"status": "entered-in-error"}, {}, ["LCD-05"]),
        ({"subType": coded("0138", BILL), "type": coded("institutional", CLAIM_TYPE)}, {}, ["LCD-05"]),
        ({}, {"related": [OF_OLD]}, ["LCD-05"]),
        ({"identifier": [NUMBER]}, {"related": [OF_NUMBER]}, ["LCD-05"]),
        ({"identifier": [NUMBER]}, {"related": [OF_NUMBER], "identifier": [NUMBER]}, ["LCD-05"]),
        ({}, {"related": [OF_OLD], "status": "cancelled"}, ["LCD-05"]),
    ],
)
def test_claims_that_bill_nothing_are_not_judged(other: Json, more: Json, spoken: list[str]) -> None:
    found = findings({**BILLED, "id": "old", **other}, {**BILLED, **more})
    assert [rule for rule, _ in found] == spoken


def test_a_claim_that_bears_the_number_which_it_replaces_is_judged() -> None:
    alone = {**BILLED, "related": [OF_NUMBER], "identifier": [NUMBER]}
    assert [rule for rule, _ in findings(alone)] == ["LCD-05"]
