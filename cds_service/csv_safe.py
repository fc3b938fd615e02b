"""CSV that a spreadsheet opens without carrying anything out (threat T24, OWASP ASVS 1.2.10)."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from typing import Final, TextIO

_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def csv_safe(value: object) -> str:
    """The text of a cell: one that a spreadsheet could take for a formula gets an apostrophe in front.

    Numbers stay numbers, negative ones too. Control characters go, since some programs skip them and look at what
    follows. Spaces, and marks that are not seen, do not hide the character that matters.
    """
    if value is None:
        return ""
    text = _CONTROL.sub("", value) if isinstance(value, str) else str(value)
    if _NUMBER.fullmatch(text):
        return text
    # A separator inside the cell would start a new one in programs that split at another character than we do.
    parts = [text, *re.split(r"[;,\t\n|]", text)]
    return f"'{text}" if any(_dangerous(part) for part in parts) else text


def write_csv(out: TextIO, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table; every cell is quoted and safe."""
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow([csv_safe(name) for name in header])
    writer.writerows([csv_safe(cell) for cell in row] for row in rows)


def _dangerous(part: str) -> bool:
    seen = part.lstrip(" \u00a0\u200b\u200c\u200d\u2060\ufeff\"'")
    return seen.startswith(_STARTS) and not _NUMBER.fullmatch(seen)
