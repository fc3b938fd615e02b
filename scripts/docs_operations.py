"""The table of log lines in docs/operations.md, made from `cds_service.logs`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cds_service.logs import LINES
from scripts.docs_manual import table


def _log_lines() -> str:
    always = [("every line", "`time`, `level`, `event`", "UTC; severity; the kind of line")]
    rows = [
        (f"`{kind}`", f"`{name}`", text) for kind, fields in LINES.items() for name, text in fields.items()
    ]
    return table(("kind", "field", "meaning"), [*always, *rows])


TABLES: Mapping[str, Callable[[], str]] = {"log-lines": _log_lines}
"""Name -> the table."""
