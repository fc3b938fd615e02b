"""The dated code catalogue: which code is what, and on which dates it can be reported."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from cds_service.engine.letters import PolicyError, Problem
from cds_service.engine.schema import fits
from cds_service.engine.textyaml import read_text_yaml


@dataclass(frozen=True, slots=True)
class Code:
    """A billing code with a short label of our own (never the AMA's descriptor) and its dates of service."""

    code: str
    system: str
    label: str
    family: str
    first: date | None
    last: date | None

    def valid_on(self, day: date) -> bool:
        """Whether the code can be reported for a service on `day`."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True)
class Catalogue:
    """Codes, named sets and the small tables that rules refer to by name."""

    codes: Mapping[str, Code]
    sets: Mapping[str, frozenset[str]]
    radiotherapy: frozenset[str] = field(default=frozenset())

    def code(self, text: str) -> Code | None:
        """The catalogue's entry, or None for a code that we do not speak of."""
        return self.codes.get(text)

    def valid_on(self, text: str, day: date) -> bool:
        """Whether a code can be reported on a day; one that we do not speak of can, as far as we know."""
        entry = self.codes.get(text)
        return entry is None or entry.valid_on(day)


def load_catalogue(folder: Path) -> Catalogue:
    """Read `codes.csv` and `sets.yaml`.

    Raises:
        PolicyError: listing every row or set that cannot be used.
    """
    problems: list[Problem] = []
    codes = _read_codes(folder / "codes.csv", problems)
    sets = _read_sets(folder / "sets.yaml", codes, problems)
    if problems:
        raise PolicyError(problems)
    families = sets.get("radiotherapy", frozenset())
    return Catalogue(codes, sets, families)


def _read_codes(path: Path, problems: list[Problem]) -> dict[str, Code]:
    codes: dict[str, Code] = {}
    with path.open(encoding="utf-8", newline="") as handle:
        for number, row in enumerate(csv.DictReader(handle), start=2):
            try:
                entry = Code(
                    code=row["code"],
                    system=row["system"],
                    label=row["label"],
                    family=row["family"],
                    first=date.fromisoformat(row["first_day"]) if row["first_day"] else None,
                    last=date.fromisoformat(row["last_day"]) if row["last_day"] else None,
                )
            except (KeyError, ValueError, TypeError) as error:
                problems.append(
                    Problem(path.name, number, "", f"cannot be read ({error}).", "See catalogues/SOURCES.md.")
                )
                continue
            if entry.code in codes:
                problems.append(
                    Problem(path.name, number, "", f"code {entry.code} is listed twice.", "Keep one row.")
                )
            if entry.first and entry.last and entry.last < entry.first:
                problems.append(
                    Problem(path.name, number, "", f"{entry.code} ends before it begins.", "Check the dates.")
                )
            codes[entry.code] = entry
    return codes


def _read_sets(path: Path, codes: Mapping[str, Code], problems: list[Problem]) -> dict[str, frozenset[str]]:
    document = read_text_yaml(path, path.name, problems)
    if document is None or not fits(document, "sets", problems):
        return {}
    tree: Any = document.data
    raw = tree["sets"]
    done: dict[str, frozenset[str]] = {}
    for name, spec in raw.items():
        members: set[str] = set()
        for item in spec.get("codes", []):
            if item not in codes:
                problems.append(
                    Problem(
                        path.name,
                        document.line("sets", name),
                        "",
                        f"set `{name}` names {item}, which codes.csv does not list.",
                        "Add the code with its dates, or correct the set.",
                    )
                )
            members.add(item)
        for other in spec.get("of_sets", []):
            if other not in done:
                problems.append(
                    Problem(
                        path.name,
                        document.line("sets", name),
                        "",
                        f"set `{name}` uses `{other}`, which is not defined above it.",
                        "Define it first.",
                    )
                )
            members |= done.get(other, frozenset())
        for family in spec.get("of_families", []):
            found = {c.code for c in codes.values() if c.family == family}
            if not found:
                problems.append(
                    Problem(
                        path.name,
                        document.line("sets", name),
                        "",
                        f"set `{name}` uses family `{family}`, which no code has.",
                        "Check the spelling against codes.csv.",
                    )
                )
            members |= found
        members |= set(spec.get("values", []))
        done[name] = frozenset(members)
    return done
