"""Rows of findings made by hand, and a report of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from cds_service.audit.rows import Row, RowCite, RowLine, RowRemedy, encode
from cds_service.audit_report import write_report

REMOVE = RowRemedy(action="remove-line", code="77387")
CITE = RowCite("AST-15", "Coding Guidance", "Hospitals", "2020", "ASTRO", "https://example.org/astro")


def row(claim: str = "c1", severity: str = "critical", **more: Any) -> Row:
    """A finding on one line of 100 dollars, all of it at stake."""
    given: dict[str, Any] = {
        "kind": "bundling",
        "title": "The technical part of guidance is inside IMRT delivery: remove 77387-TC.",
        "rules": ["AST-15", "AST-16"],
        "policy": ["astro.components/technical"],
        "lines": [RowLine(2, "77387", ["TC"], "2024-03-04", 1.0, "100.00")],
        "cites": [CITE],
        "payer": "medicare-ffs",
        "payer_name": "Medicare",
        "site_name": "Synthetic Hospital",
        "date": "2024-03-04",
        "month": "2024-03",
        "billed": "100.00",
        "stake": "100.00",
        "currency": "USD",
        "remedies": [REMOVE],
        "patient": "Patient/secret-patient",
    }
    return Row(f"Claim/{claim}", severity, **(given | more))


def folder(path: Path, rows: Iterable[Row], run: Mapping[str, Any] | None = None) -> Path:
    """An output folder with these findings and this manifest."""
    (path / "findings.ndjson").write_bytes(b"".join(encode(each) + b"\n" for each in rows))
    if run is not None:
        (path / "run.json").write_text(json.dumps(run))
    return path


def report(path: Path, rows: Iterable[Row], run: Mapping[str, Any] | None = None, **options: Any) -> str:
    """The report of these findings."""
    return write_report(folder(path, rows, run), **options).read_text("utf-8")


class Page(HTMLParser):
    """The texts, tags and attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.ids: list[str] = []
        self._silent = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.append((tag, found))
        if "id" in found:
            self.ids.append(found["id"])
        self._silent += tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag == "style"

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.texts.append(" ".join(data.split()))

    @property
    def text(self) -> str:
        """All of its text in one line."""
        return " ".join(self.texts)
