"""The page on security: its rows name tests that exist, and the page is as its tables and the record make it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from scripts.docs_security import PAGE, page, recorded, state
from tests.conformance.table import Results, exists
from tests.conformance.threats import Catalogue, Threat, catalogues, named_tests, record

LISTS = {each.list: each for each in catalogues()}
STALE = "docs/security.md is stale: run `.venv/bin/python -m scripts.docs_security`"


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("argonaut", [f"R{n}" for n in range(1, 18)]),
        ("threats", [f"T{n}" for n in range(1, 31)]),
        ("owasp-api", [f"API{n}" for n in range(1, 11)]),
    ],
)
def test_every_risk_of_the_list_is_there(name: str, ids: list[str]) -> None:
    assert [row.id for row in LISTS[name].rows] == ids


@pytest.mark.parametrize("catalogue", LISTS.values(), ids=LISTS)
def test_a_row_has_a_control_and_tests_or_a_waiver(catalogue: Catalogue) -> None:
    for row in catalogue.rows:
        assert row.title
        assert row.control
        assert bool(row.tests) != (len(row.waiver) > 10), row.id
    assert len({row.id for row in catalogue.rows}) == len(catalogue.rows)


def test_every_named_test_exists() -> None:
    assert [test for test in named_tests() if not exists(test)] == []


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text("utf-8") == page(recorded()), STALE


def test_the_record_names_its_day_and_commit() -> None:
    run = recorded()
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", run["day"])
    assert re.fullmatch(r"[0-9a-f]{7,40}\+?", run["commit"])
    assert set(run["tests"].values()) <= {"passed", "failed"}


def test_a_run_is_recorded_as_it_went(tmp_path: Path) -> None:
    """Only what ran is in the record, and a parametrized test has passed when all of its cases have."""
    good, bad, *_ = sorted(set(named_tests()))
    results = Results()
    results.add(f"{good}[a]", "call", "passed")
    results.add(f"{bad}[a]", "call", "passed")
    results.add(f"{bad}[b]", "call", "failed")
    results.add("tests/other.py::test_x", "call", "passed")
    record(results, "2026-11-24", "abcdef0+", tmp_path / "run.json")
    run = json.loads((tmp_path / "run.json").read_text("utf-8"))
    assert run == {"day": "2026-11-24", "commit": "abcdef0+", "tests": {good: "passed", bad: "failed"}}
    assert state(Threat("x", "x", "x", (good,)), run["tests"]) == "passed"
    assert state(Threat("x", "x", "x", (good, bad)), run["tests"]) == "failed"
    assert state(Threat("x", "x", "x", (good, "never")), run["tests"]) == "not run"
    assert state(Threat("x", "x", "x", waiver="because"), run["tests"]) == "–"
