"""The parts of a workbook beside its sheets: shared texts, which formats are dates, and the list of sheets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.parsers import expat

from cds_service.zipped.limits import LONGEST_CELL, MOST_TEXTS, Counted, Refuse

_BUILT_IN_DATES = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
"""Numbers of the formats for dates and times that no workbook spells out (ECMA-376-1, 18.8.30)."""
_NO_DATE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]', re.IGNORECASE)
"""What may hold the letters of a date in a format and means none: quoted text, colours, locales."""
_DATE = re.compile(r"[dmyhs]", re.IGNORECASE)
_MOST_FORMATS = 100_000
_MOST_SHEETS = 1000
_HIDDEN_CHARACTER = re.compile(r"_x((?![Dd][89A-Fa-f])[0-9A-Fa-f]{4})_")
"""Halves of a character beyond the first plane stay as they are written: alone they are no text."""


class PartReader:
    """Reads the XML of one part. Document types are refused, with which entities (and bombs made of them) come in."""

    def __init__(self, refuse: Refuse) -> None:
        self.refuse = refuse
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._no_document_type
        self.parser.EntityDeclHandler = self._no_document_type
        self._locals = _Locals()
        self._text: list[str] = []
        self._length = 0
        self._listening = False

    def _no_document_type(self, *_: object) -> None:
        raise self.refuse("declares a document type, which no workbook does.", 0)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        raise NotImplementedError

    def _end(self, tag: str) -> None:
        """Most parts hold all that is read of them in attributes."""

    def _characters(self, data: str) -> None:
        if self._listening:
            self._length += len(data)
            if self._length > LONGEST_CELL:
                raise self.refuse(f"has a cell of more than {LONGEST_CELL} characters.", 0)
            self._text.append(data)

    def _taken(self) -> str:
        text = self._text[0] if len(self._text) == 1 else "".join(self._text)
        self._text, self._length = [], 0
        return text


def parsed(reader: PartReader, stream: Counted) -> Iterator[None]:
    """Reads on, a piece of the stream at each step; refused when the XML is broken."""
    try:
        while data := stream.read():
            reader.parser.Parse(data, False)
            yield
        reader.parser.Parse(b"", True)
        yield
    except expat.ExpatError as error:
        raise reader.refuse(f"holds broken XML ({error}).", 0) from None


def read_part(reader: PartReader, stream: Counted) -> None:
    """Reads all of a part."""
    for _ in parsed(reader, stream):
        continue


def shown(text: str) -> str:
    """A text without the way in which characters that XML does not allow are written (ST_Xstring: `_x000D_`)."""
    return _HIDDEN_CHARACTER.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


class _Locals(dict[str, str]):
    """Names of elements without their namespace; a workbook has a few dozen."""

    def __missing__(self, tag: str) -> str:
        local = tag.rpartition(" ")[2]
        if len(self) < 1000:
            self[tag] = local
        return local


class Texts(PartReader):
    """The shared texts, in order. What stands under `rPh` is how a text is pronounced."""

    def __init__(self, refuse: Refuse) -> None:
        super().__init__(refuse)
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
                raise self.refuse(f"holds more than {MOST_TEXTS} texts.", 0)
            self.texts.append(shown(self._taken()))


class Formats(PartReader):
    """Formats of cells, in order, and the codes of those that the workbook spells out."""

    def __init__(self, refuse: Refuse) -> None:
        super().__init__(refuse)
        self._codes: dict[str, str] = {}
        self._of_cells: list[str] = []
        self._within = False

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        local = self._locals[tag]
        if local == "numFmt" and len(self._codes) < _MOST_FORMATS:
            self._codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif local == "cellXfs":
            self._within = True
        elif local == "xf" and self._within and len(self._of_cells) < _MOST_FORMATS:
            self._of_cells.append(attributes.get("numFmtId", ""))

    def _end(self, tag: str) -> None:
        if self._locals[tag] == "cellXfs":
            self._within = False

    def dates(self) -> frozenset[int]:
        """Places of those formats of cells that show a date or a time."""
        return frozenset(place for place, number in enumerate(self._of_cells) if self._is_date(number))

    def _is_date(self, number: str) -> bool:
        code = self._codes.get(number)
        if code is not None:
            return _DATE.search(_NO_DATE.sub("", code)) is not None
        return number.isdecimal() and int(number[:9]) in _BUILT_IN_DATES


class Sheets(PartReader):
    """The sheets that a workbook lists, by the identifiers of their links, and whether its days count from 1904."""

    def __init__(self, refuse: Refuse) -> None:
        super().__init__(refuse)
        self.links: list[str] = []
        self.from_1904 = False

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        local = self._locals[tag]
        if local == "workbookPr":
            self.from_1904 = attributes.get("date1904", "") in ("1", "true")
        elif local == "sheet" and len(self.links) < _MOST_SHEETS:
            self.links.append(next((v for name, v in attributes.items() if name.endswith(" id")), ""))


class Links(PartReader):
    """Files by the identifiers under which the workbook names them."""

    def __init__(self, refuse: Refuse) -> None:
        super().__init__(refuse)
        self.targets: dict[str, str] = {}

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._locals[tag] == "Relationship" and len(self.targets) < 10 * _MOST_SHEETS:
            self.targets[attributes.get("Id", "")] = attributes.get("Target", "")
