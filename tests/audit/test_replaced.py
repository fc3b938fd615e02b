"""Claims and answers that later ones take the place of, as payers' exports say it, and answers known by a number."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.audit import claims
from cds_service.books import Library
from tests.audit.exports import around, claim, concept, double_billed, item
from tests.audit.running import judged

DAY = "2024-03-04"
PLAN = "https://plan.example/fhir/EOBIdentifier"
_HL7 = "http://terminology.hl7.org/CodeSystem/ex-relatedclaimrelationship"
_C4BB = "http://hl7.org/fhir/us/carin-bb/CodeSystem"
REPLACED = "set-aside: replaced by a later claim"
ANSWERED = "set-aside: answers a claim that is here"
Resource = dict[str, Any]


def answer(identity: str, number: str = "", related: list[Resource] | None = None, **more: Any) -> Resource:
    """An ExplanationOfBenefit with AST-15's fault, as CARIN Blue Button has it: a number, and no Claim."""
    found = double_billed(identity, **more) | {"resourceType": "ExplanationOfBenefit"}
    if number:
        unique = concept(f"{_C4BB}/C4BBIdentifierType", "uc")
        found["identifier"] = [{"type": unique, "system": PLAN, "value": number}]
    return found | ({"related": related} if related else {})


def prior(number: str, system: str = PLAN) -> Resource:
    named = {"value": number} | ({"system": system} if system else {})
    return {"relationship": concept(_HL7, "prior"), "reference": named}


def replaced_by(number: str) -> Resource:
    code = concept(f"{_C4BB}/C4BBRelatedClaimRelationshipCodes", "replacedby")
    return {"relationship": code, "reference": {"system": PLAN, "value": number}}


def prior_claim(reference: str) -> Resource:
    return {"relationship": concept(_HL7, "prior"), "claim": {"reference": reference}}


def of(reference: str) -> Resource:
    return {"claim": {"reference": reference}}


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ([replaced_by("2")], [prior("1")]),
        ([replaced_by("2")], []),
        ([], [prior("1")]),
        ([], [prior("1", system="")]),
        ([], [prior("e1", system="")]),
        ([], [{"relationship": concept(_HL7, "prior"), "reference": {"identifier": {"value": "1"}}}]),
        ([], [prior_claim("ExplanationOfBenefit/e1")]),
        ([], [prior_claim("urn:uuid:e1")]),
    ],
)
def test_an_answer_that_another_takes_the_place_of_is_not_judged(
    library: Library, older: list[Resource], newer: list[Resource]
) -> None:
    first = answer("e1", "1", older, created="2024-03-20")
    second = answer("e2", "2", newer, created="2024-04-20")
    rows, tally = judged([*around(), second, first], library)
    assert [row.claim for row in rows] == ["ExplanationOfBenefit/e2"]
    assert tally.reasons == {REPLACED: 1}


def test_one_that_was_replaced_is_not_judged_though_what_replaced_it_is_not_here(library: Library) -> None:
    rows, tally = judged([*around(), answer("e1", "1", [replaced_by("2")])], library)
    assert (rows, tally.reasons) == ([], {REPLACED: 1})


@pytest.mark.parametrize(
    "related",
    [
        [replaced_by("1")],
        [prior("1")],
        [prior("7")],
        [prior("1", system="urn:example:other")],
        [{"relationship": concept(_HL7, "associated"), "reference": {"system": PLAN, "value": "2"}}],
        [{"relationship": concept(_HL7, "prior"), "reference": "1"}],
        [{"relationship": concept(_HL7, "prior")}],
    ],
    ids=["by itself", "of itself", "another number", "another system", "associated", "a text", "nothing"],
)
def test_what_names_nothing_else_takes_no_place(library: Library, related: list[Resource]) -> None:
    other = answer("e2", "2", created="2024-01-01")
    rows, _ = judged([*around(), answer("e1", "1", related), other], library)
    assert [row.claim for row in rows] == ["ExplanationOfBenefit/e1", "ExplanationOfBenefit/e2"]


def test_beside_a_claim_the_reference_is_the_number_of_a_case(library: Library) -> None:
    case = prior("1") | {"claim": {"reference": "Claim/gone"}}
    rows, _ = judged([*around(), answer("e1", "1"), answer("e2", "2", [case], created="2024-04-20")], library)
    assert len(rows) == 2


@pytest.mark.parametrize(
    "resources",
    [
        [
            answer("e1", **of("Claim/c1")),
            answer("e2", "", [prior_claim("Claim/c1")], created="2024-04-20", **of("Claim/c2")),
        ],
        [answer("e1", **of("Claim/c1")), double_billed("c2", related=[prior_claim("Claim/c1")])],
    ],
    ids=["two answers", "a claim and an answer"],
)
def test_the_answer_to_a_claim_that_was_replaced_is_not_judged(
    library: Library, resources: list[Resource]
) -> None:
    rows, tally = judged([*around(), *resources], library)
    assert len(rows) == 1
    assert rows[0].claim.endswith("2")
    assert tally.reasons == {REPLACED: 1}


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ([replaced_by("2")], []),
        ([], [prior("1")]),
        ([], [prior_claim("Claim/c1")]),
        ([], [prior_claim("ExplanationOfBenefit/e1")]),
    ],
)
def test_what_an_answer_says_of_related_claims_holds_for_its_claim(
    library: Library, older: list[Resource], newer: list[Resource]
) -> None:
    resources = [
        double_billed("c1"),
        answer("e1", "1", older, **of("Claim/c1")),
        double_billed("c2", created="2024-04-20"),
        answer("e2", "2", newer, created="2024-04-21", **of("Claim/c2")),
    ]
    rows, tally = judged([*around(), *resources], library)
    assert [row.claim for row in rows] == ["Claim/c2"]
    assert tally.reasons == {ANSWERED: 2, REPLACED: 1}


def replaced_by_answer(reference: str) -> Resource:
    return {"relationship": concept(f"{_C4BB}/C4BBRelatedClaimRelationshipCodes", "replacedby")} | of(
        reference
    )


@pytest.mark.parametrize(
    "older", [replaced_by("2"), replaced_by_answer("ExplanationOfBenefit/e2"), replaced_by_answer("Claim/c1")]
)
def test_a_claim_that_was_answered_again_is_judged(library: Library, older: Resource) -> None:
    resources = [
        double_billed("c1"),
        answer("e1", "1", [older], **of("Claim/c1")),
        answer("e2", "2", [prior("1")], created="2024-04-21", **of("Claim/c1")),
    ]
    rows, tally = judged([*around(), *resources], library)
    assert ([row.claim for row in rows], tally.reasons) == (["Claim/c1"], {ANSWERED: 2})


def test_a_claim_whose_answer_was_replaced_by_that_of_another_is_not_judged(library: Library) -> None:
    resources = [
        double_billed("c1"),
        answer("e1", "1", [replaced_by_answer("ExplanationOfBenefit/e2")], **of("Claim/c1")),
        double_billed("c2", created="2024-04-20"),
        answer("e2", "2", created="2024-04-21", **of("Claim/c2")),
    ]
    assert [row.claim for row in judged([*around(), *resources], library)[0]] == ["Claim/c2"]


def test_a_withdrawn_answer_replaces_nothing(library: Library) -> None:
    resources = [
        double_billed("c1"),
        double_billed("c2", created="2024-04-20"),
        answer("e2", "2", [prior_claim("Claim/c1")], status="cancelled", **of("Claim/c2")),
    ]
    assert len(judged([*around(), *resources], library)[0]) == 2


NUMBER = {"system": "urn:example:claim-number", "value": "A 17"}


@pytest.mark.parametrize(
    "tie",
    [
        {"claim": {"identifier": NUMBER}},
        {"claim": {"identifier": {"value": "A 17"}}},
        {"claim": {"reference": "urn:uuid:c1"}},
        {"identifier": [NUMBER]},
    ],
    ids=["number", "number without system", "urn", "same number"],
)
def test_an_answer_known_by_a_number_is_not_judged_beside_its_claim(library: Library, tie: Resource) -> None:
    paid = {"category": concept("", "benefit"), "amount": {"value": 80.1, "currency": "USD"}}
    lines = (item(1, "77385", DAY), item(2, "77387", DAY, "TC", adjudication=[paid]))
    benefit = claim("e1", *lines) | {"resourceType": "ExplanationOfBenefit"} | tie
    rows, tally = judged([*around(), double_billed("c1", identifier=[NUMBER]), benefit], library)
    assert [(row.claim, row.paid) for row in rows] == [("Claim/c1", "80.10")]
    assert tally.reasons == {ANSWERED: 1}


OTHER_NUMBER = {"system": "urn:example:account", "value": "9"}


@pytest.mark.parametrize(
    "tie",
    [
        {"claim": {"identifier": NUMBER}},
        {"claim": {"identifier": {"value": "A 17"}}},
        {"identifier": [NUMBER]},
        {"identifier": [{"system": " urn:example:claim-number ", "value": " A 17 "}]},
        {"identifier": [NUMBER | {"system": "urn:example:payer"}, NUMBER]},
    ],
    ids=["number", "number without system", "same number", "padded", "one of several"],
)
def test_an_answer_known_by_a_number_need_not_have_the_lines_of_its_claim(
    library: Library, tie: Resource
) -> None:
    billed = double_billed("c1", identifier=[OTHER_NUMBER, NUMBER])
    benefit = claim("e1", item(1, "77387", DAY)) | {"resourceType": "ExplanationOfBenefit"} | tie
    rows, tally = judged([*around(), billed, benefit], library)
    assert ([row.claim for row in rows], tally.reasons) == (["Claim/c1"], {ANSWERED: 1})


@pytest.mark.parametrize(
    "change",
    [
        {"identifier": [{"value": "A 17"}]},
        {"identifier": [NUMBER | {"value": "A 18"}]},
        {"identifier": [NUMBER], "billablePeriod": {"start": "2024-05-04", "end": "2024-05-04"}},
        {
            "identifier": [NUMBER],
            "type": concept("http://terminology.hl7.org/CodeSystem/claim-type", "professional"),
        },
        {"identifier": [NUMBER], "item": [item(1, "77385", DAY), item(2, "77014", DAY)]},
        {"claim": {"identifier": NUMBER | {"value": "A 18"}}},
    ],
    ids=["no system", "another number", "other days", "another form", "other codes", "another claim"],
)
def test_a_number_in_common_alone_makes_no_answer(library: Library, change: Resource) -> None:
    billed = double_billed("c1", identifier=[NUMBER])
    resources = [billed, answer("e1", provider={"reference": "Organization/another"}) | change]
    _, tally = judged([*around(), *resources], library)
    assert ANSWERED not in tally.reasons


KINDS = "http://terminology.hl7.org/CodeSystem/claim-type"


@pytest.mark.parametrize(
    ("form", "other", "answers"),
    [
        (concept(KINDS, "institutional"), concept(KINDS, "institutional", "outpatient-facility"), True),
        (concept("urn:example:type", "40"), concept("urn:example:type", "40"), True),
        (concept("urn:example:type", "40"), concept("urn:example:type", "71"), False),
    ],
)
def test_a_form_is_one_whatever_else_a_payer_calls_it(
    library: Library, form: Resource, other: Resource, answers: bool
) -> None:
    resources = [double_billed("c1", type=form), answer("e1", type=other)]
    _, tally = judged([*around(), *resources], library)
    assert (ANSWERED in tally.reasons) == answers


def test_of_answers_under_one_unique_number_the_newest_is_judged(library: Library) -> None:
    older, newer = answer("e9", "5", created="2024-03-10"), answer("e1", "5", created="2024-04-10")
    for resources in ([older, newer], [newer, older]):
        rows, tally = judged([*around(), *resources], library)
        assert [row.claim for row in rows] == ["ExplanationOfBenefit/e1"]
        assert tally.reasons == {REPLACED: 1}


@pytest.mark.parametrize("tie", [{}, {"claim": {"reference": "Claim/gone"}}], ids=["number", "claim"])
def test_of_several_answers_one_that_does_not_say_when_it_was_made_is_the_older(
    library: Library, tie: Resource
) -> None:
    undated, dated = answer("e9", "5") | tie, answer("e1", "5", created="2024-03-10") | tie
    del undated["created"]
    rows, _ = judged([*around(), undated, dated], library)
    assert [row.claim for row in rows] == ["ExplanationOfBenefit/e1"]


def test_a_number_that_is_not_unique_says_nothing_of_two_answers(library: Library) -> None:
    group = {"identifier": [{"system": "urn:example:claim-group", "value": "99999999999"}]}
    assert len(judged([*around(), answer("e1") | group, answer("e2") | group], library)[0]) == 2


@pytest.mark.parametrize(
    ("change", "answers"),
    [
        ({}, True),
        ({"provider": {"reference": "PractitionerRole/r1"}}, True),
        ({"provider": {"reference": "https://ehr.example/fhir/Organization/hospital"}}, True),
        ({"provider": {"reference": "Organization/another"}}, False),
        ({"item": [item(1, "77385", DAY), item(2, "77387", DAY)]}, False),
        ({"item": [item(1, "77385", DAY), item(2, "77387", "2024-03-05", "TC")]}, False),
        ({"item": [item(1, "77385", DAY), item(2, "77387", DAY, "TC", quantity={"value": 2})]}, False),
        ({"claim": {"reference": "Claim/c7"}}, False),
        ({"item": []}, False),
    ],
)
def test_an_answer_that_names_nothing_belongs_to_the_claim_with_just_its_lines(
    library: Library, change: Resource, answers: bool
) -> None:
    _, tally = judged([*around(), double_billed("c1"), answer("e1") | change], library)
    assert (ANSWERED in tally.reasons) == answers


def test_an_answer_with_the_lines_of_a_withdrawn_claim_is_judged(library: Library) -> None:
    rows, _ = judged([*around(), double_billed("c1", status="cancelled"), answer("e1")], library)
    assert [row.claim for row in rows] == ["ExplanationOfBenefit/e1"]


@pytest.mark.parametrize(
    ("made", "answered", "answers"),
    [
        ("2024-07-01", "2024-06-10", False),
        ("2024-06-10", "2024-06-10", True),
        ("2024-06-01", "2024-06-10", True),
        (None, "2024-06-10", True),
        ("2024-06-01", None, True),
    ],
)
def test_an_answer_is_of_no_claim_that_was_made_after_it(
    library: Library, made: str | None, answered: str | None, answers: bool
) -> None:
    found = [double_billed("c1", created=made), answer("e1", created=answered)]
    _, tally = judged([*around(), *found], library)
    assert (ANSWERED in tally.reasons) == answers


def test_claims_of_one_group_are_not_one_claim(library: Library) -> None:
    """Medicare's exports call both numbers unique: that of the claim, and that of its group."""
    unique = concept(f"{_C4BB}/C4BBIdentifierType", "uc")

    def numbers(of_claim: str) -> list[Resource]:
        group = {"type": unique, "system": "urn:example:claim-group", "value": "900"}
        return [{"type": unique, "system": PLAN, "value": of_claim}, group]

    resources = [answer("e1", identifier=numbers("1")), answer("e2", identifier=numbers("2"))]
    assert len(judged([*around(), *resources], library)[0]) == 2
    resources = [answer("e1", identifier=numbers("1")), answer("e2", identifier=numbers("1"))]
    assert len(judged([*around(), *resources], library)[0]) == 1


def test_claims_of_nobody_in_particular_are_not_compared(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = answer("e1", "1", created="2024-03-20"), answer("e2", "2", [prior("1")])
    assert len(judged([*around(), first, second], library)[0]) == 1
    loose = answer("e3")
    assert len(judged([*around(), double_billed("c1"), loose], library)[0]) == 1
    monkeypatch.setattr(claims, "MOST_LINKED", 1)
    assert len(judged([*around(), first, second], library)[0]) == 2
    assert len(judged([*around(), double_billed("c1"), loose], library)[0]) == 2
