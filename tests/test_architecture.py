"""Keeps the shape of the code: which package may import which, no clock in the rules, no overgrown file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT

LONGEST_FILE = 400
OURS = ("cds_service", "cards", "fhir_fixtures", "benchmarks", "scripts", "tests")
CODE_SUFFIXES = {".py", ".sh", ".js", ".css", ".html"}


@dataclass(frozen=True)
class Border:
    """A folder and the modules that nothing in it may import, at any depth or time."""

    folder: str
    forbidden: tuple[str, ...]


BORDERS = (
    Border("cards", ("cds_service", "fhir_fixtures")),
    Border(
        "cds_service/engine",
        (
            *(f"cds_service.{part}" for part in ("web", "request", "facts", "cli", "app", "settings")),
            "fhir_fixtures",
            "flask",
            "fhir",
        ),
    ),
    Border(
        "cds_service/fhir_client",
        tuple(
            f"cds_service.{part}" for part in ("web", "request", "facts", "engine", "cli", "app", "service")
        ),
    ),
    Border(
        "cds_service/audit",
        ("cds_service.web", "cds_service.cli", "cds_service.app", "fhir_fixtures", "flask", "rich", "typer"),
    ),
    Border(
        "cds_service/audit_inputs",
        (
            *(
                f"cds_service.{part}"
                for part in ("web", "cli", "app", "engine", "request", "audit_report", "audit_spark")
            ),
            "fhir_fixtures",
            "flask",
        ),
    ),
    Border(
        "cds_service/audit_report",
        (
            *(
                f"cds_service.{part}"
                for part in ("web", "cli", "app", "engine", "facts", "request", "audit_inputs", "audit_spark")
            ),
            "fhir_fixtures",
            "flask",
        ),
    ),
    Border(
        "cds_service/audit_spark",
        (
            "cds_service.web",
            "cds_service.cli",
            "cds_service.app",
            "cds_service.audit_report",
            "fhir_fixtures",
            "flask",
        ),
    ),
    Border("fhir_fixtures/bulk", ("cds_service", "cards")),
    Border("cds_service/facts", ("cds_service.web", "cds_service.cli", "cds_service.app", "flask")),
)

CLOCK_CALLS = {
    "date.today",
    "datetime.now",
    "datetime.today",
    "datetime.utcnow",
    "time.time",
    "time.localtime",
    "time.gmtime",
}


def imported_modules(file: Path, root: Path) -> Iterator[tuple[int, str]]:
    """(line, module) of each import, relative ones resolved; `from a import b` gives `a` and `a.b`."""
    package = file.relative_to(root).parent.parts
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"), str(file))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield node.lineno, base
            for alias in node.names:
                yield node.lineno, f"{base}.{alias.name}"


def border_breaches(root: Path, border: Border) -> list[str]:
    """Imports that cross the border, as `file:line module`."""
    return [
        f"{file.relative_to(root)}:{line} {module}"
        for file in sorted((root / border.folder).rglob("*.py"))
        for line, module in imported_modules(file, root)
        if any(module == name or module.startswith(f"{name}.") for name in border.forbidden)
    ]


def clock_calls(root: Path, folder: str) -> list[str]:
    """Calls that read the clock, as `file:line call`."""
    return [
        f"{file.relative_to(root)}:{node.lineno} {ast.unparse(node.func)}"
        for file in sorted((root / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"), str(file)))
        if isinstance(node, ast.Call) and ".".join(ast.unparse(node.func).split(".")[-2:]) in CLOCK_CALLS
    ]


def overlong_files(root: Path, limit: int) -> list[str]:
    """Code files of ours with more lines than the limit, as `file: lines`."""
    files = (file for top in OURS for file in sorted((root / top).rglob("*")) if file.suffix in CODE_SUFFIXES)
    counted = ((file, len(file.read_text(encoding="utf-8").splitlines())) for file in files)
    return [f"{file.relative_to(root)}: {lines}" for file, lines in counted if lines > limit]


@pytest.mark.parametrize("border", BORDERS, ids=lambda border: border.folder)
def test_imports_point_one_way(border: Border) -> None:
    assert list((ROOT / border.folder).rglob("*.py")), (
        f"{border.folder} holds no code: the border guards nothing"
    )
    assert border_breaches(ROOT, border) == []


@pytest.mark.parametrize("folder", ["cds_service/engine", "cds_service/facts", "cards"])
def test_rules_and_facts_read_no_clock(folder: str) -> None:
    assert clock_calls(ROOT, folder) == []


def test_no_file_has_outgrown_one_job() -> None:
    assert overlong_files(ROOT, LONGEST_FILE) == []


@pytest.mark.parametrize(
    "statement",
    [
        "import cds_service.web.hooks",
        "import cds_service.web as w",
        "from cds_service import web",
        "from cds_service.web.hooks import call",
        "from .. import web",
        "from ..web import hooks",
        "def late():\n    from cds_service.web import hooks",
        "from flask import Flask",
        "from fhir.resources.R4B.claim import Claim",
    ],
)
def test_each_way_to_import_is_seen(tmp_path: Path, statement: str) -> None:
    folder = tmp_path / "cds_service" / "engine"
    folder.mkdir(parents=True)
    (folder / "rule.py").write_text(statement, encoding="utf-8")
    border = next(border for border in BORDERS if border.folder == "cds_service/engine")
    assert border_breaches(tmp_path, border)


def test_lawful_neighbours_are_not_breaches(tmp_path: Path) -> None:
    folder = tmp_path / "cds_service" / "engine"
    folder.mkdir(parents=True)
    (folder / "rule.py").write_text(
        "from . import model\nimport cds_service.websters\nfrom cds_service.engine.model import Rule\n",
        encoding="utf-8",
    )
    border = next(border for border in BORDERS if border.folder == "cds_service/engine")
    assert border_breaches(tmp_path, border) == []


def test_clock_and_long_files_are_seen(tmp_path: Path) -> None:
    folder = tmp_path / "cards"
    folder.mkdir()
    (folder / "late.py").write_text(
        "import datetime\nday = datetime.date.today()\n" + "\n" * LONGEST_FILE, encoding="utf-8"
    )
    assert clock_calls(tmp_path, "cards") == ["cards/late.py:2 datetime.date.today"]
    assert overlong_files(tmp_path, LONGEST_FILE) == [f"cards/late.py: {LONGEST_FILE + 2}"]
