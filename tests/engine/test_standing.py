"""What stands on a claim already, and what an earlier one billed, on lines made by hand."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from cds_service.engine.model import LineRef, Remedy
from cds_service.engine.standing import sent_before, standing

DAY = date(2024, 3, 11)


def line(number: int, code: str, *modifiers: str, day: date = DAY, **more: Any) -> Any:
    component = tuple(m for m in modifiers if m in ("26", "TC"))
    ref = LineRef(more.pop("resource", "Claim/c1"), number, code, modifiers, day.isoformat(), "")
    told = {"end": day, "component": component, "in_review": True} | more
    return SimpleNamespace(ref=ref, code=code, date=day, component_modifiers=component, **told)


def told(lines: list[Any], remedy: Remedy, about: int = 1, hook: str = "claim") -> str:
    unit: Any = SimpleNamespace(case=SimpleNamespace(hook=hook), lines=lines)
    text = standing(unit, lines[:about], [remedy])
    return dict(text.values)["standing"] if text else ""


REPLACE = Remedy("replace", code="77014", to="G6002-26")
TWO = [line(1, "77014", "26"), line(2, "G6002", "26")]


def test_the_line_is_named_on_a_claim_alone() -> None:
    assert told(TWO, REPLACE) == "G6002-26 of 2024-03-11 (line 2)"
    assert told(TWO, REPLACE, hook="order") == ""


def test_a_remedy_of_another_code_makes_nothing_of_the_line() -> None:
    assert told(TWO, Remedy("replace", code="G6001", to="G6002-26")) == ""
    assert told(TWO, Remedy("remove-line", code="77014")) == ""


@pytest.mark.parametrize(("modifier", "found"), [("26", True), ("TC", True), ("59", False)])
def test_a_modifier_counts_when_it_tells_the_component(modifier: str, found: bool) -> None:
    lines = [line(1, "G6017", modifier), line(2, "G6017")]
    assert bool(told(lines, Remedy("remove-modifier", code="G6017", modifier=modifier))) == found


def test_lines_are_named_by_day_and_counted_after_the_sixth() -> None:
    days = [date(2024, 3, 20 - number) for number in range(6)]
    lines = [line(n, "77014", day=day) for n, day in enumerate(days, 1)]
    lines += [line(n, "G6002", day=day) for n, day in enumerate(days, 11)]
    remedy = Remedy("replace", code="77014", to="G6002")
    shown = told(lines, remedy, about=6).split(", ")
    assert (shown[0], shown[-1]) == ("G6002 of 2024-03-15 (line 16)", "G6002 of 2024-03-20 (line 11)")
    first = [line(20, "77014", day=DAY), line(21, "G6002", day=DAY)]
    assert told([first[0], *lines, first[1]], remedy, about=7).endswith("2024-03-19 (line 12) and 1 more")


def earlier(*resources: str) -> list[Any]:
    return [line(1, "77301", in_review=False, resource=resource) for resource in resources]


def test_earlier_claims_are_named_once_and_no_orders() -> None:
    text = sent_before([line(1, "77301")], earlier("Claim/b", "Claim/a", "Claim/b", "ServiceRequest/s"))
    assert text is not None
    assert dict(text.values) == {"claims": "Claim/a, Claim/b"}
    assert sent_before([line(1, "77301")], earlier("ServiceRequest/s")) is None


def test_a_line_of_the_same_claim_was_not_sent_before() -> None:
    assert sent_before([line(1, "77301")], [line(2, "77301")]) is None


def test_earlier_claims_are_counted_after_the_sixth() -> None:
    six = [f"Claim/{n}" for n in range(6)]
    for resources, end in ((six, "Claim/5"), ([*six, "Claim/6"], "Claim/5 and 1 more")):
        text = sent_before([line(1, "77301")], earlier(*resources))
        assert text is not None
        assert dict(text.values)["claims"].endswith(end)
