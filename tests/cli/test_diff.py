"""`igrt-cds policies diff OLD NEW`: words, JSON and exit codes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from cds_service.books import POLICIES
from cds_service.cli import diff as command
from tests.cli.conftest import Igrt
from tests.conftest import ROOT

EXAMPLE = ROOT / "docs" / "examples"


@pytest.fixture
def edited(tmp_path: Path) -> Path:
    """The example payer with a milder rule."""
    shutil.copytree(EXAMPLE / "gulf-palms", tmp_path / "gulf-palms")
    path = tmp_path / "gulf-palms" / "guidance.policy.yaml"
    path.write_text(path.read_text("utf-8").replace("severity: critical", "severity: warning", 1), "utf-8")
    return tmp_path


def test_no_change_ends_with_0(igrt: Igrt) -> None:
    shown = igrt("policies", "diff", EXAMPLE, EXAMPLE)
    assert (shown.code, shown.out.strip()) == (0, "No change.")
    machine = igrt("policies", "diff", "--json", EXAMPLE, EXAMPLE)
    assert (machine.code, json.loads(machine.out)) == (0, {"changes": []})


def test_changes_are_grouped_by_payer_and_end_with_1(igrt: Igrt, edited: Path) -> None:
    shown = igrt("policies", "diff", EXAMPLE, edited)
    assert shown.code == 1
    lines = [line.rstrip() for line in shown.out.splitlines()]
    assert lines == [
        "Gulf Palms Health Plan",
        "  rule gulf-palms.guidance.hospital-physician-guidance-without-26  changed  77014, 77387, G6001, G6002",
        "    from 2023-07-01 on:",
        "      severity: before “critical”, now “warning”",
        "",
        "1 change.",
    ]


def test_json_has_codes_and_days(igrt: Igrt, edited: Path) -> None:
    (change,) = json.loads(igrt("policies", "diff", "--json", EXAMPLE, edited).out)["changes"]
    assert (change["who"], change["what"], change["change"]) == ("Gulf Palms Health Plan", "rule", "changed")
    assert change["codes"] == ["77014", "77387", "G6001", "G6002"]
    (detail,) = change["details"]
    assert (detail["from"], detail["through"]) == ("2023-07-01", None)


def test_a_whole_book_is_read_by_itself(igrt: Igrt, tmp_path: Path) -> None:
    """A copy of the package's folder beside the package would register every document twice."""
    shutil.copytree(POLICIES, tmp_path / "policies")
    path = tmp_path / "policies" / "astro" / "payer-choice.policy.yaml"
    text = path.read_text("utf-8")
    assert "effective: {from: 2015-01-01, through: 2025-12-31}" in text
    path.write_text(text.replace("through: 2025-12-31", "through: 2024-12-31", 1), "utf-8")
    shown = igrt("policies", "diff", POLICIES, tmp_path / "policies")
    assert shown.code == 1, shown.err
    assert "ASTRO\n  rule astro.payer-choice." in shown.out
    assert "speaks from 2015-01-01 to 2024-12-31; before, it spoke from 2015-01-01 to 2025-12-31" in shown.out


def test_a_payer_s_folder_is_read_beside_the_package(igrt: Igrt, tmp_path: Path) -> None:
    """The example overrides a rule of the package: by itself it could not be read."""
    assert igrt("policies", "new-payer", "sunny-health", "--folder", tmp_path).code == 0
    shown = igrt("policies", "diff", tmp_path, EXAMPLE)
    assert shown.code == 1, shown.err
    assert "  payer sunny-health  removed" in shown.out
    assert "  payer gulf-palms  added" in shown.out


def test_folders_that_cannot_be_read_are_letters(igrt: Igrt, edited: Path, tmp_path: Path) -> None:
    missing = igrt("policies", "diff", EXAMPLE, tmp_path / "gone")
    assert missing.code == 3
    assert "is no folder" in missing.err
    path = edited / "gulf-palms" / "guidance.policy.yaml"
    path.write_text(path.read_text("utf-8").replace("side: {is:", "sied: {is:", 1), "utf-8")
    broken = igrt("policies", "diff", EXAMPLE, edited)
    assert broken.code == 3
    assert broken.out == ""
    assert "there is no fact `sied`" in broken.err


@pytest.mark.parametrize("width", [80, 120])
def test_it_fits_the_terminal(
    igrt: Igrt, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, width: int
) -> None:
    monkeypatch.setattr(command, "console", Console(width=width, highlight=False))
    (tmp_path / "payer.yaml").write_text(
        "payer: tiny\nname: Tiny\naliases: [{name: tiny plan, match: equal}]\n", "utf-8"
    )
    shown = igrt("policies", "diff", tmp_path, EXAMPLE)
    assert shown.code == 1, shown.err
    assert max(map(len, shown.out.splitlines())) <= width
