"""An earlier claim that a finding rests on is named in its evidence and in its card (contract section 4)."""

from __future__ import annotations

from typing import Any

import pytest

from cards.detail import detail
from cds_service.books import standard_library
from cds_service.engine.model import Finding
from cds_service.facts.given import build_case
from cds_service.facts.views import CaseView

OFFICE = {"claim_type": "professional", "place_of_service": "11"}
HOSPITAL = {"claim_type": "institutional", "place_of_service": None}
DAY = "2024-03-11"


def line(code: str, date: str = DAY, **more: Any) -> dict[str, Any]:
    return {"code": code, "date": date, **more}


def found(
    statement: str, reviewed: list[Any], earlier: list[Any], form: dict[str, Any], payer: str
) -> Finding:
    library = standard_library()
    given = {"payer": payer, "state": "FL", "diagnoses": ["C61"], "fractions_delivered": 5, **form}
    given["lines"] = reviewed
    given["history"] = earlier
    findings = library.engine.evaluate(CaseView(build_case(given), library.knowledge))
    return next(f for f in findings if statement in f.rules)


PLAN = line("77301", "2024-03-01")
CASES = [
    ("LCD-27", [line("77290", "2024-03-20")], [line("77290", "2024-02-25"), PLAN, line("G6015")], "77290"),
    ("LCD-30", [line("77301")], [PLAN], "77301"),
    ("LCD-32", [line("77295")], [PLAN], "77301"),
    ("LCD-43", [line("77331", "2024-03-01")], [PLAN], "77301"),
    ("LCD-47", [line("77334-26", units=3)], [PLAN, line("77334-26", "2024-03-01", units=5)], "77334-26"),
    ("LCD-49", [line("77336", "2024-03-15")], [PLAN, line("G6015"), line("77336")], "77336"),
    ("LCD-50", [line("77336", "2024-03-01")], [PLAN], "77301"),
    ("LCD-51", [line("77370", "2024-03-01")], [PLAN], "77301"),
    ("LCD-53", [line("G6015")], [line("G6012")], "G6012"),
    ("LCD-55", [line("77427", "2024-03-15")], [PLAN, line("G6015"), line("77427")], "77427"),
]


@pytest.mark.parametrize(("statement", "reviewed", "earlier", "code"), CASES, ids=[c[0] for c in CASES])
def test_it_is_named(statement: str, reviewed: list[Any], earlier: list[Any], code: str) -> None:
    named(found(statement, reviewed, earlier, OFFICE, "medicare-ffs"), code)


@pytest.mark.parametrize(
    ("statement", "code"),
    [("LCD-41", "77306"), ("LCD-42", "77316"), ("LCD-43", "77331"), ("LCD-56", "77470")],
)
def test_a_service_on_it_that_the_plan_questions_is_named(statement: str, code: str) -> None:
    named(found(statement, [line("77301")], [line(code, "2024-03-01")], OFFICE, "medicare-ffs"), code)


def test_the_earlier_claim_of_each_course_is_named() -> None:
    plans = [line("77301", diagnoses=["C61"]), line("77301", diagnoses=["C34.11"])]
    earlier = [
        line("77295", "2024-03-01", diagnoses=each["diagnoses"], claim=f"old-{n}")
        for n, each in enumerate(plans)
    ]
    told = found("LCD-32", plans, earlier, OFFICE, "medicare-ffs")
    assert len(told.lines) == 2
    text = " ".join(note.plain() for note in told.notes)
    assert "Claim/old-0" in text
    assert "Claim/old-1" in text


@pytest.mark.parametrize(
    ("statement", "payer", "delivery"),
    [
        ("AST-15", "medicare-ffs", "77386"),
        ("AST-20", "medicare-ffs", "77373"),
        ("AST-23", "medicare-ffs", "77401"),
        ("MOL-11", "molina", "77386"),
    ],
)
def test_a_delivery_on_it_is_named(statement: str, payer: str, delivery: str) -> None:
    named(found(statement, [line("77387-TC")], [line(delivery)], HOSPITAL, payer), delivery)


@pytest.mark.parametrize("code", ["G6002-26", "77421-26"])
def test_a_77387_on_it_that_keeps_the_date_is_named(code: str) -> None:
    form = {"claim_type": "professional", "place_of_service": "22", "provider": "Organization/one"}
    reviewed, earlier = [line(code, "2026-01-01")], [line("77387-26", "2026-01-01")]
    named(found("EXT-01", reviewed, earlier, form, "medicare-ffs"), "77387-26")
    alone = found("EXT-01", reviewed, [line("77387-26", "2026-01-02")], form, "medicare-ffs")
    assert "Earlier lines" not in detail([alone])


@pytest.mark.parametrize(
    ("statement", "payer", "code", "earlier"),
    [
        ("AST-16", "other", "77387", "77386"),
        ("AST-20", "other", "77014-26", "77373"),
        ("AST-31", "other", "G6002-26", "G6002"),
        ("FLB-03", "florida-blue", "77014-26", "77373"),
    ],
)
def test_a_line_on_it_that_an_office_repeats_is_named(
    statement: str, payer: str, code: str, earlier: str
) -> None:
    form = OFFICE | {"provider": "Organization/one"}
    named(found(statement, [line(code)], [line(earlier)], form, payer), earlier)


@pytest.mark.parametrize(
    ("statement", "code", "delivery", "date"),
    [
        ("AST-23", "77387-26", "77437", "2026-01-01"),
        ("CVS-14", "77014-26", "77373", DAY),
        ("CVS-16", "77014-26", "77401", "2014-03-10"),
        ("CVS-16", "77439", "77437", "2026-01-01"),
    ],
)
def test_a_delivery_on_it_is_named_for_members_of_the_programme(
    statement: str, code: str, delivery: str, date: str
) -> None:
    """Days and codes on which no other document says the same, but for the first."""
    form = OFFICE | {"programs": ["cvs-radonc"]}
    named(found(statement, [line(code, date)], [line(delivery, date)], form, "cvs-aetna"), delivery)


def named(finding: Finding, code: str) -> None:
    (path,) = {e.path for e in finding.evidence if e.path.startswith("Claim/") and e.value == code}
    claim = path.split()[0]
    assert claim != finding.unit
    (told,) = [note.plain() for note in finding.notes if note.plain().startswith("Earlier lines on record")]
    assert f"{code} of " in told
    assert f"in {claim}" in told
    assert f"in {claim}" in detail([finding])
    assert {ref.resource for ref in finding.lines} <= {finding.unit}


def test_what_rests_on_no_earlier_claim_names_none() -> None:
    finding = found("LCD-53", [line("G6015"), line("G6012")], [line("77427")], OFFICE, "medicare-ffs")
    assert "Earlier lines" not in detail([finding])


def test_many_are_counted() -> None:
    earlier = [PLAN, line("G6015"), *(line("77427", f"2024-04-{day:02d}") for day in range(1, 16))]
    told = detail([found("LCD-55", [line("77427", "2024-04-20")], earlier, OFFICE, "medicare-ffs")])
    assert "77427 of 2024-04-06 in " in told
    assert "77427 of 2024-04-07" not in told
    assert "and 9 more." in told
