"""Writes workbooks: by another program, and by hand where one has to be odd."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from openpyxl import Workbook as Written

from cds_service.zipped.workbook import Workbook, open_workbook
from tests.cms_files.build import archive

SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


class Refused(Exception):
    """What these readers raise in tests."""


def refuse(what: str, row: int) -> Refused:
    """A refusal with its row."""
    return Refused(f"{what} row {row}" if row else what)


def written(*sheets: Sequence[Sequence[Any]], formats: Mapping[str, str] = {}) -> bytes:
    """A workbook with these sheets as openpyxl writes it; `formats` by the name of a cell of the first sheet."""
    book = Written()
    book.remove(book.worksheets[0])
    for rows in sheets:
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(list(row))
    for name, code in formats.items():
        book.worksheets[0][name].number_format = code
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def packed(members: Mapping[str, str]) -> bytes:
    """An archive of these files."""
    return archive({name: text.encode() for name, text in members.items()})


def sheet(cells: str) -> str:
    """The XML of a sheet that holds these rows."""
    return f"<worksheet xmlns='{SPACE}'><sheetData>{cells}</sheetData></worksheet>"


@contextmanager
def opened(data: bytes) -> Iterator[Workbook]:
    """The workbook in these bytes."""
    with open_workbook(io.BytesIO(data), refuse) as book:
        yield book


def cells(data: bytes, number: int = 1) -> list[list[str]]:
    """The rows of one sheet."""
    with opened(data) as book:
        return [found for _, found in book.rows(number)]
