"""Every rendered card validates against the published schema; the data files hold what they should."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from cards import render
from cards.order import KINDS
from cards.wording import label, load, override_reasons
from cds_service.engine.model import ACTIONS, Finding, Remedy, Severity, Text
from tests.cards.builders import claim, finding, item, line, order, order_line
from tests.cards.test_detail import REMEDIES

SCHEMA = json.loads((files("cards") / "schema" / "card.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)

RESOURCES = {
    "Claim/c1": claim(
        item(1, "77386"),
        item(2, "77387", quantity={"value": 2}),
        item(3, "G6017", "26", quantity={"value": 3}),
    ),
    "ServiceRequest/s1": order({"code": "77387"}),
}
INDICATIONS = (
    "bony-anatomy-inadequate",
    "dose-escalation",
    "implanted-fiducials",
    "normal-structure-sparing",
    "close-to-critical-structure",
    "setup-variation",
    "internal-motion",
    "prior-irradiation-adjacent",
    "narrow-margins",
    "concave-convex-target",
    "conventional-targeting-inadequate",
    "hippocampal-sparing",
)
DOCUMENTS = (
    "28626-0",
    "18741-9",
    "18776-5",
    "imrt-need-statement",
    "prescription-constraints",
    "image-review",
    "dvh-review",
    "portal-description",
    "dosimetric-verification",
    "compensator-design",
    "anatomy-change",
    "repeat-planning-ct",
    "independent-dose-check",
    "device-necessity",
    "special-physics-request",
    "igrt-physician-review",
    "simulation-note",
    "planning-work-itemised",
)
MODALITIES = (
    "external-beam-boost",
    "proton",
    "electron",
    "superficial",
    "neutron",
    "brachytherapy",
    "tbi",
    "hemibody",
    "per-oral",
    "endocavitary",
    "intraoperative",
)


def findings() -> Iterator[Finding]:
    """Findings of every kind, severity and remedy, on claims and orders, full and bare."""
    lines = (line(1, "77387"), line(2, "G6017", "26"))
    for kind in KINDS:
        for severity in Severity:
            yield finding(kind=kind, severity=severity, lines=lines)
    for remedy in REMEDIES.values():
        yield finding(lines=lines, remedies=(remedy,))
        yield finding(unit="ServiceRequest/s1", lines=(order_line(0, "77387"),), remedies=(remedy,))
    yield finding(lines=lines, remedies=tuple(REMEDIES.values()), all_of=True)
    yield finding(unit="ServiceRequest/s1", lines=(order_line(0, "77387"),))
    yield finding(lines=(), remedies=(), evidence=(), because=())
    yield finding(missing=("technique",), document="28626-0", notes=(Text("x"),))
    for document in DOCUMENTS:
        yield finding(
            kind="documentation",
            lines=(),
            document=document,
            remedies=(Remedy("add-document", document=document),),
            checklist="record",
            checklist_summary=Text("On file? {items}"),
        )


def empties(value: Any, path: str = "") -> Iterator[str]:
    """Members of ours without value; embedded resources are not ours."""
    if value is None or value in ("", [], {}):
        yield path
    elif isinstance(value, dict):
        for name, member in value.items():
            if name != "resource" or isinstance(member, str):
                yield from empties(member, f"{path}.{name}")
    elif isinstance(value, list):
        for n, entry in enumerate(value):
            yield from empties(entry, f"{path}[{n}]")


def cards() -> list[dict[str, Any]]:
    return [c.to_json() for c in render(findings(), hook_instance="call", resources=RESOURCES)]


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_every_rendered_card_validates() -> None:
    rendered = json.loads(json.dumps(cards()))
    assert len(rendered) > 60
    actions = {a["type"] for c in rendered for s in c.get("suggestions", ()) for a in s["actions"]}
    assert actions == {"update", "delete"}
    for card in rendered:
        faults = [f"{fault.json_path}: {fault.message}" for fault in VALIDATOR.iter_errors(card)]
        assert not faults
        assert not list(empties(card))


@pytest.mark.parametrize(
    "change",
    [
        {"summary": "x" * 140},
        {"summary": "a\nb"},
        {"indicator": "hard-stop"},
        {"selectionBehavior": "any"},
        {"detail": None},
        {"links": []},
        {"suggestions": []},
        {"surprise": 1},
        {"uuid": "1"},
        {"extension": {"org.igrt-cds.findings": []}},
        {"extension": {"org.igrt-cds.findings": [{"kind": "other", "severity": "info", "rules": ["A"]}]}},
        {
            "extension": {
                "org.igrt-cds.findings": [
                    {
                        "kind": "bundling",
                        "severity": "info",
                        "rules": ["A"],
                        "remedies": [{"action": "replace"}],
                    }
                ]
            }
        },
    ],
)
def test_the_schema_refuses(change: dict[str, Any]) -> None:
    card = next(c for c in cards() if "suggestions" in c)
    assert VALIDATOR.is_valid(card)
    assert not VALIDATOR.is_valid(card | change)


def test_the_schema_lists_our_kinds_and_actions() -> None:
    assert tuple(SCHEMA["$defs"]["kind"]["enum"]) == KINDS
    assert tuple(SCHEMA["$defs"]["remedy"]["properties"]["action"]["enum"]) == ACTIONS


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        ("kind_labels", KINDS),
        ("indication_labels", INDICATIONS),
        ("modality_labels", MODALITIES),
        ("document_labels", DOCUMENTS),
    ],
)
def test_every_code_has_a_label_of_its_own(table: str, codes: tuple[str, ...]) -> None:
    labels = [load(table)[code] for code in codes]
    assert len(set(labels)) == len(codes)
    assert all(text.strip() == text and text for text in labels)


def test_a_code_without_label_is_shown_in_words() -> None:
    assert label("indication_labels", "never-heard_of") == "never heard of"


def test_override_reasons_are_coded_and_shown() -> None:
    reasons = override_reasons()
    assert len({(r.system, r.code) for r in reasons}) == len(reasons) > 3
    assert all(r.display for r in reasons)
