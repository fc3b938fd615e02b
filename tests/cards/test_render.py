"""What a card says and carries (contract section 4)."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys

import pytest

from cards import render
from cds_service.engine.model import Evidence, Finding, LineRef, Remedy, Severity, Source, Text
from tests.cards.builders import PAYER, SOCIETY, finding
from tests.cards.rendering import RESOURCES, cards_of, checklist, only
from tests.conftest import ROOT


def test_no_findings_no_cards() -> None:
    assert render([], hook_instance="call", resources={}) == ()


def test_the_card_of_a_finding() -> None:
    card = only(finding(sources=(SOCIETY, PAYER)))
    assert card["summary"] == "Guidance is included in IMRT delivery: remove 77387-TC."
    assert card["indicator"] == "critical"
    assert card["source"] == {
        "label": "Florida Blue",
        "url": "https://payer.example/mcg",
        "topic": {
            "system": "urn:igrt-cds:finding-kind",
            "code": "bundling",
            "display": "Contained in another code",
        },
    }
    assert {reason["system"] for reason in card["overrideReasons"]} == {
        "urn:igrt-cds:override-reason",
        "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes",
    }


def test_a_document_without_owner_is_named_by_its_label() -> None:
    source = Source("X-1", "A", "x", "Title", "", "Label", "https://x.example/", "e1", "payer")
    assert only(finding(sources=(source,)))["source"]["label"] == "Label"


def test_machine_readable_findings() -> None:
    remedies = (Remedy("replace", "77387", to="G6002-26"), Remedy("reduce-units", "77387", to=1, sequence=2))
    made = finding(remedies=remedies, all_of=True, document="28626-0", missing=("method",))
    assert only(made)["extension"] == {
        "davinci-crd.associated-resource": [{"reference": "Claim/c1"}],
        "org.igrt-cds.findings": [
            {
                "kind": "bundling",
                "severity": "critical",
                "rules": ["AST-15"],
                "lines": [
                    {
                        "resource": "Claim/c1",
                        "sequence": 2,
                        "code": "77387",
                        "modifiers": ["TC"],
                        "date": "2023-05-08",
                    }
                ],
                "remedies": [
                    {"action": "replace", "code": "77387", "to": "G6002-26"},
                    {"action": "reduce-units", "code": "77387", "to": 1, "sequence": 2},
                ],
                "evidence": [{"path": "Claim.item[1].productOrService", "value": "77387"}],
                "allOf": True,
                "document": "28626-0",
                "missing": ["method"],
            }
        ],
    }


def test_members_without_value_are_omitted() -> None:
    bare = finding(lines=(LineRef("ServiceRequest/s1", None, "77387", (), "", ""),), remedies=(), evidence=())
    assert only(bare, resources={})["extension"]["org.igrt-cds.findings"] == [
        {
            "kind": "bundling",
            "severity": "critical",
            "rules": ["AST-15"],
            "lines": [{"resource": "ServiceRequest/s1", "code": "77387"}],
        }
    ]


def test_a_long_summary_is_cut_at_a_word_and_told_in_full_in_the_detail() -> None:
    sentence = "Image guidance was reported more often than treatment was given " * 4
    card = only(finding(summary=Text(sentence)))
    assert len(card["summary"]) <= 139
    assert card["summary"].endswith("given Image\u2026")
    assert sentence.startswith(card["summary"][:-1] + " ")
    assert sentence.strip() in card["detail"]


def test_a_gap_without_value_is_refused_with_a_letter() -> None:
    with pytest.raises(ValueError, match=r"^Sentence 'Remove \{line\}': has a gap"):
        cards_of(finding(summary=Text("Remove {line}")))


def test_values_are_not_read_as_templates() -> None:
    card = only(finding(summary=Text("Remove {line}", (("line", "{code} {0} %s $x"),))))
    assert card["summary"] == "Remove {code} {0} %s $x"


def test_identical_findings_have_distinct_identifiers() -> None:
    first, second = cards_of(finding(remedies=()), finding(remedies=()))
    assert first["uuid"] != second["uuid"]


def many() -> list[Finding]:
    return [
        finding(),
        finding(severity=Severity.info, kind="informational", remedies=(Remedy("review"),)),
        finding(severity=Severity.warning, kind="modifier", evidence=(Evidence("Claim.item[0]", "77386"),)),
        *checklist("28626-0", "18776-5"),
    ]


def test_the_same_call_gives_the_same_cards_in_any_order_of_findings() -> None:
    expected = json.dumps(cards_of(*many()))
    for permuted in itertools.permutations(many()):
        assert json.dumps(cards_of(*permuted)) == expected


def test_another_call_gives_other_identifiers_and_nothing_else() -> None:
    one, two = (
        [c.to_json() for c in render(many(), hook_instance=name, resources=RESOURCES)] for name in ("a", "b")
    )
    for a, b in zip(one, two, strict=True):
        assert a["uuid"] != b["uuid"]
        assert {k for k in a if a[k] != b[k]} <= {"uuid", "suggestions"}


def test_cards_do_not_depend_on_the_process() -> None:
    program = "import json, tests.cards.test_render as t; print(json.dumps(t.cards_of(*t.many())))"
    answers = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert answers == {json.dumps(cards_of(*many())) + "\n"}
