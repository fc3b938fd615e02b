"""A line that its payer denied, billed anew, was billed once; one that was paid at nothing was not denied."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cds_service.facts.denied_lines import denied_lines
from tests.facts.build import Json, case, claim, coded, item

CARC = "https://x12.org/codes/claim-adjustment-reason-codes"
INDICATOR = "https://bluebutton.cms.gov/resources/variables/line_prcsg_ind_cd"
PLAN = item("77301", quantity={"value": 1})


def amount(category: str, value: float) -> Json:
    return {"category": coded(category), "amount": {"value": value, "currency": "USD"}}


def denial(code: str = "16", system: str = CARC, category: str = "denialreason") -> Json:
    return {"category": coded(category), "reason": coded(code, system)}


DENIED = (amount("submitted", 3800), amount("benefit", 0), denial())


def said(*adjudication: Json, **more: Any) -> bytes:
    return json.dumps({"item": [PLAN | {"adjudication": list(adjudication)} | more]}).encode()


def answer(*lines: Json, id: str = "e0", **more: Any) -> Json:
    return claim(*lines, id=id, **more) | {"resourceType": "ExplanationOfBenefit", "outcome": "complete"}


def history(*beside: Json, reviewed: Json | None = None) -> list[str]:
    found = case(reviewed or claim(PLAN, id="c9"), beside=list(beside)).history
    return [f"{line.resource} {line.code}" for line in found]


@pytest.mark.parametrize(
    "adjudication",
    [
        DENIED,
        (amount("submitted", 90), amount("paidtoprovider", 0), amount("eligible", 0), denial("CO16")),
        (amount("submitted", 90), amount("paidtoprovider", 0), denial("45"), denial("197")),
        (amount("submitted", 90), amount("noncovered", 90), denial("PR96")),
        (amount("submitted", 90), amount("noncovered", 90), amount("benefit", 0)),
        (amount("submitted", 90), amount("noncovered", 90)),
        (amount("benefit", 0), denial("D", INDICATOR)),
        (amount("line_nch_pmt_amt", 0), denial("N", INDICATOR, "line_prcsg_ind_cd")),
        (amount("benefit", 0), {"category": coded("denialreason"), "reason": {"text": "not certified"}}),
    ],
    ids=[
        "reason",
        "reason with group",
        "one of two reasons",
        "reason and not covered",
        "not covered, nothing paid",
        "not covered",
        "indicator as reason",
        "indicator of an older export",
        "reason in words",
    ],
)
def test_denied(adjudication: tuple[Json, ...]) -> None:
    assert denied_lines([said(*adjudication)], of_claim=False) == {1}


@pytest.mark.parametrize(
    "adjudication",
    [
        (amount("submitted", 90), amount("benefit", 0)),
        (amount("submitted", 90), denial()),
        (amount("benefit", 0), {"category": coded("denialreason")}),
        (amount("benefit", 12), denial()),
        (amount("benefit", 0), amount("deductible", 44), denial()),
        (amount("benefit", 0), amount("eligible", 44), denial()),
        (amount("benefit", 0), amount("priorpayerpaid", 44), denial()),
        (amount("benefit", 0), denial("97")),
        (amount("benefit", 0), denial("CO97")),
        (amount("submitted", 90), amount("noncovered", 90), denial("PI-97")),
        (amount("benefit", 0), denial("A", INDICATOR)),
        (amount("benefit", 0), denial("Z", INDICATOR)),
        (amount("submitted", 90), amount("noncovered", 30), amount("benefit", 0)),
        (amount("submitted", 0), amount("noncovered", 0), amount("benefit", 0)),
        (amount("benefit", 0), denial("unknown", "http://terminology.hl7.org/CodeSystem/data-absent-reason")),
        (amount("benefit", 0), denial("97"), denial("M15")),
        (amount("benefit", 0), denial("MA18")),
        (amount("benefit", 0), denial("N19")),
        (amount("benefit", 0), denial("N/A")),
        (amount("benefit", 0), denial("0")),
        (amount("benefit", 0), denial("B10")),
    ],
    ids=[
        "nothing paid, no reason",
        "a reason, nothing said of payment",
        "no reason given",
        "paid all the same",
        "deductible",
        "allowed",
        "paid by another",
        "packaged",
        "packaged, with group",
        "packaged and not covered",
        "allowed by indicator",
        "bundled by indicator",
        "not covered in part",
        "nothing submitted",
        "reason not known",
        "packaged, with a remark",
        "a remark MA",
        "a remark N",
        "no reason in words",
        "a zero",
        "reduced",
    ],
)
def test_not_denied(adjudication: tuple[Json, ...]) -> None:
    assert denied_lines([said(*adjudication)], of_claim=False) == frozenset()


def test_lines_are_told_by_the_claim_s_sequence_and_else_by_their_own() -> None:
    raw = said(*DENIED, sequence=7, itemSequence=[2, 3])
    assert denied_lines([raw], of_claim=True) == {2, 3}
    assert denied_lines([raw], of_claim=False) == {7}
    assert denied_lines([said(*DENIED, sequence=None)], of_claim=True) == {1}


def test_a_line_that_any_answer_accepts_is_not_denied() -> None:
    paid = said(amount("benefit", 30))
    assert denied_lines([said(*DENIED), paid], of_claim=True) == frozenset()
    split = json.loads(said(*DENIED)) | {
        "item": [json.loads(raw)["item"][0] for raw in (said(*DENIED), paid)]
    }
    assert denied_lines([json.dumps(split).encode()], of_claim=True) == frozenset()
    withdrawn = json.dumps(json.loads(paid) | {"status": "cancelled"}).encode()
    assert denied_lines([said(*DENIED), withdrawn], of_claim=True) == {1}


@pytest.mark.parametrize(
    "raw",
    [b'"denialreason"', b'{"item": [{"adjudication": "denialreason"}]}', b'"denialreason" \xff'],
    ids=["no object", "of the wrong form", "no UTF-8"],
)
def test_an_unreadable_answer_denies_nothing(raw: bytes) -> None:
    assert denied_lines([raw], of_claim=False) == frozenset()


def denied(code: str, sequence: int = 1, **more: Any) -> Json:
    return item(code, sequence, adjudication=list(DENIED), quantity={"value": 1}, **more)


def test_a_denied_line_that_is_billed_anew_is_no_history_and_the_others_are() -> None:
    first = answer(denied("77301"), item("77338", 2))
    assert history(first) == ["ExplanationOfBenefit/e0 77338"]
    again = claim(PLAN | {"modifier": [coded("26")]}, id="c9")
    assert history(first, reviewed=again) == ["ExplanationOfBenefit/e0 77338"], "modifiers may be mended"


def test_a_denied_line_that_is_not_billed_anew_was_rendered_all_the_same() -> None:
    first = answer(denied("77301"))
    assert history(first, reviewed=claim(item("77338"), id="c9")) == ["ExplanationOfBenefit/e0 77301"]
    other = claim(item("77301", day="2024-06-04"), id="c9")
    assert history(first, reviewed=other) == ["ExplanationOfBenefit/e0 77301"]


def test_of_a_denied_line_and_an_earlier_claim_that_bills_it_anew_one_counts() -> None:
    anew = claim(PLAN, id="c1")
    assert history(answer(denied("77301")), anew, reviewed=claim(item("77338"), id="c9")) == [
        "Claim/c1 77301"
    ]


def test_a_claim_s_line_is_denied_by_its_answer() -> None:
    first = claim(item("77338"), item("77301", 2), id="c0")
    reply = answer(denied("77301", 9, itemSequence=[2]), claim={"reference": "Claim/c0"})
    assert history(first) == ["Claim/c0 77338", "Claim/c0 77301"]
    assert history(first, reply) == ["Claim/c0 77338"]
