"""Reads policy folders into a Book, or refuses with a letter for every problem at once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from cds_service.engine.build import PolicyBuilder
from cds_service.engine.catalogue import Catalogue
from cds_service.engine.checks import check_book
from cds_service.engine.letters import PolicyError, Problem
from cds_service.engine.rules import Book, Document, Policy, Span, Statement
from cds_service.engine.schema import fits
from cds_service.engine.textyaml import TextYaml, read_text_yaml
from cds_service.engine.vocabulary import Vocabulary

_WHERE = "Correct --policies or IGRT_CDS_POLICY_PATH."
_NAMES = "Call it payer.yaml, sources.yaml, <topic>.policy.yaml or <topic>.cases.yaml, or move it away."


def load_book(folders: Iterable[Path], catalogue: Catalogue, vocabulary: Vocabulary) -> Book:
    """Load every payer folder found in `folders` (one folder a payer or society in each).

    Raises:
        PolicyError: with every problem of every file: shape, unknown facts, sets, codes and statements,
            dates that overlap or outlive their document, statements with neither rule nor reason.
    """
    problems: list[Problem] = []
    policies: list[Policy] = []
    documents: dict[str, Document] = {}
    payers: list[dict[str, Any]] = []
    digest = hashlib.sha256()
    for path, name in _files(folders):
        text = read_text_yaml(path, name, problems)
        digest.update(path.read_bytes())
        kind = _kind(path)
        if kind is None:
            problems.append(Problem(name, 0, "", "has a name that no policy folder knows.", _NAMES))
        if text is None or kind is None or not fits(text, kind, problems):
            continue
        if kind == "policy":
            policies.append(PolicyBuilder(text, vocabulary, catalogue.sets, problems).policy())
        elif kind == "sources":
            _read_documents(text, documents, problems)
        else:
            payers.extend(_payers(text.data))
    book = Book(tuple(policies), documents, catalogue, vocabulary, tuple(payers), digest.hexdigest()[:16])
    if not any(p.file.endswith("sources.yaml") for p in problems):  # else every citation would fail as well
        problems.extend(check_book(book, rules_lost=bool(problems)))
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
    for folder in folders:
        if not folder.is_dir():
            raise PolicyError([Problem(str(folder), 0, "", "is no folder.", _WHERE)])
        here = [p for p in sorted(folder.rglob("*")) if p.suffix in (".yaml", ".yml")]
        if not here:
            raise PolicyError([Problem(str(folder), 0, "", "holds no policy files.", _WHERE)])
        found += [(p, p.relative_to(folder).as_posix()) for p in here]
    return found


def _kind(path: Path) -> str | None:
    if path.name.endswith(".policy.yaml"):
        return "policy"
    return {"sources.yaml": "sources", "payer.yaml": "payer"}.get(path.name)


def _read_documents(text: TextYaml, documents: dict[str, Document], problems: list[Problem]) -> None:
    data: Any = text.data
    for i, raw in enumerate(data["documents"]):
        if raw["id"] in documents:
            problems.append(
                Problem(
                    text.name,
                    text.line("documents", i),
                    "",
                    f"document `{raw['id']}` is also registered in {documents[raw['id']].file}.",
                    "Give one of them another id.",
                )
            )
            continue
        edition = raw["editions"][-1]
        span = edition["in_force"]
        documents[raw["id"]] = Document(
            id=raw["id"],
            title=raw["title"],
            owner=raw["owner"],
            label=raw["label"],
            rank=raw["rank"],
            url=raw["url"],
            edition=edition["id"],
            in_force=Span(_day(span.get("from")), _day(span.get("through"))),
            file=text.name,
            statements=tuple(
                Statement(
                    id=s["id"],
                    document=raw["id"],
                    section=s["section"],
                    says=s["says"],
                    kind=s["kind"],
                    not_modelled=s.get("not_modelled", ""),
                )
                for s in raw["statements"]
            ),
        )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _payers(data: Any) -> list[dict[str, Any]]:
    return list(data["payers"]) if "payers" in data else [data]
