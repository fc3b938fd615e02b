"""One finding about many dates names the first and counts the others (M-1)."""

from __future__ import annotations

import pytest

from cds_service.books import standard_library
from cds_service.facts.given import build_case
from cds_service.facts.views import CaseView


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (1, "on 2026-05-01:"),
        (2, "on 2026-05-01 and 1 more date:"),
        (20, "on 2026-05-01 and 19 more dates:"),
    ],
)
def test_the_summary_counts_the_dates(days: int, told: str) -> None:
    library = standard_library()
    lines = [{"code": "77386", "date": f"2026-05-{day:02d}"} for day in range(days, 0, -1)]
    given = {"payer": "medicare-ffs", "claim_type": "institutional", "lines": lines}
    (finding,) = library.engine.evaluate(CaseView(build_case(given), library.knowledge))
    assert told in finding.summary.plain()
    assert len(finding.lines) == days
