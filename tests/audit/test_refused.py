"""A claim that its payer refused, or a line that it denied, and the one that bills it anew, in one export."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.audit.records import REFUSED
from cds_service.books import Library
from tests.audit.exports import around, benefit, claim, concept, item
from tests.audit.running import judged

Resource = dict[str, Any]
DENIED = {"payment": {"type": concept("urn:example:payment", "denied")}}
DAYS = [f"2024-06-{day}" for day in (10, 11, 12, 13, 14)]
FLORIDA = {"facility": {"reference": "Location/tampa"}}
PLAN = item(1, "77301", "2024-05-28")


def course() -> list[Resource]:
    """A Medicare patient's week of IMRT at an office in Florida."""
    place = {"address": {"state": "FL"}, "resourceType": "Location", "id": "tampa"}
    lines = [item(n, "G6015", day) for n, day in enumerate(DAYS, start=2)]
    return [*around(), place, bill("c1", *lines, created="2024-06-16")]


def bill(identity: str, *lines: Resource, **more: Any) -> Resource:
    office = concept(
        "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set", "11"
    )
    in_office = [line | {"locationCodeableConcept": office} for line in lines]
    return claim(identity, *in_office, kind="professional", **(FLORIDA | more))


def refused(identity: str, of: str, *lines: Resource, **more: Any) -> Resource:
    told = bill(identity, *lines, **more)
    return benefit(identity, of) | told | {"resourceType": "ExplanationOfBenefit", **DENIED}


def second_plans(library: Library, *resources: Resource) -> list[str]:
    rows, _ = judged([*course(), *resources], library)
    return [row.claim for row in rows if "LCD-30" in row.rules]


@pytest.mark.parametrize("said", [True, False], ids=["refused", "not refused"])
def test_the_plan_of_a_refused_answer_is_not_counted_beside_the_claim_that_bills_it_anew(
    library: Library, said: bool
) -> None:
    first = refused("e2", "Claim/gone", PLAN, created="2024-06-17")
    if not said:
        del first["payment"]
    second = bill("c3", PLAN, created="2024-07-20")
    assert second_plans(library, first, second) == ([] if said else ["Claim/c3"])


def test_a_claim_whose_answer_refuses_it_is_not_counted_either(library: Library) -> None:
    first = bill("c2", PLAN, created="2024-06-17")
    answer = refused("e2", "Claim/c2", PLAN, created="2024-06-30")
    second = bill("c3", PLAN, created="2024-07-20")
    assert second_plans(library, first, second) == ["Claim/c3"]
    assert second_plans(library, first, answer, second) == []
    paid = answer | {"id": "e4", "created": "2024-07-02", "payment": {"type": concept("urn:example", "paid")}}
    assert second_plans(library, first, answer, paid, second) == ["Claim/c3"], "it was paid after all"


def test_a_reader_s_mark_refuses_a_claim(library: Library) -> None:
    first = bill("c2", PLAN, created="2024-06-17")
    second = bill("c3", PLAN, created="2024-07-20")
    mark = {"extension": [{"url": REFUSED, "valueBoolean": True}]}
    assert second_plans(library, first, second) == ["Claim/c3"]
    assert second_plans(library, first | mark, second) == []


def test_the_refused_claim_is_not_told_of_the_one_that_bills_it_anew(library: Library) -> None:
    """Made on one day, the one that was refused may come second."""
    anew = bill("c3", PLAN, created="2024-06-17")
    first = refused("e9", "Claim/gone", PLAN, created="2024-06-18")
    assert second_plans(library, first, anew) == []


def denied(line: Resource) -> Resource:
    reason = concept("https://x12.org/codes/claim-adjustment-reason-codes", "16")
    told = [
        {"category": concept("urn:example", "benefit"), "amount": {"value": 0, "currency": "USD"}},
        {"category": concept("urn:example", "denialreason"), "reason": reason},
    ]
    return line | {"adjudication": told}


def answered(identity: str, of: str, *lines: Resource, **more: Any) -> Resource:
    found = refused(identity, of, *lines, **more)
    del found["payment"]
    return found


GUIDANCE = [item(n, "G6002", day) for n, day in enumerate(DAYS[:2], start=2)]


@pytest.mark.parametrize("lines", [[denied(PLAN), *GUIDANCE], [PLAN, *GUIDANCE]], ids=["denied", "accepted"])
def test_a_denied_plan_is_not_counted_beside_the_claim_that_bills_it_anew(
    library: Library, lines: list[Resource]
) -> None:
    first = answered("e2", "Claim/gone", *lines, created="2024-06-17")
    second = bill("c3", PLAN, created="2024-07-20")
    expected = [] if "adjudication" in lines[0] else ["Claim/c3"]
    assert second_plans(library, first, second) == expected
    later = bill("c3", PLAN, created="2024-06-16")
    expected = [] if "adjudication" in lines[0] else ["ExplanationOfBenefit/e2"]
    assert second_plans(library, first, later) == expected, "made first, the accepted one is no history of it"


def test_a_line_that_the_answer_to_its_claim_denies_is_not_counted_either(library: Library) -> None:
    first = bill("c2", GUIDANCE[0], PLAN | {"sequence": 8}, created="2024-06-17")
    answer = answered("e2", "Claim/c2", denied(PLAN) | {"itemSequence": [8]}, created="2024-06-30")
    second = bill("c3", PLAN, created="2024-07-20")
    assert second_plans(library, first, second) == ["Claim/c3"]
    assert second_plans(library, first, answer, second) == []


def test_guidance_that_was_denied_as_a_whole_and_billed_anew_by_part_is_no_pair(library: Library) -> None:
    def pairs(*lines: Resource) -> list[str]:
        first = answered("e2", "Claim/gone", *lines, created="2024-06-17")
        parts = [item(n, "G6002", day, "26") for n, day in enumerate(DAYS[:2], start=1)]
        rows, _ = judged([*course(), first, bill("c3", *parts, created="2024-07-20")], library)
        return [row.claim for row in rows if "AST-31" in row.rules]

    assert pairs(*GUIDANCE) == ["Claim/c3"]
    assert pairs(*map(denied, GUIDANCE)) == []
    assert pairs(denied(GUIDANCE[0]), GUIDANCE[1]) == ["Claim/c3"], "the second day was accepted"
