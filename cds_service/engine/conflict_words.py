"""Reads conflicts out: what two positions have in common, and what each of them answers."""

from __future__ import annotations

from collections.abc import Iterator

from cds_service.engine.conflicts import Overlap
from cds_service.engine.points import DIMENSIONS, POINTS, listed
from cds_service.engine.positions import Bound, Position, answers_of
from cds_service.engine.rules import Book, Span

_MOST = 8
"""Values that are named; of more only the first are, and the number."""

_LABELS = {
    "fep": "FEP",
    "sao": "state account",
    "ffs": "fee for service",
    "medicare": "Medicare",
    "medicare-advantage": "Medicare Advantage",
    "medicaid": "Medicaid",
    "imrt": "IMRT",
    "3dcrt": "3D conformal",
    "2d": "2D",
    "sbrt": "SBRT",
    "srs": "SRS",
    "ct": "CT",
    "mri": "MRI",
    "none": "none",
}
_GROUPS = {
    frozenset({"medicare", "medicare-advantage", "ffs"}): "Medicare members",
    frozenset({"medicare", "medicare-advantage"}): "Medicare plan members",
    frozenset({"conventional", "3dcrt", "2d", "electron"}): "conventional treatment",
    frozenset({"srs", "sbrt"}): "stereotactic treatment",
    frozenset({"imrt", "proton", "neutron", "sbrt", "srs"}): "highly conformal treatment",
}
"""Values that people know under one name."""


def overlap_words(overlap: Overlap, book: Book) -> str:
    """Where both positions speak, e.g. `G6017 · physician in hospital · 2015-01-01 to 2025-12-31`."""
    return " · ".join((*_bounds(overlap, book), days_words(overlap.days)))


def days_words(span: Span) -> str:
    """`2015-01-01 to 2025-12-31`, `from 2026-01-01`, `through 2014-12-31` or `on every day`."""
    if span.first and span.last:
        return f"{span.first} to {span.last}"
    if span.first:
        return f"from {span.first}"
    return f"through {span.last}" if span.last else "on every day"


def stance_words(position: Position) -> str:
    """What the position answers, in words."""
    point = POINTS[position.point]
    if point.lists:
        return _listed(sorted(position.stance), "and" if point.compare == "unequal" else "or")
    return listed([point.stances[word] for word in sorted(position.stance)])


def _bounds(overlap: Overlap, book: Book) -> Iterator[str]:
    for name, dimension in DIMENSIONS.items():
        bound = overlap.where.get(name)
        if bound is None:
            continue
        closed = answers_of(dimension, book.vocabulary)
        if bound.values >= closed > frozenset() and not bound.but:
            continue
        if bound.values in _GROUPS and not bound.but:
            yield dimension.words.format(_GROUPS[bound.values])
            continue
        yield dimension.words.format(_values(name, bound, closed, book))


def _values(name: str, bound: Bound, closed: frozenset[str], book: Book) -> str:
    left_out = closed - bound.values
    but = bound.but or (bool(closed) and len(bound.values) > max(3, len(left_out)))
    values = bound.values if bound.but or not but else left_out
    names = {str(raw["payer"]): str(raw["name"]) for raw in book.payers}
    shown = sorted(names.get(v, v) if name == "payer" else _label(name, v) for v in values)
    return ("any but " if but else "") + _listed(shown, "or")


def _label(name: str, value: str) -> str:
    if DIMENSIONS[name].codes or name in ("state", "program"):
        return value
    return _LABELS.get(value, value.replace("-", " "))


def _listed(values: list[str], joiner: str) -> str:
    if len(values) > _MOST:
        return f"{', '.join(values[: _MOST - 2])}, … ({len(values)} in all)"
    return listed(values, joiner)
