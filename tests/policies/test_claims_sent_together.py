"""Claims of one request: what they pass together is found on the claim that passes it, not on each of them."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.books import standard_library
from cds_service.facts.views import CaseView
from tests.facts.build import (
    ICD10,
    LOCAL,
    PATIENT,
    POS,
    case,
    claim,
    coded,
    coverage,
    document,
    item,
    number,
    procedure,
)

Json = dict[str, Any]
MEDICARE = coverage("Medicare", type=coded("ffs", LOCAL + "line-of-business"))
FLORIDA: Json = {"resourceType": "Patient", "id": "p1", "address": [{"state": "FL"}]}
FIVE_FRACTIONS = procedure(
    performedPeriod={"start": "2024-06-03", "end": "2024-06-14"},
    extension=[
        {
            "url": "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-radiotherapy-dose-delivered-to-volume",
            "extension": [number("fractionsDelivered", 5, "valueUnsignedInt")],
        }
    ],
)


def bill(id: str, *lines: tuple[str, str, int]) -> Json:
    """An office's claim of `(code, day, units)`."""
    items = []
    for sequence, (code, day, units) in enumerate(lines, 1):
        plain, *modifiers = code.split("-")
        more = {"modifier": [coded(m) for m in modifiers]} if modifiers else {}
        place = coded("11", POS)
        items.append(
            item(plain, sequence, day=day, quantity={"value": units}, locationCodeableConcept=place, **more)
        )
    diagnosis = [{"sequence": 1, "diagnosisCodeableConcept": coded("C61", ICD10)}]
    return claim(*items, id=id, diagnosis=diagnosis, patient=PATIENT)


def said(statement: str, *claims: Json, history: tuple[Json, ...] = ()) -> list[tuple[str, int, str, Any]]:
    """Claim, sequence, action and new number of units of each remedy of the statement's findings."""
    read = case(*claims, beside=[MEDICARE, FLORIDA, FIVE_FRACTIONS, *history])
    library = standard_library()
    found = library.engine.evaluate(CaseView(read, library.knowledge))
    return [
        (finding.unit, line.sequence or 0, remedy.action, remedy.to)
        for finding in found
        if statement in finding.rules
        for line in finding.lines
        for remedy in finding.remedies
        if remedy.action in {"remove-line", "reduce-units"}
    ]


PLAN, DELIVERY = ("77301", "2024-06-03", 1), ("G6015", "2024-06-10", 1)


@pytest.mark.parametrize(
    ("statement", "first", "second", "left"),
    [
        ("LCD-30", [PLAN], [("77301", "2024-06-12", 1)], None),
        ("LCD-47", [PLAN, ("77334-26", "2024-06-03", 5)], [("77334-26", "2024-06-12", 5)], 1),
        ("LCD-49", [DELIVERY, ("77336", "2024-06-10", 1)], [("77336", "2024-06-12", 1)], None),
        ("LCD-55", [DELIVERY, ("77427", "2024-06-10", 1)], [("77427", "2024-06-12", 1)], None),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_a_limit_is_passed_by_the_claim_of_the_later_days(
    statement: str, first: list[Any], second: list[Any], left: int | None, turned: bool
) -> None:
    claims = [bill("a", *first), bill("b", *second)]
    (only,) = said(statement, *reversed(claims) if turned else claims)
    assert only == ("Claim/b", 1, "reduce-units" if left else "remove-line", left)


def test_of_claims_of_one_day_the_one_that_stands_later_passes_it() -> None:
    claims = [bill(name, PLAN) for name in ("z", "a")]
    assert [unit for unit, *_ in said("LCD-30", *claims)] == ["Claim/a"]


def test_an_earlier_claim_of_later_days_counts_first() -> None:
    (only,) = said("LCD-30", bill("a", PLAN), history=(bill("b", ("77301", "2024-06-12", 1)),))
    assert only[0] == "Claim/a"


def test_a_planning_ct_that_a_later_claim_lacks_is_not_told_on_the_claim_of_the_first_plan() -> None:
    change = document("anatomy-change", "2024-06-08", system=LOCAL + "document-type")
    claims = [bill("a", PLAN), bill("b", ("77301", "2024-06-12", 1))]
    read = case(*claims, beside=[MEDICARE, FLORIDA, change], visible=True)
    library = standard_library()
    found = library.engine.evaluate(CaseView(read, library.knowledge))
    assert [finding.unit for finding in found if "LCD-31" in finding.rules] == ["Claim/b"]
