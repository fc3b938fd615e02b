"""A service billed to a second payer is no further service."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.facts.registry import VOCABULARY
from cds_service.facts.views import CaseView
from tests.facts.build import Json, case, claim, coded, coverage, item, knowledge, order

MEDICARE, AETNA = coverage("Medicare", "m"), coverage("Aetna", "a")
UNKNOWN = coverage("Synthetic Mutual", "u")
NAMELESS = coverage("", "n")


def billed(id: str, cover: str, *items: Json, **more: Any) -> Json:
    insurance = [{"sequence": 1, "focal": True, "coverage": {"reference": f"Coverage/{cover}"}}]
    return claim(*(items or (PLAN,)), id=id, insurance=insurance, **more)


def history(*beside: Json, review: Json | None = None) -> list[str]:
    reviewed = review or billed("c1", "m")
    found = case(reviewed, beside=[MEDICARE, AETNA, UNKNOWN, NAMELESS, *beside]).history
    return [f"{line.resource} {line.code}" for line in found]


PLAN = item("77301", quantity={"value": 1})


def test_what_was_billed_to_another_payer_too_is_no_history() -> None:
    assert history(billed("c0", "a")) == []
    further = item("77338", 2)
    assert history(billed("c0", "a", PLAN, further)) == ["Claim/c0 77338"]


@pytest.mark.parametrize("cover", ["m", "n", "gone"])
def test_what_was_billed_to_the_same_payer_or_nobody_knows_whom_is_history(cover: str) -> None:
    assert history(billed("c0", cover)) == ["Claim/c0 77301"]


def test_what_was_billed_while_nobody_names_the_own_payer_is_history() -> None:
    assert history(billed("c0", "a"), review=billed("c1", "n")) == ["Claim/c0 77301"]


def test_payers_that_the_registry_does_not_know_are_told_apart_by_their_names() -> None:
    assert history(billed("c0", "u")) == []
    assert history(billed("c0", "a"), review=billed("c1", "u")) == []
    assert history(billed("c0", "u"), review=billed("c1", "u")) == ["Claim/c0 77301"]
    spelt = {**coverage("SYNTHETIC  mutual", "v")}
    assert history(billed("c0", "v"), spelt, review=billed("c1", "u")) == ["Claim/c0 77301"]
    other = coverage("Synthetic Life", "w")
    assert history(billed("c0", "w"), other, review=billed("c1", "u")) == []


def test_what_two_payers_were_billed_before_is_one_service_of_the_history() -> None:
    physics = item("77336", quantity={"value": 1})
    other = item("77336", quantity={"value": 1}, day="2024-06-10")
    before = [billed("b1", "a", physics), billed("b2", "m", physics), billed("b3", "u", physics, other)]
    assert history(*before) == ["Claim/b2 77336", "Claim/b3 77336"]
    assert history(*before, review=billed("c1", "a")) == ["Claim/b1 77336", "Claim/b3 77336"]
    assert history(*before, review=billed("c1", "n")) == ["Claim/b1 77336", "Claim/b3 77336"]
    nobody = billed("b4", "n", physics)
    assert history(*before, nobody) == ["Claim/b2 77336", "Claim/b3 77336", "Claim/b4 77336"]
    assert history(nobody, *before, review=billed("c1", "n")) == [
        "Claim/b4 77336",
        "Claim/b1 77336",
        "Claim/b3 77336",
    ]
    assert history(billed("b1", "m", physics), billed("b2", "m", physics)) == [
        "Claim/b1 77336",
        "Claim/b2 77336",
    ]
    assert history(billed("b1", "m", physics, physics)) == ["Claim/b1 77336", "Claim/b1 77336"]


@pytest.mark.parametrize(
    "other",
    [
        item("77301", day="2024-06-04", quantity={"value": 1}),
        item("77301", quantity={"value": 2}),
        item("77301", quantity={"value": 1}, modifier=[coded("26")]),
        item("77338", quantity={"value": 1}),
        {**PLAN, "servicedDate": None, "servicedPeriod": {"start": "2024-06-03", "end": "2024-06-05"}},
        {**PLAN, "servicedDate": None, "servicedPeriod": {"start": "2024-06-01", "end": "2024-06-03"}},
    ],
    ids=["day", "units", "modifier", "code", "last day", "first day"],
)
def test_another_service_to_another_payer_is_history(other: Json) -> None:
    assert len(history(billed("c0", "a", other))) == 1


def test_bills_that_do_not_tell_their_form_are_of_one() -> None:
    assert history(billed("c0", "a", type="oral"), review=billed("c1", "m", type="pharmacy")) == []
    assert history(billed("c0", "a", type="oral")) == ["Claim/c0 77301"]


def test_the_same_codes_of_a_hospital_are_no_second_bill_of_the_physicians() -> None:
    assert history(billed("c0", "a", type="institutional")) == ["Claim/c0 77301"]


def test_of_several_claims_under_review_each_has_to_go_to_another_payer() -> None:
    both = [billed("c1", "m"), billed("c2", "a")]
    found = case(*both, beside=[MEDICARE, AETNA, billed("c0", "a")]).history
    assert [line.resource for line in found] == ["Claim/c0"]


def test_an_answer_of_the_other_payer_is_no_history_either() -> None:
    answer = {**billed("e0", "a"), "resourceType": "ExplanationOfBenefit"}
    assert history(answer) == []


def test_an_insurer_without_coverage_is_told_by_its_name_too() -> None:
    """As in an export of a payer that has no Coverage for the patient."""

    def answered(id: str, name: str) -> Json:
        return claim(PLAN, id=id, insurance=[], insurer={"display": name})

    found = case(answered("c1", "Synthetic Mutual"), beside=[answered("c0", "Synthetic Life")], exported=True)
    assert found.units[0].member.billed_to == "called synthetic mutual"
    assert found.history == ()


def test_of_two_claims_of_one_call_the_first_keeps_the_date() -> None:
    """EXT-01: the second one's old code would be a second 77387."""
    day = "2026-03-16"
    made = [claim(item("77014", day=day, modifier=[coded("26")]), id=ref) for ref in ("c1", "c2")]
    first, second = CaseView(case(*made), knowledge()).all_units
    kept = VOCABULARY["guidance_elsewhere_that_keeps_the_date"]
    assert kept.get(first.lines[0]) == ()
    assert [line.line.resource for line in kept.get(second.lines[0])] == ["Claim/c1"]


def test_of_two_orders_of_one_call_the_first_keeps_the_date() -> None:
    """EXT-01(f): each saw itself first, and both were told to become 77387."""
    made = [order(code, id=code, occurrenceDateTime="2026-03-10") for code in ("77014", "G6002")]
    first, second = CaseView(case(*made), knowledge()).all_units
    kept = VOCABULARY["guidance_that_keeps_the_date"]
    assert kept.get(first.lines[0]) == ()
    assert [line.code for line in kept.get(second.lines[0])] == ["77014"]
