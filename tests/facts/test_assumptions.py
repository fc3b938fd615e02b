"""What had to be assumed is said: on the cards that hang on it, and on no other."""

from __future__ import annotations

import json

import pytest

from cds_service.books import standard_library
from cds_service.engine.model import Finding
from cds_service.facts.assemble import Given
from cds_service.facts.pool import Entry
from cds_service.service import review_given
from tests.facts.build import TODAY, Json, claim, coverage, filled, item

HOME = "The state is that of the home address; the place of service names none."
STATE_RULES = standard_library().state_rules


def reviewed(billed: Json) -> tuple[Finding, ...]:
    """Findings of a claim of a Medicare member who lives in Florida."""
    patient = {"resourceType": "Patient", "id": "p1", "address": [{"use": "home", "state": "FL"}]}
    pool = filled(patient, coverage("Medicare"))
    entry = pool.add(json.dumps(billed).encode(), "context.0")
    assert isinstance(entry, Entry)
    return review_given(standard_library(), Given("claim", TODAY, [entry], False), pool, False).findings


def found(provider_state: str = "") -> tuple[Finding, ...]:
    """Findings of a Medicare claim with an IMRT plan and a physician's wrong modifier."""
    office: Json = {"resourceType": "Organization", "id": "biller", "name": "Test"}
    if provider_state:
        office["address"] = [{"state": provider_state}]
    billed = claim(
        item("77301"), item("G6017", 2, modifier=[{"coding": [{"code": "26"}]}]), contained=[office]
    )
    return reviewed({**billed, "provider": {"reference": "#biller"}})


def noted(findings: tuple[Finding, ...]) -> dict[str, bool]:
    return {f.rules[0]: any(note.template == HOME for note in f.notes) for f in findings}


def test_a_state_that_is_assumed_is_said_where_it_counts() -> None:
    assert noted(found()) == {"LCD-05": True, "AST-11": False}


def test_the_severity_is_that_of_a_known_state() -> None:
    assumed, known = found(), found(provider_state="FL")
    assert [(f.rules, f.severity) for f in assumed] == [(f.rules, f.severity) for f in known]
    assert noted(known) == {"LCD-05": False, "AST-11": False}


def test_the_place_of_service_goes_before_the_home() -> None:
    assert noted(found(provider_state="GA")) == {"AST-11": False}


def test_both_assumptions_are_said_together() -> None:
    (finding,) = reviewed(claim(item("77301", day=None)))
    assert [note.template for note in finding.notes][-2:] == [
        "No date of service is given; the day of the call was taken.",
        HOME,
    ]


@pytest.mark.parametrize("policy", ["imrt-coverage", "imrt-record", "guidance-record", "supervision"])
def test_the_rules_that_ask_the_state_are_those_of_the_florida_text(policy: str) -> None:
    assert any(name.startswith(f"first-coast.{policy}.") for name in STATE_RULES)
    assert not any(name.startswith(("astro.", "cms.", "florida-blue.")) for name in STATE_RULES)
