"""Hospitals' replacement bills that name no claim: which bill they take the place of."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.audit.claims import VOID as A_VOID
from cds_service.books import Library
from tests.audit.exports import around, concept, double_billed, item
from tests.audit.running import judged
from tests.audit.test_replaced import _HL7, DAY, REPLACED, prior_claim

Resource = dict[str, Any]
VOIDED = f"set-aside: {A_VOID}"
BILL = "https://www.nubc.org/CodeSystem/TypeOfBill"


def bill(identity: str, kind: str, **more: Any) -> Resource:
    """A hospital's bill of this type, which names no other one."""
    return double_billed(identity, subType=concept(BILL, kind), **({"created": "2024-03-20"} | more))


def biller(npi: str) -> Resource:
    organization = {
        "resourceType": "Organization",
        "id": "biller",
        "identifier": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": npi}],
    }
    return {"contained": [organization], "provider": {"reference": "#biller"}}


@pytest.mark.parametrize(
    "newer",
    [
        {},
        {"created": None},
        {"related": [{"relationship": concept(_HL7, "prior"), "reference": {"identifier": {}}}]},
    ],
    ids=["plain", "not dated", "in words"],
)
def test_a_replacement_bill_that_names_no_claim_takes_the_place_of_the_bill_of_its_days(
    library: Library, newer: Resource
) -> None:
    rows, tally = judged([*around(), bill("c2", "0137", **newer), bill("c1", "0131")], library)
    assert {row.claim for row in rows} == {"Claim/c2"}
    assert tally.reasons == {REPLACED: 1}


@pytest.mark.parametrize(
    ("other", "own"),
    [
        (bill("c1", "0135"), {}),
        (bill("c1", "0137"), {}),
        (double_billed("c1"), {}),
        (bill("c1", "0131", billablePeriod=None), {"billablePeriod": None}),
        (bill("c1", "0131") | {"resourceType": "ExplanationOfBenefit"}, {}),
        (bill("c1", "0131", billablePeriod={"start": "2024-03-01", "end": "2024-03-03"}), {}),
        (bill("c1", "0131", item=[item(1, "77427", DAY), item(2, "77336", DAY)]), {}),
        (bill("c1", "0131", **biller("1234567893")), biller("1003000126")),
        (
            bill("c1", "0131", provider={"reference": "Organization/a"}),
            {"provider": {"reference": "Organization/b"}},
        ),
    ],
    ids=[
        "late charges",
        "as new",
        "no bill",
        "no days",
        "an answer",
        "other days",
        "other lines",
        "another NPI",
        "another biller",
    ],
)
def test_a_replacement_bill_leaves_other_claims_alone(
    library: Library, other: Resource, own: Resource
) -> None:
    _, tally = judged([*around(), bill("c2", "0137", **own), other], library)
    assert REPLACED not in tally.reasons


def test_an_answer_to_a_replacement_bill_takes_the_place_of_that_to_the_bill(library: Library) -> None:
    answers = [
        each | {"resourceType": "ExplanationOfBenefit"} for each in (bill("e1", "0131"), bill("e2", "0137"))
    ]
    rows, tally = judged([*around(), *answers], library)
    assert tally.reasons == {REPLACED: 1}
    assert {row.claim for row in rows} == {"ExplanationOfBenefit/e2"}


def test_only_the_npi_of_the_biller_tells_him(library: Library) -> None:
    """Another contained organization, or another number of his, is none that tells two billers apart."""
    first, second = biller("1234567893"), biller("1234567893")
    payer = {
        "resourceType": "Organization",
        "id": "payer",
        "identifier": biller("1003000126")["contained"][0]["identifier"],
    }
    second["contained"][0]["identifier"].append({"system": "urn:tax", "value": "9"})
    first["contained"].append(payer)
    _, tally = judged([*around(), bill("c2", "0137", **first), bill("c1", "0131", **second)], library)
    assert tally.reasons == {REPLACED: 1}
    taxed = biller("1234567893")
    taxed["contained"][0]["identifier"] = [{"system": "urn:tax", "value": "9"}]
    _, tally = judged([*around(), bill("c2", "0137", **first), bill("c1", "0131", **taxed)], library)
    assert tally.reasons == {REPLACED: 1}


@pytest.mark.parametrize(
    "odd",
    [
        {"resourceType": "QuestionnaireResponse", "id": "q", "identifier": {"value": "1"}},
        {"resourceType": "Organization", "id": 7, "identifier": None},
    ],
    ids=["a single identifier", "of no form"],
)
def test_whatever_else_a_bill_contains_costs_nothing(library: Library, odd: Resource) -> None:
    first, second = biller("1234567893"), biller("1234567893")
    first["contained"].append(odd)
    _, tally = judged([*around(), bill("c2", "0137", **first), bill("c1", "0131", **second)], library)
    assert tally.reasons == {REPLACED: 1}


def test_a_replacement_bill_that_names_its_prior_takes_no_other(library: Library) -> None:
    named = bill("c2", "0137", related=[prior_claim("Claim/c0")])
    _, tally = judged([*around(), named, bill("c1", "0131")], library)
    assert REPLACED not in tally.reasons


def test_of_two_replacement_bills_the_newer_one_stands(library: Library) -> None:
    bills = [
        bill("c1", "0131"),
        bill("c2", "0137"),
        bill("c3", "0137", created="2024-04-20", **biller("1234567893")),
    ]
    rows, tally = judged([*around(), *bills], library)
    assert tally.reasons == {REPLACED: 2}
    assert {row.claim for row in rows} == {"Claim/c3"}


DAYS = [f"2024-03-{day:02}" for day in (4, 5, 6, 7, 8)]


def course(identity: str, kind: str, *days: str, **more: Any) -> Resource:
    """A hospital's bill of IMRT on these days."""
    billed = days or DAYS
    lines = [item(n, "77385", day, net=610.0) for n, day in enumerate(billed, start=1)]
    period = {"start": min(billed), "end": max(billed)}
    return bill(identity, kind, item=lines, **({"billablePeriod": period} | more))


def reasons(library: Library, *bills: Resource) -> dict[str, int]:
    _, tally = judged([*around(), *bills], library)
    return tally.reasons


@pytest.mark.parametrize(
    "days", [[*DAYS, "2024-03-11"], DAYS[1:], DAYS[:3]], ids=["one more", "one less", "two less"]
)
def test_a_replacement_bill_may_add_or_drop_days(library: Library, days: list[str]) -> None:
    assert reasons(library, course("c1", "0131"), course("c2", "0137", *days)) == {REPLACED: 1}


def test_a_void_takes_back_the_bill_of_its_lines_and_not_the_one_that_bills_them_again(
    library: Library,
) -> None:
    first, void, again = (
        course("c1", "0131"),
        course("c2", "0138", created="2024-04-20"),
        course("c3", "0131", created="2024-05-20"),
    )
    assert reasons(library, first, void) == {REPLACED: 1, VOIDED: 1}
    assert reasons(library, first, void, again) == {REPLACED: 1, VOIDED: 1}
    undated = [each | {"created": None} for each in (again, void, first)]
    assert reasons(library, *undated) == {REPLACED: 1, VOIDED: 1}


@pytest.mark.parametrize(
    ("first", "void"),
    [
        (course("c1", "0131"), course("c2", "0138", *DAYS[:4])),
        (course("c1", "0131", created="2024-06-01"), course("c2", "0138")),
        (course("c1", "0131") | {"resourceType": "ExplanationOfBenefit"}, course("c2", "0138")),
        (course("c1", "0131", **biller("1234567893")), course("c2", "0138", **biller("1003000126"))),
        (course("c1", "0131"), course("c2", "0138", related=[prior_claim("Claim/c0")])),
    ],
    ids=["other days", "a bill made later", "an answer", "another NPI", "another bill named"],
)
def test_a_void_leaves_other_bills_alone(library: Library, first: Resource, void: Resource) -> None:
    assert REPLACED not in reasons(library, first, void)
