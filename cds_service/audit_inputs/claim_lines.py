"""Reads one row of a CSV of claim lines: every cell of it, or letters on all that cannot be read."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from cds_service.audit_inputs import cells, words
from cds_service.audit_inputs.charges import month_of
from cds_service.audit_inputs.columns import DIAGNOSES, MODIFIER_COLUMNS, Header
from cds_service.audit_inputs.drafts import Head, Line, Payer
from cds_service.audit_inputs.noted import Noted
from cds_service.audit_inputs.spool import Spooled
from cds_service.facts.chart import INDICATIONS

T = TypeVar("T")
D = TypeVar("D")
_DIAGNOSIS_COLUMNS = (*(f"diagnosis_{n}" for n in range(1, DIAGNOSES + 1)), "diagnoses")
_ERROR = re.compile(r"#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!|CALC!|#+)")
_TOTAL = re.compile(r"[\s'=\"]*0*1(\.0+)?[\s\"]*")
"""Revenue code 0001, as spreadsheets write it too: the total of the bill."""
LONGEST = 200
"""Characters of a cell that is read; nothing that belongs there is longer."""


class BadRow(ValueError):
    """A row that cannot be read. `where` names its column, or says that there are several; the text says the rest.
    `claim` is the number of its claim, if that can be read.
    """

    def __init__(self, faults: Sequence[tuple[str, str]], claim: str = "") -> None:
        self.claim = claim
        (column, what), *others = faults
        self.where = (
            f"columns {', '.join(dict.fromkeys(c for c, _ in faults))}:" if others else f"column {column}"
        )
        super().__init__("; ".join(f"{c} {w}" for c, w in faults) if others else what)


def _npi(cell: str) -> str:
    """The number; a name or a number of the office's own, as many systems print them under "Rendering Provider", tells
    none, and costs no line.
    """
    try:
        return cells.digits(cell, 10, 10, "NPI")
    except cells.BadCell:
        return ""


def _revenue(cell: str) -> str:
    return cells.digits(cell, 3, 4, "revenue code. Write its four digits, as 0333")


def _indications(cell: str) -> tuple[str, ...]:
    named = [part for part in re.split(r"[\s,;/|]+", cell.lower()) if part]
    if not set(named) <= INDICATIONS:
        raise cells.BadCell("is no indication that the rules know. Write them as docs/audit-inputs.md does")
    return tuple(named)


@lru_cache(maxsize=8192)
def _parsed(reader: Callable[[str], Any], cell: str) -> tuple[str, Any, str]:
    """Text of a cell, what it means, and what is wrong with it: the same cells come again and again."""
    found = cells.text(cell)
    if len(found) > LONGEST or not found.isprintable():
        return "", None, "is too long, or holds characters that cannot be printed"
    if not found or (cells.is_dash(found) and reader is not cells.money):
        return "", None, ""
    if found.startswith("#") and _ERROR.fullmatch(found):
        return "", None, "holds an error of the spreadsheet. Correct it there"
    try:
        return found, reader(found), ""
    except cells.BadCell as fault:
        return found, None, str(fault)


class _Reader:
    """The cells of one row by column; collects what is wrong with them."""

    def __init__(self, header: Header, row: Sequence[str], noted: Noted) -> None:
        self._header, self._row, self._noted = header, row, noted
        self.faults: list[tuple[str, str]] = []

    def text(self, column: str) -> str:
        return self.read(column, str, "")

    def read(self, column: str, reader: Callable[[str], T], otherwise: D) -> T | D:
        """The meaning of a column's first cell that says something; `otherwise` when none does, or it cannot be read:
        then a fault is noted. Where a reader finds nothing ("") in words, the column is.
        """
        silent = False
        places = self._header.places.get(column, ())
        for place in places:
            cell = self._row[place]
            if not cell:
                continue
            text, value, fault = _parsed(reader, cell)
            if fault:
                self.faults.append((column, fault))
                return otherwise
            if text and value != "":
                if place != places[0]:
                    self._noted.use(place)
                found: T = value
                return found
            silent = silent or bool(text)
        if silent:
            self._noted.silent[column] += 1
        return otherwise

    def needed(self, column: str, reader: Callable[[str], T], otherwise: D) -> T | D:
        """As `read`, of a column that has to say something."""
        before = len(self.faults)
        found = self.read(column, reader, None)
        if found is None:
            if len(self.faults) == before:
                self.faults.append((column, "is empty. It is needed on every line"))
            return otherwise
        return found


def is_no_line(header: Header, row: Sequence[str]) -> bool:
    """Whether a row is a total, the heading of a group or the foot of a page: it has no date and no code, and no
    patient or nothing else. The row may be short; one that was cut before these cells is a line.
    """
    if not row or header.says(row, "code"):
        return False
    if any(
        place < len(row) and _TOTAL.fullmatch(row[place]) for place in header.places.get("revenue_code", ())
    ):
        return True
    if header.says(row, "service_date"):
        return False
    if sum(not cells.says_nothing(cell) for cell in row) == 1:
        return True
    last = max(place for name in ("patient_id", "service_date", "code") for place in header.places[name])
    return last < len(row) and not header.says(row, "patient_id")


def claim_of(header: Header, row: Sequence[str]) -> str:
    """The number of the claim of a row that cannot be read as a whole; empty where it cannot be told."""
    for place in header.places.get("claim_id", ()):
        text, number, fault = _parsed(cells.number, row[place]) if place < len(row) else ("", "", "")
        if text or fault:
            return number or ""
    return ""


def read_row(header: Header, row: Sequence[str], number: int, noted: Noted) -> tuple[str, Spooled]:
    """The claim's number (of a table without such numbers, the patient's month) and the line.

    Raises:
        BadRow: naming every column whose cell cannot be read.
    """
    cell = _Reader(header, row, noted)
    claim = cell.needed("claim_id", cells.number, "") if "claim_id" in header.places else ""
    patient = cell.needed("patient_id", cells.number, "")
    start = cell.needed("service_date", cells.day, None)
    end = cell.read("service_date_end", cells.day, None)
    if start and end and end < start:
        cell.faults.append(("service_date_end", "lies before service_date. Correct one of them"))
    if patient and start and "claim_id" not in header.places:
        claim = month_of(patient, start)
    revenue = cell.read("revenue_code", _revenue, "")
    # Drugs, supplies and rooms of a hospital are billed under a revenue code alone, as SV2 has it.
    coded = cell.read if revenue else cell.needed
    code, written = coded("code", cells.code, ("", ()))
    modifiers: list[str] = [*written]
    for name in MODIFIER_COLUMNS:
        modifiers += cell.read(name, cells.modifiers, ())
    listed: list[str] = []
    for name in _DIAGNOSIS_COLUMNS:
        listed += cell.read(name, cells.diagnoses, ())
    pointed = cell.read("diagnosis_pointer", cells.pointers, ())
    if any(pointer > len(listed) for pointer in pointed):
        noted.silent["diagnosis_pointer"] += 1
    line = {
        "sequence": cell.read("line_number", cells.sequence, None),
        "units": cell.read("units", cells.units, None),
        "charge": cell.read("charge", cells.money, None),
        "place_of_service": cell.read("place_of_service", cells.place, ""),
        "revenue_code": revenue,
        "rendering_npi": cell.read("rendering_npi", _npi, ""),
    }
    head = _head(cell, patient, bool(revenue))
    if cell.faults or start is None:
        raise BadRow(cell.faults, claim)
    return claim, Spooled(
        number,
        head,
        Line(
            code=code,
            start=start,
            end=end,
            modifiers=tuple(dict.fromkeys(modifiers)),
            diagnoses=tuple(listed[p - 1] if p <= len(listed) else "" for p in pointed),
            **line,  # type: ignore[arg-type]
        ),
        tuple(listed),
    )


def _head(cell: _Reader, patient: str, of_hospital: bool) -> Head:
    """What the row says of its claim. Only hospitals' claims have revenue codes, or a type of bill."""
    told = cell.read("line_of_business", cells.name, "")
    known = words.line_of_business(told)
    bill = cell.read("type_of_bill", cells.bill, "")
    return Head(
        patient=patient,
        payer=Payer(
            name=cell.read("payer_name", cells.name, ""),
            identifier=cell.text("payer_id"),
            plan=cell.read("plan_name", cells.name, ""),
            line_of_business=known,
            plan_words="" if known else told,
            group=cell.text("group_number"),
        ),
        form=cell.read("claim_form", words.form, "institutional" if bill or of_hospital else ""),
        type_of_bill=bill,
        state=cell.read("state", words.state, ""),
        site=cell.text("site"),
        billing_npi=cell.read("billing_npi", _npi, ""),
        ordering_npi=cell.read("ordering_npi", _npi, ""),
        indications=cell.read("indications", _indications, ()),
        # Frequency 8: it repeats the lines of a claim to take them back, and bills nothing.
        status="cancelled" if bill.endswith("8") else cell.read("claim_status", words.status, ""),
    )
