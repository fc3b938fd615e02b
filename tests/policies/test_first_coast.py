"""What cases cannot say of the Florida text: the reasons offered, the one card of its list, and its notes."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pytest

from cards import render
from cds_service.books import standard_library
from cds_service.engine.model import Finding
from cds_service.facts.given import build_case
from cds_service.facts.views import CaseView

MEDICARE: dict[str, Any] = {"payer": "medicare-ffs", "state": "FL"}
CONDITIONS = {
    "close-to-critical-structure",
    "narrow-margins",
    "prior-irradiation-adjacent",
    "concave-convex-target",
    "dose-escalation",
}
CLOSENESS = {"close-to-critical-structure", "concave-convex-target"}
TARGETING = {
    "conventional-targeting-inadequate",
    "bony-anatomy-inadequate",
    "internal-motion",
    "implanted-fiducials",
    "setup-variation",
}


def findings(**given: Any) -> tuple[Finding, ...]:
    library = standard_library()
    return library.engine.evaluate(CaseView(build_case(MEDICARE | given), library.knowledge))


def of_statement(found: Iterable[Finding], statement: str) -> list[Finding]:
    return [finding for finding in found if statement in finding.rules]


def offered(found: Iterable[Finding]) -> list[set[str]]:
    return [set(remedy.indications) for finding in found for remedy in finding.remedies]


# ---- reasons that are offered


@pytest.mark.parametrize("day", ["2024-06-03", "2026-03-02"])
def test_the_five_conditions_are_offered_for_imrt(day: str) -> None:
    assert offered(of_statement(findings(date=day, lines=["77301"]), "LCD-05")) == [CONDITIONS]
    ordered = findings(hook="order", date=day, technique=["imrt"], lines=[])
    assert offered(of_statement(ordered, "LCD-05")) == [CONDITIONS]


@pytest.mark.parametrize(
    ("diagnosis", "indications", "wanted"),
    [
        ("C49.10", [], [CLOSENESS, TARGETING]),
        ("C61", [], [TARGETING]),
        ("C49.10", ["narrow-margins"], [CLOSENESS, TARGETING]),
        ("C49.10", ["concave-convex-target"], [TARGETING]),
        ("C49.10", ["internal-motion"], [CLOSENESS]),
    ],
    ids=["none", "common-site", "another", "closeness", "targeting"],
)
def test_for_guidance_each_half_that_is_missing_is_offered(
    diagnosis: str, indications: list[str], wanted: list[set[str]]
) -> None:
    found = findings(hook="order", diagnoses=[diagnosis], indications=indications, lines=["77014"])
    (asking,) = of_statement(found, "LCD-61")
    assert (offered([asking]), asking.all_of) == (wanted, len(wanted) > 1)


# ---- one card for the record


def record_cards(**given: Any) -> list[dict[str, Any]]:
    found = [f for f in findings(**given) if f.checklist == "first-coast-imrt-record"]
    return [card.to_json() for card in render(found, hook_instance="call", resources={})]


def documents_of(card: dict[str, Any]) -> list[str]:
    return [finding["document"] for finding in card["extension"]["org.igrt-cds.findings"]]


def test_what_the_record_lacks_is_one_card_with_a_finding_for_each_item() -> None:
    (card,) = record_cards(documents=[], lines=["77301", "G6016"])
    assert documents_of(card) == [
        "prescription-constraints",
        "imrt-need-statement",
        "image-review",
        "dvh-review",
        "portal-description",
        "dosimetric-verification",
        "compensator-design",
    ]
    assert card["indicator"] == "warning"
    assert card["summary"].startswith("IMRT record (incomplete): prescription with dose constraints, ")
    assert card["summary"].endswith(" and 5 more.")
    assert len(card["summary"]) < 140
    assert "compensator design for each portal" in card["detail"]


def test_in_a_chart_whose_types_cannot_be_read_the_card_asks_to_check() -> None:
    (card,) = record_cards(documents=[{"type": "18776-5", "date": "2024-05-20"}], lines=["77301"])
    assert card["indicator"] == "info"
    assert card["summary"].startswith("IMRT record (please check): prescription with dose constraints, ")
    assert len(documents_of(card)) == 6


def test_reminders_stand_in_the_card_of_the_list() -> None:
    (card,) = record_cards(documents=[], lines=["77301", "77263", "77290", "77300"])
    assert documents_of(card)[6:] == [
        "planning-work-itemised",
        "simulation-note",
        "independent-dose-check",
    ]
    assert card["indicator"] == "warning"
    assert card["summary"].startswith("IMRT record (incomplete): ")


def test_for_a_plan_s_member_the_list_leads_the_card_too() -> None:
    (card,) = record_cards(
        payer="other", line_of_business="medicare-advantage", documents=[], lines=["77301", "77263"]
    )
    assert card["indicator"] == "info"
    assert card["summary"].startswith("IMRT record (incomplete): prescription with dose constraints, ")
    assert documents_of(card)[-1] == "planning-work-itemised"


def test_reminders_alone_are_one_card_of_their_own() -> None:
    history = [{"code": "G6015", "date": "2024-06-10", "diagnoses": ["C61"]}]
    (card,) = record_cards(
        documents=[], diagnoses=["C61"], lines=["77263", "77290", "77300"], history=history
    )
    assert card["indicator"] == "info"
    assert card["summary"].startswith("Record beside IMRT, please check: itemised record of the planning")
    assert len(documents_of(card)) == 3


def test_florida_blue_s_own_list_is_a_card_beside_it() -> None:
    found = findings(
        payer="florida-blue",
        line_of_business="medicare-advantage",
        claim_type="professional",
        place_of_service="11",
        documents=[],
        lines=["77301", "G6015", "77014"],
    )
    lists = {finding.checklist: finding.severity.name for finding in found if finding.checklist}
    assert lists == {"florida-blue-documents": "warning", "first-coast-imrt-record": "info"}


# ---- what every card says


def test_every_rule_says_that_the_status_of_the_text_is_not_verified() -> None:
    rules = [rule for rule in standard_library().engine.book.rules if rule.policy.startswith("first-coast.")]
    assert len(rules) > 20
    for rule in rules:
        of_2026 = rule.effective.first is not None and rule.effective.first.year >= 2026
        said = "Historical contractor guidance: " if of_2026 else "Historical contractor text: verify which "
        assert any(note.startswith(said) for note in rule.finding.notes), rule.name


def test_no_rule_of_the_text_asks_for_the_type_of_bill() -> None:
    """LCD-71: bill types do not limit it."""
    institutional = findings(claim_type="institutional", lines=["77386"])
    assert of_statement(institutional, "LCD-05")
    critical_access = findings(claim_type="institutional", type_of_bill="851", lines=["77386"])
    assert of_statement(critical_access, "LCD-05")


# ---- what a call costs, whatever it says

FIRST = date(2024, 1, 1)


def on_days(count: int, *codes: str, **more: str) -> list[dict[str, str]]:
    days = [str(FIRST + timedelta(days=n)) for n in range(count)]
    return [{"code": codes[n % len(codes)], "date": day, **more} for n, day in enumerate(days)]


@pytest.mark.parametrize(
    ("lines", "statement"),
    [
        ([{"code": "77301", "units": "5000000"}], "LCD-30"),
        (on_days(250, "77301"), "LCD-31"),
        (on_days(250, "77301", "77334-26"), "LCD-47"),
        (on_days(250, "77386", through="9999-12-31") + on_days(250, "77336", units="9999"), "LCD-49"),
    ],
    ids=["units", "plans", "devices", "deliveries without an end"],
)
def test_a_claim_beyond_all_measure_is_answered_at_once(lines: list[dict[str, str]], statement: str) -> None:
    changes = [{"type": "anatomy-change", "date": day["date"]} for day in on_days(250, "")]
    given = {"claim_type": "professional", "diagnoses": ["C61"], "lines": lines}
    started = time.process_time()
    found = findings(documents=[] if statement == "LCD-30" else changes, **given)
    assert time.process_time() - started < 2
    assert statement in {rule for finding in found for rule in finding.rules}


def test_units_of_one_line_are_plans_of_its_day() -> None:
    for units, left in (("2", 1), ("5000000", 1)):
        line = {"code": "77301", "units": units, "date": "2024-06-03"}
        (finding,) = of_statement(findings(documents=[], lines=[line]), "LCD-30")
        assert finding.remedies[0].label == f"reduce-units 77301 -> {left}"
    change = {"type": "anatomy-change", "date": "2024-06-03"}
    assert of_statement(findings(documents=[change], lines=[line]), "LCD-30") == []
    between = {"code": "77301", "units": "3", "date": "2024-06-20"}
    first = {"code": "77301", "date": "2024-06-03"}
    change = {"type": "anatomy-change", "date": "2024-06-10"}
    (finding,) = of_statement(findings(documents=[change], lines=[first, between]), "LCD-30")
    assert finding.remedies[0].label == "reduce-units 77301 -> 1"


def test_plans_of_one_day_that_the_record_bears_out_leave_none_for_a_later_day() -> None:
    papers = [{"type": kind, "date": "2024-06-03"} for kind in ("anatomy-change", "repeat-planning-ct")]
    lines = [{"code": "77301", "units": "3", "date": "2024-06-03"}, {"code": "77301", "date": "2024-06-20"}]
    (finding,) = of_statement(findings(documents=papers, lines=lines), "LCD-30")
    assert finding.remedies[0].label == "remove-line 77301"


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_record_bears_out_a_plan_in_whatever_order_its_documents_are_listed(newest_first: bool) -> None:
    """Between the plans lie a change and a scan; before the first and after the second one stand others."""
    days = ("2024-05-20", "2024-06-10", "2024-06-24")
    papers = [
        {"type": kind, "date": day} for kind in ("anatomy-change", "repeat-planning-ct") for day in days
    ]
    lines = [{"code": "77301", "date": "2024-06-03"}, {"code": "77301", "date": "2024-06-17"}]
    found = findings(documents=papers[::-1] if newest_first else papers, lines=lines)
    assert of_statement(found, "LCD-30") == of_statement(found, "LCD-31") == []


def test_weeks_of_a_delivery_are_counted_once_however_its_lines_overlap() -> None:
    """LCD-49: a week with a delivery bears one unit of 77336, and one more while the course is not known whole."""
    deliveries = [
        {"code": "77386", "date": "2024-06-03", "through": "2024-06-14"},
        {"code": "77386", "date": "2024-06-05", "through": "2024-06-06"},
        {"code": "77386", "date": "2024-06-13", "through": "2024-06-17"},
        {"code": "77386", "date": "2024-07-01"},
    ]
    for units, told in (("5", False), ("6", True)):
        physics = {"code": "77336", "date": "2024-07-01", "units": units}
        given = {"claim_type": "professional", "diagnoses": ["C61"], "lines": [*deliveries, physics]}
        assert bool(of_statement(findings(**given), "LCD-49")) is told
