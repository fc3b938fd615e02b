"""A line over several days whose code is valid on its first or its last day alone (contract section 3, EXT-01)."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from cds_service.books import standard_library
from cds_service.engine.model import Finding
from cds_service.engine.partly import NOTE
from cds_service.facts.given import build_case
from cds_service.facts.views import CaseView
from cds_service.service import Advisor
from fhir_fixtures import load

OVER_NEW_YEAR = {"date": "2025-12-29", "through": "2026-01-05", "units": "4"}


def findings(given: dict[str, Any], kind: str = "code-effective-date") -> list[Finding]:
    library = standard_library()
    found = library.engine.evaluate(CaseView(build_case(given, None), library.knowledge))
    return [finding for finding in found if finding.kind == kind]


@pytest.mark.parametrize("code", ["77014", "G6002-TC", "G6017", "77386", "G6015"])
@pytest.mark.parametrize("claim_type", ["institutional", "professional"])
def test_it_is_told_of_its_last_day_and_that_its_good_days_are_reported_apart(
    code: str, claim_type: str
) -> None:
    given = {"claim_type": claim_type, "place_of_service": "11", "lines": [{"code": code, **OVER_NEW_YEAR}]}
    (finding,) = findings(given)
    assert "on 2026-01-05:" in finding.summary.plain()
    assert "2025-12-29" not in finding.summary.plain()
    assert finding.notes[0].plain() == NOTE
    assert finding.by_hand


def test_the_day_is_the_first_one_where_the_code_begins_within_the_line() -> None:
    (finding,) = findings({"claim_type": "professional", "lines": [{"code": "77437", **OVER_NEW_YEAR}]})
    assert "2025-12-29" in finding.summary.plain()
    assert finding.notes[0].plain() == NOTE


def test_a_line_wholly_after_its_code_is_corrected_as_before() -> None:
    line = {"code": "77014-26", "date": "2026-01-05", "through": "2026-01-09"}
    (finding,) = findings({"claim_type": "professional", "place_of_service": "22", "lines": [line]})
    assert [remedy.label for remedy in finding.remedies] == [
        "replace 77014 -> 77387-26",
        "replace 77014 -> 77387",
    ]
    assert NOTE not in [note.plain() for note in finding.notes]
    assert str(date(2026, 1, 5)) in finding.summary.plain()


def test_lines_of_several_days_are_told_of_the_days_on_which_their_code_is_not_valid() -> None:
    lines = [{"code": "77014", **OVER_NEW_YEAR}, {"code": "77014", "date": "2026-01-12"}]
    (finding,) = findings({"claim_type": "institutional", "lines": lines})
    assert "on 2026-01-05 and 1 more date:" in finding.summary.plain()


def test_lines_that_end_on_one_day_are_told_of_it_alone() -> None:
    earlier = {**OVER_NEW_YEAR, "date": "2025-12-30"}
    lines = [{"code": "77014", **OVER_NEW_YEAR}, {"code": "77014", **earlier}]
    (finding,) = findings({"claim_type": "institutional", "lines": lines})
    assert "on 2026-01-05:" in finding.summary.plain()


def test_guidance_whose_good_days_stay_still_needs_its_reason() -> None:
    """M-3 is for lines that go: the days of 2025 are not removed with those of 2026."""
    member = {"payer": "florida-blue", "line_of_business": "commercial", "technique": ["2d"]}
    given = {**member, "claim_type": "institutional", "lines": [{"code": "77014", **OVER_NEW_YEAR}]}
    assert findings(given, "coverage-necessity")


@pytest.mark.parametrize(("first", "offered"), [("2025-12-29", False), ("2026-01-02", True)])
def test_only_a_line_wholly_after_its_code_is_corrected_by_a_click(first: str, offered: bool) -> None:
    """Each suggestion changes the whole line, and days of 2025 would be recoded or removed with those of 2026."""
    request = load("hospital-imrt-guidance-double-billed-medicare")
    items = request["context"]["claims"]["entry"][0]["resource"]["item"]
    del items[1:], items[0]["servicedDate"]
    items[0]["servicedPeriod"] = {"start": first, "end": "2026-01-05"}
    answer = Advisor(standard_library()).advise("igrt-claim-review", json.dumps(request).encode())
    (card,) = [c for c in json.loads(answer.encode())["cards"] if "no longer valid" in c["summary"]]
    assert ("suggestions" in card) is offered
