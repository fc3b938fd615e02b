"""An engine keeps which rules are in force for a line; what it kept for one line is never taken for another."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.books import POLICIES, load_library, standard_library
from cds_service.engine import evaluate
from cds_service.facts.given import build_case
from cds_service.facts.views import CaseView

CLAIM = {"payer": "medicare-ffs", "claim_type": "professional", "place_of_service": 11}


def kinds(library: Any, line: dict[str, Any]) -> list[str]:
    case = build_case({**CLAIM, "lines": [line]})
    return [finding.kind for finding in library.engine.evaluate(CaseView(case, library.knowledge))]


def test_a_line_that_outlasts_its_code_is_told_after_one_that_does_not() -> None:
    library = load_library((POLICIES,))
    one_day = {"code": "77421", "date": "2014-12-31"}
    assert "code-effective-date" not in kinds(library, one_day)
    assert "code-effective-date" in kinds(library, {**one_day, "through": "2015-01-09"})
    assert "code-effective-date" not in kinds(library, one_day)


def test_what_is_kept_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate, "_KEPT", 3)
    library = load_library((POLICIES,))
    lines = [{"code": "77387", "date": f"2023-05-{day:02d}"} for day in range(1, 21)]
    assert [kinds(library, line) for line in lines] == [kinds(standard_library(), line) for line in lines]
    assert len(library.engine._for_line) <= 3
