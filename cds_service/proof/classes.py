"""The partition: values that no question of the book, no named set and no date tells apart are one class."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from cds_service.engine.conditions import Ask
from cds_service.engine.model import UNKNOWN
from cds_service.engine.rules import Book
from cds_service.facts.case import Case, Line, Unit
from cds_service.facts.knowledge import Knowledge
from cds_service.facts.views import CaseView
from cds_service.proof.questions import Questions

UNCATALOGUED = "99213"
"""A code that the catalogue does not speak of: an office visit."""

_SIDES = (("institutional", UNKNOWN), ("professional", "22"), ("professional", "11"))


@dataclass(frozen=True, slots=True)
class Class:
    """Values that are told apart from all others, but not from each other; the first stands for them."""

    values: tuple[Any, ...]

    @property
    def first(self) -> Any:
        """The representative."""
        return self.values[0]


def classed(values: Iterable[Any], signature: Mapping[Any, Hashable]) -> tuple[Class, ...]:
    """Classes of the values with the same signature, in the order of their first values."""
    groups: dict[Hashable, list[Any]] = defaultdict(list)
    for value in values:
        groups[signature[value]].append(value)
    return tuple(Class(tuple(group)) for group in groups.values())


def choice_classes(
    values: Sequence[str], asked: Questions, book: Book, sets: bool = True
) -> tuple[Class, ...]:
    """Values of a closed choice, such as techniques or imaging methods, by the questions and the named sets."""
    arguments = [
        ask.argument if isinstance(ask.argument, frozenset) else frozenset({ask.argument})
        for ask in asked.asks
        if isinstance(ask.argument, str | frozenset) and set(values) & set(ask.fact.values)
    ]
    named = list(book.catalogue.sets.values()) if sets else []
    signature = {v: tuple(v in group for group in (*arguments, *named)) for v in values}
    return classed(values, signature)


def modifier_classes(asked: Questions) -> tuple[Class, ...]:
    """Modifiers that a rule names, other than those of the components (26 and TC)."""
    arguments = [_argument(ask) for ask in asked.asks if ask.fact.type == "codes"]
    others = sorted(asked.modifiers - {"26", "TC"})
    return classed(others, {m: tuple(m in group for group in arguments) for m in others})


def document_classes(asked: Questions) -> tuple[Class, ...]:
    """Types of documents that a rule names; those that it takes for each other are one class."""
    arguments = [_argument(ask) for ask in asked.asks if ask.fact.type == "codes"]
    return classed(
        sorted(asked.documents), {d: tuple(d in group for group in arguments) for d in asked.documents}
    )


def codes(asked: Questions, book: Book, knowledge: Knowledge, days: Sequence[date]) -> tuple[Class, ...]:
    """Billing codes, the one outside the catalogue included.

    Told apart by the questions about codes, by the named sets, by whether they are valid on each of `days`,
    and by the answers of every fact to a claim of that one line.
    """
    every = [*sorted(book.catalogue.codes), UNCATALOGUED]
    arguments = [_argument(ask) for ask in asked.asks if ask.fact.type in ("code", "codes")]
    sets = list(book.catalogue.sets.values())
    signature: dict[str, Hashable] = {}
    for code in every:
        entry = book.catalogue.code(code)
        valid = tuple(entry is not None and entry.valid_on(day) for day in days)
        told = tuple(code in group for group in (*arguments, *sets))
        alone = tuple(
            _alone(code, side[0], side[1], day, knowledge, book) for side in _SIDES for day in (*days[-3:],)
        )
        signature[code] = (told, valid, alone)
    return classed(every, signature)


def _argument(ask: Ask) -> frozenset[str]:
    if isinstance(ask.argument, frozenset):
        return ask.argument
    return frozenset({ask.argument}) if isinstance(ask.argument, str) else frozenset()


def _alone(code: str, claim_type: Any, place: Any, day: date, knowledge: Knowledge, book: Book) -> Hashable:
    """What every fact answers to a claim with this line only; the code itself is taken out of the answers."""
    line = Line("Claim/case", 1, code, (), 1.0, day, day, "Claim.item[0]", claim_type, place)
    unit = Unit("Claim/case", "claim", day, (line,), claim_type=claim_type)
    view = CaseView(Case("claim", day, (unit,)), knowledge).units[0]
    answers: list[Hashable] = []
    for fact in book.vocabulary.values():
        if fact.scope == "case":
            continue
        try:
            answer = fact.get(view if fact.scope == "unit" else view.lines[0])
        except Exception as error:
            answer = type(error).__name__
        answers.append(_without(code, answer))
    return tuple(answers)


def _without(code: str, answer: Any) -> Hashable:
    if isinstance(answer, tuple):
        return (
            len(answer)
            if answer and not isinstance(answer[0], str)
            else tuple("=" if a == code else a for a in answer)
        )
    if isinstance(answer, frozenset):
        return frozenset("=" if a == code else a for a in answer)
    return "=" if answer == code else answer
