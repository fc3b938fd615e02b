"""How much of an archive is read at most, and how its reader says that something is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO

CHUNK = 1 << 18
MOST_BYTES = 1 << 30
"""Of one file when unpacked. The largest tables of CMS, workbooks of a million pairs, have some 400 MB."""
MOST_UNPACKED = 4 << 30
"""Of one archive."""
MOST_MEMBERS = 500
"""Files of one archive; every sheet of a workbook and every picture on it is one."""
LONGEST_CELL = 1 << 16
"""Characters of a cell; spreadsheet programs allow half of it."""
MOST_CELLS = 512
"""Cells of a row that are read; what stands further to the right is left alone."""
MOST_TEXTS = 2_000_000
"""Shared texts of a workbook."""

Progress = Callable[[int], None]

Refuse = Callable[[str, int], Exception]
"""What a caller raises: it gets what is wrong ("is damaged.") and the row of a sheet, or 0, and adds what to do."""


def unseen(_: int) -> None:
    """Progress that nobody watches."""


@dataclass
class Counted:
    """A stream that tells how far it was read, and is not read beyond its limit."""

    stream: BinaryIO
    refuse: Refuse
    progress: Progress = unseen
    done: int = field(default=0, init=False)

    def read(self, size: int = CHUNK) -> bytes:
        """The next bytes; refused when there are more than the limit."""
        data = self.stream.read(size)
        self.done += len(data)
        if self.done > MOST_BYTES:
            raise self.refuse(f"holds more than {MOST_BYTES // (1 << 20)} MB.", 0)
        self.progress(len(data))
        return data
