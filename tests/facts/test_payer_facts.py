"""The payer of a line's date: Molina's own coding policy began on 2020-11-20 (MOL-25)."""

from __future__ import annotations

import pytest

from cds_service.books import standard_library
from cds_service.facts.line_facts import code_for_methods_without_one, codes_of_method
from cds_service.facts.payer_facts import payer_on_date
from cds_service.facts.unit_facts import payer, plan
from tests.facts.build import LOCAL, POS, claim, coded, coverage, guidance, item, order, procedure, view

FIRST = "2020-11-20"
DAY_BEFORE = "2020-11-19"


@pytest.mark.parametrize(
    ("name", "day", "found"),
    [
        ("Molina Healthcare", FIRST, "molina"),
        ("Molina Healthcare", DAY_BEFORE, "other"),
        ("Molina Healthcare", "2026-01-01", "molina"),
        ("Florida Blue", "2009-01-01", "florida-blue"),
        ("Medicare", DAY_BEFORE, "medicare-ffs"),
        ("Aetna", DAY_BEFORE, "cvs-aetna"),
        ("Somebody Unheard Of", DAY_BEFORE, "unknown"),
    ],
)
def test_a_payer_is_another_one_before_its_policy(name: str, day: str, found: str) -> None:
    (line,) = view(claim(item("77387", day=day)), beside=[coverage(name)]).lines
    assert payer_on_date(line) == found


def test_each_line_is_asked_by_its_own_date_and_the_payer_stays() -> None:
    seen = view(
        claim(item("77387", 1, day=DAY_BEFORE), item("77387", 2, day=FIRST)), beside=[coverage("Molina")]
    )
    assert [payer_on_date(line) for line in seen.lines] == ["other", "molina"]
    assert (payer(seen), plan(seen)) == ("molina", "molina")


def test_a_line_over_several_days_is_asked_by_its_first() -> None:
    period = {"start": DAY_BEFORE, "end": "2020-12-01"}
    (line,) = view(claim(item("77387", day=None, servicedPeriod=period)), beside=[coverage("Molina")]).lines
    assert payer_on_date(line) == "other"


@pytest.mark.parametrize(("day", "codes"), [(DAY_BEFORE, ()), (FIRST, ("G6017",))])
def test_tracking_has_a_code_in_a_hospital_once_molina_says_so(day: str, codes: tuple[str, ...]) -> None:
    tracked = procedure(extension=[guidance("intrafraction-tracking", LOCAL + "igrt-method")])
    made = claim(item("77387", day=day, locationCodeableConcept=coded("22", POS)))
    (line,) = view(made, beside=[coverage("Molina Healthcare"), tracked]).lines
    assert codes_of_method(line) == codes


@pytest.mark.parametrize(("day", "codes"), [(DAY_BEFORE, ("77387",)), (FIRST, ())])
def test_77387_is_offered_until_molina_speaks(day: str, codes: tuple[str, ...]) -> None:
    made = order("77014", extension=[guidance("mri", LOCAL + "igrt-method")], occurrenceDateTime=day)
    (line,) = view(made, beside=[coverage("Molina Healthcare")]).lines
    assert code_for_methods_without_one(line) == codes


def test_the_first_day_is_that_of_the_payers_document() -> None:
    """payer.yaml and sources.yaml of one payer tell the same day."""
    book = standard_library().engine.book
    told = {raw["payer"]: raw["coding_policy_from"] for raw in book.payers if "coding_policy_from" in raw}
    assert told == {"molina": str(book.documents["molina-igrt"].in_force.first)}
