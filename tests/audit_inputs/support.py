"""Writes small CSV and X12 files and reads them back."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from cds_service.audit.records import BadRecord, ReaderItem, Record
from cds_service.audit_inputs import records
from cds_service.books import standard_library
from cds_service.cli.inputs import Input, review_input
from cds_service.engine.model import Finding

ROW: Mapping[str, str] = {
    "claim_id": "SYN-1",
    "line_number": "1",
    "patient_id": "SYN-P1",
    "service_date": "2024-03-04",
    "code": "77387",
    "modifier_1": "26",
    "units": "1",
    "charge": "185.00",
    "place_of_service": "22",
    "diagnosis_1": "C61",
    "payer_name": "Florida Blue",
    "line_of_business": "commercial",
    "state": "FL",
    "claim_form": "professional",
    "site": "Synthetic Clinic",
}
"""A whole synthetic row."""


def table(rows: Iterable[Mapping[str, str]], delimiter: str = ",") -> str:
    """The rows as CSV under all of their names."""
    rows = list(rows)
    names = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(names)
    writer.writerows([row.get(name, "") for name in names] for row in rows)
    return out.getvalue()


def read(path: Path, content: str | bytes) -> tuple[list[dict[str, Any]], list[BadRecord]]:
    """Claims and letters of a file with this content."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return sorted_out(records(path))


def sorted_out(found: Iterable[ReaderItem]) -> tuple[list[dict[str, Any]], list[BadRecord]]:
    """Claims as JSON, and letters."""
    claims, letters = [], []
    for each in found:
        if isinstance(each, Record):
            assert each.resource_type == "Claim"
            assert b"\n" not in each.data
            claims.append(json.loads(each.data))
        elif isinstance(each, BadRecord):
            letters.append(each)
    return claims, letters


def judged(claim: Mapping[str, Any]) -> list[Finding]:
    """What the rulebook says of a claim: the same review as `igrt-cds check`."""
    body = json.dumps(claim).encode()
    return list(review_input(Input("claim.json", body), standard_library(), date(2026, 11, 29)).findings)


def whole(letter: BadRecord) -> str:
    """All words of a letter."""
    return " ".join((letter.place, letter.where, letter.what, letter.remedy))
