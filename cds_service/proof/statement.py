"""The statement of the space: how large it is, dimension by dimension, and what it does not vary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from cds_service.engine.rules import Book
from cds_service.facts.given import build_case
from cds_service.proof.changes import changed
from cds_service.proof.classes import Class, choice_classes, document_classes, modifier_classes
from cds_service.proof.core import BESIDE, CORRECTIONS, Slice
from cds_service.proof.dead import facts_varied
from cds_service.proof.dimensions import LINE_DAYS
from cds_service.proof.givens import Given
from cds_service.proof.neighbours import FULL_CROSS, Neighbourhood
from cds_service.proof.parts import sides
from cds_service.proof.shapes import shapes
from cds_service.proof.space import Space
from cds_service.proof.work import Planned

_SPECIAL = frozenset(
    {"hook", "payer", "line_of_business", "programs", "state", "claim_type", "place_of_service", "date"}
    | {"lines", "history", "documents", "attached", "records", "technique", "method"}
)
ALWAYS_ALIKE = (
    "one claim or order in a request: several are never put together",
    "the day of the call is the day of the last line",
)
"""What no point varies, whatever the book."""


@dataclass(frozen=True, slots=True)
class Row:
    """One dimension: the number of its values, of the classes of values that are told apart, and how."""

    name: str
    values: int
    classes: int
    how: str


def dimension_rows(space: Space, book: Book) -> Iterator[Row]:
    """Every dimension, in plain words."""
    yield Row("hook", 2, 2, "claim, order")
    everyone = space.plain.everyone
    payers = len({m.payer for m in everyone})
    lines = len({m.line_of_business for m in everyone})
    programs, states = len({m.programs for m in everyone}), len({m.state for m in everyone})
    how = f"{payers} payers × {lines} lines of business × {programs} programmes × {states} states; not known is one"
    yield Row("member", len(everyone), len(space.plain.members), how)
    yield Row("side", len(sides()), len(sides()), "; ".join(side.words for side in sides()))
    ends = "first and last day of every version and code, and the days beside them"
    yield Row(
        "day",
        len(space.plain.days),
        len(space.plain.days),
        f"stretches in which the same versions are in force; {ends}",
    )
    yield Row(
        "code of a line",
        sum(len(c.values) for c in space.plain.codes),
        len(space.plain.codes),
        "told apart by questions, sets, validity, and what facts answer to a line of it alone",
    )
    modifiers = modifier_classes(space.asked)
    yield _row("modifier", modifiers, 3, "none, 26, TC, ")
    for key in ("technique", "method"):
        yield _row(key, choice_classes(shapes("given")[key].values, space.asked, book), 1, "not coded, ")
    documents = document_classes(space.asked)
    yield _row(
        "documents", documents, 2, "chart not visible, none; on file or attached, recent, old, signed: "
    )
    yield Row("treatment record", 0, 0, "none; of the day, two of the day, with each method or technique")
    for key, shape in shapes("given").items():
        if key not in _SPECIAL:
            yield _short_form(key, shape.kind, shape.values, space, book, "given")
    for key, shape in shapes("line").items():
        if key not in ("code", "date", "claim_type", "place_of_service"):
            yield _short_form(f"{key} of a line", shape.kind, shape.values, space, book, "line")
    yield Row(
        "date of a line",
        len(LINE_DAYS) + 1,
        len(LINE_DAYS) + 1,
        f"its own; moved by {', '.join(f'{n:+d}' for n in LINE_DAYS)} days",
    )
    companions = 5 * len(space.plain.codes)
    yield Row(
        "one line more",
        companions,
        companions,
        "each class of codes: same claim, same date or next day; other claims of the date, of the same biller and "
        "of the hospital; 30 days before",
    )


def _row(name: str, classes: Sequence[Class], more: int, how: str) -> Row:
    values = sum(len(c.values) for c in classes)
    return Row(name, values + more, len(classes) + more, how + "; ".join(_shown(c) for c in classes))


def _shown(group: Class) -> str:
    return " = ".join(map(str, group.values))


def _short_form(name: str, kind: str, closed: Sequence[str], space: Space, book: Book, place: str) -> Row:
    key = name.partition(" ")[0]
    used = space.dimensions.in_use.get((place, key), [])
    if kind == "choice":
        return Row(name, len(closed) + 1, len(closed) + 1, "not told, " + ", ".join(closed))
    if kind == "choices":
        return _row(name, choice_classes(closed, space.asked, book), 1, "not told, ")
    count = len(used) + 1
    return Row(name, count, count, "not told, and the values of the cases beside the policies")


def core_row(slices: Iterable[Slice], about: str) -> Row:
    """The size of a core product."""
    mine = [s for s in slices if s.about == about]
    how = (
        "every member × side × technique × delivery code × method × guidance code × modifier of every stretch"
        if about == CORRECTIONS
        else "the same for rules on coverage, documents and scope, with modifiers and methods where these ask"
    )
    return Row(f"core product, {about}", sum(s.raw for s in mine), sum(s.size for s in mine), how)


def around_row(around: Sequence[Neighbourhood]) -> Row:
    """The size of the neighbourhoods of all rules."""
    crossed = sum(1 for n in around if n.crossed)
    how = (
        f"{len(around)} points at which a rule does what it can do; the dimensions that it reads are crossed in full "
        f"around {crossed} of them (up to {FULL_CROSS} points), around the others every change of one or two of them "
        "is made; what it does not read is changed one at a time"
    )
    return Row("around the rules", sum(n.raw for n in around), sum(n.size for n in around), how)


def size_rows(space: Space, plans: Sequence[Planned]) -> list[Row]:
    """The parts of which the space is made up."""
    around = [n for plan in plans for n in plan.around]
    core = (
        [core_row(space.plain.slices, about) for about in (CORRECTIONS, BESIDE)] if space.plain.slices else []
    )
    return [*core, around_row(around)]


def not_varied(plans: Sequence[Planned]) -> list[str]:
    """Facts that rules ask for and parts of a case that are the same at every point."""
    still = sorted(name for name, varied in facts_varied(plans).items() if not varied)
    said = [f"fact {name}: always answered alike" for name in still]
    seen: dict[str, set[str]] = {}
    for plan in plans:
        for around in plan.around[:1]:
            for given in _sample(around):
                _note(build_case(given), "Case", seen)
    said += [
        f"{name}: always {next(iter(values))}" for name, values in sorted(seen.items()) if len(values) == 1
    ]
    return [*said, *ALWAYS_ALIKE]


def _sample(around: Neighbourhood) -> Iterator[Given]:
    yield around.anchor
    for changes in around.own:
        for change in changes[:3]:
            yield changed(around.anchor, (change,))
    for change in around.other:
        yield changed(around.anchor, (change,))


def _note(value: Any, name: str, seen: dict[str, set[str]]) -> None:
    """Note the values of every field of the case."""
    for each in fields(value):
        inner = getattr(value, each.name)
        entries = inner if isinstance(inner, tuple) else (inner,)
        if any(is_dataclass(entry) for entry in entries):
            for entry in entries:
                if is_dataclass(entry):
                    _note(entry, type(entry).__name__, seen)
        elif each.name not in ("path", "payer_path", "paths", "resource", "ref"):
            seen.setdefault(f"{name}.{each.name}", set()).add(repr(inner))
