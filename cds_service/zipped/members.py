"""The files of an archive, once they are known to be few, not too large and not encrypted."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast
from zipfile import BadZipFile, ZipFile, ZipInfo

from cds_service.zipped.limits import MOST_BYTES, MOST_MEMBERS, MOST_UNPACKED, Refuse


def checked_members(archive: ZipFile, refuse: Refuse) -> list[ZipInfo]:
    """The files of an archive; refused when there are too many, one is encrypted, or unpacks to too much."""
    members = [m for m in archive.infolist() if not m.is_dir()]
    if len(members) > MOST_MEMBERS:
        raise refuse(f"holds more than {MOST_MEMBERS} files.", 0)
    if sum(m.file_size for m in members) > MOST_UNPACKED:
        raise refuse(f"unpacks to more than {MOST_UNPACKED // (1 << 20)} MB.", 0)
    for member in members:
        if member.header_offset < 0:
            raise refuse("is damaged (a file in it begins before it).", 0)
        if member.flag_bits & 1:
            raise refuse("is protected by a password.", 0)
        if member.file_size > MOST_BYTES:
            raise refuse(f"holds a file that unpacks to more than {MOST_BYTES // (1 << 20)} MB.", 0)
    return members


@contextmanager
def open_member(archive: ZipFile, member: str, refuse: Refuse) -> Iterator[BinaryIO]:
    """One file of an archive, to be read; refused when it is damaged, also while it is read."""
    try:
        with archive.open(member) as stream:
            yield cast(BinaryIO, stream)
    except (BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise refuse(f"is damaged ({str(error) or 'it ends too early'}).", 0) from None
