"""The interchanges of an X12 file, each as characters that a reader of X12 takes: without what transport added."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import TextIOBase
from typing import TextIO

_CHUNK = 1 << 13
_LONGEST = 1 << 16
"""Characters without a terminator that are held: no segment is longer."""
_ISA = 105
"""Characters of an ISA segment before its terminator: its elements have fixed widths."""
_ELEMENTS = 16
_BLANK = " \t\r\n\ufeff\x00\x1a"
"""Around segments: line ends, the blanks of fixed records, the mark with which older systems end a file."""
_LINE_ENDS = re.compile(r"[\r\n]+")
_BEGINS = re.compile(r"(?:\A|[\r\n])ISA(?=([^0-9A-Za-z\s])[0-9]{2}\1)")


class _Source:
    """What was read of the file and not given yet."""

    def __init__(self, lines: TextIO) -> None:
        self._lines = lines
        self.rest = ""

    def fill(self) -> bool:
        """Read on; False at the end of the file."""
        chunk = self._lines.read(_CHUNK)
        self.rest += chunk
        return bool(chunk)

    def take(self, count: int) -> str:
        """Give the next characters."""
        text, self.rest = self.rest[:count], self.rest[count:]
        return text

    def begins(self) -> bool:
        """Go to the next character that is no blank; False when there is none."""
        while not (rest := self.rest.lstrip(_BLANK)):
            self.rest = ""
            if not self.fill():
                return False
        self.rest = rest
        return True


class Interchange(TextIOBase):
    """One interchange as a file to read. `framed`: its ISA is whole, so that its delimiters and its end are known."""

    def __init__(self, source: _Source) -> None:
        self._source = source
        self._head, self.framed = self._first()
        self._segments = self._cleaned(self._head[-1:])

    def read(self, size: int | None = -1, /) -> str:
        """ISA first, then some segments at a time, each with its terminator; empty at the end."""
        if self._head:
            size = len(self._head) if size is None or size < 0 else size
            head, self._head = self._head[:size], self._head[size:]
            return head
        return next(self._segments, "")

    def _first(self) -> tuple[str, bool]:
        """ISA with its terminator, also out of a file that is broken into lines of one length."""
        source = self._source
        while len(_LINE_ENDS.sub("", source.rest)) <= _ISA and source.fill():
            pass
        place = length = 0
        while length < _ISA and place < len(source.rest):
            length += source.rest[place] not in "\r\n"
            place += 1
        head = _LINE_ENDS.sub("", source.rest[:place])
        separator = head[3:4]
        if length < _ISA or head[-2] != separator or head.count(separator) != _ELEMENTS:
            return source.take(_ISA + 1), False
        source.take(place)
        return head + source.take(1), True

    def _cleaned(self, terminator: str) -> Iterator[str]:
        """Whole segments, up to the next ISA: its delimiters may be others."""
        source, in_lines = self._source, terminator in ("\r", "\n")
        more = True
        while more:
            more = source.fill()
            *parts, carry = source.rest.split(terminator)
            ready: list[str] = []
            for number, part in enumerate(parts):
                start = _begins(part)
                if start >= 0:
                    source.rest = terminator.join([part[start:], *parts[number + 1 :], carry])
                    yield "".join(ready) + part[:start].strip(_BLANK)
                    return
                segment = part.strip(_BLANK)
                if segment or not in_lines:
                    ready.append((segment if in_lines else _LINE_ENDS.sub("", segment)) + terminator)
            start = _begins(carry)
            if start >= 0:
                source.rest = carry[start:]
                yield "".join(ready) + carry[:start].strip(_BLANK)
                return
            source.rest = carry
            if not more or len(carry) > _LONGEST:
                source.rest, more = "", False
                last = _LINE_ENDS.sub("", carry.strip(_BLANK))
                # The last terminator is easily lost: an editor, or a transfer, takes it for an empty line.
                ready.append(last + terminator if last.startswith("IEA") else last)
            if ready:
                yield "".join(ready)


def interchanges(lines: TextIO) -> Iterator[Interchange]:
    """The interchanges of a file; what of one is left unread when the next is asked for is passed over."""
    source = _Source(lines)
    while source.begins():
        interchange = Interchange(source)
        yield interchange
        if not interchange.framed:
            return
        while interchange.read():
            pass


def _begins(text: str) -> int:
    """Where an interchange begins in what stands between two terminators; -1 for nowhere."""
    found = _BEGINS.search(text)
    if found:
        return text.index("ISA", found.start())
    start = len(text) - len(text.lstrip(_BLANK))
    return start if text.startswith("ISA", start) or _wrapped(text[start : start + 8]) else -1


def _wrapped(text: str) -> bool:
    """Whether these are the first characters of ISA with a line end between them."""
    return text.startswith("I") and _LINE_ENDS.sub("", text).startswith("ISA")
