"""The table of docs/settings.md, made from `cds_service.settings`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cds_service.environment import Setting
from cds_service.environment import table as settings
from scripts.docs_manual import table


def _default(value: Any) -> str:
    if value is None or value == ():
        return ""
    return f"`{value}`"


def _row(row: Setting) -> tuple[str, str, str, str]:
    file = f" or `{row.variable}_FILE`" if row.secret else ""
    return f"`{row.variable}`{file}", row.form, _default(row.default), str(row.meta.description)


def _settings() -> str:
    return table(("variable", "value", "default", "meaning"), [_row(row) for row in settings()])


TABLES: Mapping[str, Callable[[], str]] = {"settings": _settings}
"""Name -> the table."""
