"""The rows of the specification, the tests that prove them, and what a run has shown.

`cds_hooks.yaml` has a row for each obligation of a CDS service; `threats.yaml` one for each risk and threat.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]


@dataclass(frozen=True, slots=True)
class Row:
    """One obligation, with either the tests that prove it or the reason why none does."""

    id: str
    requirement: str
    section: str
    level: str
    tests: tuple[str, ...] = ()
    waiver: str = ""


@dataclass
class Results:
    """Outcomes of a run by test function; a parametrized one has passed when all of its cases have."""

    passed: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)

    def add(self, node: str, when: str, outcome: str) -> None:
        """Take in one report of pytest."""
        test = node.partition("[")[0]
        if outcome != "passed":
            self.failed.add(test)
        elif when == "call":
            self.passed.add(test)

    def holds(self, test: str) -> bool:
        """Whether it ran and nothing of it failed or was skipped."""
        return test in self.passed and test not in self.failed


def rows_of(data: Iterable[Mapping[str, Any]]) -> tuple[Row, ...]:
    """Rows as they stand in a file.

    Raises:
        TypeError: a row has a member that no row has, or lacks one.
    """
    return tuple(Row(**{**row, "tests": tuple(row.get("tests", ()))}) for row in data)


def read(name: str) -> tuple[Row, ...]:
    """The rows of a file of this folder."""
    return rows_of(yaml.safe_load((FOLDER / name).read_text("utf-8")))


ROWS = read("cds_hooks.yaml")


def proven_rows(rows: Sequence[Row], results: Results) -> list[Row]:
    """Rows with tests, all of which have passed."""
    return [row for row in rows if row.tests and all(results.holds(test) for test in row.tests)]


def summary(rows: Sequence[Row], proven: Sequence[Row], results: Results) -> str:
    """The line at the end of a run, such as `CDS Hooks conformance: 119 rows, 97 proven, 22 waived`."""
    waived = [row for row in rows if not row.tests]
    failed = [row.id for row in rows if any(test in results.failed for test in row.tests)]
    not_run = len(rows) - len(proven) - len(waived) - len(failed)
    parts = [f"{len(rows)} rows", f"{len(proven)} proven", f"{len(waived)} waived"]
    parts += [f"{not_run} not run"] if not_run else []
    parts += [f"{len(failed)} failed: {', '.join(failed)}"] if failed else []
    return f"CDS Hooks conformance: {', '.join(parts)}"


@cache
def functions_of(file: str) -> frozenset[str]:
    """The test functions and methods of a file, as they stand after `::` in pytest's names."""
    path = ROOT / file
    if not path.is_file():
        return frozenset()
    found = set()
    for node in ast.parse(path.read_text("utf-8"), file).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            inner = (each for each in node.body if isinstance(each, ast.FunctionDef))
            found |= {f"{node.name}::{each.name}" for each in inner if each.name.startswith("test_")}
    return frozenset(found)


def missing_tests(rows: Iterable[Row]) -> list[str]:
    """Tests that a row names and that are not there."""
    named = {(row.id, test) for row in rows for test in row.tests}
    return sorted(f"{row}: {test}" for row, test in named if not exists(test))


def exists(test: str) -> bool:
    """Whether there is a test of this name, `file::function`."""
    file, _, function = test.partition("::")
    return function in functions_of(file)
