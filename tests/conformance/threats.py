"""Risks, threats and safeguards (threats.yaml), and the last recorded run of the tests that prove them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.conformance.table import FOLDER, ROWS, Results

LAST_RUN = FOLDER / "last_run.json"


@dataclass(frozen=True, slots=True)
class Threat:
    """One risk, threat or safeguard: our control, and its tests or the reason why there are none."""

    id: str
    title: str
    control: str
    tests: tuple[str, ...] = ()
    waiver: str = ""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One list of them, such as Argonaut's risks."""

    list: str
    title: str
    rows: tuple[Threat, ...]


def catalogues() -> tuple[Catalogue, ...]:
    """All lists of threats.yaml."""
    data: list[dict[str, Any]] = yaml.safe_load((FOLDER / "threats.yaml").read_text("utf-8"))
    return tuple(
        Catalogue(
            each["list"],
            each["title"],
            tuple(Threat(**{**row, "tests": tuple(row.get("tests", ()))}) for row in each["rows"]),
        )
        for each in data
    )


def named_tests() -> Iterator[str]:
    """Every test that a row of either table names."""
    for row in ROWS:
        yield from row.tests
    for catalogue in catalogues():
        for threat in catalogue.rows:
            yield from threat.tests


def record(results: Results, day: str, commit: str, file: Path) -> None:
    """Write what a run has shown of the named tests.

    Args:
        results: of the run.
        day: ISO 8601.
        commit: what was checked out, with `+` when files differed from it.
        file: where to write.
    """
    outcomes = {
        test: "passed" if results.holds(test) else "failed"
        for test in sorted(set(named_tests()))
        if test in results.passed or test in results.failed
    }
    file.write_text(json.dumps({"day": day, "commit": commit, "tests": outcomes}, indent=1) + "\n", "utf-8")
