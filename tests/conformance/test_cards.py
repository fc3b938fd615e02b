"""Rows C-01 to L-05 of CDS Hooks, asked of every card that the fixtures get."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from tests.cards.json_diff import differences
from tests.conformance.conftest import Told
from tests.conformance.markdown import markdown_faults, tokens_of
from tests.conformance.resources import new_faults, resources_by_reference
from tests.contract.calls import blanks

Json = dict[str, Any]


def test_an_answer_is_an_object_with_cards(told: list[Told]) -> None:
    for each in told:
        assert {"cards"} <= set(each.answer) <= {"cards", "systemActions"}
        assert isinstance(each.answer["cards"], list)
    assert any(each.answer["cards"] == [] for each in told), "no advice is 200 with an empty list"


def test_nothing_is_null_or_empty_where_it_must_not_be(told: list[Told]) -> None:
    for each in told:
        assert set(blanks(each.answer)) <= {".cards", ".systemActions"}, each.name


def test_summaries_are_one_sentence_below_140_characters(cards: list[Json]) -> None:
    for card in cards:
        assert 0 < len(card["summary"].strip()) <= len(card["summary"]) < 140
        assert card["summary"].isprintable()


def test_indicators_are_those_of_the_specification(cards: list[Json]) -> None:
    assert {card["indicator"] for card in cards} == {"info", "warning", "critical"}


def test_every_source_has_a_label_and_a_topic(cards: list[Json]) -> None:
    for card in cards:
        assert card["source"]["label"].strip()
        assert card["source"]["topic"]["system"] == "urn:igrt-cds:finding-kind"
        assert card["source"]["topic"]["code"] in {
            finding["kind"] for finding in card["extension"]["org.igrt-cds.findings"]
        }


def test_source_addresses_are_absolute_and_belong_to_the_document(cards: list[Json]) -> None:
    addresses: dict[str, set[str]] = {}
    for card in cards:
        if url := card["source"].get("url"):
            parts = urlsplit(url)
            assert parts.scheme == "https"
            assert parts.hostname
            assert card["extension"]["davinci-crd.associated-resource"][0]["reference"] not in url
            addresses.setdefault(url, set()).add(card["source"]["label"])
    assert addresses
    assert all(len(labels) == 1 for labels in addresses.values()), "an address stands for one owner"


def test_details_are_markdown_without_html(cards: list[Json]) -> None:
    for card in cards:
        assert tokens_of(card["detail"])
        assert markdown_faults(card["detail"]) == ()


def test_every_card_has_a_uuid_of_its_own(told: list[Told]) -> None:
    for each in told:
        found = [UUID(holder["uuid"]) for holder in (*each.cards, *each.suggestions)]
        assert len(found) == len(set(found))


def test_suggestions_come_with_a_selection_behaviour_that_clients_know(cards: list[Json]) -> None:
    for card in cards:
        assert ("suggestions" in card) == ("selectionBehavior" in card)
        assert card.get("selectionBehavior", "any") in {"at-most-one", "any"}


def test_every_reason_to_set_a_card_aside_is_coded_and_shown(cards: list[Json]) -> None:
    for card in cards:
        assert card["overrideReasons"]
        for reason in card["overrideReasons"]:
            assert all(reason[member].strip() for member in ("code", "system", "display"))


def test_cards_of_one_answer_are_in_order_of_severity_and_none_is_told_twice(told: list[Told]) -> None:
    rank = {"critical": 0, "warning": 1, "info": 2}
    for each in told:
        found = [rank[card["indicator"]] for card in each.cards]
        assert found == sorted(found)
        told_once = [(card["detail"], str(card["extension"])) for card in each.cards]
        assert len(told_once) == len(set(told_once))


def test_suggestions_have_label_uuid_and_actions(told: list[Told]) -> None:
    suggestions = [each for answer in told for each in answer.suggestions]
    assert len(suggestions) > 50
    for each in suggestions:
        assert each["label"].strip()
        assert str(UUID(each["uuid"])) == each["uuid"]
        assert each["actions"]
        assert set(each) <= {"label", "uuid", "isRecommended", "actions"}, "no actionSelectionBehavior"


def test_at_most_one_suggestion_of_a_card_is_recommended(cards: list[Json]) -> None:
    counted = [sum(s.get("isRecommended", False) for s in card.get("suggestions", ())) for card in cards]
    assert set(counted) == {0, 1}


def test_actions_have_a_known_type_and_a_description(told: list[Told]) -> None:
    actions = [action for each in told for action in each.actions]
    assert {action["type"] for action in actions} <= {"create", "update", "delete"}
    assert all(action["description"].strip() for action in actions)


def test_actions_carry_whole_resources_as_objects(told: list[Told]) -> None:
    """What an action sends is valid FHIR wherever what came in was."""
    for each in told:
        sent = resources_by_reference(each.request)
        for action in each.actions:
            if action["type"] == "delete":
                assert re.fullmatch(r"[A-Z][A-Za-z]*/[A-Za-z0-9.\-]{1,64}", action["resourceId"])
                assert "resource" not in action
                assert action["resourceId"] in sent
            else:
                resource = action["resource"]
                before = sent[f"{resource['resourceType']}/{resource['id']}"]
                assert min(len(new_faults(resource, one)) for one in before) == 0, each.name


def test_an_update_keeps_the_id_and_all_that_it_does_not_change(told: list[Told]) -> None:
    """Every member of the resource stays but those that a remedy speaks of (item, code, quantity, reasons)."""
    may_change = ("item", "code", "quantityQuantity", "reasonCode", "supportingInfo")
    updates = 0
    for each in told:
        sent = resources_by_reference(each.request)
        for action in each.actions:
            if action["type"] == "update":
                updates += 1
                after = action["resource"]
                before = sent[f"{after['resourceType']}/{after['id']}"][0]
                changed = differences(before, after)
                assert changed
                assert all(path.startswith(may_change) for path in changed), (each.name, changed)
    assert updates > 50


def test_a_card_names_the_resources_that_it_is_about(told: list[Told]) -> None:
    for each in told:
        sent = resources_by_reference(each.request)
        for card in each.cards:
            about = [one["reference"] for one in card["extension"].get("davinci-crd.associated-resource", ())]
            assert set(about) <= set(sent)
            lines = {
                line["resource"]
                for f in card["extension"]["org.igrt-cds.findings"]
                for line in f.get("lines", ())
            }
            assert lines <= set(about)


def test_extensions_are_objects_under_names_of_their_own(cards: list[Json]) -> None:
    for card in cards:
        assert isinstance(card["extension"], dict)
        assert all(re.fullmatch(r"[a-z]+(-[a-z]+)?(\.[a-z0-9-]+)+", name) for name in card["extension"])


def test_links_have_label_address_and_type(cards: list[Json]) -> None:
    """The product sends none today; when it does, these rules hold (the model refuses others: test_model.py)."""
    for link in (link for card in cards for link in card.get("links", ())):
        assert link["label"].strip()
        assert link["type"] in {"absolute", "smart"}
        assert link["type"] == "smart" or "appContext" not in link
        assert link.get("autolaunchable") is not True


def test_system_actions_stand_only_where_they_were_agreed(told: list[Told]) -> None:
    """No client has agreed to any change without a person's consent yet."""
    for each in told:
        assert each.answer.get("systemActions", []) == []
