"""The complete product at the heart of the rules: one guidance line and one delivery line of a date."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import accumulate
from typing import Any

from cds_service.proof.classes import Class
from cds_service.proof.givens import Given
from cds_service.proof.parts import Sides, as_given

NO_LINE = ""
"""Stands for the line that a point does not have, and for the technique or method that nobody coded."""
CORRECTIONS, BESIDE = "corrections", "what stands beside them"


@dataclass(frozen=True)
class Cell:
    """A side with a class of delivery codes (or none) and of coded techniques (or none).

    `members` are those that the rules which can speak here tell apart, without those for whom the same rules
    stand as in the same cell of an earlier stretch of time.
    """

    side: Sides
    delivery: Class
    technique: Class
    members: tuple[Class, ...]


@dataclass(frozen=True)
class Slice:
    """The product for one hook and one stretch of time.

    `guidance` are guidance codes (or none) with the modifiers that are asked of them.
    """

    about: str
    hook: str
    first: date
    last: date
    cells: tuple[Cell, ...]
    methods: tuple[Class, ...]
    guidance: tuple[tuple[Class, tuple[Class, ...]], ...]
    raw: int = field(compare=False)

    @cached_property
    def _ends(self) -> list[int]:
        return list(accumulate(len(cell.members) for cell in self.cells))

    @property
    def blocks(self) -> int:
        """Blocks that share all but the guidance line."""
        return self._ends[-1] * len(self.methods) if self.cells else 0

    @property
    def in_block(self) -> int:
        """Points of one block: every guidance code with every modifier, and none."""
        return sum(len(modifiers) for _, modifiers in self.guidance)

    @property
    def size(self) -> int:
        """Points of the slice."""
        return self.blocks * self.in_block

    def block(self, number: int, seed: int) -> Iterator[Given]:
        """The points of one block. Members of a class take turns in standing for it."""
        turn = number + seed
        place, method = divmod(number, len(self.methods))
        index = bisect_right(self._ends, place)
        cell = self.cells[index]
        member = cell.members[place - (self._ends[index - 1] if index else 0)]
        base = self._base(member, cell, self.methods[method], turn)
        delivery = _turned(cell.delivery, turn)
        beside = [{"code": delivery}] if delivery else []
        for guidance, modifiers in self.guidance:
            name = _turned(guidance, turn)
            for modifier in modifiers:
                text = "-".join(filter(None, (name, _turned(modifier, turn))))
                lines = [{"code": text}, *beside] if text else beside
                yield base | {"lines": lines if turn % 2 else lines[::-1]}

    def _base(self, member: Class, cell: Cell, method: Class, turn: int) -> Given:
        days = (self.first + (self.last - self.first) // 2, self.first, self.last)
        base: Given = {
            "hook": self.hook,
            **as_given(_turned(member, turn)),
            "date": days[turn % 3].isoformat(),
        }
        base |= cell.side.as_given
        if _turned(cell.technique, turn):
            base["technique"] = [_turned(cell.technique, turn)]
        if _turned(method, turn):
            base["method"] = [_turned(method, turn)]
        return base


def _turned(group: Class, turn: int) -> Any:
    return group.values[turn % len(group.values)]
