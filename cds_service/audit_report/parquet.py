"""Findings as Parquet, a row group at a time. Needs `igrt-cds[audit]`, which brings pyarrow."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from msgspec.structs import asdict

from cds_service.audit.rows import Row, RowCite, RowLine, RowRemedy
from cds_service.audit_report.money import amount

GROUP = 4_000
"""Findings in a row group: what is held in memory."""
_PLACES = Decimal("0.0001")
_MONEY = ("billed", "stake", "paid")


def write_parquet(rows: Iterable[Row], target: Path) -> int:
    """Write the rows; returns how many. The schema is fixed, also without any row.

    Raises:
        ValueError: pyarrow is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise ValueError("Parquet needs pyarrow. Install igrt-cds[audit], or take csv.") from None
    schema, count = _schema(pyarrow), 0
    source = iter(rows)
    with pyarrow.parquet.ParquetWriter(target, schema, compression="zstd") as writer:
        while group := [_values(row) for row in islice(source, GROUP)]:
            writer.write_table(pyarrow.Table.from_pylist(group, schema=schema))
            count += len(group)
    return count


def _schema(pa: Any) -> Any:
    text, money, texts = pa.string(), pa.decimal128(18, 4), pa.list_(pa.string())
    line = pa.struct(
        {
            "sequence": pa.int64(),
            "code": text,
            "modifiers": texts,
            "date": text,
            "units": pa.float64(),
            "billed": money,
            "paid": money,
        }
    )
    remedy = pa.struct(
        {
            "action": text,
            "code": text,
            "to": text,
            "modifier": text,
            "document": text,
            "indications": texts,
            "modalities": texts,
            "sequence": pa.int64(),
        }
    )
    cite = pa.struct(dict.fromkeys(RowCite.__struct_fields__, text))
    special = {
        "rules": texts,
        "policy": texts,
        "missing": texts,
        "lines": pa.list_(line),
        "remedies": pa.list_(remedy),
        "cites": pa.list_(cite),
        "billed": money,
        "stake": money,
        "paid": money,
        "all_of": pa.bool_(),
        "state_assumed": pa.bool_(),
        "number": pa.int32(),
        "by_hand": pa.bool_(),
    }
    return pa.schema([(name, special.get(name, text)) for name in Row.__struct_fields__])


def _values(row: Row) -> dict[str, Any]:
    found = asdict(row)
    found["lines"] = [_line(line) for line in row.lines]
    found["remedies"] = [_remedy(remedy) for remedy in row.remedies]
    found["cites"] = [asdict(cite) for cite in row.cites]
    return _exact(found)


def _line(line: RowLine) -> dict[str, Any]:
    return _exact(_numbered(asdict(line)))


def _remedy(remedy: RowRemedy) -> dict[str, Any]:
    found = asdict(remedy)
    found["to"] = None if remedy.to is None else str(remedy.to)
    return _numbered(found)


def _numbered(found: dict[str, Any]) -> dict[str, Any]:
    """A sequence that no column can hold is none (FHIR ends at 2^31 - 1; files write what they like)."""
    number = found["sequence"]
    if number is not None and not -(2**63) <= number < 2**63:
        found["sequence"] = None
    return found


def _exact(found: dict[str, Any]) -> dict[str, Any]:
    for name in _MONEY:
        if name in found:
            value = amount(found[name])
            found[name] = None if value is None else value.quantize(_PLACES)
    return found
