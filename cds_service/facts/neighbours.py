"""Which of the lines around an order speak for its treatment: those of its own disease (contract section 3)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from cds_service.facts.diagnosis import DOUBTFUL, SAME
from cds_service.facts.kin import Kin
from cds_service.facts.line_view import LineView
from cds_service.facts.once import cached_property
from cds_service.facts.periods import moved

if TYPE_CHECKING:
    from cds_service.facts.views import UnitView

_NEAR = timedelta(days=60)
"""As far away as the lines of one course may be (contract section 3)."""


class Neighbours:
    """The lines beside an order and before it. For a claim each of them speaks: the codes of a date are those of all
    its claims (rulebook 1.3)."""

    def __init__(self, unit: UnitView) -> None:
        self._unit = unit
        self._all = unit.unit.kind == "claim"
        self._known: dict[int, str] = {}

    def is_own(self, line: LineView) -> bool:
        """Whether the line is the order's own."""
        return line.unit is self._unit and line.in_review

    def speaks(self, line: LineView) -> bool:
        """Whether a line tells how the order's disease is treated; a doubtful one does not where doubt is left out."""
        if self._all:
            return True
        kin = self._kin_of(line)
        return kin == SAME or (kin == DOUBTFUL and not self._unit.case.sure)

    def codes(self, lines: Iterable[LineView]) -> list[str]:
        """Codes of those of the lines that speak."""
        return [line.code for line in lines if self.speaks(line)]

    @cached_property
    def doubtful(self) -> bool:
        """Whether a line around the order that tells a technique may be of another disease."""
        if self._all:
            return False
        first, last = self._unit.days
        speaks = self._unit.case.knowledge.techniques.speaks
        near = self._unit.touching(moved(first, -_NEAR), moved(last, _NEAR))
        return any(speaks(line.code) and self._kin_of(line) == DOUBTFUL for line in near)

    def _kin_of(self, line: LineView) -> str:
        if self.is_own(line):
            return SAME
        key = id(line.line)
        if key not in self._known:
            # What an order takes from the problem list is the patient's, and does not say what that order is of.
            stated = not line.in_review or line.unit.unit.diagnoses_stated
            self._known[key] = self._kin.of_line(line.line, line.line.diagnoses if stated else ())
        return self._known[key]

    @cached_property
    def _kin(self) -> Kin:
        return Kin(self._unit.unit)
