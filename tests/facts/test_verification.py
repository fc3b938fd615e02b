"""Verification within the fraction is tracking; by images it leaves open how the patient was set up before it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cds_service.books import standard_library
from cds_service.engine.model import OpenSet
from cds_service.facts.line_facts import (
    another_code_fits_the_method,
    codes_of_method,
    guidance_recorded_on_date,
    methods_of_date,
)
from cds_service.service import Advisor
from tests.facts.build import (
    CODEX,
    CONE_BEAM_CT,
    FRACTION,
    LOCAL,
    PHASE,
    POS,
    SNOMED,
    TODAY,
    Json,
    claim,
    coded,
    coverage,
    extension,
    guidance,
    item,
    order,
    procedure,
    unit,
    view,
)

ADVISOR = Advisor(standard_library())
TRACKING = "intrafraction-tracking"
NOT_DONE = guidance("none", LOCAL + "igrt-method")
SETUP = [guidance(CONE_BEAM_CT)]


def verified(code: str = "16310003", system: str = SNOMED) -> Json:
    return {
        "url": CODEX + "codexrt-intrafraction-verification",
        "extension": [extension("procedure", code, system)],
    }


OPEN = [verified()]


def told(methods: Any) -> tuple[set[str], bool]:
    """The methods, and whether there may be others."""
    return set(methods), isinstance(methods, OpenSet)


@pytest.mark.parametrize(
    ("coded_as", "methods", "open_"),
    [
        ([verified()], {TRACKING}, True),
        ([verified(), verified("77477000")], {TRACKING}, True),
        ([verified("1335864002")], {TRACKING}, True),
        ([verified("1297350006")], {TRACKING}, False),
        ([verified("1332089004")], {TRACKING}, False),
        ([verified("ct", LOCAL + "igrt-method")], {TRACKING}, True),
        ([verified(TRACKING, LOCAL + "igrt-method")], {TRACKING}, False),
        ([verified(), verified("1297350006")], {TRACKING}, False),
        ([verified(), guidance(CONE_BEAM_CT)], {TRACKING, "ct"}, False),
        ([verified(), NOT_DONE], {TRACKING}, False),
    ],
    ids=[
        "alone",
        "twice",
        "markers",
        "surface",
        "transponders",
        "our-own-image",
        "our-own-tracking",
        "image-and-surface",
        "beside-a-method",
        "beside-known-none",
    ],
)
def test_alone_it_leaves_other_methods_open(coded_as: list[Json], methods: set[str], open_: bool) -> None:
    found = unit(order(extension=coded_as)).radiotherapy.methods
    assert told(found) == (methods, open_)


@pytest.mark.parametrize(
    ("courses", "methods", "open_"),
    [
        ([OPEN, OPEN], {TRACKING}, True),
        ([OPEN, SETUP], {TRACKING, "ct"}, False),
        ([OPEN, []], {TRACKING}, True),
    ],
    ids=["both-verified", "one-tells-the-method", "one-tells-nothing"],
)
def test_of_two_phases(courses: list[list[Json]], methods: set[str], open_: bool) -> None:
    phases = [procedure(PHASE, f"p{n}", extension=said) for n, said in enumerate(courses)]
    found = unit(claim(item("77014")), beside=phases).radiotherapy.methods
    assert told(found) == (methods, open_)


def test_what_it_leaves_open_the_course_order_tells() -> None:
    parent = order(None, "course", status="active", extension=SETUP)
    child = order("77014", extension=OPEN, basedOn=[{"reference": "ServiceRequest/course"}])
    found = unit(child, beside=[parent]).radiotherapy.methods
    assert told(found) == ({TRACKING, "ct"}, False)


def test_what_the_days_record_leaves_open_the_course_tells() -> None:
    of_day = procedure(FRACTION, "f", extension=OPEN, performedDateTime="2024-06-03T09:00:00-05:00")
    alone = view(claim(item("77014")), beside=[of_day]).lines[0]
    assert told(methods_of_date(alone)) == ({TRACKING}, True)
    assert guidance_recorded_on_date(alone) is True
    course = procedure(extension=SETUP)
    both = view(claim(item("77014")), beside=[of_day, course]).lines[0]
    assert told(methods_of_date(both)) == ({TRACKING, "ct"}, False)


def test_a_days_record_that_tells_all_goes_before_the_course() -> None:
    of_day = procedure(FRACTION, "f", extension=SETUP, performedDateTime="2024-06-03T09:00:00-05:00")
    one = view(claim(item("77014")), beside=[of_day, procedure(extension=[guidance("16310003")])]).lines[0]
    assert methods_of_date(one) == {"ct"}


def test_no_code_is_known_to_be_that_of_the_method() -> None:
    course = procedure(extension=OPEN)
    one = view(claim(item("77014", locationCodeableConcept=coded("11", POS))), beside=[course]).lines[0]
    assert codes_of_method(one) == ("77014", "G6001", "G6002")
    assert another_code_fits_the_method(one) is False


def rules(code: str, *said: Json) -> set[str]:
    """The rules that speak of the method on a claim of another payer, whose course is coded so."""
    body = {
        "hook": "org.igrt-cds.claim-submit",
        "hookInstance": "5a3b2a54-5a4e-4d12-9b3a-51b5f8a1b3a0",
        "context": {
            "userId": "Practitioner/u",
            "patientId": "p1",
            "claims": {
                "resourceType": "Bundle",
                "type": "collection",
                "entry": [{"resource": claim(item(code), item("G6015", 2))}],
            },
        },
        "prefetch": {
            "coverage": coverage("UnitedHealthcare"),
            "procedures": procedure(extension=list(said)),
        },
    }
    cards = ADVISOR.advise("igrt-claim-review", json.dumps(body).encode(), TODAY).body["cards"]
    found = [each for card in cards for each in card["extension"]["org.igrt-cds.findings"]]
    return {r for each in found if each["kind"] == "code-choice-by-method" for r in each["rules"]}


@pytest.mark.parametrize("by", ["77477000", "16310003", "168537006", "113091000"])
@pytest.mark.parametrize(
    ("code", "rule"), [("77014", "AST-09"), ("G6001", "AST-06"), ("G6002", "AST-07")], ids=lambda v: v
)
def test_no_code_is_called_wrong_for_a_setup_that_nobody_coded(code: str, rule: str, by: str) -> None:
    assert rules(code, verified(by)) == set()
    assert rules(code, verified(by), NOT_DONE) == {rule}
    assert rules(code, guidance(TRACKING, LOCAL + "igrt-method")) == {rule}
    assert rules(code, verified("1297350006")) == {rule}, "surface is tracking by itself (rulebook 1.2)"
