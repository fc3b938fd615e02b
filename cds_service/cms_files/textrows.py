"""Rows of text tables: comma-separated, tab-separated and their kin, in the encodings that Excel and CMS write."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator

from cds_service.cms_files.columns import header_in
from cds_service.cms_files.letters import refusal
from cds_service.cms_files.limits import LONGEST_RECORD
from cds_service.zipped.limits import Counted
from cds_service.zipped.sheet import Row

_DELIMITERS = "\t,;|"
_SAMPLE = 1 << 16
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def text_rows(stream: Counted, name: str) -> Iterator[Row]:
    """Number and cells of each row.

    What is needed of a table is ASCII; other bytes are read as Latin-1, as CMS writes them, unless a mark at
    the beginning says UTF-8 or UTF-16.

    Raises:
        EditFilesError: a row is too long, or the delimiter cannot be told (there is no header).
    """
    start = stream.read(_SAMPLE)
    mark, encoding = next(((m, e) for m, e in _MARKS if start.startswith(m)), (b"", "latin-1"))
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    newlines = io.IncrementalNewlineDecoder(decoder, translate=True)
    sample = newlines.decode(start[len(mark) :])
    reader = csv.reader(_lines(sample, newlines, stream, name), delimiter=_delimiter(sample, name))
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        what = f"cannot be read as a table ({error})."
        raise refusal(
            name, what, "A quotation mark may be missing. Download it again.", reader.line_num
        ) from None


def _delimiter(sample: str, name: str) -> str:
    for delimiter in _DELIMITERS:
        try:
            if any(header_in(cells) for cells in csv.reader(io.StringIO(sample), delimiter=delimiter)):
                return delimiter
        except csv.Error:
            continue
    raise no_header(name)


def no_header(name: str) -> Exception:
    """The error for a file in which no row names the columns."""
    return refusal(
        name,
        "has no row that names the columns of a pair table (Column 1, Column 2) or a unit table (HCPCS/CPT Code, MUE "
        "Values).",
        "Give the complete table as CMS publishes it; its list of quarterly changes is none.",
    )


def _lines(start: str, newlines: io.IncrementalNewlineDecoder, stream: Counted, name: str) -> Iterator[str]:
    rest, number = start, 0
    while True:
        *whole, rest = rest.split("\n")
        for line in whole:
            number += 1
            yield _short(line, name, number) + "\n"
        _short(rest, name, number + 1)
        data = stream.read()
        rest += newlines.decode(data, final=not data)
        if not data:
            break
    for line in rest.split("\n"):
        if line:
            yield line


def _short(line: str, name: str, number: int) -> str:
    if len(line) > LONGEST_RECORD:
        what = f"has a row of more than {LONGEST_RECORD} characters."
        raise refusal(name, what, "It is no edit file of CMS. Download it again.", number)
    return line
