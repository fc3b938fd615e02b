"""Where rows stand, in words that their owner can look up: line 12 of a file, row 12 of a workbook's third sheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from cds_service.audit_inputs.spool import Spooled

_SHEET = 1 << 24
"""More than a sheet has rows, so that one number tells both."""
_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Places:
    """How rows are called. `sheets`: there are several, and each row is told with its own."""

    unit: str = "line"
    sheets: bool = False

    @staticmethod
    def number(row: int, sheet: int = 0) -> int:
        """One number for a row and its sheet, in the order of both."""
        return sheet * _SHEET + row

    def whole(self, sheet: int = 0) -> str:
        """The table itself."""
        return f"sheet {sheet} as a whole" if self.sheets else "the file as a whole"

    def of(self, numbers: Sequence[int]) -> str:
        """`line 12`, `lines 12 to 15`, `lines 12, 40 and 3 more`, `sheet 2, row 12`."""
        by_sheet = [(sheet, list(found)) for sheet, found in groupby(numbers, lambda n: n // _SHEET)]
        told = (
            f"{f'sheet {sheet}, ' if self.sheets else ''}{self._within([n % _SHEET for n in found])}"
            for sheet, found in by_sheet[:_SHOWN]
        )
        more = sum(len(found) for _, found in by_sheet[_SHOWN:])
        return "; ".join(told) + (f" and {more} more" if more else "")

    def _within(self, numbers: list[int]) -> str:
        if len(numbers) == 1:
            return f"{self.unit} {numbers[0]}"
        if numbers[-1] - numbers[0] == len(numbers) - 1:
            return f"{self.unit}s {numbers[0]} to {numbers[-1]}"
        shown = ", ".join(str(number) for number in numbers[:_SHOWN])
        more = len(numbers) - _SHOWN
        return f"{self.unit}s {shown}" + (f" and {more} more" if more > 0 else "")

    def once(self, rows: Iterable[Spooled]) -> list[Spooled]:
        """The rows of one claim without those that a later sheet repeats: a copy, or what somebody picked from the
        first one. What one sheet holds twice stays so.
        """
        if not self.sheets:
            return list(rows)
        first: dict[tuple[object, ...], int] = {}
        return [
            row
            for row in rows
            if first.setdefault((row.head, row.line, row.listed), row.row // _SHEET) == row.row // _SHEET
        ]
