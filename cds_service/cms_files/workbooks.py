"""Rows of an Excel workbook (.xlsx), read as a stream: no styles, no formulas, no document type, no entities."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

from cds_service.cms_files.archives import checked_members, open_member
from cds_service.cms_files.columns import header_in
from cds_service.cms_files.letters import refusal
from cds_service.cms_files.limits import (
    LONGEST_RECORD,
    MOST_CELLS,
    MOST_TEXTS,
    Counted,
    Progress,
    unseen,
)
from cds_service.cms_files.textrows import Row, no_header

_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_TEXTS = "xl/sharedStrings.xml"
_DIGITS = "0123456789"
_HEADER_WITHIN = 100
"""Rows at the top of a sheet among which its header is looked for."""
_AGAIN = "Save it as .csv, or give the .txt or .csv of the same download."


def workbook_rows(stream: BinaryIO, name: str, progress: Progress = unseen) -> Iterator[Row]:
    """Number and cells of each row of the first sheet that holds a table; cells are as text.

    Raises:
        EditFilesError: it is no workbook, too large, or no sheet has a header.
    """
    try:
        with ZipFile(stream) as book:
            members = checked_members(book, name)
            texts = _shared_texts(book, name) if _TEXTS in {m.filename for m in members} else []
            sheets = sorted(m.filename for m in members if _SHEET.fullmatch(m.filename))
            for sheet in sheets:
                with open_member(book, sheet, name) as member:
                    rows = _sheet_rows(Counted(member, name, progress), texts)
                    start = [row for row, _ in zip(rows, range(_HEADER_WITHIN), strict=False)]
                    if any(header_in(cells) for _, cells in start):
                        yield from start
                        yield from rows
                        return
    except BadZipFile:
        raise refusal(name, "is no workbook (.xlsx).", _AGAIN) from None
    raise no_header(name)


def _shared_texts(book: ZipFile, name: str) -> list[str]:
    reader = _Texts(name)
    with open_member(book, _TEXTS, name) as member:
        for _ in _parsed(reader.parser, Counted(member, name)):
            continue
    return reader.texts


def _sheet_rows(stream: Counted, texts: list[str]) -> Iterator[Row]:
    reader = _Sheet(stream.name, texts)
    for _ in _parsed(reader.parser, stream):
        rows, reader.rows = reader.rows, []
        yield from rows


def _parsed(parser: expat.XMLParserType, stream: Counted) -> Iterator[None]:
    try:
        while data := stream.read():
            parser.Parse(data, False)
            yield
        parser.Parse(b"", True)
        yield
    except expat.ExpatError as error:
        raise refusal(stream.name, f"holds broken XML ({error}).", _AGAIN) from None


def _safe_parser(name: str) -> expat.XMLParserType:
    """A parser that refuses document types, with which entities (and bombs made of them) come in."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise refusal(name, "declares a document type, which no workbook does.", _AGAIN)

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    return parser


class _Locals(dict[str, str]):
    """Names of elements without their namespace; a workbook has a few dozen."""

    def __missing__(self, tag: str) -> str:
        local = tag.rpartition(" ")[2]
        if len(self) < 1000:
            self[tag] = local
        return local


class _Columns(dict[str, int]):
    """Column by its letters: C is 2, anything else than letters -1."""

    def __missing__(self, letters: str) -> int:
        number = 0
        for letter in letters[:4]:
            number = 26 * number + ord(letter) - 64 if "A" <= letter <= "Z" else 0
        if len(self) < 1000:
            self[letters] = number - 1
        return number - 1


class _Reader:
    """Common to both parts: gathers the text of one element at a time."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.parser = _safe_parser(name)
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self._locals = _Locals()
        self._text: list[str] = []
        self._length = 0
        self._listening = False

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        raise NotImplementedError

    def _end(self, tag: str) -> None:
        raise NotImplementedError

    def _characters(self, data: str) -> None:
        if self._listening:
            self._length += len(data)
            if self._length > LONGEST_RECORD:
                raise refusal(self.name, f"has a cell of more than {LONGEST_RECORD} characters.", _AGAIN)
            self._text.append(data)

    def _taken(self) -> str:
        text = self._text[0] if len(self._text) == 1 else "".join(self._text)
        self._text, self._length = [], 0
        return text


class _Texts(_Reader):
    """The shared texts, in order. What stands under `rPh` is how a text is pronounced."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.texts: list[str] = []
        self._aside = 0

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        local = self._locals[tag]
        self._aside += local == "rPh"
        self._listening = local == "t" and not self._aside

    def _end(self, tag: str) -> None:
        local = self._locals[tag]
        self._listening = False
        self._aside -= local == "rPh"
        if local == "si":
            if len(self.texts) >= MOST_TEXTS:
                raise refusal(self.name, f"holds more than {MOST_TEXTS} texts.", _AGAIN)
            self.texts.append(self._taken())


class _Sheet(_Reader):
    """The rows of a sheet. A cell that is left out is empty; one that has no name follows the last."""

    def __init__(self, name: str, texts: list[str]) -> None:
        super().__init__(name)
        self.rows: list[Row] = []
        self._texts = texts
        self._columns = _Columns()
        self._cells: list[str] = []
        self._number = 0
        self._kind = ""
        self._place = 0

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        local = self._locals[tag]
        if local == "c":
            self._kind = attributes.get("t", "n")
            place = self._columns[attributes.get("r", "").rstrip(_DIGITS)]
            self._place = max(place, len(self._cells))
        elif local == "row":
            number = attributes.get("r", "")
            self._number = int(number) if number.isdecimal() and len(number) < 9 else self._number + 1
            self._cells = []
        self._listening = local == "v" or local == "t"

    def _end(self, tag: str) -> None:
        local = self._locals[tag]
        self._listening = False
        if local == "c":
            value = self._value()
            if self._place < MOST_CELLS:
                if self._place > len(self._cells):
                    self._cells += [""] * (self._place - len(self._cells))
                self._cells.append(value)
        elif local == "row":
            self.rows.append((self._number, self._cells))

    def _value(self) -> str:
        text = self._taken()
        if self._kind == "s":
            number = int(text) if text.isdecimal() and len(text) < 9 else len(self._texts)
            if number >= len(self._texts):
                raise refusal(self.name, "names a shared text that it does not hold.", _AGAIN, self._number)
            return self._texts[number]
        return _whole(text) if self._kind == "n" else text


def _whole(text: str) -> str:
    """A number as it is shown: 20220101, not 20220101.0 or 2.0220101E7."""
    if text.isdecimal():
        return text
    try:
        value = float(text)
    except ValueError:
        return text
    return str(int(value)) if value.is_integer() and abs(value) < 1e12 else text
