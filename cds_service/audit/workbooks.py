"""Workbooks of spreadsheet programs among the files of an audit: which are read, and what to do with the others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

WORKBOOKS: Final = (".xlsx", ".xlsm")
"""Read by `cds_service.audit_inputs`."""
OLDER: Final = ".xls"
"""Of one program's own form, but often a .xlsx or a text that was only called so: that is read."""
_OTHERS: Final = (OLDER, ".xlsb", ".ods", ".numbers")
_SAVE: Final = "Save the sheet with the claim lines as .xlsx or CSV, and give that file."


def save_as_csv(names: Iterable[str]) -> str:
    """What to do where one of these files is a workbook of a form that is not read; empty where none is."""
    return _SAVE if any(name.lower().endswith(_OTHERS) for name in names) else ""


def only_called_older(head: bytes) -> bool:
    """Whether a file that is called .xls begins as a .xlsx or as a text does: not as a web page, nor
    as the form that is rightly called so, which has zeros in its head."""
    if head.startswith((b"PK\x03\x04", b"\xff\xfe", b"\xfe\xff")):
        return True
    plain = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return bool(plain) and not plain.startswith(b"<") and b"\0" not in plain
