"""How much of a file is read at most. CMS's own files stay far below; what is larger is no such file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO

from cds_service.cms_files.letters import refusal

CHUNK = 1 << 18
MOST_BYTES = 1 << 30
"""Of one table when unpacked. The largest of CMS, a workbook of a million pairs, has some 400 MB."""
MOST_UNPACKED = 4 << 30
"""Of one archive."""
MOST_MEMBERS = 200
MOST_ROWS = 6_000_000
MOST_KEPT = 200_000
LONGEST_RECORD = 1 << 16
"""Characters of a row, the copyright note in quotes included."""
MOST_CELLS = 64
MOST_TEXTS = 2_000_000
"""Shared texts of a workbook."""

Progress = Callable[[int], None]


def unseen(_: int) -> None:
    """Progress that nobody watches."""


@dataclass
class Counted:
    """A stream that tells how far it was read, and is not read beyond its limit."""

    stream: BinaryIO
    name: str
    progress: Progress = unseen
    done: int = field(default=0, init=False)

    def read(self, size: int = CHUNK) -> bytes:
        """The next bytes.

        Raises:
            EditFilesError: there are more than the limit.
        """
        data = self.stream.read(size)
        self.done += len(data)
        if self.done > MOST_BYTES:
            what = f"holds more than {MOST_BYTES // (1 << 20)} MB."
            raise refusal(self.name, what, "It is no edit file of CMS. Download it again.")
        self.progress(len(data))
        return data
