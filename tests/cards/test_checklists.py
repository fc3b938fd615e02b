"""Findings of one list share a card (rules.md M-1)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.engine.model import Severity
from tests.cards.rendering import cards_of, checklist, only


def test_findings_of_a_checklist_share_a_card() -> None:
    card = only(*checklist("28626-0", "18776-5"))
    assert card["summary"] == "Florida Blue may ask for: history and physical, plan of treatment."
    assert [f["document"] for f in card["extension"]["org.igrt-cds.findings"]] == ["28626-0", "18776-5"]
    assert "Each of these:\n\n- Have this on record: history and physical (LOINC 28626-0)\n" in card["detail"]
    assert "suggestions" not in card


@pytest.mark.parametrize(
    "members", [{"unit": "Claim/c2"}, {"severity": Severity.info}, {"checklist": "imrt"}, {"checklist": ""}]
)
def test_another_resource_severity_or_list_has_a_card_of_its_own(members: dict[str, Any]) -> None:
    assert len(cards_of(*checklist("28626-0"), *checklist("18776-5", **members))) == 2


def test_a_long_checklist_names_what_fits_and_counts_the_rest() -> None:
    card = only(
        *checklist("simulation-note", "dvh-review", "portal-description", "image-review", "unheard-of")
    )
    assert card["summary"] == (
        "Florida Blue may ask for: simulation note, review of the dose-volume histograms, "
        "description of portals or arcs and 2 more."
    )
    assert "portals or arcs, signed and dated review of the planning images, unheard of." in card["detail"]
