"""The account of each document: every statement with its rules, or with the reason why it has none."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from cds_service.engine.rules import Book


@dataclass(frozen=True, slots=True)
class Row:
    """One statement."""

    statement: str
    rules: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Account:
    """One document."""

    id: str
    title: str
    rows: tuple[Row, ...]

    @property
    def total(self) -> int:
        """Registered statements."""
        return len(self.rows)

    @property
    def implemented(self) -> int:
        """Statements with at least one active rule."""
        return sum(1 for row in self.rows if row.rules)

    @property
    def reasoned(self) -> int:
        """Statements with a reason and no rule."""
        return sum(1 for row in self.rows if row.reason and not row.rules)

    @property
    def open(self) -> int:
        """Statements with neither."""
        return self.total - self.implemented - self.reasoned


def account_of(book: Book) -> tuple[Account, ...]:
    """The account of every document of the book."""
    cited: dict[str, dict[str, None]] = defaultdict(dict)
    for rule in book.rules:
        if rule.status == "active":
            for statement in rule.statements:
                cited[statement].setdefault(f"{rule.policy}.{rule.id}")
    return tuple(
        Account(
            document.id,
            document.title,
            tuple(Row(s.id, tuple(cited[s.id]), s.not_modelled) for s in document.statements),
        )
        for document in book.documents.values()
    )
