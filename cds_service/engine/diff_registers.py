"""What changes of documents, their statements, payers, positions and resolutions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from cds_service.engine.changes import Change, Detail, before_and_now, list_difference
from cds_service.engine.conflict_words import stance_words
from cds_service.engine.positions import Bound, Position, Resolution
from cds_service.engine.rule_words import span_words
from cds_service.engine.rules import Book, Document, Statement

T = TypeVar("T")
_CONFLICTS = "Conflicts between documents"


def document_changes(old: Book, new: Book) -> Iterator[Change]:
    """Documents and their statements; a statement under another id with the same words is renamed."""
    for name in dict.fromkeys((*old.documents, *new.documents)):
        was, now = old.documents.get(name), new.documents.get(name)
        if now is None:
            yield from _whole_document(old.documents[name], "removed")
        elif was is None:
            yield from _whole_document(now, "added")
        else:
            says = tuple(_of_document(was, now))
            if says:
                yield Change(now.owner, "document", name, "changed", (Detail(says),))
            yield from _statements(was, now)


def payer_changes(old: Book, new: Book) -> Iterator[Change]:
    """How payers are recognised."""
    before = {str(raw["payer"]): raw for raw in old.payers}
    after = {str(raw["payer"]): raw for raw in new.payers}
    for slug in dict.fromkeys((*before, *after)):
        was, now = before.get(slug), after.get(slug)
        if was is None or now is None:
            who = str((now or was or {}).get("name", slug))
            yield Change(who, "payer", slug, "added" if now else "removed")
        elif was != now:
            says = tuple(_of_payer(was, now))
            yield Change(str(now["name"]), "payer", slug, "changed", (Detail(says),))


def conflict_changes(old: Book, new: Book) -> Iterator[Change]:
    """Positions and resolutions."""
    yield from _compared(
        {r.id: r for r in old.resolutions}, {r.id: r for r in new.resolutions}, "resolution", _of_resolution
    )
    yield from _compared(_positions(old), _positions(new), "position", _of_positions)


def _compared(
    before: Mapping[str, T], after: Mapping[str, T], what: str, tell: Callable[[T, T], Iterable[str]]
) -> Iterator[Change]:
    for name in dict.fromkeys((*before, *after)):
        if name not in before or name not in after:
            yield Change(_CONFLICTS, what, name, "added" if name in after else "removed")
            continue
        says = tuple(tell(before[name], after[name]))
        if says:
            yield Change(_CONFLICTS, what, name, "changed", (Detail(says),))


def _whole_document(document: Document, change: str) -> Iterator[Change]:
    count = len(document.statements)
    says = (f"{document.title}, in force {span_words(document.in_force)}, {count} statements",)
    yield Change(document.owner, "document", document.id, change, (Detail(says),))


def _of_document(was: Document, now: Document) -> Iterator[str]:
    for label in ("title", "owner", "label", "rank", "url", "edition"):
        if getattr(was, label) != getattr(now, label):
            yield before_and_now(label, getattr(was, label), getattr(now, label))
    if was.in_force != now.in_force:
        yield f"in force {span_words(now.in_force)}; before, {span_words(was.in_force)}"


def _statements(was: Document, now: Document) -> Iterator[Change]:
    before = {s.id: s for s in was.statements}
    after = {s.id: s for s in now.statements}
    gone = [s for s in was.statements if s.id not in after]
    for statement in now.statements:
        earlier = before.get(statement.id) or next((s for s in gone if _same(s, statement)), None)
        if earlier is None:
            yield Change(now.owner, "statement", statement.id, "added", (Detail((statement.says,)),))
            continue
        if earlier in gone:
            gone.remove(earlier)
            says = (f"the statement {earlier.id} is called {statement.id}; it says the same",)
            yield Change(now.owner, "statement", statement.id, "renamed", (Detail(says),))
            continue
        told = tuple(
            before_and_now(
                label, getattr(earlier, label) or "nothing", getattr(statement, label) or "nothing"
            )
            for label in ("section", "says", "kind", "not_modelled")
            if getattr(earlier, label) != getattr(statement, label)
        )
        if told:
            yield Change(now.owner, "statement", statement.id, "changed", (Detail(told),))
    for statement in gone:
        yield Change(now.owner, "statement", statement.id, "removed", (Detail((statement.says,)),))


def _same(one: Statement, other: Statement) -> bool:
    return (one.section, one.says, one.kind) == (other.section, other.says, other.kind)


def _of_payer(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for label in dict.fromkeys((*was, *now)):
        earlier, later = was.get(label), now.get(label)
        if earlier == later:
            continue
        if isinstance(earlier or later, list):
            yield list_difference(label, _entries(earlier), _entries(later))
        else:
            yield before_and_now(label, str(earlier or "nothing"), str(later or "nothing"))


def _entries(raw: Any) -> list[str]:
    return [" ".join(str(value) for value in each.values()) for each in raw or ()]


def _of_resolution(was: Resolution, now: Resolution) -> Iterator[str]:
    for label in ("about", "resolved", "no_rule"):
        if getattr(was, label) != getattr(now, label):
            yield before_and_now(label, getattr(was, label) or "nothing", getattr(now, label) or "nothing")
    for label in ("between", "against", "points", "rules"):
        if getattr(was, label) != getattr(now, label):
            yield list_difference(label, getattr(was, label), getattr(now, label))


def _positions(book: Book) -> dict[str, list[Position]]:
    found: dict[str, list[Position]] = {}
    for position in book.positions:
        found.setdefault(f"{position.statement} on {position.point}", []).append(position)
    return found


def _of_positions(was: list[Position], now: list[Position]) -> Iterator[str]:
    before, after = [_words(p) for p in was], [_words(p) for p in now]
    if before != after:
        yield list_difference("says", before, after)


def _words(position: Position) -> str:
    bounds = "; ".join(f"{name} {_bound(bound)}" for name, bound in sorted(position.where.items()))
    days = f", {span_words(position.effective)}" if position.effective else ""
    says = f" ({position.says})" if position.says else ""
    return f"“{stance_words(position)}{f' for {bounds}' if bounds else ''}{days}{says}”"


def _bound(bound: Bound) -> str:
    return f"{'any but ' if bound.but else ''}{', '.join(sorted(bound.values))}"
