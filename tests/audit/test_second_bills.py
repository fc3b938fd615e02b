"""A service that was billed to two payers is at stake once, whatever is found on which bill."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from cds_service.books import Library
from tests.audit.exports import around, double_billed
from tests.audit.running import judged

Resource = dict[str, Any]
FIRST = double_billed("c1", created="2024-03-20")


def insured(name: str) -> list[Resource]:
    """A coverage of the patient with another payer."""
    coverage = {
        "resourceType": "Coverage",
        "id": f"p1-{name}",
        "status": "active",
        "beneficiary": {"reference": "Patient/p1"},
        "payor": [{"reference": f"Organization/{name}"}],
    }
    return [coverage, {"resourceType": "Organization", "id": name, "name": name.title()}]


def billed_to(name: str) -> Resource:
    return {"insurance": [{"sequence": 1, "focal": True, "coverage": {"reference": f"Coverage/p1-{name}"}}]}


OTHER_PAYERS = [*insured("aetna"), *insured("cigna")]
SECOND = billed_to("aetna")


def stakes(library: Library, *bills: Resource) -> dict[str, str]:
    """What is at stake by claim in warnings and critical findings; the sum is that of the audit."""
    rows, tally = judged([*around(), *OTHER_PAYERS, *bills], library)
    weighty = [row for row in rows if row.severity != "info"]
    assert {row.claim for row in weighty} == {f"Claim/{each['id']}" for each in bills}, "found on both"
    found = {row.claim: "0" for row in weighty}
    for row in weighty:
        found[row.claim] = str(Decimal(found[row.claim]) + Decimal(row.stake or 0))
    assert tally.stake == {"USD": sum(map(Decimal, found.values()))}
    return found


def test_a_service_that_was_billed_to_two_payers_is_at_stake_once(library: Library) -> None:
    second = double_billed("c2", created="2024-05-20", **SECOND)
    for bills in ((FIRST, second), (second, FIRST)):
        assert stakes(library, *bills) == {"Claim/c1": "125.40", "Claim/c2": "0.00"}


def test_of_two_bills_of_as_severe_findings_the_older_one_counts(library: Library) -> None:
    for older, newer in (("aetna", "cigna"), ("cigna", "aetna")):
        bills = [
            double_billed("c1", created="2024-05-20", **billed_to(newer)),
            double_billed("c2", created="2024-03-20", **billed_to(older)),
        ]
        assert stakes(library, *bills) == {"Claim/c1": "0.00", "Claim/c2": "125.40"}


@pytest.mark.parametrize(
    "other",
    [
        double_billed("c2", "2024-03-05", created="2024-05-20", **SECOND),
        double_billed("c2", created="2024-05-20", provider={"reference": "Organization/other"}, **SECOND),
        double_billed("c2", created="2024-05-20"),
    ],
    ids=["another day", "another biller", "the same payer"],
)
def test_what_is_another_service_is_at_stake_by_itself(library: Library, other: Resource) -> None:
    found = stakes(library, FIRST, other)
    assert set(found) == {"Claim/c1", "Claim/c2"}
    assert "0" not in found.values()
    assert "0.00" not in found.values()


def test_the_bill_that_states_no_amount_counts_none(library: Library) -> None:
    bare = double_billed("c1", created="2024-03-20")
    for line in bare["item"]:
        del line["net"]
    second = double_billed("c2", created="2024-05-20", **SECOND)
    assert stakes(library, bare, second) == {"Claim/c1": "0", "Claim/c2": "125.40"}


def test_the_more_severe_finding_counts_whichever_bill_it_is_on(library: Library) -> None:
    """Guidance of a physician in a hospital: Medicare's rules are stricter than those of another payer."""
    place = "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set"
    guidance = {
        "sequence": 1,
        "productOrService": {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "G6002"}]},
        "servicedDate": "2024-03-04",
        "locationCodeableConcept": {"coding": [{"system": place, "code": "22"}]},
        "net": {"value": 110, "currency": "USD"},
    }

    def bill(identity: str, created: str, **more: Any) -> Resource:
        return double_billed(identity, kind="professional", created=created, item=[guidance], **more)

    for older, newer in ((SECOND, {}), ({}, SECOND)):
        rows, _ = judged(
            [*around(), *OTHER_PAYERS, bill("c1", "2024-03-20", **older), bill("c2", "2024-05-20", **newer)],
            library,
        )
        counted = {(row.severity, row.stake) for row in rows if "AST-10" in row.rules}
        assert counted == {("critical", "110.00"), ("warning", "0.00")}
