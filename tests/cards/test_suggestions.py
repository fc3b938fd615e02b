"""What a card offers to do, and what it recommends (contract section 4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from cds_service.engine.model import LineRef, Remedy
from tests.cards.builders import HCPCS, claim, finding, item, line, order, order_line
from tests.cards.rendering import CLAIM, RESOURCES, cards_of, only


def test_the_one_remedy_is_recommended() -> None:
    card = only(finding())
    (suggestion,) = card["suggestions"]
    (action,) = suggestion["actions"]
    assert card["selectionBehavior"] == "at-most-one"
    assert suggestion["label"] == "Remove 77387"
    assert suggestion["isRecommended"] is True
    assert (action["type"], action["resource"]) == ("update", CLAIM | {"item": CLAIM["item"][:1]})


def test_what_would_make_a_line_twice_is_offered_and_not_recommended() -> None:
    (suggestion,) = only(finding(doubles=True))["suggestions"]
    assert suggestion["label"] == "Remove 77387"
    assert "isRecommended" not in suggestion


def test_alternatives_are_offered_and_none_is_recommended() -> None:
    card = only(finding(remedies=(Remedy("remove-line", "77387"), Remedy("replace", "77387", to="G6002-26"))))
    assert [s["label"] for s in card["suggestions"]] == ["Remove 77387", "Replace 77387 by G6002-26"]
    assert not any("isRecommended" in s for s in card["suggestions"])
    assert len({s["uuid"] for s in card["suggestions"]} | {card["uuid"]}) == 3


@pytest.mark.parametrize("other", [Remedy("review"), Remedy("add-document", document="anatomy-change")])
def test_one_of_two_ways_is_not_recommended_though_only_it_can_be_carried_out(other: Remedy) -> None:
    (suggestion,) = only(finding(remedies=(Remedy("remove-line", "77387"), other)))["suggestions"]
    assert "isRecommended" not in suggestion


@pytest.mark.parametrize(
    ("remedies", "resources"),
    [
        ((Remedy("review"),), RESOURCES),
        ((Remedy("add-document", document="28626-0"),), RESOURCES),
        ((), RESOURCES),
        ((Remedy("remove-line", "77387"),), {}),
        ((Remedy("remove-line", "77387"),), {"Claim/c1": CLAIM | {"id": "other"}}),
        ((Remedy("remove-line", "77387"),), {"Claim/c1": claim(item(1, "77386"))}),
    ],
)
def test_without_suggestion_there_is_no_selection(remedies: Any, resources: Any) -> None:
    card = only(finding(remedies=remedies), resources=resources)
    assert not {"suggestions", "selectionBehavior"} & card.keys()


class Lazy(Mapping[str, Any]):
    """Resources that count how often they are asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __getitem__(self, key: str) -> Any:
        self.asked.append(key)
        return RESOURCES[key]

    def __iter__(self) -> Iterator[str]:
        return iter(RESOURCES)

    def __len__(self) -> int:
        return len(RESOURCES)


def test_a_resource_is_asked_for_only_when_a_remedy_needs_it() -> None:
    lazy = Lazy()
    cards_of(finding(remedies=(Remedy("review"), Remedy("add-document", document="x"))), resources=lazy)
    assert lazy.asked == []
    cards_of(finding(), resources=lazy)
    assert lazy.asked == ["Claim/c1"]


def test_remedies_that_belong_together_are_one_suggestion() -> None:
    resource = claim(item(1, "G6017", quantity={"value": 3}), item(2, "G6017"))
    both = finding(
        lines=(line(0, "G6017"), line(1, "G6017")),
        remedies=(
            Remedy("remove-line", "G6017", sequence=2),
            Remedy("reduce-units", "G6017", to=1, sequence=1),
        ),
        all_of=True,
    )
    (suggestion,) = only(both, resources={"Claim/c1": resource})["suggestions"]
    assert suggestion["label"] == "Remove G6017 (line 2); Reduce the units of G6017 to 1 (line 1)"
    assert suggestion["isRecommended"] is True
    (action,) = suggestion["actions"]
    assert action["resource"]["item"] == [resource["item"][0] | {"quantity": {"value": 1}}]


def test_one_remedy_for_a_person_leaves_all_that_belong_together_to_her() -> None:
    both = finding(remedies=(Remedy("remove-line", "77387"), Remedy("review")), all_of=True)
    assert "suggestions" not in only(both)


def test_reasons_that_belong_together_are_stated_one_of_each() -> None:
    halves = (("close-to-critical-structure", "concave-convex-target"), ("internal-motion",))
    remedies = tuple(Remedy("attest-indication", indications=slugs) for slugs in halves)
    asked = finding(kind="coverage-necessity", lines=(), remedies=remedies, all_of=True)
    suggestions = only(asked)["suggestions"]
    stated = [
        [i["code"]["coding"][0]["code"] for i in s["actions"][0]["resource"]["supportingInfo"]]
        for s in suggestions
    ]
    assert stated == [
        ["close-to-critical-structure", "internal-motion"],
        ["concave-convex-target", "internal-motion"],
    ]
    assert suggestions[0]["label"].count("Record the reason: ") == 2
    assert not any("isRecommended" in s for s in suggestions)


def test_each_indication_is_a_choice_and_none_is_recommended() -> None:
    slugs = ("internal-motion", "narrow-margins")
    asked = finding(
        kind="coverage-necessity", lines=(), remedies=(Remedy("attest-indication", indications=slugs),)
    )
    suggestions = only(asked)["suggestions"]
    assert [s["label"] for s in suggestions] == [
        "Record the reason: target that moves inside the body",
        "Record the reason: narrow margins around the target",
    ]
    stated = [
        s["actions"][0]["resource"]["supportingInfo"][0]["code"]["coding"][0]["code"] for s in suggestions
    ]
    assert stated == list(slugs)
    stating = Remedy("attest-indication", indications=slugs[:1])
    assert "isRecommended" not in only(finding(lines=(), remedies=(stating,)))["suggestions"][0]
    both = finding(remedies=(Remedy("remove-line", "77387"), stating), all_of=True)
    assert "isRecommended" not in only(both)["suggestions"][0]


def test_an_order_left_without_billing_code_is_deleted() -> None:
    resource = order({"system": HCPCS, "code": "G6002"})
    void = finding(
        unit="ServiceRequest/s1", lines=(order_line(0, "G6002"),), remedies=(Remedy("remove-line", "G6002"),)
    )
    (suggestion,) = only(void, resources={"ServiceRequest/s1": resource})["suggestions"]
    (action,) = suggestion["actions"]
    assert (action["type"], action["resourceId"]) == ("delete", "ServiceRequest/s1")
    assert "resource" not in action
    assert "isRecommended" not in suggestion


@pytest.mark.parametrize(
    "identity",
    [
        "igrt_order",
        "urn:uuid:0d1f7e58-3f9f-4a5b-9a5e-111111111111",
        "g:1",
        "g/1",
        "a" * 65,
        "é",
        "s1\n",
        "{x}",
    ],
    ids=["underscore", "urn", "colon", "slash", "65 characters", "letter", "line break", "braces"],
)
def test_an_order_whose_id_is_none_of_fhir_cannot_be_named_for_deletion(identity: str) -> None:
    reference = f"ServiceRequest/{identity}"
    resource = order({"system": HCPCS, "code": "G6002"}, id=identity)
    at = LineRef(reference, None, "G6002", (), "2023-05-08", "ServiceRequest.code.coding[0]")
    ways = (Remedy("remove-line", "G6002"), Remedy("replace", "G6002", to="77014"))
    card = only(finding(unit=reference, lines=(at,), remedies=ways), resources={reference: resource})
    ((action,),) = [suggestion["actions"] for suggestion in card["suggestions"]]
    assert (action["type"], action["resource"]["id"]) == ("update", identity)


def test_lines_of_several_resources_are_corrected_together_or_not_at_all() -> None:
    def second(code: str) -> dict[str, Any]:
        return claim(item(1, code), id="c2")

    far = LineRef("Claim/c2", 1, "77387", (), "2023-05-09", "Claim.item[0]")
    both = finding(lines=(line(1, "77387", "TC"), far))
    card = only(both, resources=RESOURCES | {"Claim/c2": second("77387")})
    assert [a["resource"]["id"] for a in card["suggestions"][0]["actions"]] == ["c1", "c2"]
    assert card["extension"]["davinci-crd.associated-resource"] == [
        {"reference": "Claim/c1"},
        {"reference": "Claim/c2"},
    ]
    assert "suggestions" not in only(both, resources=RESOURCES | {"Claim/c2": second("G6002")})
