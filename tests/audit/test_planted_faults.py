"""Recall and precision: every fault planted in a made-up export is found, and nothing else."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from cds_service.audit.rows import Row
from fhir_fixtures.bulk import PLANTED, write_export
from fhir_fixtures.bulk.faults import FAULTS
from tests.audit.running import rows_in, run

PATIENTS, SEED = 500, 3


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planted") / "export"
    write_export(folder, PATIENTS, SEED)
    return folder


@pytest.fixture(scope="module")
def rows(export: Path) -> list[Row]:
    run(export, export.parent / "out", workers=2)
    return rows_in(export.parent / "out")


def planted_in(export: Path) -> list[tuple[str, str, str, tuple[int, ...]]]:
    listed = json.loads((export / PLANTED).read_text())["planted"]
    return [(p["claim"], p["rule"], p["severity"], tuple(p["lines"])) for p in listed]


def matches(row: Row, fault: tuple[str, str, str, tuple[int, ...]]) -> bool:
    claim, rule, severity, lines = fault
    concerned = {line.sequence for line in row.lines}
    return (
        row.claim == claim
        and rule in row.rules
        and row.severity == severity
        and (not lines or concerned == set(lines))
    )


def test_every_planted_fault_is_found_on_its_lines(export: Path, rows: list[Row]) -> None:
    missed = [fault for fault in planted_in(export) if not any(matches(row, fault) for row in rows)]
    assert missed == []


def test_nothing_is_found_that_was_not_planted(export: Path, rows: list[Row]) -> None:
    faults = planted_in(export)
    assert [row for row in rows if not any(matches(row, fault) for fault in faults)] == []


def test_what_was_planted_is_not_of_a_few_kinds_only(export: Path) -> None:
    rules = Counter(rule for _, rule, _, _ in planted_in(export))
    assert len(rules) >= len(FAULTS), rules


def test_the_same_seed_makes_the_same_export(export: Path, tmp_path: Path) -> None:
    write_export(tmp_path, PATIENTS, SEED)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in export.iterdir())
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (export / path.name).read_bytes()
