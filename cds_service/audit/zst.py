"""Zstandard files as streams. The library ends quietly where a file breaks off: here that is found out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import zstandard

WIDEST_WINDOW = 1 << 25
"""Bytes of memory that a frame may ask for: what `zstd -19` needs and more; `--long` may ask for 2 GB."""
_SKIPPABLE = range(0x184D2A50, 0x184D2A60)
_LONGEST_HEADER = 18
_RLE = 1


def unpacked(file: BinaryIO, block: int) -> Iterator[bytes]:
    """What is in the file, in blocks.

    Raises:
        EOFError: the last frame is not whole.
        zstandard.ZstdError: it is damaged, or asks for more memory than it may.
    """
    reader = zstandard.ZstdDecompressor(max_window_size=WIDEST_WINDOW)
    stream = reader.stream_reader(file, read_across_frames=True, closefd=False)
    while data := stream.read(block):
        yield data
    if not _whole(file):
        raise EOFError


def _whole(file: BinaryIO) -> bool:
    """Whether the file's frames end where the file ends, told by their blocks' headers (RFC 8878, section 3.1)."""
    end = file.seek(0, 2)
    position = 0
    while position < end:
        file.seek(position)
        head = file.read(_LONGEST_HEADER)
        if len(head) < 8:
            return False
        if int.from_bytes(head[:4], "little") in _SKIPPABLE:
            position += 8 + int.from_bytes(head[4:8], "little")
            continue
        position += zstandard.frame_header_size(head)
        last = False
        while not last:
            file.seek(position)
            header = file.read(3)
            if len(header) < 3:
                return False
            told = int.from_bytes(header, "little")
            last, kind, size = bool(told & 1), told >> 1 & 3, told >> 3
            position += 3 + (1 if kind == _RLE else size)
        position += 4 if zstandard.get_frame_parameters(head).has_checksum else 0
    return position == end
