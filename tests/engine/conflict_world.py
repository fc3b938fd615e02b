"""Two documents with positions, read from a folder, for the tests of conflicts."""

from __future__ import annotations

from pathlib import Path

from cds_service.books import CATALOGUES
from cds_service.engine.catalogue import load_catalogue
from cds_service.engine.conflicts import Conflict, conflicts_of
from cds_service.engine.letters import PolicyError
from cds_service.engine.loader import load_book
from cds_service.facts.vocabulary import VOCABULARY

SOURCES = """documents:
  - id: {folder}
    title: {folder}
    owner: {folder}
    label: {folder}
    rank: payer
    url: https://example.org/
    editions:
      - {{id: only, issued: for tests, in_force: {{from: {first}}}, last_reviewed: 2026-01-01}}
    statements:
"""
STATEMENT = "      - {{id: {id}, section: one, says: It says {id}., kind: informational, not_modelled: none needed}}\n"
PAYER = "payer: {folder}\nname: {folder}\naliases:\n  - {{name: {folder}, match: equal}}\n"
RESOLUTION = """resolutions:
  - id: R-01
    about: Everything that differs
    among: [ONE-1, ONE-2, TWO-1]
    points: [POINT]
    resolved: It is resolved for the tests.
    no_rule: No rule is needed for the tests.
"""


def write_positions(folder: Path, positions: str) -> None:
    """Two payers: ONE-1 and ONE-2 in force from 2010, TWO-1 from 2020."""
    for name, first, ids in (("one", "2010-01-01", ("ONE-1", "ONE-2")), ("two", "2020-01-01", ("TWO-1",))):
        here = folder / name
        here.mkdir(parents=True, exist_ok=True)
        statements = "".join(STATEMENT.format(id=each) for each in ids)
        (here / "sources.yaml").write_text(SOURCES.format(folder=name, first=first) + statements, "utf-8")
        (here / "payer.yaml").write_text(PAYER.format(folder=name), "utf-8")
    (folder / "positions.yaml").write_text("positions:\n" + positions, "utf-8")


def position(statement: str, point: str, stance: str, more: str = "") -> str:
    """One position as YAML; `more` are further members in flow style."""
    tail = f", {more}" if more else ""
    return f"  - {{statement: {statement}, point: {point}, stance: {stance}{tail}}}\n"


def found(folder: Path, *positions: str) -> list[Conflict]:
    """The conflicts among the positions: of the resolutions that may stand there, exactly one names them all."""
    write_positions(folder, "".join(positions))
    point = positions[0].partition("point: ")[2].partition(",")[0]
    for among in ("[ONE-1, ONE-2, TWO-1]", "[ONE-1, TWO-1]", "[ONE-1, ONE-2]", "[ONE-2, TWO-1]", ""):
        path = folder / "resolutions.yaml"
        if among:
            path.write_text(
                RESOLUTION.replace("[ONE-1, ONE-2, TWO-1]", among).replace("POINT", point), "utf-8"
            )
        else:
            path.unlink(missing_ok=True)
        try:
            return list(conflicts_of(load_book([folder], load_catalogue(CATALOGUES), VOCABULARY)))
        except PolicyError as error:
            letters = error
    raise letters
