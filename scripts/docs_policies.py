"""Writes docs/policies: a page for each document and each policy file, the conflicts, and an index.

Run it as `.venv/bin/python -m scripts.docs_policies` after policies, registers, positions or cases have changed
(`make docs` does); with `--check` it only names the pages that are stale.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from cds_service.books import POLICIES, load_library
from cds_service.engine.rules import Book
from scripts.policy_pages import conflicts_page, document_page, index_page, rules_page
from scripts.policy_sources import Cases, Editions, read_cases, read_editions

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "policies"


def pages(book: Book | None = None) -> Mapping[str, str]:
    """File name -> text of every page, for the package's own policies, whatever the environment adds."""
    book = book or load_library((POLICIES,)).engine.book
    return dict(_pages(book, read_editions(POLICIES), read_cases(POLICIES)))


def _pages(book: Book, editions: Editions, cases: Cases) -> Iterator[tuple[str, str]]:
    yield "index.md", index_page(book)
    yield "conflicts.md", conflicts_page(book)
    for document in book.documents.values():
        yield f"{document.id}.md", document_page(document, book, editions[document.id])
    for policy in book.policies:
        yield f"{policy.id}.md", rules_page(policy, book, cases.get(policy.file, {}))


def stale() -> list[str]:
    """Names of pages that are missing, changed, or left over."""
    wanted = pages()
    there = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.md")}
    return sorted(name for name in {*wanted, *there} if wanted.get(name) != there.get(name))


def main(arguments: list[str]) -> int:
    """Rewrite the pages, or check them."""
    wanted, old = pages(), stale()
    if "--check" not in arguments:
        FOLDER.mkdir(exist_ok=True)
        for name in old:
            if name in wanted:
                (FOLDER / name).write_text(wanted[name], "utf-8")
            else:
                (FOLDER / name).unlink()
    word = "stale" if "--check" in arguments else "rewritten"
    print(f"{len(wanted)} policy pages, {len(old)} {word}{': ' if old else ''}{', '.join(old)}")
    return 1 if old and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
