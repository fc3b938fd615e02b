"""One line for one service: which of several guidance lines of a date keeps the part that they would all report once
their codes are right (rulebook 1.7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cds_service.engine.model import Unknown
from cds_service.facts import derive
from cds_service.facts.once import cached_property

if TYPE_CHECKING:
    from cds_service.facts.views import LineView

_CODES_OF_METHODS = frozenset(derive.METHOD_CODES.values())


class OneService:
    """What other lines of the date and claim leave for a guidance line of 2015 to 2025 that gets another code.

    Lines of the same code and modifier are no rivals: they may be of two fractions. Of rivals the line of both parts
    stays, then the one that has 26 already, then what is no tracking, then the first.
    """

    def __init__(self, line: LineView) -> None:
        self._line = line

    @cached_property
    def part(self) -> str:
        """The part of the service that the line will report; a code without split is the whole of it, except on the
        hospital's claim."""
        line = self._line
        institutional = line.line.claim_type == "institutional"
        return "global" if self._becomes <= self._unsplit and not institutional else line.method.part

    @cached_property
    def codes_left(self) -> tuple[str, ...]:
        """For a line of another method than the coded ones: codes of these methods that no other line reports or will
        report for its part. Where another line is to get one too, no two get the same."""
        left = self._unreported
        if not self._is_of_another_method:
            return left
        rivals = self._rivals(lambda other: other.service._is_of_another_method)
        ahead = [o for o in rivals if o.service.rank < self.rank and o.service.holds(self.part)]
        taken = {code for other in ahead for code in other.service.codes_left[:1]}
        left = tuple([code for code in left if code not in taken])
        follows = any(o.service.rank > self.rank and self.holds(o.service.part) for o in rivals)
        return left[:1] if follows else left

    @cached_property
    def is_kept_by_another(self) -> bool:
        """Whether another line holds this one's part, or will once it is corrected, so that this one goes."""
        if self._line.code in derive.SUCCESSORS_OF_2015:
            return self._successor_is_kept
        if self._line.code == "77387":
            return self._stands_under_its_method or self._goes_with_another_77387
        return self._line.method.is_reported_beside

    def holds(self, part: str) -> bool:
        """Whether the line will report the part."""
        return self.part in (part, "global")

    @cached_property
    def rank(self) -> tuple[bool, bool, bool, int]:
        """Its place among rivals, the same for lines of one kind, and from each of several orders."""
        line, places = self._line, self._line.unit.case.places
        alike = [line, *(o for o in line.of_date if o.service.kind == self.kind)]
        first = min([places[id(one)] for one in alike])
        return self.part != "global", line.component != "professional", line.code in self._unsplit, first

    @cached_property
    def kind(self) -> tuple[str, str, str | Unknown]:
        """What makes two lines the same thing twice."""
        return self._line.code, self._line.component, self._line.side

    @property
    def _unsplit(self) -> frozenset[str]:
        return self._line.unit.case.sets["unsplit-guidance"]

    @cached_property
    def _is_of_another_method(self) -> bool:
        return self._line.code in derive.METHOD_OF_CODE and self._line.method.another_code_fits

    @cached_property
    def _becomes(self) -> frozenset[str]:
        """Codes that the line may have in the end: its own, unless it has a successor or is of another method."""
        line = self._line
        if line.code in derive.SUCCESSORS_OF_2015:
            return frozenset(derive.SUCCESSORS_OF_2015[line.code])
        return frozenset(line.method.codes if line.method.another_code_fits else (line.code,))

    @cached_property
    def _unreported(self) -> tuple[str, ...]:
        """Codes of the methods under which no line stands, those of ended codes' successors included."""
        standing = [o for o in self._line.of_date if o.service.holds(self._line.method.part)]
        reported = {code for o in standing for code in derive.SUCCESSORS_OF_2015.get(o.code, (o.code,))}
        return tuple([code for code in self._line.method.codes if code not in reported])

    def _rivals(self, goes_along: Callable[[LineView], bool]) -> list[LineView]:
        """One line of each other kind that is corrected to the same end, of the same setting and treatment."""
        line = self._line
        found: dict[tuple[str, str, str | Unknown], LineView] = {}
        for other in line.of_date:
            if other.side == line.side and line.unit.neighbours.speaks(other) and goes_along(other):
                found.setdefault(other.service.kind, other)
        found.pop(self.kind, None)
        return sorted(found.values(), key=lambda other: other.service.rank)

    @property
    def _stands_under_its_method(self) -> bool:
        """77387: whether a line has a method's code, and does not go itself for another one's."""
        return any(
            self.part == "global" or other.service.holds(self.part)
            for other in self._line.of_date
            if _CODES_OF_METHODS.intersection(derive.SUCCESSORS_OF_2015.get(other.code, (other.code,)))
            and not other.method.is_reported_beside
        )

    @property
    def _goes_with_another_77387(self) -> bool:
        if not self._line.method.codes:
            return False
        return any(
            other.service.rank < self.rank
            and other.service.holds(self.part)
            and not (other.service.is_kept_by_another or other.method.is_reported_beside)
            for other in self._rivals(lambda other: other.code == "77387")
        )

    @property
    def _successor_is_kept(self) -> bool:
        """A code that ended with 2014: its successor stands, or becomes another line of the same code, or 77387 stands
        where the payer takes it."""
        line = self._line
        (successor,) = derive.SUCCESSORS_OF_2015[line.code]
        for other in line.of_date:
            if (
                other.code == successor
                and not other.method.another_code_fits
                and other.service.holds(self.part)
            ):
                return True
            if other.code == "77387" and self._contains(other, successor):
                return True
        return any(
            other.service.rank < self.rank and other.service.holds(self.part)
            for other in self._rivals(lambda other: other.code == line.code)
        )

    def _contains(self, other: LineView, successor: str) -> bool:
        """Whether a 77387 that stays reports the same service; tracking is inside it, whatever the part (AST-04)."""
        unit, tracking = self._line.unit, successor in self._unsplit
        if unit.medicare or self._line.payer_on_date == "molina":
            return tracking and unit.plan == "florida-blue-medicare"  # AST-05 is a hint there
        return tracking or other.method.part in (self.part, "global")
