"""Reads the registers of statements: documents, their edition, and every statement of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from cds_service.engine.letters import Problem
from cds_service.engine.rules import Document, Span, Statement
from cds_service.engine.textyaml import TextYaml

Path = tuple[str | int, ...]


def read_documents(text: TextYaml, documents: dict[str, Document], problems: list[Problem]) -> None:
    """Add the documents of a `sources.yaml`, whose shape has passed the schema, to `documents`."""
    data: Any = text.data
    for i, raw in enumerate(data["documents"]):
        here: Path = ("documents", i)
        if raw["id"] in documents:
            what = f"document `{raw['id']}` is also registered in {documents[raw['id']].file}."
            problems.append(Problem(text.name, text.line(*here), "", what, "Give one of them another id."))
            continue
        spans = [
            read_span(text, edition["in_force"], (*here, "editions", n, "in_force"), problems)
            for n, edition in enumerate(raw["editions"])
        ]
        _need_one_edition(raw, text, here, problems)
        documents[raw["id"]] = Document(
            id=raw["id"],
            title=raw["title"],
            owner=raw["owner"],
            label=raw["label"],
            rank=raw["rank"],
            url=raw["url"],
            edition=raw["editions"][-1]["id"],
            in_force=_whole(spans),
            file=text.name,
            statements=tuple(
                Statement(
                    id=s["id"],
                    document=raw["id"],
                    section=s["section"],
                    says=s["says"],
                    kind=s["kind"],
                    not_modelled=s.get("not_modelled", ""),
                    line=text.line(*here, "statements", n),
                )
                for n, s in enumerate(raw["statements"])
            ),
        )


def read_span(text: TextYaml, raw: Mapping[str, str], path: Path, problems: list[Problem]) -> Span:
    """First and last day of a `from` and `through`; a letter for what is no date, or ends before it begins."""
    days: dict[str, date | None] = {"from": None, "through": None}
    for end, written in raw.items():
        try:
            days[end] = date.fromisoformat(written)
        except ValueError:
            what = f"{written!r} is no date."
            problems.append(Problem(text.name, text.line(*path, end), "", what, "Write YYYY-MM-DD."))
    first, last = days["from"], days["through"]
    if first and last and last < first:
        what = "the last day lies before the first."
        problems.append(Problem(text.name, text.line(*path), "", what, "Swap or correct the dates."))
        last = None
    return Span(first, last)


def _need_one_edition(raw: Mapping[str, Any], text: TextYaml, path: Path, problems: list[Problem]) -> None:
    """A citation is of a statement, whatever the day: of several editions no card could name the earlier ones."""
    if len(raw["editions"]) == 1:
        return
    what = f"`{raw['id']}` has several editions, and cards can name one only."
    remedy = (
        "Keep the newest; tell of the others in its `issued`, and let its `in_force` begin with the first of them. "
        "Register a statement that changed in both wordings."
    )
    problems.append(Problem(text.name, text.line(*path, "editions", 1), "", what, remedy))


def _whole(spans: list[Span]) -> Span:
    """All days of the editions, so that where there are too many no further letter comes of it."""
    firsts, lasts = [span.first for span in spans if span.first], [span.last for span in spans if span.last]
    return Span(min(firsts, default=None), max(lasts) if len(lasts) == len(spans) else None)
