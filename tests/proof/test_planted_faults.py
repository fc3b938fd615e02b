"""Every kind of fault, planted in a copy of the book, is found by the proof of what is around it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.engine import settle
from cds_service.facts.vocabulary import VOCABULARY
from tests.proof.planted import Plant, copy_of_the_book, found, library_of, proof_around, rule

pytestmark = pytest.mark.slow

SAY = "because: Planted by a test and to be found there., kind: bundling, severity: warning"
COMPONENTS, MODIFIERS = "astro/components.policy.yaml", "astro/modifiers.policy.yaml"
VALIDITY, CHOICE = "cms/validity.policy.yaml", "astro/payer-choice.policy.yaml"


def test_a_condition_that_cannot_hold(tmp_path: Path) -> None:
    book = copy_of_the_book(
        tmp_path,
        Plant(
            COMPONENTS,
            "      code: {is: 77387}\n      side: {is: hospital}",
            "      code: {is: 77387}\n      claim_type: {is: professional}\n      side: {is: hospital}",
        ),
    )
    name = "technical-77387-inside-imrt-delivery"
    (fault,) = found(proof_around(book, [f"astro.components.{name}"]), "dead-rule", name)
    assert "never speaks" in fault.what


def test_a_suggestion_that_draws_a_finding_again(tmp_path: Path) -> None:
    more = rule(
        "office-ultrasound",
        "{code: {is: G6001}, side: {is: physician-in-hospital}, modifiers: {has_any: [26]}}",
        f"{{{SAY}, summary: Report G6002 without 26 instead., remedies: [{{action: replace, to: G6002, component: none}}]}}",
    )
    proof = proof_around(copy_of_the_book(tmp_path, more=more), ["office-ultrasound"])
    assert found(proof, "draws-again", "office-ultrasound", "hospital-physician-guidance-without-26")


def test_two_rules_that_remove_both_halves(tmp_path: Path) -> None:
    one = rule(
        "plan-beside-simulation",
        "{code: {is: 77301}, lines_of_date: {some: {code: {is: 77290}}}}",
        f"{{{SAY}, summary: Remove the plan beside its simulation., remedies: [{{action: remove-line}}]}}",
    )
    other = rule(
        "simulation-beside-plan",
        "{code: {is: 77290}, lines_of_date: {some: {code: {is: 77301}}}}",
        f"{{{SAY}, summary: Remove the simulation beside its plan., remedies: [{{action: remove-line}}]}}",
    )
    proof = proof_around(copy_of_the_book(tmp_path, more=one + other), ["plan-beside-simulation"])
    (fault,) = found(proof, "both-halves", "plan-beside-simulation", "simulation-beside-plan")
    assert fault.given is not None
    assert sorted(line["code"] for line in fault.given["lines"]) == ["77290", "77301"]


def test_one_rule_that_removes_every_copy(tmp_path: Path) -> None:
    more = rule(
        "plan-twice",
        "{code: {is: 77295}, same_code_of_date: {some: {code: {is: 77295}}}}",
        f"{{{SAY}, summary: Remove a plan that is billed twice., remedies: [{{action: remove-line}}]}}",
    )
    proof = proof_around(copy_of_the_book(tmp_path, more=more), ["plan-twice"])
    assert found(proof, "both-halves", "plan-twice")


def test_a_code_that_is_not_valid_on_the_date(tmp_path: Path) -> None:
    book = copy_of_the_book(
        tmp_path,
        Plant(
            VALIDITY,
            "              - {action: replace, to: {fact: successor_of_2015}, component: professional}\n              - {action: replace, to: 77387, component: professional}",
            "              - {action: replace, to: {fact: own_code}, component: professional}\n              - {action: replace, to: 77387, component: professional}",
        ),
    )
    proof = proof_around(book, ["guidance-code-ended-2014"])
    # It is never suggested (engine.remedies), so the part of the rule that names it is of no use.
    assert not found(proof, "invalid-code", "guidance-code-ended-2014")
    assert found(proof, "dead-part", "guidance-code-ended-2014")


def test_a_circle_of_replacements(tmp_path: Path) -> None:
    more = "".join(
        rule(
            f"level-{one}-to-{other}",
            f"{{code: {{is: {one}}}, side: {{is: hospital}}}}",
            f"{{{SAY}, summary: Report the other level of delivery., remedies: [{{action: replace, to: {other}}}]}}",
        )
        for one, other in (("77407", "77412"), ("77412", "77407"))
    )
    proof = proof_around(copy_of_the_book(tmp_path, more=more), ["level-77407-to-77412"])
    assert found(proof, "cycle", "level-77407-to-77412") or found(proof, "cycle", "level-77412-to-77407")


def test_a_fact_that_raises_for_one_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import copy

    vocabulary = copy.copy(VOCABULARY)
    plain = VOCABULARY["component"]

    def raising(line: object) -> object:
        answer = plain.get(line)
        if answer == "technical" and getattr(line, "code", "") == "G6017":
            raise LookupError("no such part")
        return answer

    import dataclasses

    vocabulary._facts = dict(VOCABULARY) | {"component": dataclasses.replace(plain, get=raising)}
    proof = proof_around(copy_of_the_book(tmp_path), ["technical-guidance-inside-imrt-delivery"], vocabulary)
    faults = [f for f in proof.faults if f.kind == "raises"]
    assert any("LookupError in `raising`" in f.what for f in faults)


def test_a_modifier_added_and_removed(tmp_path: Path) -> None:
    more = rule(
        "tracking-wants-26",
        "{code: {is: G6017}, modifiers: {has_any: [26]}}",
        f"{{{SAY}, summary: Report tracking with 26 and nothing else., remedies: [{{action: add-modifier, modifier: 26}}]}}",
    )
    proof = proof_around(copy_of_the_book(tmp_path, more=more), ["tracking-wants-26"])
    assert found(proof, "contradiction", "tracking-wants-26", "tracking-with-26")
    assert found(proof, "no-effect", "tracking-wants-26")


def test_a_line_removed_and_kept(tmp_path: Path) -> None:
    more = rule(
        "tracking-is-too-much",
        "{code: {is: G6017}, modifiers: {has_any: [26]}}",
        f"{{{SAY}, summary: Remove the tracking again., remedies: [{{action: remove-line}}]}}",
    ) + rule(
        "tracking-is-missing",
        "{code: {is: 77412}, lines_of_date: {none: {code: {is: G6017}}}}",
        f"{{{SAY}, summary: Report the tracking as well., remedies: [{{action: add-line, code: G6017-26}}]}}",
    )
    proof = proof_around(copy_of_the_book(tmp_path, more=more), ["tracking-is-missing"])
    assert found(proof, "cycle", "tracking-is-too-much") or found(proof, "cycle", "tracking-is-missing")


def test_a_component_after_which_the_rule_speaks_again(tmp_path: Path) -> None:
    book = copy_of_the_book(
        tmp_path,
        Plant(
            MODIFIERS,
            "        - {action: replace, to: {fact: own_code}, component: professional}",
            "        - {action: replace, to: G6002, component: technical}",
        ),
    )
    name = "hospital-physician-guidance-with-tc"
    assert found(proof_around(book, [name]), "comes-back", name)


def test_a_summary_that_is_too_long(tmp_path: Path) -> None:
    old = "summary: \"Under Medicare's fee schedule IMRT delivery is"
    new = 'summary: "On {line_date} and for {units} units under the Medicare fee schedule of physicians and offices, with {modifiers}, {line} and {code}: IMRT delivery is'
    book = copy_of_the_book(tmp_path, Plant(CHOICE, old, new))
    name = "cpt-imrt-delivery-on-medicare-fee-schedule"
    assert found(proof_around(book, [name]), "long-summary", name)


def test_an_order_that_is_asked_for_a_modifier(tmp_path: Path) -> None:
    more = rule(
        "order-without-26",
        "{code: {is: 77387}, modifiers: {has_none: [26, TC]}, hook: {is: order}}",
        f"{{{SAY.replace('bundling', 'modifier')}, summary: Order it with 26 please., remedies: [{{action: add-modifier, modifier: 26}}]}}",
    )
    proof = proof_around(copy_of_the_book(tmp_path, more=more), ["order-without-26"])
    (fault,) = found(proof, "order-cap", "order-without-26")
    assert fault.given is not None
    assert fault.given["hook"] == "order"


def test_a_severity_above_the_cap_of_orders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settle, "ORDER_CAPPED", settle.ORDER_CAPPED - {"bundling"})
    proof = proof_around(copy_of_the_book(tmp_path), ["tracking-beside-77387"])
    (fault,) = found(proof, "order-cap", "tracking-beside-77387")
    assert "warning on an order" in fault.what


def test_a_step_that_is_never_reached(tmp_path: Path) -> None:
    old = """            then: critical
          - otherwise: warning
      caps:
        - when: {techniques_of_date: {several: yes}}"""
    new = """            then: critical
          - when: {plan: {is: molina-medicare}}
            then: info
          - otherwise: warning
      caps:
        - when: {techniques_of_date: {several: yes}}"""
    book = copy_of_the_book(tmp_path, Plant(COMPONENTS, old, new))
    name = "technical-77387-inside-imrt-delivery"
    (fault,) = found(proof_around(book, [name]), "dead-part", name)
    assert "step 2 (info) of its severity" in fault.what


def test_a_cap_a_branch_and_an_alternative_that_never_matter(tmp_path: Path) -> None:
    more = rule(
        "parts-without-use",
        "{code: {is: 77336}, any: [{side: {is: hospital}}, {claim_type: {is: institutional}}, {units: {at_least: 2}}]}",
        f"{{{SAY}, caps: [{{when: {{units: {{at_least: 2}}}}, at_most: critical}}],"
        " summary: One check of the physicist is enough., remedies:"
        " [{action: reduce-units, to: 1, unless: {units: {is: 1}}}, {action: review}, {action: review}]}",
    )
    proof = proof_around(copy_of_the_book(tmp_path, more=more), ["parts-without-use"])
    said = " ".join(f.what for f in found(proof, "dead-part", "parts-without-use"))
    assert "`any` branch `side is hospital`" in said
    assert "`any` branch `claim_type is institutional`" in said
    assert "`any` branch `units at_least 2`" not in said
    assert "cap 1 (at most critical)" in said
    assert "alternative 3 (`review`, otherwise)" in said
    assert "alternative 1" not in said


def test_an_override_that_silences_everything(tmp_path: Path) -> None:
    more = rule(
        "louder-than-tracking",
        "{code: {is: G6017}}",
        f"{{{SAY}, summary: Tracking is looked at by hand., remedies: [{{action: review}}]}}",
        overrides="[tracking-with-tc]",
    )
    proof = proof_around(copy_of_the_book(tmp_path, more=more), ["tracking-with-tc", "louder-than-tracking"])
    (fault,) = found(proof, "dead-rule", "tracking-with-tc")
    assert "nothing that it says survives" in fault.what


def test_an_override_of_what_never_speaks_beside_it(tmp_path: Path) -> None:
    more = rule(
        "deaf-override",
        "{code: {is: 77014}}",
        f"{{{SAY}, summary: CT guidance is looked at by hand., remedies: [{{action: review}}]}}",
        overrides="[tracking-with-tc]",
    )
    proof = proof_around(copy_of_the_book(tmp_path, more=more), ["deaf-override"])
    (fault,) = found(proof, "dead-part", "deaf-override")
    assert "overrides: tracking-with-tc" in fault.what


def test_the_copy_without_a_plant_has_none_of_these(tmp_path: Path) -> None:
    names = [
        "technical-77387-inside-imrt-delivery",
        "tracking-with-tc",
        "hospital-physician-guidance-with-tc",
        "cpt-imrt-delivery-on-medicare-fee-schedule",
    ]
    book = copy_of_the_book(tmp_path)
    assert library_of(book).engine.book.rules
    assert [
        f for f in proof_around(book, names).faults if f.kind not in ("contradiction", "draws-again")
    ] == []
