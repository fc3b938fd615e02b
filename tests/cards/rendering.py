"""Cards as JSON, for the tests of rendering."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cards import render
from cds_service.engine.model import Finding, Remedy, Severity, Text
from tests.cards.builders import claim, finding, item

CLAIM = claim(item(1, "77386"), item(2, "77387", "TC"), total={"value": 1000})
RESOURCES = {"Claim/c1": CLAIM}


def cards_of(*findings: Finding, resources: Mapping[str, Any] = RESOURCES) -> list[dict[str, Any]]:
    return [card.to_json() for card in render(findings, hook_instance="call", resources=resources)]


def only(*findings: Finding, resources: Mapping[str, Any] = RESOURCES) -> dict[str, Any]:
    (card,) = cards_of(*findings, resources=resources)
    return card


def checklist(*documents: str, **members: Any) -> list[Finding]:
    """Findings of one list, their statements numbered in the order of the documents."""
    return [
        finding(
            **{
                "kind": "documentation",
                "severity": Severity.warning,
                "rules": (f"FLB-{number}",),
                "summary": Text("No {name} on file.", (("name", document),)),
                "lines": (),
                "document": document,
                "remedies": (Remedy("add-document", document=document),),
                "checklist": "record",
                "checklist_summary": Text("{payer} may ask for: {items}.", (("payer", "Florida Blue"),)),
            }
            | members
        )
        for number, document in enumerate(documents, start=29)
    ]
