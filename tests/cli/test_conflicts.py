"""`igrt-cds policies conflicts`: both citations, where the statements meet, and what is in force."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from rich.console import Console

from cds_service.books import standard_library
from cds_service.cli import conflicts as command
from cds_service.engine.conflicts import conflicts_of
from tests.cli.conftest import Igrt


def words(text: str) -> str:
    return " ".join(text.split())


def test_one_conflict_with_its_citations_its_place_and_its_rules(igrt: Igrt) -> None:
    shown = igrt("policies", "conflicts", "C-12")
    assert shown.code == 0
    text = words(shown.out)
    assert text.startswith("C-12 Modifier 26 on G6017 question Which modifier does the line carry")
    assert re.search(r"AST-10 26\. The list .* Image guidance codes, third paragraph \(cpt-2020\)", text)
    assert re.search(r"AST-11 none\. G6017 has .* note on G6017 \(cpt-2020\)", text)
    assert "where G6017 · physician in hospital · 2015-01-01 to 2025-12-31 (AST-10/AST-11" in text
    assert "rule astro.modifiers.tracking-with-26 critical" in text
    assert "1 conflict between" in text


def test_a_resolution_without_a_rule_says_why(igrt: Igrt) -> None:
    text = words(igrt("policies", "conflicts", "C-09").out)
    assert "no rule The resolution is silence" in text
    assert " rule astro" not in text


def test_a_statement_leads_to_its_conflicts(igrt: Igrt) -> None:
    brief = igrt("policies", "conflicts", "ast-27", "--brief").out.splitlines()
    assert {line.split()[0] for line in brief[:-1]} >= {"C-04", "C-09", "C-21"}
    assert all("AST-27" in line for line in brief[:-1])


def test_a_name_that_nobody_knows_is_a_letter(igrt: Igrt) -> None:
    shown = igrt("policies", "conflicts", "C-99")
    assert shown.code == 3
    assert shown.out == ""
    assert "C-99: no resolution and no statement in conflict has this name." in words(shown.err)


def test_all_conflicts_of_the_book_are_shown(igrt: Igrt) -> None:
    book = standard_library().engine.book
    told = json.loads(igrt("policies", "conflicts", "--json").out)["conflicts"]
    assert [each["id"] for each in told] == sorted(resolution.id for resolution in book.resolutions)
    pairs = {(c["point"], *c["between"]) for each in told for c in each["conflicts"]}
    assert pairs == {(c.point, c.one, c.other) for c in conflicts_of(book)}
    shown = igrt("policies", "conflicts").out
    assert words(shown).endswith(
        f"{len(told)} conflicts between {len(pairs)} pairs of statements, all resolved."
    )


def test_json_names_overlap_citations_and_severities(igrt: Igrt) -> None:
    (told,) = json.loads(igrt("policies", "conflicts", "C-04", "--json").out)["conflicts"]
    (difference,) = told["differences"]
    assert difference["point"] == "separate-line"
    (table,) = [s for s in difference["statements"] if s["statement"] == "AST-27"]
    assert table["section"] == "Table, IMRT, freestanding setting"
    assert (table["document"], table["edition"]) == ("astro-igrt-coding", "cpt-2020")
    (pair,) = [c for c in told["conflicts"] if c["between"] == ["AST-16", "AST-27"]]
    (overlap,) = pair["overlaps"]
    assert overlap["where"]["beside"] == ["77385", "77386"]
    assert (overlap["from"], overlap["through"]) == ("2015-01-01", "2025-12-31")
    severities = {r["rule"].split(".")[-1]: r["severities"] for r in told["rules"]}
    assert severities["global-method-code-beside-cpt-imrt-delivery-in-freestanding"] == ["info"]


def test_an_open_end_is_null(igrt: Igrt) -> None:
    (told,) = json.loads(igrt("policies", "conflicts", "C-17", "--json").out)["conflicts"]
    (conflict,) = told["conflicts"]
    assert conflict["overlaps"][0]["through"] is None
    assert conflict["overlaps"][0]["where"]["line_of_business"]


@pytest.mark.parametrize("width", [80, 120])
def test_it_fits_the_terminal(igrt: Igrt, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setattr(command, "console", Console(width=width, highlight=False))
    lines = igrt("policies", "conflicts").out.splitlines()
    assert max(map(len, lines)) <= width
    told = words("\n".join(lines))
    for resolution in standard_library().engine.book.resolutions:
        assert words(resolution.resolved)[:20] in told.replace("  ", " ")


def test_an_unresolved_conflict_stops_the_command_with_its_letter(igrt: Igrt, tmp_path: Path) -> None:
    assert igrt("policies", "new-payer", "sunny-health", "--folder", tmp_path).code == 0
    (tmp_path / "sunny-health" / "positions.yaml").write_text(
        "positions:\n  - {statement: SUNNYHEALTH-01, point: nature, stance: professional-only}\n", "utf-8"
    )
    shown = igrt("policies", "conflicts", "--policies", tmp_path)
    assert shown.code == 3
    assert "[SUNNYHEALTH-01]: differs from AST-11 on `nature` (G6017 · " in words(shown.err)
    (tmp_path / "resolutions.yaml").write_text(
        "resolutions:\n  - id: S-01\n    about: Whose work G6017 is\n    between: [SUNNYHEALTH-01]\n"
        "    and: [AST-11]\n    points: [nature]\n    resolved: The payer decides for its members.\n"
        "    no_rule: The rule of the payer does not speak of G6017.\n",
        "utf-8",
    )
    resolved = words(igrt("policies", "conflicts", "S-01", "--policies", tmp_path).out)
    assert "S-01 Whose work G6017 is" in resolved
    assert "technical work only" in resolved
    assert "a physician's work only" in resolved
