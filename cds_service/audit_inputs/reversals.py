"""Rows of a CSV that take a line back, with an amount or units below zero, and the lines that they take back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence

from cds_service.audit_inputs.spool import Spooled


def taken_back(rows: Sequence[Spooled]) -> tuple[list[Spooled], list[Spooled], list[Spooled]]:
    """The rows of one claim, sorted out: those that stand, those that were taken back, and the rows below zero to which
    there is no line: of the same patient, code, modifiers and days, with the same amount and units above zero.

    Of lines that are alike the first one of the row's own status is taken back.
    """
    lines: defaultdict[Hashable, list[Spooled]] = defaultdict(list)
    for row in rows:
        if not row.reversal:
            lines[_of(row)].append(row)
    gone: set[int] = set()
    alone: list[Spooled] = []
    back: list[Spooled] = []
    for row in rows:
        if row.reversal:
            same = lines[_of(row)]
            if same:
                like = [each for each in same if each.head.status == row.head.status] or same
                back.append(like[0])
                same.remove(like[0])
                gone.add(back[-1].row)
            else:
                alone.append(row)
    return [row for row in rows if not row.reversal and row.row not in gone], back, alone


def _of(row: Spooled) -> Hashable:
    line = row.line
    units = abs(line.units) if line.units is not None else None
    charge = abs(line.charge) if line.charge is not None else None
    return row.head.patient, line.code, line.revenue_code, line.modifiers, line.start, line.end, units, charge
