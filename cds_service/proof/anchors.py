"""Points at which each rule version does what it can do: from the cases beside the policies, else by search."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from cds_service.engine.cases import CaseFile
from cds_service.engine.conditions import codes_of
from cds_service.engine.rules import Book, Rule
from cds_service.proof.givens import Given, key_of, normal
from cds_service.proof.goals import Goal


@dataclass
class Anchors:
    """The anchors of one rule version, and the goals that no anchor met."""

    rule: str
    points: list[Given] = field(default_factory=list)
    open: list[Goal] = field(default_factory=list)
    searched: int = 0


def written_points(files: Iterable[CaseFile]) -> dict[tuple[str, str], list[Given]]:
    """(policy, rule) -> the points of its cases, one for each of their days."""
    found: dict[tuple[str, str], dict[str, Given]] = {}
    for file in files:
        cases: Any = file.text.data
        for case in cases["cases"]:
            points = found.setdefault((file.policy, case["rule"]), {})
            for point in _points(case):
                points.setdefault(key_of(point), point)
    return {place: list(points.values()) for place, points in found.items()}


def _points(case: Mapping[str, Any]) -> Iterator[Given]:
    if "expect" in case:
        yield normal(case["given"])
    days = case.get("days", {})
    for day in (*days.get("speaks", ()), *days.get("silent", ())):
        try:
            yield normal(case["given"], date.fromisoformat(day))
        except ValueError:
            continue  # `policies test` says so


def seeds(rule: Rule, book: Book) -> Iterator[Given]:
    """Plain points to search from, for a rule without a case: one line of each of its codes."""
    codes = codes_of(rule.when) if rule.for_each == "line" else None
    day = rule.effective.first or rule.effective.last or date(2024, 6, 3)
    for code in sorted(codes or book.catalogue.sets.get("image-guidance", frozenset()))[:8]:
        for claim_type, place in (("institutional", None), ("professional", "22"), ("professional", "11")):
            given: Given = {"claim_type": claim_type, "lines": [{"code": code}], "date": day.isoformat()}
            yield given if place is None else given | {"place_of_service": place}
