"""Which reader reads a file: told by how the file begins, not by its name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from cds_service.audit.records import AS_THEY_SAY, ReaderItem, Tables
from cds_service.audit_inputs.csv_claims import csv_records
from cds_service.audit_inputs.table import opened
from cds_service.audit_inputs.workbook_claims import workbook_records
from cds_service.audit_inputs.x12_claims import x12_records

_SNIFFED = 256
_X12 = re.compile(rb"ISA[^0-9A-Za-z\s]|GS([^0-9A-Za-z\s])HC\1|ST([^0-9A-Za-z\s])837\2")
"""X12 begins with ISA; what begins within an interchange is told so, and is no table either."""
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How archives begin (.xlsx), and workbooks that are older or encrypted: those get a letter."""


def records(path: Path, tables: Tables = AS_THEY_SAY) -> Iterator[ReaderItem]:
    """The claims of a CSV, workbook or X12 file as FHIR, and what could not be read, in an order that the file alone
    decides. `tables` is how those are read that do not say it themselves; columns that are not read come first.

    Raises:
        OSError: the file cannot be opened.
        Damaged: it cannot be unpacked any further; what came before has been given.
    """
    with opened(path) as file:
        head = file.read(_SNIFFED)
    if head.startswith(_WORKBOOKS):
        return workbook_records(path, tables)
    begun = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return x12_records(path) if _X12.match(begun) else csv_records(path, tables)
