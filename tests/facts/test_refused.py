"""A service of a claim that its payer refused, billed anew, was billed once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cds_service.facts.refused import refuses
from tests.facts.build import Json, case, claim, coded, item

PAYMENT = "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBPayerClaimPaymentStatusCode"
PLAN = item("77301", quantity={"value": 1})


def paid(status: str) -> Json:
    return {"payment": {"type": coded(status, PAYMENT)}}


def answer(id: str = "e0", *items: Json, said: Json | None = None, **more: Any) -> Json:
    found = claim(*(items or (PLAN,)), id=id, **more) | {"resourceType": "ExplanationOfBenefit"}
    return found | {"outcome": "complete", **(paid("denied") if said is None else said)}


def medicare(name: str, code: str, **more: Any) -> Json:
    """What an export of Blue Button says of a whole claim."""
    url = f"https://bluebutton.cms.gov/resources/variables/{name}"
    return {"extension": [{"url": url, "valueCoding": {"system": url, "code": code}}], **more}


CARRIER, HOSPITAL = "carr_clm_pmt_dnl_cd", "clm_mdcr_non_pmt_rsn_cd"


def history(*beside: Json, reviewed: Json | None = None) -> list[str]:
    found = case(reviewed or claim(PLAN, id="c9"), beside=list(beside)).history
    return [f"{line.resource} {line.code}" for line in found]


@pytest.mark.parametrize(
    "said",
    [
        paid("denied"),
        {"outcome": "error"},
        medicare(CARRIER, "0"),
        medicare(CARRIER, "0", payment={"amount": {"value": 0.0}}),
        medicare(CARRIER, "12"),
        medicare(HOSPITAL, "N"),
        medicare(HOSPITAL, "R"),
    ],
    ids=[
        "denied",
        "not processed",
        "carrier denied",
        "carrier paid nothing",
        "carrier, another payer first",
        "hospital, not paid",
        "hospital, no evidence",
    ],
)
def test_what_was_refused_and_is_billed_anew_is_no_history(said: Json) -> None:
    assert history(answer(said=said)) == []


@pytest.mark.parametrize(
    "said",
    [
        {},
        paid("paid"),
        paid("partiallypaid"),
        {"outcome": "partial"},
        {"disposition": "denied"},
        {"item": [PLAN | {"adjudication": [{"category": coded("denied")}]}]},
        {"payment": "denied"},
        medicare(CARRIER, "1"),
        medicare(CARRIER, "A"),
        medicare(CARRIER, "0", payment={"amount": {"value": 20.5}}),
        medicare(HOSPITAL, "P"),
        medicare(HOSPITAL, "0"),
        medicare("other", "0"),
        {"extension": {"url": f"x/{CARRIER}"}},
    ],
    ids=[
        *("nothing said", "paid", "in part", "partial", "in words", "a line", "malformed"),
        *("carrier paid the physician", "limited liability", "paid all the same", "payment requested"),
        *("code of the other variable", "another variable", "malformed extension"),
    ],
)
def test_what_was_not_refused_as_a_whole_is_history(said: Json) -> None:
    assert history(answer(said=said)) == ["ExplanationOfBenefit/e0 77301"]


def test_what_was_refused_and_not_billed_anew_was_rendered_all_the_same() -> None:
    assert history(answer("e0", PLAN, item("77338", 2))) == ["ExplanationOfBenefit/e0 77338"]


@pytest.mark.parametrize(
    "more", [{"modifier": [coded("26")]}, {"quantity": {"value": 3}}], ids=["modifier", "units"]
)
def test_what_is_billed_anew_may_be_corrected(more: Json) -> None:
    assert history(answer(), reviewed=claim(PLAN | more, id="c9")) == []


@pytest.mark.parametrize(
    "reviewed",
    [
        claim(item("77338"), id="c9"),
        claim(item("77301", day="2024-06-04"), id="c9"),
        claim(PLAN, id="c9", type="institutional"),
        claim(
            {**PLAN, "servicedDate": None, "servicedPeriod": {"start": "2024-06-03", "end": "2024-06-05"}},
            id="c9",
        ),
    ],
    ids=["code", "day", "form", "last day"],
)
def test_another_service_is_not_billed_anew(reviewed: Json) -> None:
    assert history(answer(), reviewed=reviewed) == ["ExplanationOfBenefit/e0 77301"]


@pytest.mark.parametrize(
    ("refused", "anew", "seen"),
    [("a", "b", 1), ("a", "a", 0), ("", "b", 0), ("a", "", 0), ("", "", 0)],
    ids=["another", "the same", "first not named", "second not named", "none named"],
)
def test_a_service_billed_anew_is_of_the_same_biller_as_far_as_they_are_named(
    refused: str, anew: str, seen: int
) -> None:
    def by(name: str) -> Json:
        return {"provider": {"reference": f"Organization/{name}"}} if name else {}

    assert len(history(answer() | by(refused), reviewed=claim(PLAN, id="c9", **by(anew)))) == seen


def test_of_an_earlier_claim_and_the_refused_one_before_it_one_counts() -> None:
    anew = claim(PLAN, id="c1")
    assert history(answer(), anew, reviewed=claim(item("77338"), id="c9")) == ["Claim/c1 77301"]


def test_of_two_refused_ones_neither_is_history_of_the_third_attempt() -> None:
    assert history(answer("e0"), answer("e1")) == []


def test_a_claim_is_refused_by_its_answer() -> None:
    first = claim(PLAN, id="c0")
    named = {"claim": {"reference": "Claim/c0"}}
    assert history(first) == ["Claim/c0 77301"]
    assert history(first, answer("e0", **named)) == []
    assert history(first, answer("e0", **named), answer("e1", said=paid("paid"), **named)) == [
        "Claim/c0 77301"
    ], "it was paid after all"


@pytest.mark.parametrize("raw", [b'{"outcome": "error"', b'{"outcome": ["error"]}', b'"denied" \xff'])
def test_an_unreadable_answer_refuses_nothing(raw: bytes) -> None:
    assert not refuses(raw)


def test_the_word_has_to_stand_where_it_belongs() -> None:
    assert not refuses(json.dumps({"outcome": "complete", "disposition": "error"}).encode())
