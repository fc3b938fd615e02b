"""Groups of ICD-10-CM codes, and the diagnosis that a derived course goes by."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_PATTERN = re.compile(r"[A-Z][0-9?A-Z]{2}(\.[0-9?A-Z]{1,4})?")


def course_diagnosis(codes: Iterable[str]) -> str:
    """The first code that is no Z code: Z51.0 and its kin say why, not what (contract section 3); else empty."""
    return next((code for code in codes if code and not code.startswith("Z")), "")


@dataclass(frozen=True, slots=True)
class Pattern:
    """One row of diagnosis_groups.csv: a code, a range of codes of one length, or a pattern with `?`.

    A code that is more specific than the row belongs to it too.
    """

    group: str
    first: str
    last: str

    def holds(self, code: str) -> bool:
        """Whether `code` (ICD-10-CM with its dot) belongs to the row."""
        head = code[: len(self.first)]
        if "?" in self.first:
            return len(code) >= len(self.first) and all(
                p in ("?", c) for p, c in zip(self.first, head, strict=True)
            )
        return len(head) == len(self.first) and self.first <= head <= self.last


class DiagnosisGroups:
    """Which groups a diagnosis belongs to."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        self._patterns = tuple(patterns)

    @property
    def names(self) -> frozenset[str]:
        """All groups."""
        return frozenset(p.group for p in self._patterns)

    def of(self, codes: Iterable[str]) -> frozenset[str]:
        """The groups of these codes together."""
        codes = tuple(codes)
        return frozenset(p.group for p in self._patterns if any(p.holds(code) for code in codes))


def load_diagnosis_groups(path: Path) -> DiagnosisGroups:
    """Read `diagnosis_groups.csv` (columns group, codes, note).

    Raises:
        ValueError: naming the row whose codes cannot be read.
    """
    found = []
    with path.open(encoding="utf-8", newline="") as handle:
        for number, row in enumerate(csv.DictReader(handle), start=2):
            first, _, last = row["codes"].partition("-")
            for code in (first, last or first):
                if not _PATTERN.fullmatch(code) or len(code) != len(first):
                    raise ValueError(
                        f"{path.name}:{number}: {row['codes']!r} is no code or range. Correct it."
                    )
            found.append(Pattern(row["group"], first, last or first))
    return DiagnosisGroups(found)
