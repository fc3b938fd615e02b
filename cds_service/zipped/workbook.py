"""A workbook (.xlsx): its sheets in the order in which their owner sees them, each as rows of texts (ECMA-376-1)."""

from __future__ import annotations

import posixpath
import re
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile

from cds_service.zipped.limits import Counted, Progress, Refuse, unseen
from cds_service.zipped.members import checked_members, open_member
from cds_service.zipped.parts import Formats, Links, Sheets, Texts, read_part
from cds_service.zipped.sheet import Row, SheetReader

_BOOK = "xl/workbook.xml"
_LINKS = "xl/_rels/workbook.xml.rels"
_TEXTS = "xl/sharedStrings.xml"
_FORMATS = "xl/styles.xml"
_SHEET = re.compile(r"xl/worksheets/[^/]*?([0-9]*)\.xml")
_PROTECTED = bytes.fromhex("d0cf11e0a1b11ae1")
"""How an OLE file begins: a workbook before 2007, or a newer one that is encrypted."""
_DAY_NOUGHT = date(1899, 12, 30)
"""What day numbers count from; not the last day of 1899, since Lotus 1-2-3 took 1900 for a leap year."""
_DAY_NOUGHT_1904 = date(1904, 1, 1)


@dataclass(frozen=True)
class Workbook:
    """An open workbook. `sheets` are the numbers of its sheets in their order, from 1."""

    archive: ZipFile
    refuse: Refuse
    progress: Progress
    members: Mapping[int, str]
    texts: list[str]
    dates: frozenset[int]
    day_nought: date

    @property
    def sheets(self) -> tuple[int, ...]:
        """Numbers of the sheets that hold cells."""
        return tuple(self.members)

    def rows(self, sheet: int) -> Iterator[Row]:
        """Number and cells of each row that holds any: texts as they stand, numbers in plain digits, what is formatted
        as a date as 2026-03-04. A formula is what it came to; one that nobody has worked out is an error (#CALC!).
        """
        with open_member(self.archive, self.members[sheet], self.refuse) as stream:
            reader = SheetReader(self.refuse, self.texts, self.dates, self.day_nought)
            yield from reader.read(Counted(stream, self.refuse, self.progress))


@contextmanager
def open_workbook(stream: BinaryIO, refuse: Refuse, progress: Progress = unseen) -> Iterator[Workbook]:
    """The workbook in a stream; refused when it is none, damaged or too large, or protected by a password.

    Nothing of how it looks is read, but which cells are dates. What a document type would bring in is refused.
    """
    with _opened(stream, refuse) as archive:
        names = {member.filename for member in checked_members(archive, refuse)}

        def part(name: str, reader: Texts | Formats | Sheets | Links) -> None:
            if name in names:
                with open_member(archive, name, refuse) as member:
                    read_part(reader, Counted(member, refuse))

        texts, formats, sheets, links = Texts(refuse), Formats(refuse), Sheets(refuse), Links(refuse)
        part(_TEXTS, texts)
        part(_FORMATS, formats)
        part(_BOOK, sheets)
        part(_LINKS, links)
        yield Workbook(
            archive,
            refuse,
            progress,
            _sheets(sheets.links, links.targets, names),
            texts.texts,
            formats.dates(),
            _DAY_NOUGHT_1904 if sheets.from_1904 else _DAY_NOUGHT,
        )


def _opened(stream: BinaryIO, refuse: Refuse) -> ZipFile:
    start = stream.read(len(_PROTECTED))
    stream.seek(0)
    if start == _PROTECTED:
        raise refuse("is a workbook of an older form (.xls), or protected by a password.", 0)
    try:
        return ZipFile(stream)
    except (
        BadZipFile,
        NotImplementedError,
        struct.error,
        ValueError,
        EOFError,
    ):  # zipfile lets all of them through
        raise refuse("is no workbook (.xlsx).", 0) from None


def _sheets(listed: list[str], targets: Mapping[str, str], names: set[str]) -> dict[int, str]:
    """Files of the sheets by their number. Where the workbook does not list them, in the order of their own numbers."""
    found = {
        number: target
        for number, link in enumerate(listed, start=1)
        if (target := posixpath.normpath(posixpath.join("/xl", targets.get(link, "")))[1:]) in names
        and _SHEET.fullmatch(target)
    }
    if found:
        return found
    unlisted = [(match, name) for name in names if (match := _SHEET.fullmatch(name))]
    unlisted.sort(key=lambda each: (int(each[0][1][:9] or 0), each[1]))
    return {number: name for number, (_, name) in enumerate(unlisted, start=1)}
