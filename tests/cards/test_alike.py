"""What is said of several orders in the same words is one card (cards/alike.py)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cards.model import Card
from cards.reasons import ICD10_SYSTEMS
from cards.render import render, rendered
from cds_service.engine.model import Finding, LineRef, Remedy, Severity, Text
from cds_service.facts.codes import icd10_codes
from cds_service.facts.fhir import CodeableConcept, Coding
from tests.cards.builders import CPT, PAYER, order

ATTEST = Remedy("attest-indication", indications=("implanted-fiducials", "narrow-margins"))


def asked(number: int, code: str = "77387", **more: Any) -> Finding:
    """A finding that asks for the reason of an order."""
    unit = f"ServiceRequest/s{number}"
    made = Finding(
        kind="coverage-necessity",
        severity=Severity.info,
        unit=unit,
        rules=("FLB-21",),
        rule_names=("no-covered-indication-coded@2016-05-01",),
        summary=Text("No covered indication is coded."),
        because=(Text("The payer asks for one of its list."),),
        sources=(PAYER,),
        lines=(LineRef(unit, None, code, (), "2023-05-08", "ServiceRequest.code.coding[0]"),),
        remedies=(ATTEST,),
    )
    return replace(made, **more)


def told(card: Card) -> dict[str, Any]:
    assert card.extension is not None
    return dict(card.extension)


def orders(*numbers: int) -> dict[str, dict[str, Any]]:
    coding = {"system": CPT, "code": "77387"}
    return {f"ServiceRequest/s{n}": order(coding, id=f"s{n}") for n in numbers}


def test_alike_findings_of_several_orders_are_one_card() -> None:
    (card,) = render([asked(1), asked(2, "77014")], hook_instance="h", resources=orders(1, 2))
    extension = told(card)
    assert extension["davinci-crd.associated-resource"] == [
        {"reference": "ServiceRequest/s1"},
        {"reference": "ServiceRequest/s2"},
    ]
    assert [finding["lines"][0]["code"] for finding in extension["org.igrt-cds.findings"]] == [
        "77387",
        "77014",
    ]
    assert "77387 in ServiceRequest/s1" in card.detail
    assert "77014 in ServiceRequest/s2" in card.detail
    assert "Each of" not in card.detail
    assert card.detail.count("The payer asks for one of its list.") == 1


def test_its_suggestions_change_all_of_the_orders() -> None:
    (card,) = render([asked(1), asked(2)], hook_instance="h", resources=orders(1, 2))
    assert len(card.suggestions) == 2
    for suggestion in card.suggestions:
        changed = [action.resource for action in suggestion.actions]
        assert [resource["id"] for resource in changed if resource] == ["s1", "s2"]
        assert all(resource and resource["reasonCode"] for resource in changed)


def test_an_order_that_cannot_be_corrected_leaves_the_card_without_suggestions() -> None:
    (card,) = render([asked(1), asked(2)], hook_instance="h", resources=orders(1))
    assert card.suggestions == ()


def test_each_card_is_given_with_all_that_it_shows() -> None:
    ((_, shown),) = rendered([asked(1), asked(2)], hook_instance="h", resources={})
    assert [finding.unit for finding in shown] == ["ServiceRequest/s1", "ServiceRequest/s2"]


@pytest.mark.parametrize(
    "other",
    [
        {"severity": Severity.warning},
        {"rules": ("FLB-21", "FLB-46")},
        {"summary": Text("No covered indication is coded for {day}.", (("day", "2023-05-09"),))},
        {"because": (Text("Another reason."),)},
        {"notes": (Text("The date is assumed."),)},
        {"sources": (replace(PAYER, section="Position statement"),)},
        {"remedies": (Remedy("review"),)},
        {"missing": ("payer",)},
        {"document": "28626-0"},
        {"by_hand": True},
        {"doubles": True},
        {"advice": Text("Send it again.")},
    ],
    ids=lambda other: next(iter(other)),
)
def test_what_differs_in_a_word_is_another_card(other: dict[str, Any]) -> None:
    assert len(render([asked(1), asked(2, **other)], hook_instance="h", resources=orders(1, 2))) == 2


def test_each_line_that_is_to_be_coded_otherwise_has_its_own_card() -> None:
    removal: dict[str, Any] = {"remedies": (Remedy("remove-line", code="77387"),), "kind": "bundling"}
    found = [asked(1, **removal), asked(2, **removal)]
    assert len(render(found, hook_instance="h", resources=orders(1, 2))) == 2


@pytest.mark.parametrize("name", ["reasonCode", "reasonReference"])
def test_a_reason_is_asked_for_each_disease_by_itself(name: str) -> None:
    lung, same, prostate = ({name: [{"text": code}]} for code in ("C34.11", "C34.11", "C61"))
    made = orders(1, 2, 3)
    for number, reason in enumerate((lung, same, prostate), start=1):
        made[f"ServiceRequest/s{number}"] |= reason
    first, other = render([asked(n) for n in (1, 2, 3)], hook_instance="h", resources=made)
    assert [len(told(card)["org.igrt-cds.findings"]) for card in (first, other)] == [2, 1]


def icd10(code: str) -> dict[str, Any]:
    return {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": code}]}


def cards_of(one: dict[str, Any], other: dict[str, Any]) -> int:
    """How many cards ask for the reason of two orders."""
    made = orders(1, 2)
    made["ServiceRequest/s1"] |= one
    made["ServiceRequest/s2"] |= other
    return len(render([asked(1), asked(2)], hook_instance="h", resources=made))


def behind(reference: str, **more: Any) -> dict[str, Any]:
    return {"basedOn": [{"reference": reference}], **more}


@pytest.mark.parametrize(
    ("reason", "cards"),
    [
        ({}, 2),
        ({"reasonCode": [icd10("Z51.0")]}, 2),
        ({"reasonCode": [{"text": "radiotherapy"}]}, 2),
        ({"reasonReference": [{"reference": "Condition/z"}]}, 2),
        ({"reasonCode": [icd10("Z51.0"), icd10("C61")]}, 1),
        ({"reasonCode": [{"coding": "C61"}, "C61"]}, 2),
    ],
    ids=["none", "Z51.0 alone", "a text", "a Condition", "a disease", "malformed"],
)
def test_orders_whose_reason_names_no_disease_have_that_of_what_they_are_based_on(
    reason: dict[str, Any], cards: int
) -> None:
    course, boost = "ServiceRequest/course", "ServiceRequest/boost"
    assert cards_of(behind(course, **reason), behind(course, **reason)) == 1
    assert cards_of(behind(course, **reason), behind(boost, **reason)) == cards


@pytest.mark.parametrize("name", ["basedOn", "reasonReference"])
@pytest.mark.parametrize(
    ("one", "other", "cards"),
    [
        ({"reference": "ServiceRequest/c"}, {"reference": "https://ehr.example/fhir/ServiceRequest/c"}, 1),
        ({"reference": "ServiceRequest/c"}, {"reference": "ServiceRequest/c/_history/2", "display": "C"}, 1),
        ({"reference": "#c"}, {"reference": "#c"}, 2),
        ({"display": "Prostate"}, {"display": "Prostate"}, 1),
        ({"display": "Prostate"}, {"display": "Breast"}, 2),
    ],
    ids=["absolute", "a version", "contained", "one text", "two texts"],
)
def test_references_are_the_same_that_lead_to_the_same(
    name: str, one: dict[str, Any], other: dict[str, Any], cards: int
) -> None:
    assert cards_of({name: [one]}, {name: [other]}) == cards


def test_icd_10_is_known_by_the_spellings_that_the_readers_know() -> None:
    for system in ICD10_SYSTEMS:
        assert icd10_codes(CodeableConcept([Coding(system, "C61")])) == ("C61",)


def test_claims_keep_their_cards() -> None:
    found = [asked(n, unit=f"Claim/c{n}", lines=()) for n in (1, 2)]
    assert len(render(found, hook_instance="h", resources={})) == 2


def test_one_list_of_documents_for_several_orders_is_one_card() -> None:
    def missing(number: int, document: str) -> Finding:
        return asked(
            number,
            kind="documentation",
            lines=(),
            document=document,
            remedies=(Remedy("add-document", document=document),),
            checklist="record",
            checklist_summary=Text("Record (incomplete): {items}."),
        )

    both = [missing(n, d) for n in (1, 2) for d in ("28626-0", "18741-9")]
    (card,) = render(both, hook_instance="h", resources={})
    assert len(told(card)["org.igrt-cds.findings"]) == 4
    assert card.summary.count("history and physical") == 1
    one, other = render([*both[:2], both[2]], hook_instance="h", resources={})
    assert {one.summary, other.summary} > {card.summary}


def test_a_source_is_named_once() -> None:
    (card,) = render([asked(1), asked(2)], hook_instance="h", resources=orders(1, 2))
    assert card.detail.count(PAYER.section) == 1
