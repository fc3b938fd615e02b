"""The tables of docs/audit-inputs.md, made from the readers themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from cards.wording import label
from cds_service.audit_inputs.columns import COLUMNS, Column
from cds_service.facts.chart import INDICATIONS
from scripts.docs_manual import table

_SHOWN = 6


def _row(column: Column) -> tuple[str, str, str]:
    need = " **needed**" if column.required else ""
    return f"`{column.name}`{need}", column.meaning, ", ".join(column.also[:_SHOWN])


def _columns() -> str:
    """Numbered columns are one row: `modifier_1` to `modifier_4`."""
    rows: list[tuple[str, str, str]] = []
    for column in COLUMNS:
        stem, _, number = column.name.rpartition("_")
        if not number.isdecimal():
            rows.append(_row(column))
        elif number == "1":
            last = sum(bool(re.fullmatch(f"{stem}_[0-9]+", other.name)) for other in COLUMNS)
            rows.append((f"`{stem}_1` … `{stem}_{last}`", column.meaning, ", ".join(column.also[:_SHOWN])))
    return table(("column", "holds", "titles it also goes by"), rows)


def _indications() -> str:
    rows = [(f"`{name}`", label("indication_labels", name)) for name in sorted(INDICATIONS)]
    return table(("indication", "means"), rows)


TABLES: Mapping[str, Callable[[], str]] = {"audit-columns": _columns, "audit-indications": _indications}
"""Name -> the table."""
