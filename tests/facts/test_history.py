"""Earlier claims and orders: what is history, what is a copy, what never happened."""

from __future__ import annotations

from typing import Any

import pytest

from tests.facts.build import Json, case, claim, coded, item, order, view


def codes(*review: Json, beside: list[Json]) -> list[str]:
    return [each.code for each in case(*review, beside=beside).history]


def benefit(id: str, *items: Json, **more: Any) -> Json:
    return {**claim(*items, id=id), "resourceType": "ExplanationOfBenefit", **more}


REVIEWED = claim(item("77387"))


def test_earlier_claims_whoever_billed_them() -> None:
    earlier = claim(item("77386", day="2024-06-03"), id="c0", provider={"reference": "Organization/other"})
    (found,) = case(REVIEWED, beside=[earlier]).history
    assert (found.resource, found.code, found.provider) == ("Claim/c0", "77386", "Organization/other")


def test_an_earlier_line_keeps_its_own_claims_type_of_bill() -> None:
    bill = coded("0851", "https://www.nubc.org/CodeSystem/TypeOfBill")
    earlier = claim(item("77301"), id="c0", type="institutional", subType=bill)
    (found,) = case(REVIEWED, beside=[earlier]).history
    assert found.type_of_bill == "851"


@pytest.mark.parametrize(
    "more",
    [
        {"status": "cancelled"},
        {"status": "entered-in-error"},
        {"status": "draft"},
        {"use": "preauthorization"},
        {"use": "predetermination"},
    ],
)
@pytest.mark.parametrize("kind", ["Claim", "ExplanationOfBenefit"])
def test_what_was_never_billed_is_no_history(more: Json, kind: str) -> None:
    earlier = {**claim(item("77386"), id="c0"), "resourceType": kind}
    assert codes(REVIEWED, beside=[earlier]) == ["77386"]
    assert codes(REVIEWED, beside=[{**earlier, **more}]) == []


def test_a_copy_of_the_claim_under_review_is_no_history() -> None:
    assert codes(REVIEWED, beside=[REVIEWED]) == []
    assert codes(REVIEWED, beside=[claim(item("77386"), id="c1")]) == []
    assert codes(claim(item("77387"), id=None), beside=[claim(item("77386"), id=None)]) == ["77386"]


def test_the_same_claim_twice_counts_once() -> None:
    earlier = claim(item("77386"), id="c0")
    assert codes(REVIEWED, beside=[earlier, earlier]) == ["77386"]
    other = claim(item("77014"), id="c9")
    assert codes(REVIEWED, beside=[REVIEWED, earlier, earlier, other]) == ["77386", "77014"]


def test_an_explanation_of_benefit_stands_in_for_its_claim() -> None:
    answered = benefit("e0", item("77386"), claim={"reference": "Claim/c0"})
    assert codes(REVIEWED, beside=[answered]) == ["77386"]
    assert codes(REVIEWED, beside=[answered, claim(item("77386"), id="c0")]) == ["77386"]
    own = benefit("e1", item("77387"), claim={"reference": "https://ehr.example/fhir/Claim/c1"})
    assert codes(REVIEWED, beside=[own]) == []
    assert codes(REVIEWED, beside=[benefit("c1", item("77386"))]) == ["77386"]


def replacing(prior: Json, **more: Any) -> Json:
    related = {"claim": prior, "relationship": {"coding": [{"code": "prior"}]}}
    return {**claim(item("77387")), "related": [related], **more}


@pytest.mark.parametrize(
    "prior",
    [
        {"reference": "Claim/c0"},
        {"reference": "https://ehr.example/fhir/Claim/c0/_history/2"},
        {"identifier": {"system": "urn:numbers", "value": "17"}},
    ],
)
def test_a_claim_that_the_one_under_review_replaces_is_no_history(prior: Json) -> None:
    earlier = claim(item("77386"), id="c0", identifier=[{"system": "urn:numbers", "value": "17"}])
    other = claim(item("77014"), id="c9", identifier=[{"system": "urn:numbers", "value": "18"}])
    answer = benefit("e0", item("77386"), claim={"reference": "Claim/c0"})
    assert codes(replacing(prior), beside=[earlier, answer, other]) == ["77014"]
    if "reference" in prior:
        assert codes(replacing(prior), beside=[answer, other]) == ["77014"]


def test_a_related_claim_that_is_not_replaced_is_history() -> None:
    earlier = claim(item("77386"), id="c0")
    associated = replacing({"reference": "Claim/c0"})
    associated["related"][0]["relationship"]["coding"][0]["code"] = "associated"
    assert codes(associated, beside=[earlier]) == ["77386"]
    assert codes({**REVIEWED, "related": "unreadable"}, beside=[earlier]) == ["77386"]
    assert codes(REVIEWED, beside=[replacing({"reference": "Claim/c0"}, id="c0")]) == ["77387"]


def test_of_an_earlier_claim_and_its_replacement_only_the_replacement_counts() -> None:
    earlier = claim(item("77386"), id="c0")
    again = replacing({"reference": "Claim/c0"}, id="c5")
    assert codes(REVIEWED, beside=[earlier, again]) == ["77387"]
    assert codes(REVIEWED, beside=[earlier, {**again, "status": "cancelled"}]) == ["77386"]


NUMBER = {"identifier": {"system": "urn:numbers", "value": "17"}}
NUMBERED = [{"system": "urn:numbers", "value": "17"}]


def test_of_replacements_that_bear_the_number_which_they_name_the_newest_counts() -> None:
    first = claim(item("77386"), id="c0", identifier=NUMBERED, created="2024-06-10")
    second = replacing(NUMBER, id="c5", identifier=NUMBERED, created="2024-07-01")
    third = {**replacing(NUMBER, id="c6", identifier=NUMBERED, created="2024-08-01"), "item": [item("77014")]}
    assert codes(REVIEWED, beside=[second, first]) == ["77387"]
    assert codes(REVIEWED, beside=[third, second, first]) == ["77014"]
    assert codes(replacing(NUMBER, identifier=NUMBERED), beside=[first, second, third]) == []
    # Of one day, nobody knows which is the newer one.
    assert codes(REVIEWED, beside=[second, {**third, "created": "2024-07-01"}]) == ["77387", "77014"]


def test_a_number_of_an_account_leaves_the_claims_of_other_days_alone() -> None:
    def of(month: str) -> Json:
        return {
            "identifier": NUMBERED,
            "billablePeriod": {"start": f"2024-{month}-01", "end": f"2024-{month}-28"},
        }

    may, june = claim(item("77014"), id="c0", **of("05")), claim(item("77386"), id="c1", **of("06"))
    assert codes(replacing(NUMBER, id="c7", **of("06")), beside=[may, june]) == ["77014"]
    assert codes(replacing(NUMBER, id="c7"), beside=[may, june]) == []
    last_of_may = {"billablePeriod": {"start": "2024-05-28", "end": "2024-05-31"}}
    assert codes(replacing(NUMBER, id="c7", **last_of_may), beside=[may, june]) == ["77386"]


MAY: Json = {"start": "2024-05-01", "end": "2024-05-31"}


def bill_of(bill: str, *codes: str, **more: Any) -> Json:
    """A hospital's bill of May; `codes` are its lines."""
    lines = [item(code, n) for n, code in enumerate(codes or ("77386",), start=1)]
    kind = coded(bill, "https://www.nubc.org/CodeSystem/TypeOfBill")
    return {**claim(*lines, type="institutional"), "subType": kind, "billablePeriod": MAY, **more}


@pytest.mark.parametrize(
    ("earlier", "counts"),
    [
        (bill_of("0131"), False),
        (bill_of("0131", "77386", "77014"), False),
        (bill_of("0137"), False),
        (bill_of("0135"), True),
        (bill_of("0131", "77014"), True),
        (bill_of("0131", billablePeriod={"start": "2024-05-01", "end": "2024-05-30"}), False),
        (bill_of("0131", billablePeriod={"start": "2024-06-01", "end": "2024-06-30"}), True),
        (bill_of("0131", billablePeriod=None), True),
        (bill_of("0131", provider={"reference": "Organization/other"}), True),
        ({**bill_of("0131"), "subType": None}, True),
    ],
)
def test_a_replacement_that_names_no_claim_takes_the_place_of_the_bill_of_its_days(
    earlier: Json, counts: bool
) -> None:
    corrected = bill_of("0137", provider={"reference": "Organization/hospital"})
    found = codes(corrected, beside=[{**earlier, "id": "c0", "created": "2024-06-01"}])
    assert bool(found) is counts


def test_of_earlier_bills_the_newest_replacement_counts() -> None:
    first = bill_of("0131", id="c0", created="2024-06-01")
    second = bill_of("0137", "77386", "77014", id="c5", created="2024-07-01")
    third = bill_of("0137", "77386", "77387", id="c6", created="2024-08-01")
    assert codes(REVIEWED, beside=[first, second]) == ["77386", "77014"]
    assert codes(REVIEWED, beside=[third, first, second]) == ["77386", "77387"]
    named = {**second, "related": replacing({"reference": "Claim/elsewhere"})["related"]}
    assert codes(REVIEWED, beside=[first, named]) == ["77386", "77386", "77014"]


@pytest.mark.parametrize(
    ("prior", "counts"),
    [
        ({}, False),
        ({"claim": {"display": "the bill of May"}}, False),
        ({"reference": {"system": "urn:numbers", "value": "17"}}, True),
        ({"reference": {"system": "urn:numbers"}}, False),
        ({"claim": {"identifier": {"value": "17"}}}, True),
    ],
    ids=["nothing", "a claim without a name", "a number", "a number without a value", "a claim's number"],
)
def test_a_replacement_that_names_another_claim_leaves_the_bill_of_its_days(
    prior: Json, counts: bool
) -> None:
    related = [{"relationship": {"coding": [{"code": "prior"}]}, **prior}]
    corrected = bill_of("0137", related=related)
    assert bool(codes(corrected, beside=[bill_of("0131", id="c0")])) is counts
    related[0]["relationship"] = {"coding": [{"code": "associated"}]}
    assert codes(corrected, beside=[bill_of("0131", id="c0")]) == []


@pytest.mark.parametrize("bill", ["0138", "138"])
def test_a_void_and_what_it_takes_back_are_no_history(bill: str) -> None:
    coded = {"coding": [{"system": "https://www.nubc.org/CodeSystem/TypeOfBill", "code": bill}]}
    earlier = claim(item("77386"), id="c0")
    void = replacing({"reference": "Claim/c0"}, id="c5", subType=coded)
    assert codes(REVIEWED, beside=[earlier, void]) == []


def test_lines_without_any_date_tell_nothing_of_the_past() -> None:
    earlier = claim(item("77386", day=None), item("77014", 2), id="c0")
    assert codes(REVIEWED, beside=[earlier]) == ["77014"]
    assert codes(REVIEWED, beside=[{**earlier, "created": "2024-06-01"}]) == ["77386", "77014"]


def test_claims_sent_together_see_each_other_and_are_no_history() -> None:
    other = claim(item("77386"), id="c2", type="institutional")
    assert case(REVIEWED, other).history == ()
    seen = view(REVIEWED, other)
    assert [(each.code, each.in_review) for each in seen.elsewhere] == [("77386", False)]
    assert [each.code for each in seen.lines[0].of_date_elsewhere] == ["77386"]
    assert [each.code for each in seen.lines[0].of_date] == []


def earlier_order(**more: Any) -> Json:
    return order("77385", "o0", **{"status": "active", **more})


def test_earlier_orders_are_history_of_an_order() -> None:
    (found,) = case(order(), beside=[earlier_order()]).history
    assert (found.resource, found.code, found.path) == (
        "ServiceRequest/o0",
        "77385",
        "ServiceRequest.code.coding[0]",
    )
    assert codes(order(), beside=[claim(item("77386"), id="c0"), earlier_order()]) == ["77386", "77385"]
    assert codes(REVIEWED, beside=[earlier_order()]) == []


@pytest.mark.parametrize(
    "more",
    [
        {"status": "draft"},
        {"status": "revoked"},
        {"status": "entered-in-error"},
        {"doNotPerform": True},
        {"occurrenceDateTime": None},
        {"subject": {"reference": "Patient/p2"}},
    ],
)
def test_orders_that_are_no_history(more: Json) -> None:
    assert codes(order(), beside=[earlier_order(**more)]) == []


REPLACES: Json = {"replaces": [{"reference": "https://ehr.example.org/fhir/ServiceRequest/o0/_history/2"}]}


def test_an_order_that_another_one_replaces_is_no_history() -> None:
    assert codes(order(**REPLACES), beside=[earlier_order()]) == []
    signed = order("77386", "o9", status="active", **REPLACES)
    assert codes(order(), beside=[earlier_order(), signed]) == ["77386"]
    for never in ({**signed, "status": "draft"}, {**signed, "status": "revoked"}):
        assert codes(order(), beside=[earlier_order(), never]) == ["77385"]
    assert codes(order(), beside=[{**earlier_order(), "replaces": [{"reference": "ServiceRequest/o0"}]}]) == [
        "77385"
    ]


def test_of_drafts_the_one_that_another_replaces_is_not_asked_for() -> None:
    found = case(order(id="new", **REPLACES), order("77014", "o0"))
    assert [each.ref for each in found.units] == ["ServiceRequest/new"]
    boost = earlier_order(orderDetail=[coded("electron", "urn:igrt-cds:other-modality")])
    (asked,) = case(order(id="new", **REPLACES), beside=[boost]).units
    assert asked.radiotherapy.other_modalities == frozenset()


@pytest.mark.parametrize(
    ("code", "more", "found"),
    [
        ("77301", {}, []),
        ("77301", {"basedOn": []}, ["77301"]),
        ("77300", {}, ["77301"]),
        ("77301", {"status": "revoked"}, ["77301"]),
    ],
)
def test_an_order_that_carries_out_another_is_the_same_service(
    code: str, more: Json, found: list[str]
) -> None:
    placed = order("77301", "o0", status="active")
    filler = order(code, "o7", **{"basedOn": [{"reference": "ServiceRequest/o0"}], **more})
    assert codes(filler, beside=[placed]) == found
    assert codes(order(), beside=[placed, filler]) == ["77301"]


def test_orders_signed_together_are_beside_each_other() -> None:
    seen = view(order(), order("77386", "o2"))
    assert [each.code for each in seen.beside] == ["77387", "77386"]
    assert seen.elsewhere == ()
    assert codes(order(), beside=[order("77386", "o1", status="active")]) == []


def test_another_patients_claims_are_left_out() -> None:
    foreign = claim(item("77386"), id="c0", patient={"reference": "Patient/p2"})
    assert codes(REVIEWED, beside=[foreign]) == []


def test_many_earlier_claims_stay_cheap() -> None:
    beside = [claim(item("77386", day="2023-01-01"), id=f"h{n}") for n in range(1500)]
    assert len(codes(REVIEWED, beside=beside)) == 1500
