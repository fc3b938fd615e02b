"""Segments of an X12 interchange, one by one with their position, as pyx12 takes them apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO, cast

from pyx12.errors import X12Error
from pyx12.segment import Segment as Parsed
from pyx12.x12file import X12Reader

from cds_service.audit_inputs.x12_stream import Interchange

_FAULTS = {"1": "is no segment that X12 knows", "8": "is empty"}
"""Faults that pyx12 finds in a single segment and that cost the claim. Its others are counts, and parents of levels
that it numbers itself: clearinghouses that divide a transaction set keep the numbers of the whole one.
"""
_COUNTS = frozenset({"021", "5", "4"})


class Broken(Exception):
    """The interchange cannot be read on: `what` is wrong, `remedy` what to do, `position` the segment."""

    def __init__(self, position: int, what: str, remedy: str) -> None:
        super().__init__(what)
        self.position, self.what, self.remedy = position, what, remedy


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment: its name, its position in the file (from 1), its elements, and what is wrong with it as a whole.

    `count` says that a trailer counts other segments than there are.
    """

    name: str
    position: int
    parsed: Parsed
    fault: str = ""
    count: bool = False

    def __getitem__(self, place: int | tuple[int, int]) -> str:
        """Element (from 1), or one part of a composite element: `[5]` or `[5, 1]`; empty when it is not there."""
        element, part = place if isinstance(place, tuple) else (place, 1)
        if element > len(self.parsed.elements):
            return ""
        composite = self.parsed.elements[element - 1]
        if isinstance(place, tuple):
            return composite[part - 1].get_value().strip() if part <= len(composite) else ""
        return str(composite.format()).strip()

    def parts(self, element: int) -> tuple[str, ...]:
        """All parts of a composite element."""
        if element > len(self.parsed.elements):
            return ()
        composite = self.parsed.elements[element - 1]
        return tuple(composite[n].get_value().strip() for n in range(len(composite)))

    def __len__(self) -> int:
        return len(self.parsed.elements)


def segments(interchange: Interchange, position: int) -> Iterator[Segment]:
    """The segments of an interchange; `position` is that of the segment before it in the file.

    Raises:
        Broken: it does not begin as X12 does, breaks off, or its envelope is damaged.
    """
    first = position
    try:
        reader = X12Reader(cast("TextIO", interchange))
        for parsed in reader:
            position += 1
            errors = reader.pop_errors()
            fault = next((_FAULTS[code] for _, code, *_ in errors if code in _FAULTS), "")
            count = any(kind in ("st", "gs", "isa") and code in _COUNTS for kind, code, *_ in errors)
            yield Segment(str(parsed.get_seg_id() or ""), position, parsed, fault, count)
    except (X12Error, IndexError, AttributeError):  # a trailer without its header has no loop to close
        if position == first:
            what = "An interchange has to begin with a whole ISA segment (106 characters) of version 00501."
            raise Broken(position, what, _AGAIN) from None
        raise Broken(
            position + 1, "The envelope is damaged here; no more of its interchange was read.", _AGAIN
        ) from None
    if reader.raw.buffer.strip() or interchange.read().strip():
        raise Broken(position + 1, "The file breaks off, or an empty segment ends it early.", _AGAIN)


_AGAIN = "Have the file made or sent again."
