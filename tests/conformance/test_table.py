"""The table of the specification: every row is proven or says why not, and names tests that exist."""

from __future__ import annotations

import pytest

from tests.conformance.table import (
    ROWS,
    Results,
    Row,
    functions_of,
    missing_tests,
    proven_rows,
    rows_of,
    summary,
)

COUNTS = {"T": 7, "D": 13, "R": 9, "P": 13, "F": 6, "E": 8, "C": 12, "S": 5, "A": 7, "L": 5, "B": 10, "J": 15}
COUNTS |= {"X": 2, "H": 5, "Q": 2}
LEVELS = {"SHALL", "SHALL NOT", "SHOULD", "SHOULD NOT", "MAY", "BP"}
HERE = "tests/conformance/test_table.py"


def test_every_row_of_the_specification_is_there_once() -> None:
    expected = [f"{area}-{number:02}" for area, count in COUNTS.items() for number in range(1, count + 1)]
    assert len(expected) == 119
    assert sorted(row.id for row in ROWS) == sorted(expected)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_row_has_tests_or_a_waiver(row: Row) -> None:
    assert row.level in LEVELS
    assert row.requirement
    assert row.section
    assert bool(row.tests) != (len(row.waiver) > 10), "either tests or a waiver with its reason"
    assert len(row.tests) == len(set(row.tests))


def test_every_named_test_exists() -> None:
    assert missing_tests(ROWS) == []


def test_a_test_that_is_not_there_is_missed() -> None:
    there = f"{HERE}::test_every_named_test_exists"
    rows = rows_of(
        {"id": n, "level": "SHALL", "section": "x", "requirement": "x", "tests": [test]}
        for n, test in enumerate([there, f"{HERE}::test_gone", "tests/gone.py::test_x", "tests/conformance"])
    )
    assert [fault.partition(": ")[2] for fault in missing_tests(rows)] == [
        f"{HERE}::test_gone",
        "tests/gone.py::test_x",
        "tests/conformance",
    ]


def test_functions_of_a_file_are_found() -> None:
    assert "test_functions_of_a_file_are_found" in functions_of(HERE)
    assert "missing_tests" not in functions_of(HERE)


def test_an_unknown_member_of_a_row_is_refused() -> None:
    with pytest.raises(TypeError):
        rows_of([{"id": "X-1", "level": "SHALL", "section": "x", "requirement": "x", "test": []}])


def row(name: str, *tests: str) -> Row:
    return Row(name, "x", "x", "SHALL", tests, "" if tests else "because of this")


def test_the_count_speaks_of_this_run_only() -> None:
    """A row is proven when all its tests have run in it and nothing of them failed."""
    results = Results()
    for node, when, outcome in [
        ("a.py::t", "setup", "passed"),
        ("a.py::t", "call", "passed"),
        ("a.py::two[x]", "call", "passed"),
        ("a.py::two[y]", "call", "failed"),
        ("a.py::three", "setup", "skipped"),
        ("a.py::four", "call", "passed"),
        ("a.py::four", "teardown", "failed"),
    ]:
        results.add(node, when, outcome)
    rows = [
        row("P", "a.py::t"),
        row("F", "a.py::t", "a.py::two"),
        row("S", "a.py::three"),
        row("T", "a.py::four"),
        row("N", "a.py::t", "a.py::never"),
        row("W"),
    ]
    proven = proven_rows(rows, results)
    assert [each.id for each in proven] == ["P"]
    assert summary(rows, proven, results) == (
        "CDS Hooks conformance: 6 rows, 1 proven, 1 waived, 1 not run, 3 failed: F, S, T"
    )
    assert (
        summary(rows[:1] + rows[-1:], proven, results) == "CDS Hooks conformance: 2 rows, 1 proven, 1 waived"
    )
