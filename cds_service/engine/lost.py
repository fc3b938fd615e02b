"""What could not be read of a book, so that no letter only follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Lost:
    """What could not be read: kinds of whole files, and rules as written. Nobody is told to write them again."""

    files: set[str | None] = field(default_factory=set)
    rules: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def ids(self) -> set[str]:
        """Ids of the rules."""
        return {raw["id"] for raw in self.rules}

    @property
    def cites(self) -> set[str]:
        """Statements that the rules cite."""
        return {cited for raw in self.rules for cited in raw["cites"]}
