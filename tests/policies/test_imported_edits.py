"""What findings on imported edits say: the codes that do not go together, the edition, programme and setting, why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cds_service.books import standard_library
from cds_service.engine.explain import explain_case
from cds_service.engine.model import Finding
from cds_service.facts.given import build_case
from cds_service.facts.given_edits import build_edits
from cds_service.facts.views import CaseView


def view(*lines: Any, **given: Any) -> CaseView:
    """A Medicare office's claim with edits of the third quarter of 2026."""
    told = {
        "payer": "medicare-ffs",
        "claim_type": "professional",
        "place_of_service": "11",
        **given,
        "lines": lines,
    }
    knowledge = replace(standard_library().knowledge, edits=build_edits(told))
    return CaseView(build_case(told), knowledge)


def find(*lines: Any, **given: Any) -> Finding:
    (finding,) = standard_library().engine.evaluate(view(*lines, **given))
    return finding


def table(**rows: list[str]) -> list[dict[str, Any]]:
    return [{"edition": "2026Q3", **rows}]


def test_of_a_pair_never_paid_together_the_first_codes_are_named() -> None:
    edits = table(pairs=["77306 77300 0", "77321 77300 0", "77334 77300 1"])
    finding = find("77306", "77321", "77300", "77334-59", edits=edits)
    assert finding.summary.plain() == "77300 is not paid on one date with 77306, 77321: remove 77300."
    (because,) = finding.because
    assert because.plain() == (
        "The CMS pair edits of 2026Q3 (medicare, practitioner) never pay 77300 beside 77306, 77321 for one provider "
        "and date; no modifier helps. CMS's reason: coding instructions."
    )
    (source,) = finding.sources
    assert (source.statement, source.document, source.edition) == ("EXT-PTP", "cms-ncci-edits", "as-imported")
    assert [e.value for e in finding.evidence] == ["77300", "77306", "77321"]


def test_of_a_pair_that_a_modifier_passes_those_without_one_are_named() -> None:
    edits = table(pairs=["77334 77332 1", "77338 77332 1", "77306 77332 1"])
    finding = find("77334", "77338-59", "77306-26", "77332", edits=edits)
    assert finding.summary.plain() == (
        "77332 beside 77334, 77306-26 on one date needs a reason and a pair modifier."
    )
    (because,) = finding.because
    assert "of 2026Q3 (medicare, practitioner) pay 77332 beside 77334, 77306-26 only with" in because.plain()


def test_a_hospital_and_a_medicaid_member_are_told_of_their_own_tables() -> None:
    hospital = find("77306", "77300", claim_type="institutional", edits=table(pairs=["77306 77300 0"]))
    assert "(medicare, outpatient-hospital)" in hospital.because[0].plain()
    edits = [{"programme": "medicaid", "pairs": ["77306 77300 0"]}]
    (medicaid,) = (
        finding
        for finding in standard_library().engine.evaluate(
            view("77306", "77300", payer="molina", line_of_business="medicaid", edits=edits)
        )
        if "EXT-PTP" in finding.rules
    )
    assert "of 2026Q4 (medicaid, practitioner)" in medicaid.because[0].plain()


def test_units_are_told_as_they_are_counted() -> None:
    lines = ({"code": "77334", "units": "8"}, {"code": "77334-59", "units": "4"})
    finding = find(*lines, edits=table(units=["77334 10 3"]))
    assert finding.summary.plain() == "12 units of 77334 on 2024-06-03: CMS takes 10."
    assert finding.because[0].plain() == (
        "The CMS unit limits of 2026Q3 (medicare, practitioner) take 10 of 77334 for one provider and patient. The "
        "limit rests on: nature of the service."
    )
    assert [line.label for line in finding.lines] == ["77334-59"]


def test_a_limit_of_nothing_is_told() -> None:
    finding = find("77334", edits=table(units=["77334 0 3"]))
    assert finding.summary.plain() == (
        "CMS's unit limit for 77334 is 0 here: check whether it can be reported at all."
    )
    assert "of 2026Q3 (medicare, practitioner) give 77334 a limit of 0" in finding.because[0].plain()


@pytest.mark.parametrize("lines", [("77306", "77300"), ({"code": "77336", "units": "9"},)])
def test_without_an_import_the_policy_is_not_even_asked(lines: tuple[Any, ...]) -> None:
    asked = explain_case(standard_library().engine, view(*lines))
    assert "cms.imported-edits" not in {entry["policy"] for entry in asked}
    assert "cms.pair-edits" in {entry["policy"] for entry in asked}


def test_what_no_table_answers_is_not_known() -> None:
    edits = [{"through": "2020-01-01", "pairs": ["77306 77300 0"], "units": ["77336 1 2"]}]
    facts = standard_library().engine.book.vocabulary
    (line,) = view("77300", edits=edits).units[0].lines
    for name in (
        "pair_edition",
        "pair_edits_programme",
        "lines_never_paid_with",
        "lines_paid_with_a_modifier",
        "reasons_never_paid_with",
        "reasons_paid_with_a_modifier",
        "unit_edition",
        "unit_edits_programme",
        "most_units",
        "most_units_counted",
        "reason_of_most_units",
        "units_left_of_most",
    ):
        assert repr(facts[name].get(line)) == "UNKNOWN", name
    assert facts["edits_setting"].get(line) == "practitioner"
    assert facts["units_counted"].get(line) == 1
