"""A copy of the book with a fault planted in it, and the proof of what is around the rules concerned."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cds_service.books import CATALOGUES, POLICIES, Library, load_library
from cds_service.engine.catalogue import load_catalogue
from cds_service.engine.evaluate import Engine
from cds_service.engine.loader import load_book
from cds_service.engine.vocabulary import Vocabulary
from cds_service.facts.knowledge import load_knowledge
from cds_service.facts.vocabulary import VOCABULARY
from cds_service.proof.faults import Fault
from cds_service.proof.run import Options, Proof, Unwatched, prove
from cds_service.proof.space import Plain, space_of

MINUTES = 5.0
POINTS = 1_500
TRIES = 1_500
"""Enough to see what is planted."""


@dataclass(frozen=True)
class Plant:
    """One exchange of text in a file of the copy."""

    file: str
    old: str
    new: str


def copy_of_the_book(folder: Path, *plants: Plant, more: str = "") -> Path:
    """A copy of all policies with the planted faults.

    Args:
        folder: where the copy is made.
        plants: exchanges of text, each at its first place.
        more: rules of one more policy file, as YAML.
    """
    copy = folder / "book"
    shutil.copytree(POLICIES, copy, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for plant in plants:
        path = copy / plant.file
        text = path.read_text("utf-8")
        assert plant.old in text, f"{plant.file} has no {plant.old!r}"
        path.write_text(text.replace(plant.old, plant.new, 1), "utf-8")
    if more:
        head = (
            "policy: astro.planted\nabout: Faults planted by a test.\ndocument: astro-igrt-coding\nrules:\n"
        )
        (copy / "astro" / "planted.policy.yaml").write_text(head + more, "utf-8")
    return copy


def library_of(folder: Path, vocabulary: Vocabulary = VOCABULARY) -> Library:
    """The copy, loaded."""
    catalogue = load_catalogue(CATALOGUES)
    book = load_book([folder], catalogue, vocabulary)
    return Library(Engine(book), load_knowledge(CATALOGUES, catalogue, book.payers))


def proof_around(folder: Path, rules: Sequence[str], vocabulary: Vocabulary = VOCABULARY) -> Proof:
    """The proof of some of the points around these rules, in this process."""
    options = Options(MINUTES, processes=1, rules=frozenset(rules), points=POINTS, tries=TRIES)
    return prove(library_of(folder, vocabulary), [folder], options, Unwatched(), plain=_plain())


@cache
def _plain() -> Plain:
    """The classes of the book as it is: what is planted tells no others apart."""
    library = load_library([POLICIES])
    none_of_the_core = frozenset({""})
    return space_of(library.engine, library.knowledge, [POLICIES], none_of_the_core).plain


def found(proof: Proof, kind: str, *rules: str) -> list[Fault]:
    """Faults of a kind that name all of these rules."""
    return [
        f for f in proof.faults if f.kind == kind and set(rules) <= {i.rpartition(".")[2] for i in f.rules}
    ]


def rule(id: str, when: str, finding: str, **members: Any) -> str:
    """A rule as YAML, in force 2015 to 2025."""
    more = "".join(f"    {name}: {value}\n" for name, value in members.items())
    return (
        f"  - id: {id}\n    status: active\n    effective: {{from: 2015-01-01, through: 2025-12-31}}\n{more}"
        f"    when: {when}\n    finding: {finding}\n    cites: [AST-10]\n"
    )
