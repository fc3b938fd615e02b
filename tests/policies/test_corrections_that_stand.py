"""A correction whose result stands on the claim already says so: accepted, it would bill the service twice."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.books import standard_library
from cds_service.engine.standing import SENT_BEFORE, STANDS
from cds_service.facts.given import build_case
from cds_service.facts.views import CaseView

DAY, NEXT = "2024-03-11", "2024-03-12"
HOSPITAL = {"claim_type": "professional", "place_of_service": "22"}
OFFICE = {"claim_type": "professional", "place_of_service": "11"}


def line(code: str, date: str = DAY, **more: Any) -> dict[str, Any]:
    return {"code": code, "date": date, **more}


def told(statement: str, lines: list[Any], payer: str = "medicare-ffs", **given: Any) -> list[str]:
    """What the findings of a statement say of lines that stand already; such a finding knows that it doubles one."""
    library = standard_library()
    case = build_case({"payer": payer, "state": "GA", "diagnoses": ["C61"], **given, "lines": lines})
    findings = library.engine.evaluate(CaseView(case, library.knowledge))
    notes = [note for f in findings if statement in f.rules for note in f.notes]
    assert [f for f in findings if f.doubles] == [
        f for f in findings if STANDS in [n.template for n in f.notes]
    ]
    return [dict(note.values)["standing"] for note in notes if note.template == STANDS]


@pytest.mark.parametrize(
    ("statement", "lines", "given", "standing"),
    [
        ("AST-10", [line("G6002"), line("G6002-26")], HOSPITAL, "G6002-26 of 2024-03-11 (line 2)"),
        ("AST-10", [line("G6002-TC"), line("G6002-26")], HOSPITAL, "G6002-26 of 2024-03-11 (line 2)"),
        (
            "EXT-VALIDITY",
            [line("G6017"), line("0197T")],
            HOSPITAL,
            "G6017 of 2024-03-11 (line 1)",
        ),
        (
            "MOL-11",
            [line("G6015"), line("77014"), line("77014-26")],
            OFFICE | {"payer": "molina", "line_of_business": "medicaid"},
            "77014-26 of 2024-03-11 (line 3)",
        ),
    ],
    ids=["modifier", "other modifier", "successor", "part"],
)
def test_it_names_the_line(statement: str, lines: list[Any], given: Any, standing: str) -> None:
    assert told(statement, lines, **given) == [standing]


def test_a_wrong_method_goes_where_the_right_one_stands() -> None:
    coded = OFFICE | {"records": [{"date": DAY, "method": ["ct"]}]}
    assert told("AST-07", [line("G6012"), line("77014"), line("G6002")], "florida-blue", **coded) == []


@pytest.mark.parametrize(
    "other",
    [[], [line("G6002-26", NEXT)], [line("G6001-26")], [line("G6002")], [line("77427")]],
    ids=["alone", "another day", "another code", "corrected too", "no guidance"],
)
def test_nothing_stands(other: list[Any]) -> None:
    assert told("AST-10", [line("G6002"), *other], **HOSPITAL) == []


def test_an_earlier_claim_is_another_matter() -> None:
    assert told("AST-10", [line("G6002")], history=[line("G6002-26")], **HOSPITAL) == []


def test_of_many_days_some_are_named_and_the_others_counted() -> None:
    days = [f"2024-03-{day:02}" for day in range(1, 9)]
    lines = [line(code, day) for day in days for code in ("G6002", "G6002-26")]
    (standing,) = told("AST-10", lines, **HOSPITAL)
    assert standing.startswith("G6002-26 of 2024-03-01 (line 2), G6002-26 of 2024-03-02 (line 4), ")
    assert standing.endswith("G6002-26 of 2024-03-06 (line 12) and 2 more")


def test_a_modifier_that_goes_may_make_a_second_line_too() -> None:
    lines = [line("G6017-26"), line("G6017")]
    assert told("AST-11", lines, payer="other", **HOSPITAL) == ["G6017 of 2024-03-11 (line 2)"]


def sent_before(reviewed: list[Any], earlier: list[Any], **given: Any) -> list[str]:
    """The claims of which LCD-30's finding says that they billed the same service."""
    library = standard_library()
    case = build_case(
        OFFICE | {"payer": "medicare-ffs", "state": "FL", "lines": reviewed, "history": earlier, **given}
    )
    findings = library.engine.evaluate(CaseView(case, library.knowledge))
    notes = [note for f in findings if "LCD-30" in f.rules for note in f.notes]
    assert notes
    return [dict(note.values)["claims"] for note in notes if note.template == SENT_BEFORE]


PLAN = line("77301", units=1)


def test_a_claim_that_may_have_been_sent_before_is_told_how_to_say_so() -> None:
    assert sent_before([PLAN], [PLAN | {"units": 2}]) == ["Claim/earlier-1"]


@pytest.mark.parametrize(
    "earlier",
    [
        line("77301", "2024-03-04"),
        line("77301-26"),
        line("77301", through="2024-03-12"),
        line("77301", claim_type="institutional", place_of_service=None),
    ],
    ids=["day", "component", "last day", "form"],
)
def test_another_service_was_not_sent_before(earlier: dict[str, Any]) -> None:
    assert sent_before([PLAN], [earlier]) == []
