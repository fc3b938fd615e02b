"""Which guidance line of a date of 2026 or later keeps it, so that another one needs no successor (EXT-01 d to f)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cds_service.engine.model import Unknown
from cds_service.facts.once import cached_property
from cds_service.facts.type_of_bill import is_critical_access

if TYPE_CHECKING:
    from cds_service.facts.views import LineView

SURFACE_GUIDANCE = "77439"
_SUPERFICIAL = frozenset({"superficial"})
_BRACHYTHERAPY = frozenset({"brachytherapy"})


class KeptDate:
    """The lines that stand before a guidance line of their date, by one order for all of them."""

    def __init__(self, line: LineView) -> None:
        self._line = line

    @cached_property
    def by(self) -> tuple[LineView, ...]:
        """Guidance lines that keep the date and component with 77387; what has no such successor, or is left to a
        person, keeps it for none."""
        lines = [o for o in self._line.guidance_of_date if o.kept_date.is_of_linac]
        return tuple([o for o in lines if o.kept_date.rank < self.rank])

    @cached_property
    def has_surface_guidance(self) -> bool:
        """Whether 77439 stands on the date for the line's part, or another line before this one becomes it."""
        return any(
            other.kept_date.is_for_surface
            and other.kept_date.surface_part == self.surface_part
            and other.kept_date.rank < self.rank
            for other in self._line.all_of_date
        )

    @cached_property
    def rank(self) -> tuple[bool, bool, bool, bool, int]:
        """Codes that stay first, then those ended longest, tracking last; the same from each of several orders."""
        line, case = self._line, self._line.unit.case
        unsplit, ended = case.sets["unsplit-guidance"], case.sets["guidance-ended-2014"]
        begun = line.code in ("77387", SURFACE_GUIDANCE)
        technical = self.is_for_surface and "TC" in line.modifiers
        return not begun, technical, line.code in unsplit, line.code not in ended, case.places[id(line)]

    @property
    def is_of_linac(self) -> bool:
        """Whether the treatment of the line's own date may have guidance of linac treatment: it is not stereotactic,
        superficial or brachytherapy alone, nor planned."""
        possible = self._possible
        stereotactic = self._line.unit.case.sets["stereotactic-techniques"]
        none = possible in (_SUPERFICIAL, _BRACHYTHERAPY) or (bool(possible) and possible <= stereotactic)
        return not none and not (self._line.code == "77014" and self.is_of_planning)

    @cached_property
    def is_of_planning(self) -> bool:
        """Whether the date has a simulation or an IMRT plan and no delivery: 77014 may be CT for planning (e)."""
        line, sets = self._line, self._line.unit.case.sets
        codes = {other.code for other in (*line.of_date, *line.of_date_elsewhere)}
        planned = not codes.isdisjoint(sets["simulation-or-imrt-plan"])
        return planned and codes.isdisjoint(sets["treatment-delivery"])

    @cached_property
    def is_for_surface(self) -> bool:
        """Whether the line is 77439, or becomes it: guidance with ultrasound of superficial treatment."""
        line = self._line
        if line.code == SURFACE_GUIDANCE:
            return "TC" not in line.modifiers
        sets = line.unit.case.sets
        ended = line.code in sets["guidance-ended-2014"] or line.code in sets["guidance-ended-2025"]
        methods = line.unit.methods(line.date)
        ultrasound = not isinstance(methods, Unknown) and "ultrasound" in methods
        return ended and ultrasound and self._possible == _SUPERFICIAL

    @property
    def surface_part(self) -> tuple[str | Unknown, bool]:
        """The setting, and on a critical access hospital's bill whether the line is its physician's."""
        line = self._line
        return line.side, is_critical_access(line.line.type_of_bill) and "26" in line.modifiers

    @property
    def _possible(self) -> frozenset[str]:
        found = self._line.technique
        return frozenset() if isinstance(found, Unknown) or not found.firm else found.possible
