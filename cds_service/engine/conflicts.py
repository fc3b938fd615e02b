"""Finds where two statements that speak of the same point differ: their positions are compared, no list is kept.

Two positions conflict when they answer the same point, every dimension that bounds them leaves something in
common, their days overlap, codes that both speak of are valid on one of those days, and their stances exclude
each other (cds_service/engine/points.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from cds_service.engine.catalogue import Catalogue
from cds_service.engine.points import DIMENSIONS, POINTS
from cds_service.engine.positions import Bound, Position, Resolution
from cds_service.engine.rules import Book, Span


@dataclass(frozen=True, slots=True)
class Overlap:
    """What two positions have in common: the bounds of each dimension, and the days."""

    one: Position
    other: Position
    where: Mapping[str, Bound]
    days: Span


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two statements, in the order of the registers, that differ on a point; at least one overlap."""

    point: str
    one: str
    other: str
    overlaps: tuple[Overlap, ...]

    def resolutions(self, book: Book) -> list[Resolution]:
        """The resolutions that speak of it: exactly one in a book without letters."""
        return [r for r in book.resolutions if r.covers(self.one, self.other, self.point)]


def conflicts_of(book: Book) -> tuple[Conflict, ...]:
    """Every conflict among the positions of the book, in the order of the registers."""
    order = {s.id: n for n, s in enumerate(s for d in book.documents.values() for s in d.statements)}
    force = {s.id: d.in_force for d in book.documents.values() for s in d.statements}
    by_point: dict[str, list[Position]] = defaultdict(list)
    for position in book.positions:
        if position.statement in order:
            by_point[position.point].append(position)
    found: dict[tuple[str, str, str], list[Overlap]] = defaultdict(list)
    for point, positions in by_point.items():
        positions.sort(key=lambda p: order[p.statement])
        for one, other in combinations(positions, 2):
            if one.statement == other.statement or not POINTS[point].differ(one.stance, other.stance):
                continue
            overlap = _overlap(one, other, force, book.catalogue)
            if overlap is not None:
                found[point, one.statement, other.statement].append(overlap)
    conflicts = [Conflict(*key, tuple(overlaps)) for key, overlaps in found.items()]
    return tuple(sorted(conflicts, key=lambda c: (order[c.one], order[c.other], list(POINTS).index(c.point))))


def _overlap(
    one: Position, other: Position, force: Mapping[str, Span], catalogue: Catalogue
) -> Overlap | None:
    days = _common(one.effective or force[one.statement], other.effective or force[other.statement])
    where = dict(_bounds(one, other))
    if days is None or len(where) < len({*one.where, *other.where}):
        return None
    billed = [name for name, bound in where.items() if DIMENSIONS[name].codes and not bound.but]
    for name in (*billed, *billed):  # twice: the days of one dimension may rule out codes of another
        valid = {code: common for code in where[name].values if (common := _valid(code, days, catalogue))}
        if not valid:
            return None
        where[name] = Bound(frozenset(valid))
        days = _hull(list(valid.values()))
    return Overlap(one, other, where, days)


def _bounds(one: Position, other: Position) -> Iterator[tuple[str, Bound]]:
    """The dimensions that bound at least one of them, as far as something is left."""
    for name in DIMENSIONS:
        mine, yours = one.where.get(name), other.where.get(name)
        common = mine.meet(yours) if mine and yours else mine or yours
        if common is not None:
            yield name, common


def _valid(code: str, days: Span, catalogue: Catalogue) -> Span | None:
    entry = catalogue.code(code)
    return _common(Span(entry.first, entry.last), days) if entry else None


def _common(one: Span, other: Span) -> Span | None:
    if not one.overlaps(other):
        return None
    firsts = [span.first for span in (one, other) if span.first]
    lasts = [span.last for span in (one, other) if span.last]
    return Span(max(firsts, default=None), min(lasts, default=None))


def _hull(spans: list[Span]) -> Span:
    first = min((span.first or date.min) for span in spans)
    last = max((span.last or date.max) for span in spans)
    return Span(None if first == date.min else first, None if last == date.max else last)
