"""What the imaging method of a line's date says of its code, beside the other lines of its claim (rulebook 1.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cds_service.engine.model import OpenSet, Unknown
from cds_service.facts import derive
from cds_service.facts.once import cached_property

if TYPE_CHECKING:
    from cds_service.facts.views import LineView


class LineMethod:
    """The codes of 2015 to 2025 for the methods of the line's date, and which of them are reported already."""

    def __init__(self, line: LineView) -> None:
        self._line = line

    @cached_property
    def is_coded(self) -> bool:
        """Whether at least one method is coded for the date or the course."""
        methods = self._line.unit.methods(self._line.date)
        return not isinstance(methods, Unknown) and bool(methods)

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """All three where the method is not known; none where no code fits, or the date is stereotactic."""
        line = self._line
        return derive.method_codes(
            line.unit.methods(line.date), line.side, line.payer_on_date, self._techniques
        )

    @cached_property
    def part(self) -> str:
        """The part that the line reports once its code is right: professional, technical or global."""
        return derive.part_to_report(self._line.line, self._is_beside_molinas_imrt)

    @cached_property
    def codes_left(self) -> tuple[str, ...]:
        """Those of `codes` under which no other line of the date and claim reports that part."""
        unsplit = self._line.unit.case.sets["unsplit-guidance"]
        others = [o for o in self._line.of_date if derive.reports_part(o.line, self.part, unsplit)]
        reported = {other.code for other in others}
        return tuple([code for code in self.codes if code not in reported])

    @cached_property
    def another_code_fits(self) -> bool:
        """Whether the coded methods have codes, and the line's own method is surely none of them (G6017 is right for
        tracking, though `codes` names it for tracking alone only)."""
        methods = self._line.unit.methods(self._line.date)
        if isinstance(methods, OpenSet | Unknown) or not methods or not self.codes:
            return False
        return derive.METHOD_OF_CODE.get(self._line.code) not in methods

    @cached_property
    def is_reported_beside(self) -> bool:
        """Whether these codes stand on other lines already, all of them."""
        return self.another_code_fits and not self.codes_left

    @property
    def _is_beside_molinas_imrt(self) -> bool:
        """MOL-11, where it is more than a hint: for Medicare members CMS pays the technical part in an office."""
        line, member = self._line, self._line.unit.member
        federal = line.unit.medicare or isinstance(member.line_of_business, Unknown)
        imrt = line.side == "freestanding" and self._techniques == {"imrt"}
        return imrt and line.payer_on_date == "molina" and not federal

    @property
    def _techniques(self) -> frozenset[str]:
        found = self._line.technique
        return found.possible if isinstance(found, derive.Technique) and found.firm else frozenset()
