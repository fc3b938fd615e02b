"""Reads policy folders into a Book, or refuses with a letter for every problem at once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from cds_service.engine.build import PolicyBuilder
from cds_service.engine.catalogue import Catalogue
from cds_service.engine.checks import check_book
from cds_service.engine.letters import PolicyError, Problem
from cds_service.engine.lost import Lost
from cds_service.engine.payers import PayerEntry, Told, read_payers
from cds_service.engine.positions import Position, PositionReader, Resolution, read_resolutions
from cds_service.engine.registers import read_documents
from cds_service.engine.rules import Book, Document, Policy
from cds_service.engine.schema import fits
from cds_service.engine.textyaml import read_text_yaml
from cds_service.engine.vocabulary import Vocabulary
from cds_service.files import why_no_folder

_WHERE = "Correct --policies or IGRT_CDS_POLICY_PATH."
_RIGHTS = "Let the user that the service runs as read it, or move it away."
_FIXED_NAMES = frozenset({"payer.yaml", "sources.yaml", "positions.yaml", "resolutions.yaml"})
_NAMES = (
    "Call it payer.yaml, sources.yaml, positions.yaml, resolutions.yaml, <topic>.policy.yaml or "
    "<topic>.cases.yaml, or move it away."
)


def load_book(folders: Iterable[Path], catalogue: Catalogue, vocabulary: Vocabulary) -> Book:
    """Load every payer folder found in `folders` (one folder a payer or society in each).

    Raises:
        PolicyError: with every problem of every file: shape, unknown facts, sets, codes and statements,
            dates that overlap or outlive their document, statements with neither rule nor reason, positions
            that differ without a resolution.
    """
    problems: list[Problem] = []
    policies: list[Policy] = []
    documents: dict[str, Document] = {}
    payers: list[dict[str, Any]] = []
    entries: list[PayerEntry] = []
    positions: list[Position] = []
    resolutions: list[Resolution] = []
    reader = PositionReader(catalogue, vocabulary, problems)
    digest = hashlib.sha256()
    lost = Lost()
    told: Told = {}
    for path, name in _files(folders):
        text = read_text_yaml(path, name, problems)
        digest.update(path.read_bytes() if text else b"")
        kind = _kind(path)
        if kind is None:
            problems.append(Problem(name, 0, "", "has a name that no policy folder knows.", _NAMES))
        if text is None or kind is None or not fits(text, kind, problems):
            lost.files.add(kind)
            continue
        if kind == "policy":
            builder = PolicyBuilder(text, vocabulary, catalogue.sets, problems)
            policies.append(replace(builder.policy(), home=str(path.parent)))
            lost.rules += builder.lost
        elif kind == "sources":
            read_documents(text, documents, problems)
        elif kind == "payer":
            entries += read_payers(text, payers, told, problems, str(path.parent))
        else:
            before = len(problems)
            if kind == "positions":
                positions += reader.read(text)
            else:
                resolutions += read_resolutions(text, problems)
            lost.files |= {kind} if len(problems) > before else set()
    book = Book(
        policies=tuple(policies),
        documents=documents,
        catalogue=catalogue,
        vocabulary=vocabulary,
        payers=tuple(payers),
        payer_entries=tuple(entries),
        fingerprint=digest.hexdigest()[:16],
        positions=tuple(positions),
        resolutions=tuple(resolutions),
    )
    problems.extend(check_book(book, lost))
    if problems:
        raise PolicyError(problems)
    return book


def case_files(folders: Iterable[Path]) -> list[tuple[Path, str]]:
    """The `*.cases.yaml` files of the same folders, with their display names."""
    return [(p, n) for p, n in _all_files(folders) if p.name.endswith(".cases.yaml")]


def _files(folders: Iterable[Path]) -> list[tuple[Path, str]]:
    return [(p, n) for p, n in _all_files(folders) if not p.name.endswith(".cases.yaml")]


def _all_files(folders: Iterable[Path]) -> list[tuple[Path, str]]:
    found: list[tuple[Path, str]] = []
    once = {os.path.realpath(folder): folder for folder in folders}
    for folder in once.values():
        here = sorted(_yaml_files(folder))
        if not here:
            raise PolicyError([Problem(str(folder), 0, "", "holds no policy files.", _WHERE)])
        names = [p.relative_to(folder).as_posix() for p in here]
        if {name for _, name in found} & set(names):  # two folders hold a payer of this name: say which
            names = [p.as_posix() for p in here]
        found += zip(here, names, strict=True)
    return found


def _yaml_files(folder: Path) -> Iterator[Path]:
    """All YAML files below a folder, those of editors and mounts aside, whose names or folders begin with a dot.

    Folders and pipes with the name of such a file are among them: whoever reads them says what they are.

    Raises:
        PolicyError: what cannot be looked into may hold a payer, who would be missing.
    """
    if why := why_no_folder(folder):
        raise PolicyError([Problem(str(folder), 0, "", f"{why}.", _WHERE)])
    shut: list[OSError] = []
    for parent, folders, names in os.walk(folder, onerror=shut.append):
        shown = [name for name in (*folders, *names) if not name.startswith(".")]
        found = [name for name in shown if name.lower().endswith((".yaml", ".yml"))]
        folders[:] = [name for name in folders if name in shown and name not in found]
        yield from (Path(parent, name) for name in found)
    if shut:
        raise PolicyError(
            [Problem(str(e.filename), 0, "", f"cannot be looked into ({e.strerror}).", _RIGHTS) for e in shut]
        )


def _kind(path: Path) -> str | None:
    if path.name.endswith(".policy.yaml"):
        return "policy"
    kind = path.name.removesuffix(".yaml")
    return kind if path.name in _FIXED_NAMES else None
