"""Opens a delimited file: its characters, its delimiter, its header, and its rows one by one."""

from __future__ import annotations

import csv
import gzip
import zlib
from codecs import getincrementaldecoder
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from cds_service.audit_inputs.columns import REQUIRED, Header, is_title, read_header

DELIMITERS = (",", ";", "\t", "|")
PREAMBLE = 20
"""Rows in which the header is sought: some programs print a title above it."""
OTHER_COLUMNS = "is a header with other columns, so that nothing behind it was read"
_JOINED = 20
"""Lines that a quoted cell may go over; more than these are a quotation mark that nobody closed."""
_CHUNK = 1 << 20
SURE = 3
"""Known titles that make a row a header: of any other row nothing is shown, it may hold a patient's data."""

_TITLES = "Give the columns these titles; `igrt-cds audit --template` prints a table that can be read"
_CHARGES = (
    "Call the column of claim numbers claim_id. If these are charges that have none yet, run the audit with --charges "
    "--restart: then those of one patient, month and payer count as a claim"
)


class NoTable(Exception):
    """The file as a whole cannot be read: `what` is wrong and `remedy` what to do."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what, self.remedy = what, remedy


@dataclass(frozen=True, slots=True)
class Row:
    """Cells of one row; `number` is its (first) line in the file. `fault` says why it cannot be read; of a row that is
    too short `cells` are those that are there.
    """

    number: int
    cells: list[str]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A file whose header has been found."""

    header: Header
    rows: Iterator[Row]


class _Packed(gzip.GzipFile):
    """A packed file, read as far as it goes."""

    broken = False

    def read1(self, size: int = -1) -> bytes:
        try:
            return b"" if self.broken else super().read1(size)
        except (OSError, EOFError, zlib.error):
            self.broken = True
            return b""

    def read(self, size: int | None = -1) -> bytes:
        # Not all at once: what stands before the damage would be lost.
        return self.read1(-1 if size is None else size)


def opened(path: Path) -> IO[bytes]:
    """The file's bytes, unpacked when its name ends in .gz: then it may end too early (`broken`)."""
    if path.suffix.lower() == ".gz":
        return _Packed(path, "rb")  # type: ignore[return-value]
    return path.open("rb")


def breaks_off(file: IO[bytes]) -> bool:
    """Whether a packed file that was read to its end was damaged or cut short there."""
    return bool(getattr(file, "broken", False))


def encoding_of(path: Path) -> str:
    """UTF-8 (with or without mark) or UTF-16 when the file is that; else Windows-1252.

    Codes, dates and amounts are the same in both; only accents of names depend on it. Bytes that Windows-1252 does
    not know become a mark of their own and cost nothing.
    """
    with opened(path) as file:
        head = file.read(4)
        if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return "utf-16"
        if len(head) == 4 and head[1::2] == b"\0\0":
            return "utf-16-le"
        decoder = getincrementaldecoder("utf-8-sig")()
        try:
            decoder.decode(head)
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=not breaks_off(file))
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig"


def read_table(lines: Iterable[str], charges: bool = False) -> Table:
    """Find the header and read on from there. `charges`: it needs no column of claim numbers.

    Raises:
        NoTable: no row of the first ones has the columns that are needed.
    """
    source = _Lines(lines)
    best: Header | None = None
    while (given := source.next()) is not None:
        number, line = given
        joined = [line]
        taken: list[tuple[int, str]] = []
        while True:
            for delimiter in DELIMITERS:
                header = read_header(_titles(joined, delimiter), charges)
                if not header.missing:
                    return Table(header, _rows(source, delimiter, header))
                if best is None or len(header.places) > len(best.places):
                    best = header
            more = source.next() if _is_open(joined) else None
            if more is None:
                break
            taken.append(more)
            joined.append(more[1])
        source.give_back(taken)
        if number >= PREAMBLE:
            break
    raise no_table(best)


def _titles(lines: list[str], delimiter: str) -> list[str]:
    """The cells of what may be a header, none where it is none. A cell over several lines that holds the delimiter is
    no title: a quotation mark was left open there, and rows with patients' data stand in it.
    """
    cells = _split(lines, delimiter) or []
    if len(lines) > 1 and any(delimiter in cell and len(cell.splitlines()) > 1 for cell in cells):
        return []
    return cells


class _Lines:
    """The lines of a file with their numbers; some can be given back, and come again."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._source = enumerate(lines, start=1)
        self._waiting: deque[tuple[int, str]] = deque()

    def next(self) -> tuple[int, str] | None:
        """The next line, None at the end."""
        return self._waiting.popleft() if self._waiting else next(self._source, None)

    def give_back(self, taken: Sequence[tuple[int, str]]) -> None:
        """Lines that were taken too early, in their order."""
        self._waiting.extendleft(reversed(taken))


def _is_open(lines: list[str]) -> bool:
    """Whether a quotation mark in them may be closed further down."""
    return sum(part.count('"') for part in lines) % 2 == 1 and len(lines) < _JOINED


def no_table(best: Header | None) -> NoTable:
    """Of a file none of whose first rows is a header; `best` is the row that came nearest."""
    if best is None:
        return NoTable("The file is empty", "Export it again")
    missing = ", ".join(best.missing)
    known = (
        f"; these titles are not known: {', '.join(best.unread[:12])[:400]}"
        if best.unread and len(best.places) >= SURE
        else ""
    )
    return NoTable(
        f"No header with the columns that are needed was found ({missing} missing{known})",
        _CHARGES if best.missing == ("claim_id",) else _TITLES,
    )


def _rows(source: _Lines, delimiter: str, header: Header) -> Iterator[Row]:
    """Rows of the table. A row that cannot be read costs itself, not what follows it; a header of other columns
    ends it, since nobody knows then what stands where.
    """
    width = header.width
    while (given := source.next()) is not None:
        number, line = given
        if not line.strip():
            continue
        joined = [line]
        taken: list[tuple[int, str]] = []
        whole = _fits(_split(joined, delimiter), header)
        while whole is None and _is_open(joined):
            more = source.next()
            if more is None:
                break
            taken.append(more)
            joined.append(more[1])
        cells = whole if whole is not None else _fits(_split(joined, delimiter), header)
        if cells is None:
            source.give_back(taken)
            cells = _split([line], delimiter) or []
            if len(cells) >= header.named or not _is_whole(cells, header):
                yield Row(number, cells if len(cells) < header.named else [], _fault(line, delimiter, width))
                continue
            after = source.next()
            if after is not None:
                source.give_back([after])
            if _is_cut(cells, line, after[1] if after else "", delimiter, header):
                yield Row(number, cells, _fault(line, delimiter, width))
                continue
            cells = [*cells, *[""] * (width - len(cells))]
        again = header_again(cells, header)
        if again == "same":
            continue
        if again:
            yield Row(number, [], OTHER_COLUMNS)
            return
        if any(cell.strip() for cell in cells):
            yield Row(number, cells)


def _is_whole(cells: list[str], header: Header) -> bool:
    """Whether a row has all cells that are needed. Some programs leave the empty ones at its end away. A code may be
    left empty, not away, where there is a revenue code.
    """
    lacking = [name for name in REQUIRED if name in header.places and not header.says(cells, name)]
    return not lacking or (
        lacking == ["code"] and header.places["code"][0] < len(cells) and header.says(cells, "revenue_code")
    )


def _is_cut(cells: list[str], line: str, after: str, delimiter: str, header: Header) -> bool:
    """Whether a short row may be the first part of one: the file ends within its line, or the next line is its rest."""
    if not after.strip():
        return not line.endswith(("\n", "\r"))
    rest = _split([after], delimiter) or []
    together = len(cells) + len(rest) - 1
    return len(rest) > 1 and together <= header.width and not _is_whole(rest, header)


def header_again(cells: list[str], header: Header) -> Literal["", "same", "other"]:
    """Whether a row is the header once more, or one of other columns."""
    if not is_title(cells[header.places.get("claim_id", header.places["patient_id"])[0]]):
        return ""
    again = read_header(cells, header.charges)
    if again.places == header.places:
        return "same"
    return "" if again.missing else "other"


def _fits(cells: list[str] | None, header: Header) -> list[str] | None:
    """The cells of a row as wide as the header, but for empty ones at its end; None when they are others."""
    if cells is None or len(cells) < header.named or any(cell.strip() for cell in cells[header.width :]):
        return None
    return [*cells[: header.width], *[""] * (header.width - len(cells))]


def _split(lines: list[str], delimiter: str) -> list[str] | None:
    """The cells of one row, or None when it is none."""
    try:
        rows = list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


def _fault(line: str, delimiter: str, width: int) -> str:
    cells = _split([line], delimiter)
    if cells is None:
        return "has a quotation mark that is not closed, or text behind a closed one"
    return f"has {len(cells)} cells where the header has {width}"
