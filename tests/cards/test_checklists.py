"""Findings of one list share a card (rulebook M-1)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.engine.model import Severity, Text
from tests.cards.rendering import cards_of, checklist, only


def test_findings_of_a_checklist_share_a_card() -> None:
    card = only(*checklist("28626-0", "18776-5"))
    assert card["summary"] == "Florida Blue may ask for: history and physical, plan of treatment."
    assert [f["document"] for f in card["extension"]["org.igrt-cds.findings"]] == ["28626-0", "18776-5"]
    assert "Each of these:\n\n- Have this on record: history and physical (LOINC 28626-0)\n" in card["detail"]
    assert "suggestions" not in card


def test_a_list_of_one_document_keeps_its_two_sentences_apart() -> None:
    card = only(*checklist("28626-0", summary=Text("None on file.")))
    assert "**Asked for.** Florida Blue may ask for: history and physical. None on file.\n" in card["detail"]


@pytest.mark.parametrize("members", [{"unit": "Claim/c2"}, {"checklist": "imrt"}, {"checklist": ""}])
def test_another_resource_or_list_has_a_card_of_its_own(members: dict[str, Any]) -> None:
    assert len(cards_of(*checklist("28626-0"), *checklist("18776-5", **members))) == 2


def test_a_reminder_of_the_list_stands_in_the_card_of_the_strictest() -> None:
    reminder = checklist("simulation-note", severity=Severity.info, checklist_summary=Text("Note: {items}."))
    card = only(*reminder, *checklist("28626-0"))
    assert card["indicator"] == "warning"
    assert card["summary"] == "Florida Blue may ask for: history and physical, simulation note."
    assert [f["severity"] for f in card["extension"]["org.igrt-cds.findings"]] == ["warning", "info"]
    assert only(*reminder)["summary"] == "Note: simulation note."


def test_a_long_checklist_names_what_fits_and_counts_the_rest() -> None:
    card = only(
        *checklist("simulation-note", "dvh-review", "portal-description", "image-review", "unheard-of")
    )
    assert card["summary"] == (
        "Florida Blue may ask for: simulation note, review of the dose-volume histograms, "
        "description of portals or arcs and 2 more."
    )
    assert "portals or arcs, signed and dated review of the planning images, unheard of." in card["detail"]


@pytest.mark.parametrize(
    ("lengths", "ending"),
    [
        ((55, 55), "b" * 55 + "."),
        ((56, 55), "a" * 56 + " and 1 more."),
        ((101, 10), "a" * 101 + " and 1 more."),
        ((40, 40, 40), "b" * 40 + " and 1 more."),
    ],
)
def test_as_many_items_as_fit_into_the_summary(lengths: tuple[int, ...], ending: str) -> None:
    card = only(*checklist(*(letter * length for letter, length in zip("abc", lengths, strict=False))))
    assert card["summary"].endswith(ending)
    assert len(card["summary"]) <= 139


def test_an_item_that_does_not_fit_is_cut_and_told_in_full_in_the_detail() -> None:
    card = only(*checklist("a" * 150, "b"))
    assert card["summary"].endswith("a\u2026")
    assert len(card["summary"]) == 139
    assert "a" * 150 + ", b." in card["detail"]
