"""The table of a workbook (.xlsx) of CMS: its first sheet that has a header."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from cds_service.cms_files.columns import header_in
from cds_service.cms_files.letters import refused
from cds_service.cms_files.textrows import no_header
from cds_service.zipped.limits import Progress, unseen
from cds_service.zipped.sheet import Row
from cds_service.zipped.workbook import open_workbook

_HEADER_WITHIN = 100
"""Rows at the top of a sheet among which its header is looked for."""
_AGAIN = "Save it as .csv, or give the .txt or .csv of the same download."


def workbook_rows(stream: BinaryIO, name: str, progress: Progress = unseen) -> Iterator[Row]:
    """Number and cells of each row of the first sheet that holds a table; cells are as text.

    Raises:
        EditFilesError: it is no workbook, too large, or no sheet has a header.
    """
    with open_workbook(stream, refused(name, _AGAIN), progress) as book:
        for sheet in book.sheets:
            rows = book.rows(sheet)
            start = list(islice(rows, _HEADER_WITHIN))
            if any(header_in(cells) for _, cells in start):
                yield from start
                yield from rows
                return
    raise no_header(name)
