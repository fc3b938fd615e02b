"""Short ways to write the small claims of the edge tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from tests.oracle.model import Line, PastClaim, Record, Scenario

OLD, DAY, NEW = date(2014, 5, 5), date(2024, 5, 6), date(2026, 3, 3)
T, P = ("TC",), ("26",)


def claim(name: str, payer: str, pos: str | None, *lines: Line, **more: Any) -> Scenario:
    """Hospital claims have no place of service; `pos` None makes the claim institutional."""
    numbered = tuple(replace(line, sequence=n, pos=pos) for n, line in enumerate(lines, 1))
    kind = "professional" if pos else "institutional"
    return Scenario(**{"name": name, "payer": payer, "lines": numbered, "claim_type": kind} | more)


def coded(*techniques: str) -> tuple[Record, ...]:
    """A course with coded techniques."""
    return (Record("course", None, (), techniques),)


def method(*methods: str) -> tuple[Record, ...]:
    """A course with coded imaging methods."""
    return (Record("course", None, methods),)


def earlier(code: str, day: date, *modifiers: str, own: bool = True) -> tuple[PastClaim, ...]:
    """An earlier claim of one line: the same biller's, else the hospital's."""
    kind = "professional" if own else "institutional"
    return (PastClaim(kind, own, (Line(code, day, modifiers),)),)
