"""Molina's statement on deleted and future codes stands behind findings on its members' lines, and on no others."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.books import standard_library
from cds_service.engine.model import Finding
from cds_service.facts.given import build_case
from cds_service.facts.views import CaseView


def found(**given: Any) -> tuple[Finding, ...]:
    library = standard_library()
    return library.engine.evaluate(CaseView(build_case(given), library.knowledge))


def invalid(**given: Any) -> Finding:
    (finding,) = (f for f in found(**given) if f.kind == "code-effective-date")
    return finding


OFFICE = {"claim_type": "professional", "place_of_service": "11"}


@pytest.mark.parametrize(
    ("payer", "code", "day", "cited"),
    [
        ("molina", "77421", "2020-11-20", True),
        ("molina", "77421", "2020-11-19", False),
        ("molina", "77418", "2024-06-03", True),
        ("molina", "77439", "2025-12-31", True),
        ("molina", "77386", "2026-01-01", True),
        ("molina", "77401", "2026-01-01", True),
        ("molina", "77387", "2014-12-31", False),
        ("florida-blue", "77421", "2024-06-03", False),
        ("other", "77386", "2026-01-01", False),
        ("unknown", "77386", "2026-01-01", False),
    ],
)
def test_molina_s_statement_on_the_dates_of_codes(payer: str, code: str, day: str, cited: bool) -> None:
    finding = invalid(payer=payer, date=day, lines=[code], **OFFICE)
    assert ("MOL-28" in finding.rules) is cited
    assert ("molina-igrt" in {source.document for source in finding.sources}) is cited


def test_a_claim_over_the_first_day_is_one_finding_that_cites_it() -> None:
    lines = [{"code": "77418", "date": "2020-11-19"}, {"code": "77418", "date": "2020-11-20"}]
    finding = invalid(payer="molina", lines=lines, **OFFICE)
    assert len(finding.lines) == 2
    assert "MOL-28" in finding.rules


@pytest.mark.parametrize("lines", [["G6015", "G6002"], ["G6012", "77387"], ["G6015", "G6017-26"]])
def test_each_finding_of_the_policy_says_what_comes_before_it(lines: list[str]) -> None:
    (finding,) = found(payer="molina", line_of_business="medicaid", lines=lines, **OFFICE)
    notes = " ".join(note.plain() for note in finding.notes)
    assert {"contract", "benefit", "state"} <= set(notes.replace(",", " ").split())


def test_before_the_policy_nothing_of_it_is_cited_but_its_beginning() -> None:
    told = found(
        payer="molina",
        line_of_business="medicaid",
        claim_type="institutional",
        date="2020-11-19",
        lines=["77386", "77387-TC", "G6017", "77014"],
    )
    assert {cited for finding in told for cited in finding.rules if cited.startswith("MOL")} == {"MOL-25"}


def test_from_2026_nothing_of_it_is_cited_but_the_dates_of_codes() -> None:
    told = found(
        payer="molina",
        line_of_business="medicaid",
        date="2026-01-01",
        lines=["77412", "77387", "77387-TC", "G6017-26", {"code": "G6002", "units": "2"}],
        fractions="1",
        method=["ct"],
        **OFFICE,
    )
    assert {cited for finding in told for cited in finding.rules if cited.startswith("MOL")} == {"MOL-28"}
