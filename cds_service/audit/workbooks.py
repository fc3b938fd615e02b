"""Workbooks of spreadsheet programs among the files of an audit: nobody can audit one, and everybody can save it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_ENDINGS: Final = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".numbers")
_SAVE: Final = "Save the sheet with the claim lines as CSV, and give that file."


def save_as_csv(names: Iterable[str]) -> str:
    """What to do where one of these files is a workbook; empty where none is."""
    return _SAVE if any(name.lower().endswith(_ENDINGS) for name in names) else ""
