"""The conflicts of a book, put together for readers: by resolution, with both citations and the rules in force."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cds_service.engine.conflict_words import overlap_words, stance_words
from cds_service.engine.conflicts import Conflict, Overlap, conflicts_of
from cds_service.engine.model import Severity, Source
from cds_service.engine.points import POINTS
from cds_service.engine.positions import Position, Resolution
from cds_service.engine.rules import Book, Rule


@dataclass(frozen=True, slots=True)
class Side:
    """What one statement answers, in words, with its citation."""

    source: Source
    stance: str
    says: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One point on which statements differ: what each says, and where which of them meet."""

    point: str
    question: str
    sides: tuple[Side, ...]
    meetings: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


@dataclass(frozen=True, slots=True)
class Carrier:
    """A rule that carries a resolution out, with the severities it can have, strictest first."""

    rule: str
    severities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One resolution with the conflicts that it resolves."""

    resolution: Resolution
    conflicts: tuple[Conflict, ...]
    differences: tuple[Difference, ...]
    carriers: tuple[Carrier, ...]

    def names(self) -> frozenset[str]:
        """The resolution's id and the statements in it, by which it can be asked for."""
        return frozenset({self.resolution.id, *self.resolution.statements})


def conflict_report(book: Book) -> tuple[Entry, ...]:
    """Every resolution of a book without letters, in the order of their ids."""
    by_resolution: dict[str, list[Conflict]] = defaultdict(list)
    for conflict in conflicts_of(book):
        for resolution in conflict.resolutions(book):
            by_resolution[resolution.id].append(conflict)
    return tuple(
        Entry(
            resolution=resolution,
            conflicts=tuple(by_resolution[resolution.id]),
            differences=tuple(_differences(by_resolution[resolution.id], book)),
            carriers=tuple(Carrier(name, _severities(name, book)) for name in resolution.rules),
        )
        for resolution in sorted(book.resolutions, key=lambda r: r.id)
    )


def severities_of(rules: Iterable[Rule]) -> tuple[str, ...]:
    """Every severity that the rules can have, strictest first."""
    found: set[Severity] = set()
    for rule in rules:
        spec = rule.finding
        steps = {spec.severity.otherwise, *(severity for _, severity in spec.severity.steps)}
        found |= steps | {min(cap.at_most, step) for cap in spec.caps for step in steps}
        found |= {Severity.info} if rule.if_unknown == "ask" else set()
    return tuple(severity.name for severity in sorted(found, reverse=True))


def _severities(name: str, book: Book) -> tuple[str, ...]:
    return severities_of(r for r in book.rules if f"{r.policy}.{r.id}" == name and r.status == "active")


def _differences(conflicts: Sequence[Conflict], book: Book) -> Iterator[Difference]:
    for point in POINTS:
        here = [conflict for conflict in conflicts if conflict.point == point]
        if not here:
            continue
        positions: dict[tuple[str, frozenset[str], str], Position] = {}
        meetings: dict[str, dict[tuple[str, str], None]] = defaultdict(dict)
        for conflict in here:
            for overlap in conflict.overlaps:
                for position in (overlap.one, overlap.other):
                    positions.setdefault((position.statement, position.stance, position.says), position)
                meetings[overlap_words(overlap, book)].setdefault((conflict.one, conflict.other))
        order = {s.id: n for n, s in enumerate(s for d in book.documents.values() for s in d.statements)}
        yield Difference(
            point=point,
            question=POINTS[point].about,
            sides=tuple(
                _side(position, book)
                for position in sorted(positions.values(), key=lambda p: (order[p.statement], p.says))
            ),
            meetings=tuple((words, tuple(pairs)) for words, pairs in meetings.items()),
        )


def _side(position: Position, book: Book) -> Side:
    statement = book.statement(position.statement)
    registered = statement.says if statement else ""
    return Side(book.source(position.statement), stance_words(position), position.says or registered)


def entry_json(entry: Entry, book: Book) -> dict[str, Any]:
    """The entry for machines: what `policies conflicts --json` prints."""
    resolution = entry.resolution
    return {
        "id": resolution.id,
        "about": resolution.about,
        "resolved": resolution.resolved,
        "rules": [{"rule": c.rule, "severities": list(c.severities)} for c in entry.carriers],
        "no_rule": resolution.no_rule,
        "differences": [
            {
                "point": difference.point,
                "question": difference.question,
                "statements": [_side_json(side) for side in difference.sides],
            }
            for difference in entry.differences
        ],
        "conflicts": [
            {
                "point": conflict.point,
                "between": [conflict.one, conflict.other],
                "overlaps": [_overlap_json(overlap, book) for overlap in conflict.overlaps],
            }
            for conflict in entry.conflicts
        ],
    }


def _side_json(side: Side) -> dict[str, str]:
    source = side.source
    return {
        "statement": source.statement,
        "section": source.section,
        "document": source.document,
        "title": source.title,
        "owner": source.owner,
        "edition": source.edition,
        "stance": side.stance,
        "says": side.says,
    }


def _overlap_json(overlap: Overlap, book: Book) -> dict[str, Any]:
    where = {
        name: {"but": sorted(bound.values)} if bound.but else sorted(bound.values)
        for name, bound in overlap.where.items()
    }
    return {
        "where": where,
        "from": str(overlap.days.first) if overlap.days.first else None,
        "through": str(overlap.days.last) if overlap.days.last else None,
        "words": overlap_words(overlap, book),
    }
