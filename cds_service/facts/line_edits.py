"""What the imported CMS edits say of one line beside the others of its claim (EXT-PTP, EXT-MUE)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from cds_service.engine.model import UNKNOWN, Unknown
from cds_service.facts.edits import EditIndex, PairEdit, PairEdition, UnitEdit, UnitEdition
from cds_service.facts.once import cached_property
from cds_service.facts.type_of_bill import is_critical_access

if TYPE_CHECKING:
    from cds_service.facts.views import LineView

_INPATIENT_BILLS = ("11", "18", "21")
"""Types of bill of inpatient stays, which the outpatient hospital edits leave alone."""


class LineEdits:
    """The edits on one line. UNKNOWN: no imported table answers for its programme, setting and date."""

    def __init__(self, line: LineView, index: EditIndex) -> None:
        self._line = line
        self._index = index

    @cached_property
    def setting(self) -> str | Unknown:
        """practitioner or outpatient-hospital; UNKNOWN without a claim type, and for inpatient bills."""
        claim_type = self._line.line.claim_type
        if claim_type == "professional":
            return "practitioner"
        if claim_type != "institutional":
            return UNKNOWN
        bill = self._line.unit.unit.type_of_bill
        return (
            UNKNOWN if isinstance(bill, str) and bill.startswith(_INPATIENT_BILLS) else "outpatient-hospital"
        )

    @property
    def _programmes(self) -> tuple[str, ...]:
        """Medicaid members have edits of their own; Medicare's stand in where those are not imported."""
        medicaid = self._line.unit.member.line_of_business == "medicaid"
        return ("medicaid", "medicare") if medicaid else ("medicare",)

    @cached_property
    def pairs(self) -> PairEdition | Unknown:
        """The table of pairs that governs the line."""
        if self._index.empty or isinstance(self.setting, Unknown) or self._line.is_span:
            return UNKNOWN
        return self._index.pair_edition(self._programmes, self.setting, self._line.date) or UNKNOWN

    @property
    def pair_quarter(self) -> str | Unknown:
        """Quarter of that table, as 2026Q4."""
        return UNKNOWN if isinstance(self.pairs, Unknown) else self.pairs.edition.quarter

    @cached_property
    def units(self) -> UnitEdition | Unknown:
        """The table of unit limits that governs the line."""
        if self._index.empty or isinstance(self.setting, Unknown) or self._line.is_span:
            return UNKNOWN
        return self._index.unit_edition(self._programmes, self.setting, self._line.date) or UNKNOWN

    @cached_property
    def partners(self) -> tuple[tuple[LineView, PairEdit], ...] | Unknown:
        """Other lines of the claim and date that are column 1 of a pair whose column 2 is this line.

        A line that is to go because of a third one, or because the coded imaging method is reported beside it, keeps
        nothing apart: what stands beside it is asked again once it is gone.
        """
        found = self._column1()
        if isinstance(found, Unknown):
            return UNKNOWN
        return tuple((other, edit) for other, edit in found if not _goes(other))

    @cached_property
    def is_excluded(self) -> bool:
        """Whether another line of the claim and date excludes this one, with or without a modifier."""
        found = self._column1()
        return not isinstance(found, Unknown) and any(edit.indicator == "0" for _, edit in found)

    def partners_by(self, indicator: str) -> tuple[tuple[LineView, PairEdit], ...] | Unknown:
        """Those of `partners` whose pair has this modifier indicator."""
        if isinstance(self.partners, Unknown):
            return UNKNOWN
        return tuple((other, edit) for other, edit in self.partners if edit.indicator == indicator)

    def _column1(self) -> tuple[tuple[LineView, PairEdit], ...] | Unknown:
        table = self.pairs
        if isinstance(table, Unknown):
            return UNKNOWN
        line = self._line
        pairs = ((o, table.edit(o.code, line.code, line.date)) for o in _billed_by_one(line, line.of_date))
        return tuple((other, edit) for other, edit in pairs if edit is not None)

    @cached_property
    def limit(self) -> UnitEdit | Unknown:
        """The unit limit of the line's code."""
        if isinstance(self.units, Unknown):
            return UNKNOWN
        return self.units.rows.get(self._line.code, UNKNOWN)

    @property
    def units_before(self) -> float:
        """Units of earlier lines that the limit counts together with this one's."""
        counted_alone = not isinstance(self.limit, Unknown) and self.limit.counted == "line"
        return 0.0 if counted_alone else self._line.units_before


def _goes(line: LineView) -> bool:
    # 77387 names no method: whether it goes is the payer's matter (AST-05).
    of_another_method = line.code != "77387" and line.is_guidance and line.method.is_reported_beside
    return line.edits.is_excluded or of_another_method


def _billed_by_one(line: LineView, others: Iterable[LineView]) -> Iterable[LineView]:
    """On a critical access hospital's bill lines with 26 are the physicians', the others the hospital's."""
    if not is_critical_access(line.line.type_of_bill):
        return others
    return (o for o in others if ("26" in o.modifiers) == ("26" in line.modifiers))
