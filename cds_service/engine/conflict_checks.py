"""Checks of positions and resolutions: each conflict is resolved once, each resolution resolves something."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from cds_service.engine.conflict_words import overlap_words
from cds_service.engine.conflicts import Conflict, conflicts_of
from cds_service.engine.letters import Problem, did_you_mean
from cds_service.engine.lost import Lost
from cds_service.engine.payer_checks import known_payers, known_programmes
from cds_service.engine.positions import Position, Resolution
from cds_service.engine.rules import Book


def check_conflicts(book: Book, lost: Lost) -> Iterator[Problem]:
    """Every problem of positions and resolutions that does not only follow from what is `lost`."""
    yield from _positions(book, lost)
    yield from _named_once(book)
    cites: dict[str, set[str]] = defaultdict(set)
    for rule in book.rules:
        if rule.status == "active":
            cites[f"{rule.policy}.{rule.id}"].update(rule.statements)
    for resolution in book.resolutions:
        yield from _rules(resolution, cites, lost)
    if lost.files & {"sources", "positions", "resolutions"}:
        return
    conflicts = conflicts_of(book)
    yield from _unresolved(conflicts, book)
    for resolution in book.resolutions:
        yield from _idle(resolution, conflicts, book)


def _positions(book: Book, lost: Lost) -> Iterator[Problem]:
    documents = {s.id: d for d in book.documents.values() for s in d.statements}
    payers, programmes = known_payers(book), known_programmes(book)
    for position in book.positions:
        document = documents.get(position.statement)
        if document is None:
            if "sources" not in lost.files:
                what = "takes a position, but no register holds it."
                yield _at(position, what, "Register it in sources.yaml, or check its id.")
            continue
        span, force = position.effective, document.in_force
        if span and (not force.holds_all_of(span)):
            what = f"takes a position for {span}, but {document.id} is in force {force}."
            yield _at(position, what, "Narrow `effective`, or leave it out.")
        for dimension, named, known in (("payer", "payer", payers), ("program", "programme", programmes)):
            bound = position.where.get(dimension)
            for slug in sorted(bound.values - known) if bound and "payer" not in lost.files else ():
                what = f"takes a position for the {named} `{slug}`, which no payer.yaml names."
                yield _at(position, what, did_you_mean(slug, known))


def _at(position: Position, what: str, remedy: str) -> Problem:
    return Problem(position.file, position.line, position.statement, what, remedy)


def _letter(resolution: Resolution, what: str, remedy: str) -> Problem:
    return Problem(resolution.file, resolution.line, resolution.id, what, remedy)


def _named_once(book: Book) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for resolution in book.resolutions:
        if resolution.id in seen:
            yield _letter(resolution, f"is also in {seen[resolution.id]}.", "Give one of them another id.")
        seen.setdefault(resolution.id, f"{resolution.file}:{resolution.line}")


def _rules(resolution: Resolution, cites: Mapping[str, set[str]], lost: Lost) -> Iterator[Problem]:
    for name in resolution.rules:
        if name not in cites:
            if "policy" not in lost.files and name.rpartition(".")[2] not in lost.ids:
                what = f"names the rule `{name}`, which no policy holds as active."
                remedy = did_you_mean(name, cites, "`policies coverage` lists all rules.")
                yield _letter(resolution, what, remedy)
        elif not cites[name] & set(resolution.statements):
            what = f"names the rule `{name}`, which cites none of its statements."
            yield _letter(resolution, what, "Name a rule that carries it out, or cite the statement there.")


def _unresolved(conflicts: tuple[Conflict, ...], book: Book) -> Iterator[Problem]:
    for conflict in conflicts:
        found = conflict.resolutions(book)
        position = conflict.overlaps[0].other  # of a further folder, whose registers come last
        if not found:
            where = overlap_words(conflict.overlaps[0], book)
            what = f"differs from {conflict.one} on `{conflict.point}` ({where}); no resolution names the two on it."
            yield _at(position, what, "Resolve it in a resolutions.yaml, or narrow one of the positions.")
        elif len(found) > 1:
            names = " and ".join(resolution.id for resolution in found)
            what = f"also resolves {conflict.one} and {conflict.other} on `{conflict.point}` ({names})."
            yield _letter(found[-1], what, "Take the pair or the point out of one of them.")


def _idle(resolution: Resolution, conflicts: tuple[Conflict, ...], book: Book) -> Iterator[Problem]:
    known = {s.id for d in book.documents.values() for s in d.statements}
    met = {
        statement
        for conflict in conflicts
        if resolution.covers(conflict.one, conflict.other, conflict.point)
        for statement in (conflict.one, conflict.other)
    }
    if not met and known.issuperset(resolution.statements):
        what = "resolves nothing: the positions of its statements do not differ."
        yield _letter(resolution, what, "Remove it, or check the positions.")
        return
    for statement in resolution.statements:
        if statement not in known:
            what = f"names {statement}, which no register holds."
            yield _letter(resolution, what, "Register it in sources.yaml, or check its id.")
        elif statement not in met:
            what = f"names {statement}, whose positions differ from those of none of the others."
            yield _letter(resolution, what, "Write its position, or take it out of the resolution.")
    for point in resolution.points:
        if not any(
            point == conflict.point and resolution.covers(conflict.one, conflict.other, point)
            for conflict in conflicts
        ):
            what = f"names the point `{point}`, on which its statements do not differ."
            yield _letter(resolution, what, "Take the point out of it, or check the positions.")
