"""Lines of NDJSON files, plain or packed, as a stream: no file and no line fills the memory.

A line belongs to the byte range in which its first byte lies, so that ranges of one file can be read side by side.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import zstandard

from cds_service.audit import zst

BLOCK = 1 << 20
LONGEST_LINE = 16 << 20
"""Bytes of a line that is still read. A Claim of 500 items has some 300 kB."""
_MOST_SWOLLEN, _SWOLLEN_FROM = 300, 64 << 20
"""FHIR NDJSON packs 10 to 60 times. More than this after 64 MB is no export but a bomb."""
_BOM = b"\xef\xbb\xbf"


class Damaged(Exception):
    """The rest of a file cannot be read. The text says why; it holds nothing of the file."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what, self.remedy = what, remedy


def cut_short() -> Damaged:
    """Of a packed file that cannot be unpacked to its end."""
    return Damaged("is damaged or cut short.", "Download or pack it again.")


def cannot_be_read(error: OSError) -> Damaged:
    """Of a file that the system gives no more of."""
    why = error.strerror or "damaged gzip data"
    return Damaged(f"cannot be read: {why}.", "Check the file, and run the audit again with --restart.")


def lines(path: Path, start: int = 0, end: int | None = None) -> Iterator[bytes | None]:
    """Every line of a file or of a byte range of a plain one, without its line feed; None for one that is too long.

    Raises:
        Damaged: the file cannot be read or unpacked any further; the lines before have been given.
    """
    packed = path.name.lower().endswith((".gz", ".zst"))
    try:
        with path.open("rb") as file:
            blocks = _unpacked(path, file) if packed else _plain(file, max(start - 1, 0))
            yield from _split(blocks, start, None if packed else end)
    except OSError as error:
        raise cannot_be_read(error) from None
    except (EOFError, zlib.error, zstandard.ZstdError):
        raise cut_short() from None


def _plain(file: BinaryIO, start: int) -> Iterator[bytes]:
    file.seek(start)
    while block := file.read(BLOCK):
        yield block


def _unpacked(path: Path, file: BinaryIO) -> Iterator[bytes]:
    total = 0
    for block in _gunzipped(file) if path.name.lower().endswith(".gz") else zst.unpacked(file, BLOCK):
        total += len(block)
        if total > _SWOLLEN_FROM and total > _MOST_SWOLLEN * file.tell():
            raise Damaged(
                f"unpacks to more than {_MOST_SWOLLEN} times its size.",
                "If it is a real export, unpack it and give the plain file.",
            )
        yield block


def _gunzipped(file: BinaryIO) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=file) as stream:
        while block := stream.read(BLOCK):
            yield block


def _split(blocks: Iterator[bytes], start: int, end: int | None) -> Iterator[bytes | None]:
    """Lines that begin in [start, end); the blocks begin one byte before `start`, unless it is 0."""
    begun = max(start - 1, 0)
    first = start > 0  # what comes before the first line feed belongs to the range before
    carry, dropped = b"", 0
    for block in blocks:
        parts = (carry + block).split(b"\n")
        carry = parts.pop()
        for part in parts:
            length = dropped + len(part)
            if first:
                first = False
            elif end is not None and begun >= end:
                return
            elif length > LONGEST_LINE:
                yield None
            else:
                yield part if begun else part.removeprefix(_BOM)
            begun += length + 1
            dropped = 0
        if first or dropped + len(carry) > LONGEST_LINE:
            dropped += len(carry)
            carry = b""
    carry = carry if begun else carry.removeprefix(_BOM)
    if not first and (carry or dropped) and (end is None or begun < end):
        yield None if dropped else carry
