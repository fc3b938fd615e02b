"""Findings as tables: CSV for spreadsheets, Parquet for analysts."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec

from cds_service.audit.rows import Row, RowLine, RowRemedy, decode
from cds_service.audit_report.parquet import write_parquet
from cds_service.audit_report.wording import (
    SEVERITY,
    claim_number,
    kind_words,
    missing_words,
    remedies_words,
)
from cds_service.csv_safe import csv_safe

_KEPT = 4096
_REMEDIES = msgspec.json.Decoder(list[RowRemedy])
FORMATS: Final = ("csv", "parquet")
COLUMNS: Final = (
    "claim",
    "line",
    "code",
    "modifiers",
    "date of service",
    "units",
    "billed on line",
    "severity",
    "finding",
    "what to do",
    "rule",
    "source",
    "kind",
    "not known",
    "payer",
    "line of business",
    "state",
    "place of service",
    "site",
    "at stake",
    "currency",
    "finding number",
    "claim reference",
)
"""Columns of the CSV. `at stake` stands on the first row of each critical or warning finding, so that the column adds
up to what the report says."""


def convert(findings: Path, form: str, target: Path) -> int:
    """Write the findings as `csv` or `parquet` to `target`; returns the number of findings.

    The CSV has one row for each line of a finding (one for a finding on the whole claim): what a biller works
    through, in the order of the claims. No cell can be taken for a formula. The Parquet file has one row a finding,
    lines and remedies nested, amounts as decimals. Either is complete or not there.

    Raises:
        ValueError: `form` is none of these, or what Parquet needs is not installed.
        OSError: the findings cannot be read or the target not be written.
        msgspec.MsgspecError: a line is no finding.
    """
    if form not in FORMATS:
        raise ValueError(f"{form!r} is no form of findings. Use {' or '.join(FORMATS)}.")
    unfinished = target.with_name(f"{target.name}.part")
    try:
        if form == "parquet":
            count = write_parquet(rows(findings), unfinished)
        else:
            count = _write_csv(rows(findings), unfinished)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return count


def rows(findings: Path) -> Iterator[Row]:
    """The findings of a file, one by one."""
    with findings.open("rb") as lines:
        for line in lines:
            if not line.isspace():
                yield decode(line)


def _write_csv(found: Iterator[Row], target: Path) -> int:
    count = 0
    # The mark makes Excel read UTF-8; without it names with accents break.
    with target.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        safe = lru_cache(maxsize=_KEPT)(csv_safe)  # titles, payers and remedies come again and again
        for count, row in enumerate(found, start=1):
            writer.writerows([safe(cell) for cell in cells] for cells in _cells(row, count))
    return count


@lru_cache(maxsize=_KEPT)
def _todo(remedies: bytes, all_of: bool, with_lines: bool, by_hand: bool) -> str:
    return remedies_words(_REMEDIES.decode(remedies), all_of, with_lines, by_hand)


def _cells(row: Row, number: int) -> Iterator[list[object]]:
    cite = row.cites[0] if row.cites else None
    source = ", ".join(part for part in (cite.title, cite.section) if part) if cite else ""
    stake = None if row.severity == "info" else row.stake
    todo = _todo(msgspec.json.encode(row.remedies), row.all_of, len(row.lines) > 1, row.by_hand)
    for line in row.lines or [RowLine()]:
        yield [
            claim_number(row),
            line.sequence,
            line.code,
            " ".join(line.modifiers),
            line.date or row.date,
            "" if line.units is None else f"{line.units:.15g}",
            line.billed,
            SEVERITY.get(row.severity, row.severity),
            row.title,
            todo,
            " ".join(row.rules),
            source,
            kind_words(row.kind),
            ", ".join(missing_words(name) for name in row.missing),
            row.payer_name or row.payer,
            row.line_of_business,
            row.state,
            row.place_of_service,
            row.site_name or row.site,
            stake,
            row.currency,
            number,
            row.claim,
        ]
        stake = None
