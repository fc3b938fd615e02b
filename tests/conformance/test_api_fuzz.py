"""A short run of Schemathesis against the service's own description; the long one is `python -m scripts.api_fuzz`."""

from __future__ import annotations

from scripts.api_fuzz import run


def test_no_call_that_schemathesis_makes_up_fails_or_breaks_the_description() -> None:
    report = run(examples=8, seed=20261124)
    assert report.faults == []
    assert report.calls >= 25
    assert set(report.statuses) >= {200, 400}
    assert not any(status >= 500 for status in report.statuses)
