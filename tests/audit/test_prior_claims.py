"""What takes the place of a claim, and what only looks like it."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from cds_service.books import Library
from tests.audit.exports import around, benefit, claim, concept, double_billed, item
from tests.audit.running import judged

DAY = "2024-03-04"
KINDS = "http://terminology.hl7.org/CodeSystem/ex-relatedclaimrelationship"
PRIOR = concept(KINDS, "prior")
NUMBER = {"system": "urn:example:claim-number", "value": "A 17"}
ELSEWHERE = {"system": "urn:example:claim-number", "value": "B 1"}
REPLACED = "set-aside: replaced by a later claim"
Resource = dict[str, Any]


def replaced(library: Library, *resources: Resource) -> int:
    _, tally = judged([*around(), *resources], library)
    return tally.reasons.get(REPLACED, 0)


@pytest.mark.parametrize(
    "related",
    [
        [{"claim": {"reference": "Claim/c1"}, "relationship": concept(KINDS, "associated")}],
        [{"claim": {"reference": "Claim/c1"}}],
        [{"claim": {"identifier": NUMBER}, "relationship": concept(KINDS, "associated")}],
        [{"claim": {"display": "our claim of March"}, "relationship": PRIOR}],
        [{"relationship": PRIOR}],
        [{"claim": "Claim/c1", "relationship": PRIOR}],
    ],
    ids=["associated", "unsaid", "associated by number", "only displayed", "no claim", "malformed"],
)
def test_a_related_claim_is_replaced_only_where_it_is_named_as_the_prior_one(
    library: Library, related: list[Resource]
) -> None:
    first = double_billed("c1", created="2024-03-20", identifier=[NUMBER])
    second = claim("c2", item(1, "77385", DAY), created="2024-04-01", related=related)
    rows, tally = judged([*around(), first, second], library)
    assert [row.claim for row in rows] == ["Claim/c1"]
    assert REPLACED not in tally.reasons


@pytest.mark.parametrize("relationship", ["prior", "replaces"])
@pytest.mark.parametrize("prior", [{"reference": " Claim/c1 "}, {"identifier": NUMBER}], ids=["id", "number"])
def test_a_correction_says_prior_or_replaces(library: Library, relationship: str, prior: Resource) -> None:
    first = double_billed("c1", created="2024-03-20", identifier=[NUMBER])
    related = [{"claim": prior, "relationship": concept(KINDS, relationship)}]
    second = claim("c2", item(1, "77385", DAY), created="2024-04-01", related=related)
    assert replaced(library, first, second) == 1


def test_a_number_replaces_what_says_neither_its_days_nor_when_it_was_made(library: Library) -> None:
    first = double_billed("c1", identifier=[{"system": NUMBER["system"]}, NUMBER])
    second = claim("c2", related=[{"claim": {"identifier": NUMBER}, "relationship": PRIOR}])
    for each in (first, second):
        for name in ("created", "billablePeriod"):
            each.pop(name, None)
    assert replaced(library, first, second) == 1
    dated = double_billed("c0", created="2024-03-20", identifier=[NUMBER])
    rows, _ = judged([*around(), dated, first, second], library)
    assert [row.claim for row in rows] == ["Claim/c1"], "what has a day is the newer one"


def test_a_number_beside_a_reference_replaces_no_other_claim_of_the_account(library: Library) -> None:
    first = double_billed("c1", created="2024-03-20", identifier=[NUMBER])
    other = double_billed("c2", created="2024-03-25", identifier=[NUMBER])
    related = [{"claim": {"reference": "Claim/c1", "identifier": NUMBER}, "relationship": PRIOR}]
    corrected = double_billed("c3", created="2024-04-01", identifier=[NUMBER], related=related)
    unknown = [{"claim": {"identifier": ELSEWHERE}, "relationship": PRIOR}]
    void = claim("c4", created="2024-04-02", related=unknown)
    rows, _ = judged([*around(), first, other, corrected, void], library)
    assert {row.claim for row in rows} == {"Claim/c2", "Claim/c3"}


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_of_several_answers_to_a_claim_the_newest_counts(library: Library, order: tuple[int, ...]) -> None:
    lines = (item(1, "77385", DAY), item(2, "77387", DAY, "TC"))
    answers = [
        benefit("e1", "Claim/gone", *lines, created="2024-04-01"),
        benefit("e5", "Claim/gone", *lines, created="2024-05-01"),
        benefit("e9", "Claim/gone", *lines, created="2024-04-15"),
    ]
    rows, tally = judged([*around(), *(answers[n] for n in order)], library)
    assert [row.claim for row in rows] == ["ExplanationOfBenefit/e5"]
    assert tally.claims == {"found": 1, "set-aside": 2}


def test_answers_that_name_no_claim_are_answers_to_different_ones(library: Library) -> None:
    answers = [
        benefit(ref, "Claim/gone", item(1, "77385", day), item(2, "77387", day, "TC"))
        for ref, day in (("e1", DAY), ("e2", "2024-03-05"))
    ]
    for answer in answers:
        del answer["claim"]
    rows, _ = judged([*around(), *answers], library)
    assert [row.claim for row in rows] == ["ExplanationOfBenefit/e1", "ExplanationOfBenefit/e2"]
