"""Files of the work folder: written whole or not at all, and partitions that several workers write and read.

A worker's part of all partitions is one file: a table of offsets, then the routed lines of partition after partition.
"""

from __future__ import annotations

import errno
import os
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from zlib import crc32

_WORD = 8


def write_whole(path: Path, chunks: Sequence[bytes] | Iterator[bytes]) -> None:
    """Write a file that is there with all its bytes, or not there: synced, then renamed.

    That the name lasts is not waited for: after a power failure a step may have to be done again (`sync_folder`).
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb", buffering=1 << 20) as file:
            file.writelines(chunks)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)  # where the disk is full, it needs the room
        raise


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last, where the file system can: not all of them sync folders."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    except OSError as error:
        if error.errno not in (errno.EBADF, errno.EINVAL):
            raise
    finally:
        os.close(number)


def partition_of(key: str, partitions: int) -> int:
    """The partition of a patient: the same on every machine and in every run."""
    return crc32(key.encode()) % partitions


def write_partitions(path: Path, partitions: Sequence[Sequence[bytes]]) -> None:
    """Write routed lines, by partition."""
    offsets = array("Q", [0])  # one more than there are partitions
    for lines in partitions:
        offsets.append(offsets[-1] + sum(map(len, lines)) + len(lines))

    def chunks() -> Iterator[bytes]:
        yield offsets.tobytes()
        for lines in partitions:
            if lines:
                yield b"\n".join(lines)
                yield b"\n"

    write_whole(path, chunks())


def read_partition(path: Path, number: int, partitions: int) -> bytes:
    """The routed lines of one of so many partitions, each with its line feed.

    Raises:
        OSError: the file does not hold them all.
    """
    with path.open("rb", buffering=0) as file:
        table = array("Q", os.pread(file.fileno(), 2 * _WORD, number * _WORD))
        start, end = table
        begun = (partitions + 1) * _WORD
        lines = os.pread(file.fileno(), end - start, begun + start) if end > start else b""
        if len(lines) < end - start:
            raise OSError(errno.EIO, "it is cut short", str(path))
        return lines
