"""Which facts depend on what: the answers to claims of one guidance line, with one thing changed at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import product
from typing import Any

from cds_service.engine.rules import Book
from cds_service.engine.vocabulary import Fact
from cds_service.facts.case import Member
from cds_service.facts.knowledge import Knowledge
from cds_service.proof.givens import Given, view_of
from cds_service.proof.parts import Sides, as_given, sides

_DAY = "2024-06-03"


class Probes:
    """Asks every fact about a line or claim; `codes` are guidance codes."""

    def __init__(self, book: Book, knowledge: Knowledge, codes: Sequence[str]) -> None:
        self._knowledge = knowledge
        self._codes = codes
        self._facts = [f for f in book.vocabulary.values() if f.scope != "case" and f.type != "lines"]

    def sides(self) -> tuple[Sides, ...]:
        """The sides that some fact tells apart; the one that nobody knows is the last."""
        found: dict[Any, Sides] = {}
        for side in reversed(sides()):
            told = self._answers(self._given(self._codes[0], side), self._facts)
            found[tuple(map(str, told.values()))] = side
        return tuple(reversed(found.values()))

    def facts_of(self, values: Sequence[str], key: str) -> frozenset[str]:
        """Names of facts that answer differently when the list `key` of the point holds other values."""
        every = [{key: [value]} if value else {} for value in values]
        return self._varying(self._backgrounds(self._codes), every)

    def depend_on(self, members: Sequence[Member]) -> frozenset[str]:
        """Names of facts about a line that answer differently for other members."""
        facts = [f for f in self._facts if f.scope == "line"]
        return self._varying(self._of_members, [as_given(member) for member in members], facts)

    def views(self, member: Member) -> Iterator[Any]:
        """Lines of this member that facts are asked about."""
        for background in self._of_members:
            view = view_of(background | as_given(member), self._knowledge)
            if view is not None:
                yield view.units[0].lines[0]

    @cached_property
    def _of_members(self) -> list[Given]:
        methods: list[Given] = [{}, {"method": ["intrafraction-tracking"]}, {"method": ["mri"]}]
        return [b | m for b in self._backgrounds(self._codes[:3]) for m in methods]

    def _varying(
        self, backgrounds: Iterable[Given], values: Sequence[Given], facts: Sequence[Fact] | None = None
    ) -> frozenset[str]:
        found: set[str] = set()
        for background in backgrounds:
            told = [self._answers(background | value, facts or self._facts) for value in values]
            found |= {name for name in told[0] if len({answers[name] for answers in told}) > 1}
        return frozenset(found)

    def _backgrounds(self, codes: Iterable[str]) -> Iterator[Given]:
        for side, code in product(sides(), codes):
            yield self._given(code, side)

    @staticmethod
    def _given(code: str, side: Sides) -> Given:
        return {"date": _DAY, "lines": [{"code": code}], **side.as_given}

    def _answers(self, given: Given, facts: Sequence[Fact]) -> dict[str, Any]:
        view = view_of(given, self._knowledge)
        if view is None:
            return {fact.name: None for fact in facts}
        unit = view.units[0]
        return {f.name: answer(f.get, unit if f.scope == "unit" else unit.lines[0]) for f in facts}


def answer(get: Any, subject: Any) -> Any:
    """What a fact answers; an error is an answer of its own here, and is found where points are judged."""
    try:
        told = get(subject)
    except Exception as error:
        return type(error).__name__
    return told if not isinstance(told, list) else tuple(told)
