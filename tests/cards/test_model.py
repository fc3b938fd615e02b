"""A card that breaks CDS Hooks cannot be built (spec: Card Attributes, Suggestion, Action, Link)."""

from __future__ import annotations

from typing import Any

import pytest

from cards.limits import without_blanks
from cards.model import Action, Card, Coding, Link, Source, Suggestion

UUID = "6f1a0e52-6c1d-5d0b-9c39-0d3a4f7f2b11"
UPDATE = Action("update", "Change it", {"resourceType": "Claim", "id": "c1"})


def card(**members: Any) -> Card:
    made: dict[str, Any] = {
        "uuid": UUID,
        "summary": "One line",
        "indicator": "info",
        "source": Source("ASTRO", "https://society.example/"),
    }
    return Card(**(made | members))


def suggestion(**members: Any) -> Suggestion:
    return Suggestion(**({"label": "Do it", "uuid": UUID, "actions": (UPDATE,)} | members))


@pytest.mark.parametrize("length", [1, 139])
def test_summary_at_its_limits_is_legal(length: int) -> None:
    assert len(card(summary="x" * length).to_json()["summary"]) == length


@pytest.mark.parametrize(
    ("members", "where"),
    [
        ({"summary": "x" * 140}, "Card.summary"),
        ({"summary": ""}, "Card.summary"),
        ({"summary": " \t "}, "Card.summary"),
        ({"summary": "two\nlines"}, "Card.summary"),
        ({"summary": "line end\n"}, "Card.summary"),
        ({"summary": "two\u2028lines"}, "Card.summary"),
        ({"indicator": "hard-stop"}, "Card.indicator"),
        ({"uuid": UUID.upper()}, "Card.uuid"),
        ({"uuid": "1"}, "Card.uuid"),
        ({"suggestions": (suggestion(),)}, "Card.selectionBehavior"),
        ({"suggestions": (suggestion(),), "selection_behavior": "all"}, "Card.selectionBehavior"),
        ({"override_reasons": (Coding("urn:x", "a"),)}, "Card.overrideReasons"),
        ({"override_reasons": (Coding("urn:x", "a", " "),)}, "Card.overrideReasons"),
        (
            {
                "suggestions": (suggestion(is_recommended=True), suggestion(is_recommended=True)),
                "selection_behavior": "at-most-one",
            },
            "Card.suggestions",
        ),
    ],
)
def test_card_refuses(members: dict[str, Any], where: str) -> None:
    with pytest.raises(ValueError, match=f"^{where}: "):
        card(**members)


def test_several_recommended_are_legal_when_any_may_be_selected() -> None:
    both = (suggestion(is_recommended=True), suggestion(is_recommended=True))
    made = card(suggestions=both, selection_behavior="any").to_json()
    assert [s["isRecommended"] for s in made["suggestions"]] == [True, True]


@pytest.mark.parametrize(
    ("members", "where"),
    [
        ({"label": " "}, "Suggestion.label"),
        ({"actions": ()}, "Suggestion.actions"),
        ({"uuid": ""}, "Suggestion.uuid"),
    ],
)
def test_suggestion_refuses(members: dict[str, Any], where: str) -> None:
    with pytest.raises(ValueError, match=f"^{where}: "):
        suggestion(**members)


@pytest.mark.parametrize(
    ("members", "where"),
    [
        (("UPDATE", "x", {"resourceType": "Claim"}, ""), "Action.type"),
        (("update", " ", {"resourceType": "Claim"}, ""), "Action.description"),
        (("update", "x", None, ""), "Action.resource"),
        (("create", "x", {"id": "c1"}, ""), "Action.resource"),
        (("create", "x", '{"resourceType": "Claim"}', ""), "Action.resource"),
        (("update", "x", {"resourceType": "Claim"}, "Claim/c1"), "Action.resourceId"),
        (("delete", "x", None, ""), "Action.resourceId"),
        (("delete", "x", None, "c1"), "Action.resourceId"),
        (("delete", "x", None, "https://x.example/Claim/c1"), "Action.resourceId"),
        (("delete", "x", {"resourceType": "Claim"}, "Claim/c1"), "Action.resource"),
    ],
)
def test_action_refuses(members: tuple[Any, ...], where: str) -> None:
    with pytest.raises(ValueError, match=f"^{where}: "):
        Action(*members)


@pytest.mark.parametrize(
    "url",
    [
        "http://society.example/",
        "javascript:alert(1)",
        "//society.example/",
        "https://",
        "https:///path",
        "https://society.example/a b",
        "https://society.example/\n",
        "https://soci\u00e9ty.example/",
        "https://[x",
        "society.example",
        "https://user:secret@society.example/",
        "https://society.example@elsewhere.example/",
        "https://society.example\\@elsewhere.example/",
    ],
)
def test_only_absolute_https_addresses(url: str) -> None:
    for build in (lambda: Source("x", url), lambda: Link("x", url)):
        with pytest.raises(ValueError, match="absolute https address"):
            build()


def test_a_letter_never_holds_the_value() -> None:
    with pytest.raises(ValueError, match=r"Card\.summary") as refused:
        card(summary="Jane Test 1970-01-01 " * 10)
    assert "Jane" not in str(refused.value)


def test_app_context_belongs_to_smart_links() -> None:
    smart = Link("Open", "https://app.example/launch", "smart", "{}")
    assert smart.to_json()["appContext"] == "{}"
    with pytest.raises(ValueError, match=r"^Link\.appContext"):
        Link("Open", "https://app.example/launch", "absolute", "{}")


@pytest.mark.parametrize("build", [lambda: Source(" "), lambda: Coding("", "a"), lambda: Coding("urn:x", "")])
def test_required_texts(build: Any) -> None:
    with pytest.raises(ValueError, match="is blank"):
        build()


@pytest.mark.parametrize(
    "part",
    [
        Coding("urn:x", "a"),
        Coding("urn:x", "a", "A"),
        Source("ASTRO"),
        Source("ASTRO", "https://society.example/", Coding("urn:x", "a", "A")),
    ],
)
def test_what_cards_share_is_what_each_would_say(part: Coding | Source) -> None:
    assert part.shared_json == part.to_json()
    assert part.shared_json is part.shared_json


def test_members_without_value_are_left_out() -> None:
    bare = Card(uuid=UUID, summary="x", indicator="info", source=Source("ASTRO")).to_json()
    assert bare == {"uuid": UUID, "summary": "x", "indicator": "info", "source": {"label": "ASTRO"}}
    assert suggestion().to_json() == {"label": "Do it", "uuid": UUID, "actions": [UPDATE.to_json()]}


def test_nought_and_false_are_values() -> None:
    kept = {"a": 0, "b": 0.0, "c": False}
    blank: dict[str, Any] = {"d": None, "e": "", "f": [], "g": {}, "h": ()}
    assert without_blanks((kept | blank).items()) == kept


def test_embedded_resource_is_passed_through() -> None:
    resource: dict[str, Any] = {
        "resourceType": "Claim",
        "id": "c1",
        "item": [],
        "note": None,
        "total": {"value": 0},
    }
    made = Action("update", "x", resource).to_json()
    assert made["resource"] == resource
    assert Action("delete", "x", None, "Claim/c1").to_json() == {
        "type": "delete",
        "description": "x",
        "resourceId": "Claim/c1",
    }
