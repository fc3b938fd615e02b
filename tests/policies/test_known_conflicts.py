"""The contradictions that docs/rulebook.md names in section 11 come out of the positions, and out of nothing else.

C-08 and C-10 are misprints: no position is taken there. Removing or changing one position makes a conflict go.
"""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from cds_service.books import POLICIES, load_library
from cds_service.engine.conflict_checks import check_conflicts
from cds_service.engine.conflicts import conflicts_of
from cds_service.engine.lost import Lost
from cds_service.engine.positions import Bound
from cds_service.engine.rules import Book
from tests.conftest import ROOT

MISPRINTS = {"C-08", "C-10"}

KNOWN: dict[str, set[tuple[str, str, str]]] = {
    "C-01": {("nature", "AST-11", "MOL-15")},
    "C-02": {
        ("code-taken", "AST-05", "AST-18"),
        ("code-taken", "AST-18", "AST-29"),
        ("code-taken", "AST-05", "FLB-22"),
        ("code-taken", "AST-18", "MOL-13"),
        ("code-taken", "AST-18", "MOL-16"),
        ("code-taken", "AST-32", "MOL-17"),
        ("code-taken", "AST-05", "EXT-03"),
    },
    "C-03": {("separate-line", "AST-27", "MOL-11")},
    "C-04": {("separate-line", "AST-16", "AST-27")},
    "C-05": {
        ("separate-line", "FLB-03", "FLB-09"),
        ("separate-line", "FLB-03", "FLB-13"),
        ("separate-line", "AST-20", "FLB-13"),
        ("separate-line", "CVS-13", "CVS-14"),
        ("separate-line", "AST-20", "CVS-13"),
        ("separate-line", "CVS-14", "FLB-13"),
    },
    "C-06": {
        ("necessity", "FLB-13", "LCD-61"),
        ("necessity", "CVS-11", "LCD-61"),
        ("necessity", "CVS-16", "FLB-10"),
        ("necessity", "CVS-17", "FLB-10"),
        ("necessity", "CVS-09", "FLB-13"),
    },
    "C-07": {("medicare-determination", "FLB-37", "LCD-58")},
    "C-09": {
        ("guidance-codes", "AST-05", "AST-27"),
        ("guidance-codes", "AST-27", "FLB-22"),
        ("guidance-codes", "AST-27", "MOL-13"),
        ("guidance-codes", "FLB-22", "LCD-58"),
        ("guidance-codes", "LCD-58", "MOL-13"),
    },
    "C-11": {("claims-meant", "LCD-53", "LCD-71"), ("claims-meant", "LCD-71", "LCD-75")},
    "C-12": {("modifier", "AST-10", "AST-11")},
    "C-13": {("necessity", "CVS-09", "CVS-11")},
    "C-14": {("separate-line", "MOL-10", "MOL-18")},
    "C-15": {("necessity", "CVS-06", "CVS-08"), ("necessity", "CVS-06", "CVS-09")},
    "C-16": {("modifier", "AST-30", "AST-31")},
    "C-17": {("documents", "FLB-28", "FLB-33")},
    "C-18": {
        ("separate-line", "LCD-44", "LCD-45"),
        ("separate-line", "LCD-44", "LCD-47"),
        ("modifier", "LCD-45", "LCD-48"),
    },
    "C-19": {
        ("separate-line", "EXT-11", "LCD-23"),
        ("separate-line", "EXT-11", "LCD-24"),
        ("separate-line", "EXT-11", "LCD-27"),
    },
}
"""Id -> point and statements (in any order) that the positions have to bring out."""


@pytest.fixture(scope="module")
def book() -> Book:
    return load_library((POLICIES,)).engine.book


def found(book: Book) -> dict[str, set[tuple[str, str, str]]]:
    """What the positions bring out, by the resolution that names it; statements in alphabetical order."""
    by_id: dict[str, set[tuple[str, str, str]]] = {}
    for conflict in conflicts_of(book):
        one, other = sorted((conflict.one, conflict.other))
        for resolution in conflict.resolutions(book):
            by_id.setdefault(resolution.id, set()).add((conflict.point, one, other))
    return by_id


def test_every_contradiction_of_the_rulebook_is_known_or_a_misprint() -> None:
    text = (ROOT / "docs" / "rulebook.md").read_text("utf-8")
    section = text[text.index("## 11 ") :]
    named = set(re.findall(r"(?m)^\| (C-\d+) \|", section[: section.index("\n## 12")]))
    assert named == set(KNOWN) | MISPRINTS


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_it_comes_out_of_the_positions(book: Book, name: str) -> None:
    assert KNOWN[name] <= found(book).get(name, set())


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_it_goes_with_the_positions_of_either_side(book: Book, name: str) -> None:
    for point, one, other in KNOWN[name]:
        for statement in (one, other):
            left = tuple(p for p in book.positions if (p.statement, p.point) != (statement, point))
            assert len(left) < len(book.positions)
            changed = replace(book, positions=left)
            assert (point, one, other) not in found(changed).get(name, set())
            letters = [str(problem) for problem in check_conflicts(changed, Lost())]
            elsewhere = any(statement in pair for pair in found(changed).get(name, set()))
            assert elsewhere or any(f"[{name}]" in letter for letter in letters), f"{statement} is not missed"


def test_no_position_is_idle(book: Book) -> None:
    """Each one brings out a conflict that would not be there without it."""
    whole = conflicts_of(book)
    for n, position in enumerate(book.positions):
        less = replace(book, positions=(*book.positions[:n], *book.positions[n + 1 :]))
        assert conflicts_of(less) != whole, f"{position.file}:{position.line} {position.statement}"


def test_another_stance_is_another_conflict(book: Book) -> None:
    """If the article allowed 26 on tracking it would agree with its own list, and differ from Molina's policy."""
    changed = tuple(
        replace(p, stance=frozenset({"26"})) if (p.statement, p.point) == ("AST-11", "modifier") else p
        for p in book.positions
    )
    after = replace(book, positions=changed)
    assert ("modifier", "AST-10", "AST-11") not in found(after).get("C-12", set())
    pairs = {(c.point, c.one, c.other) for c in conflicts_of(after)}
    assert ("modifier", "AST-11", "MOL-15") in pairs
    letters = [str(problem) for problem in check_conflicts(after, Lost())]
    assert any("differs from AST-11 on `modifier`" in letter for letter in letters)


def test_another_bound_moves_a_conflict(book: Book) -> None:
    """If Molina's sentence on the technical part were about hospitals only, offices would not be touched."""
    hospital = Bound(frozenset({"hospital"}))
    changed = tuple(
        replace(p, where={**p.where, "side": hospital}) if p.statement == "MOL-11" else p
        for p in book.positions
    )
    after = replace(book, positions=changed)
    assert ("separate-line", "AST-27", "MOL-11") not in found(after).get("C-03", set())
    assert ("separate-line", "AST-27", "MOL-11") in found(book)["C-03"]


def test_misprints_take_no_position(book: Book) -> None:
    assert not MISPRINTS & {resolution.id for resolution in book.resolutions}
    assert not {"FLB-43", "MOL-29"} & {position.statement for position in book.positions}


def test_what_is_resolved_by_a_rule_names_one_that_can_speak(book: Book) -> None:
    active = {f"{r.policy}.{r.id}" for r in book.rules if r.status == "active"}
    for resolution in book.resolutions:
        assert set(resolution.rules) <= active, resolution.id


def test_there_is_no_flood(book: Book) -> None:
    """Every conflict is named by one resolution, and the resolutions can be read in one sitting."""
    conflicts = conflicts_of(book)
    assert all(len(conflict.resolutions(book)) == 1 for conflict in conflicts)
    assert len(book.resolutions) <= len(KNOWN) + 8
