"""Units of an order against its own fractions, also over several days (contract section 3, Span)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.books import standard_library
from cds_service.engine.model import UNKNOWN
from cds_service.facts.views import CaseView
from tests.facts.build import CODEX, ICD10, Json, case, coded, coverage, number, order, view

PERIOD: Json = {"occurrenceDateTime": None, "occurrencePeriod": {"start": "2024-06-03", "end": "2024-07-11"}}
TIMING: Json = {
    "occurrenceDateTime": None,
    "occurrenceTiming": {
        "repeat": {
            "frequency": 5,
            "period": 1,
            "periodUnit": "wk",
            "boundsPeriod": {"start": "2024-06-03", "end": "2024-07-11"},
        }
    },
}


def prescribed(count: int) -> Json:
    return {"extension": [number(CODEX + "codexrt-radiotherapy-fractions-prescribed", count)]}


def tracking(units: int = 1, id: str = "o1", **more: Any) -> Json:
    return order("G6017", id, quantityQuantity={"value": units}, **more)


def reduced(*orders: Json) -> list[Any]:
    """The numbers of units to which AST-08 would reduce the orders."""
    library = standard_library()
    made = case(*orders, beside=(coverage("Synthetic Mutual"),))
    found = library.findings(CaseView(made, library.knowledge))
    return [remedy.to for f in found if "AST-08" in f.rules for remedy in f.remedies]


@pytest.mark.parametrize("when", [{}, PERIOD, TIMING], ids=["one day", "period", "timing"])
@pytest.mark.parametrize(("units", "found"), [(29, [28]), (28, [])], ids=["one more", "as many"])
def test_units_of_an_order_are_at_most_its_fractions(when: Json, units: int, found: list[int]) -> None:
    assert reduced(tracking(units, **when, **prescribed(28))) == found


def test_over_several_days_the_fractions_of_what_it_is_based_on_say_nothing() -> None:
    """They may be those of the whole course, or of another of its parts."""
    parent = order(None, "course", **prescribed(5))
    based: Json = {"basedOn": [{"reference": "ServiceRequest/course"}]}
    (line,) = view(tracking(20, **based, **PERIOD), parent).lines
    assert line.fractions_of_date is UNKNOWN
    assert view(tracking(20, **based), parent).lines[0].fractions_of_date == 5


def test_each_order_of_a_date_has_its_own_fractions() -> None:
    other = {**tracking(id="o2", **prescribed(5)), "reasonCode": [coded("C61", ICD10)]}
    assert view(tracking(), other).lines[0].fractions_of_date is UNKNOWN
    assert view(tracking(**prescribed(28)), other).lines[0].fractions_of_date == 28
    assert reduced(tracking(28, **prescribed(28)), other) == []
