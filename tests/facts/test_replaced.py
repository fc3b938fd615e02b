"""Earlier claims that another one takes the place of: how they may be named, and what a name does not reach."""

from __future__ import annotations

from typing import Any

import pytest

from tests.facts.build import Json, claim, item
from tests.facts.test_history import NUMBER, NUMBERED, REVIEWED, benefit, codes, replacing

BY_NUMBER = {"system": "urn:numbers", "value": "17"}


def related(relationship: str, **more: Any) -> Json:
    return {"related": [{"relationship": {"coding": [{"code": relationship}]}, **more}]}


def test_a_claim_is_found_by_its_full_url_alone() -> None:
    earlier = {"fullUrl": "urn:uuid:5f7d", "resource": claim(item("77386"), id=None)}
    other = {"fullUrl": "urn:uuid:5f7e", "resource": claim(item("77014"), id=None)}
    sent = {"resourceType": "Bundle", "type": "collection", "entry": [earlier, other]}
    assert codes(REVIEWED, beside=[sent]) == ["77386", "77014"]
    assert codes(replacing({"reference": "urn:uuid:5f7d"}), beside=[sent]) == ["77014"]


@pytest.mark.parametrize("prior", [{"reference": "Claim/c0"}, NUMBER])
def test_a_claim_that_is_about_to_be_sent_replaces_one_although_it_is_a_draft(prior: Json) -> None:
    earlier = claim(item("77386"), id="c0", identifier=NUMBERED)
    assert codes(replacing(prior, status="draft"), beside=[earlier]) == []
    assert codes(REVIEWED, beside=[earlier, replacing(prior, id="c5", status="draft")]) == ["77386"]


def test_some_say_replaces() -> None:
    earlier = claim(item("77386"), id="c0")
    again = {**REVIEWED, **related("replaces", claim={"reference": " Claim/c0 "})}
    assert codes(again, beside=[earlier]) == []


def test_each_of_several_related_claims_is_looked_at() -> None:
    (itself,), (prior,) = (replacing({"reference": f"Claim/{each}"})["related"] for each in ("c1", "c0"))
    several = {**REVIEWED, "related": [itself, {"claim": {"reference": "Claim/c9"}}, prior]}
    assert codes(several, beside=[claim(item("77386"), id="c0"), claim(item("77014"), id="c9")]) == ["77014"]


def test_the_bearer_of_a_number_is_replaced_whatever_day_it_bears() -> None:
    """Only of two that both take the place of others has the newer one to be known."""
    again = replacing(NUMBER, id="c5", created="2024-07-01")
    for created in ({}, {"created": "2024-07-01"}, {"created": "2024-08-01"}):
        earlier = claim(item("77386"), id="c0", identifier=NUMBERED, **created)
        assert codes(REVIEWED, beside=[earlier, again]) == ["77387"]


def test_of_two_replacements_one_that_does_not_say_when_it_was_made_is_the_older() -> None:
    undated = replacing(NUMBER, id="c5", identifier=NUMBERED)
    dated = {**undated, "id": "c6", "created": "2024-07-01", "item": [item("77014")]}
    assert codes(REVIEWED, beside=[undated, dated]) == ["77014"]
    assert codes(REVIEWED, beside=[undated, {**dated, "created": None}]) == ["77387", "77014"]


def test_an_answer_to_a_claim_that_was_replaced_is_no_history() -> None:
    answer = benefit("e0", item("77386"), claim={"reference": " https://ehr.example/fhir/Claim/c0 "})
    assert codes(replacing({"reference": "Claim/c0"}), beside=[answer]) == []


def test_payers_name_an_answer_by_its_number_without_a_claim() -> None:
    older, newer = benefit("e0", item("77386"), identifier=NUMBERED), benefit("e1", item("77014"))
    assert codes(REVIEWED, beside=[older, newer | related("prior", reference=BY_NUMBER)]) == ["77014"]
    case = related("prior", reference=BY_NUMBER, claim={"reference": "Claim/gone"})
    assert codes(REVIEWED, beside=[older, newer | case]) == ["77386", "77014"]


@pytest.mark.parametrize(
    ("more", "counts"),
    [
        ({"reference": {"system": "urn:numbers", "value": "18"}}, False),
        ({"claim": {"reference": "ExplanationOfBenefit/e1"}}, False),
        ({}, False),
        ({"reference": BY_NUMBER}, True),
        ({"claim": {"reference": "ExplanationOfBenefit/e0"}}, True),
    ],
    ids=["number", "reference", "nothing", "its own number", "itself"],
)
def test_what_says_that_it_was_replaced_counts_no_more(more: Json, counts: bool) -> None:
    older = benefit("e0", item("77386"), identifier=NUMBERED) | related("replacedby", **more)
    assert codes(REVIEWED, beside=[older]) == (["77386"] if counts else [])


@pytest.mark.parametrize(
    ("bears", "names", "replaced"),
    [
        (BY_NUMBER, BY_NUMBER, True),
        (BY_NUMBER, {"value": " 17 "}, True),
        (BY_NUMBER, {"system": " urn:numbers ", "value": "17"}, True),
        ({"value": "17"}, BY_NUMBER, True),
        (BY_NUMBER, {"system": "urn:other", "value": "17"}, False),
        (BY_NUMBER, {"system": "urn:numbers", "value": "1"}, False),
        (BY_NUMBER, {"system": "urn:numbers"}, False),
    ],
)
def test_a_number_without_a_system_is_of_any(bears: Json, names: Json, replaced: bool) -> None:
    earlier = claim(item("77386"), id="c0", identifier=[{"system": "urn:numbers"}, {"value": "3"}, bears])
    assert codes(replacing({"identifier": names}), beside=[earlier]) == ([] if replaced else ["77386"])


@pytest.mark.parametrize(
    ("form", "replaced"), [("professional", True), ("institutional", False), ("oral", True)]
)
def test_a_number_of_an_account_leaves_the_claims_of_another_form_alone(form: str, replaced: bool) -> None:
    earlier = claim(item("77386"), id="c0", type=form, identifier=NUMBERED)
    assert codes(replacing(NUMBER), beside=[earlier]) == ([] if replaced else ["77386"])


def test_a_number_is_not_sought_where_a_reference_names_the_claim() -> None:
    earlier = claim(item("77386"), id="c0", identifier=NUMBERED)
    assert codes(replacing({"reference": "Claim/gone", **NUMBER}), beside=[earlier]) == ["77386"]


@pytest.mark.parametrize("claimed", [{"reference": "Claim/gone"}, NUMBER], ids=["reference", "number"])
def test_of_answers_to_one_claim_the_newest_counts(claimed: Json) -> None:
    undated, first, last, withdrawn = (
        benefit(f"e{n}", item(code), claim=claimed, **more)
        for n, (code, more) in enumerate(
            (
                ("77014", {}),
                ("77386", {"created": "2024-06-10"}),
                ("77387", {"created": "2024-07-01"}),
                ("77385", {"created": "2024-08-01", "status": "cancelled"}),
            )
        )
    )
    for beside in ([undated, first, last, withdrawn], [withdrawn, last, first, undated]):
        assert codes(REVIEWED, beside=beside) == ["77387"]
    assert codes(REVIEWED, beside=[undated, first]) == ["77386"]
    assert codes(REVIEWED, beside=[undated, {**undated, "id": "e9"}]) == ["77014"]


def test_answers_to_different_claims_or_to_none_that_is_named_all_count() -> None:
    numbers = [{"identifier": {"system": system, "value": value}} for system in "ab" for value in "12"]
    empty: list[Json] = [{"display": "a claim"}, {"identifier": {"system": "a"}}, {}]
    named = [{"reference": "Claim/g1"}, {"reference": "Claim/g2"}, {"identifier": {"value": "1"}}, *numbers]
    answers = [benefit(f"e{n}", item("77386"), claim=each) for n, each in enumerate([*named, *empty, *empty])]
    assert codes(REVIEWED, beside=answers) == ["77386"] * 13
    padded = [benefit(f"e{n}", item("77386"), claim={"reference": f"{' ' * n}Claim/g1"}) for n in range(2)]
    assert codes(REVIEWED, beside=padded) == ["77386"]


def test_an_answer_that_contains_its_claim_is_history() -> None:
    inside = {"resourceType": "Claim", "id": "inside"}
    answers = [
        benefit(f"e{n}", item("77386"), claim={"reference": "#inside"}, contained=[inside]) for n in range(2)
    ]
    assert codes(REVIEWED, beside=answers) == ["77386", "77386"]


UNIQUE: Json = {"type": {"coding": [{"code": "uc"}]}, **BY_NUMBER}


@pytest.mark.parametrize(
    ("older", "named", "beside", "counts"),
    [
        (UNIQUE, BY_NUMBER, (), False),
        (UNIQUE, {"value": "17"}, (), True),
        (BY_NUMBER, BY_NUMBER, (), True),
        (UNIQUE | {"system": None}, BY_NUMBER, (), True),
        (UNIQUE | {"system": None}, {"value": "17"}, (), True),
        (UNIQUE, BY_NUMBER, ("e5",), True),
    ],
    ids=["unique", "named without a system", "of any kind", "without a system", "neither with one", "of two"],
)
def test_a_number_that_is_the_payers_for_one_claim_may_have_had_the_wrong_day(
    older: Json, named: Json, beside: tuple[str, ...], counts: bool
) -> None:
    def on(day: str) -> Json:
        return {"billablePeriod": {"start": day, "end": day}}

    typed = UNIQUE | {"system": "urn:other"}
    first = benefit("e0", item("77386"), identifier=[older, typed], **on("2024-06-03"))
    others = [benefit(each, item("77334"), identifier=[older], **on("2024-06-20")) for each in beside]
    newer = benefit("e1", item("77014"), **on("2024-06-04")) | related("prior", reference=named)
    expected = ["77386"] * counts + ["77334"] * len(beside) + ["77014"]
    assert sorted(codes(REVIEWED, beside=[first, *others, newer])) == sorted(expected)
