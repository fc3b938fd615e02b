"""Whether something else of the patient belongs to what a claim or order treats (contract section 3)."""

from __future__ import annotations

from collections.abc import Iterable

from cds_service.facts.case import Line, Unit
from cds_service.facts.diagnosis import ANOTHER, DOUBTFUL, SAME, irradiated, kinship


class Kin:
    """What a unit is of: the course that it names, and the diseases that it treats."""

    def __init__(self, unit: Unit) -> None:
        self._ref = unit.ref
        self._courses = {line.course for line in unit.lines} - {""}
        self._listed = unit.diagnoses
        pointed = {codes for codes in {line.pointed for line in unit.lines} if irradiated(codes)}
        self._treated = pointed or {unit.diagnoses}
        several = len({code[:3] for code in irradiated(unit.diagnoses)}) > 1
        self._unread = unit.unread_reasons
        self._unknown = unit.sure_diagnoses is not None or bool(unit.unread_reasons)
        self._guessed = self._unknown or (not unit.diagnoses_in_order and several)

    def of(self, diagnoses: Iterable[str], links: frozenset[str] = frozenset()) -> str:
        """SAME, DOUBTFUL or ANOTHER: whether something with these diagnoses is of the unit's course; surely where one
        names the other (`links`)."""
        if self._ref in links or not self._courses.isdisjoint(links):
            return SAME
        codes = tuple(diagnoses)
        kins = {kinship(codes, treated) for treated in self._treated}
        if kins == {SAME}:  # of several diseases without an order nobody says which is treated
            return DOUBTFUL if self._guessed and irradiated(codes) else SAME
        if self._unknown:  # what is not known is not another
            return DOUBTFUL
        if kins == {ANOTHER} and kinship(codes, self._listed) == ANOTHER:
            return ANOTHER
        return DOUBTFUL  # of some of the lines, or on the claim but no line points to it

    def of_line(self, line: Line, diagnoses: Iterable[str]) -> str:
        """As `of`, for a line of another claim or order with these diagnoses: what both are based on may be one plan
        for several diseases."""
        if line.resource in self._courses or line.course == self._ref:
            return SAME
        if line.unread_reasons:
            return self._of_unread(line.unread_reasons)
        kin = self.of(diagnoses)
        return DOUBTFUL if kin == ANOTHER and line.course in self._courses else kin

    def _of_unread(self, reasons: frozenset[str]) -> str:
        """Reasons that cannot be read are compared as they stand."""
        silent = not self._unread and not irradiated(self._listed)
        return SAME if silent or not self._unread.isdisjoint(reasons) else DOUBTFUL
