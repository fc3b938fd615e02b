"""What a card says and carries (contract section 4)."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from cards import render
from cds_service.engine.model import Evidence, Finding, LineRef, Remedy, Severity, Source, Text
from tests.cards.builders import HCPCS, PAYER, SOCIETY, claim, finding, item, line, order, order_line

CLAIM = claim(item(1, "77386"), item(2, "77387", "TC"), total={"value": 1000})
RESOURCES = {"Claim/c1": CLAIM}


def cards_of(*findings: Finding, resources: Mapping[str, Any] = RESOURCES) -> list[dict[str, Any]]:
    return [card.to_json() for card in render(findings, hook_instance="call", resources=resources)]


def only(*findings: Finding, resources: Mapping[str, Any] = RESOURCES) -> dict[str, Any]:
    (card,) = cards_of(*findings, resources=resources)
    return card


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


def test_the_one_remedy_is_recommended() -> None:
    card = only(finding())
    (suggestion,) = card["suggestions"]
    (action,) = suggestion["actions"]
    assert card["selectionBehavior"] == "at-most-one"
    assert suggestion["label"] == "Remove 77387"
    assert suggestion["isRecommended"] is True
    assert (action["type"], action["resource"]) == ("update", CLAIM | {"item": CLAIM["item"][:1]})


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
    one = finding(lines=(), remedies=(Remedy("attest-indication", indications=slugs[:1]),))
    assert "isRecommended" not in only(one)["suggestions"][0]


def test_an_order_left_without_billing_code_is_deleted() -> None:
    resource = order({"system": HCPCS, "code": "G6002"})
    void = finding(
        unit="ServiceRequest/s1", lines=(order_line(0, "G6002"),), remedies=(Remedy("remove-line", "G6002"),)
    )
    (suggestion,) = only(void, resources={"ServiceRequest/s1": resource})["suggestions"]
    (action,) = suggestion["actions"]
    assert (action["type"], action["resourceId"]) == ("delete", "ServiceRequest/s1")
    assert "resource" not in action


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
    assert "portals or arcs, signed and dated review of the planning images, unheard of\\." in card["detail"]


def test_a_long_summary_is_cut_at_a_word_and_told_in_full_in_the_detail() -> None:
    sentence = "Image guidance was reported more often than treatment was given " * 4
    card = only(finding(summary=Text(sentence)))
    assert len(card["summary"]) <= 139
    assert card["summary"].endswith(" than\u2026")
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
    program = "import json; from tests.cards.test_render import *; print(json.dumps(cards_of(*many())))"
    answers = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert answers == {json.dumps(cards_of(*many())) + "\n"}
