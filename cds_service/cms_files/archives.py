"""What is inside a .zip of CMS: the tables, one of each name, within limits. Nothing is unpacked to disk by name."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import BinaryIO, cast
from zipfile import BadZipFile, ZipFile, ZipInfo

from cds_service.cms_files.letters import refusal
from cds_service.cms_files.limits import MOST_BYTES, MOST_MEMBERS, MOST_UNPACKED

TEXTS = (".csv", ".txt")
WORKBOOK = ".xlsx"
_AGAIN = "Download it again."


def checked_members(archive: ZipFile, name: str) -> list[ZipInfo]:
    """The files of an archive.

    Raises:
        EditFilesError: there are too many, one is encrypted, or one unpacks to too much.
    """
    members = [m for m in archive.infolist() if not m.is_dir()]
    if len(members) > MOST_MEMBERS:
        raise refusal(name, f"holds more than {MOST_MEMBERS} files.", "It is no edit file of CMS.")
    if sum(m.file_size for m in members) > MOST_UNPACKED:
        what = f"unpacks to more than {MOST_UNPACKED // (1 << 20)} MB."
        raise refusal(name, what, "It is no edit file of CMS. Download it again.")
    for member in members:
        if member.flag_bits & 1:
            raise refusal(name, "is protected by a password.", "Unpack it, and give the files in it.")
        if member.file_size > MOST_BYTES:
            what = f"holds a file that unpacks to more than {MOST_BYTES // (1 << 20)} MB."
            raise refusal(name, what, "It is no edit file of CMS. Download it again.")
    return members


@contextmanager
def open_member(archive: ZipFile, member: str, name: str) -> Iterator[BinaryIO]:
    """One file of an archive, to be read.

    Raises:
        EditFilesError: it is damaged; said while it is read, too.
    """
    try:
        with archive.open(member) as stream:
            yield cast(BinaryIO, stream)
    except (BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise refusal(name, f"is damaged ({str(error) or 'it ends too early'}).", _AGAIN) from None


def tables_in(archive: ZipFile, name: str) -> list[str]:
    """The members that are tables: of several with one name but for the ending, csv before txt before xlsx.

    Raises:
        EditFilesError: there is none, or a limit is passed.
    """
    chosen: dict[str, str] = {}
    order = (*TEXTS, WORKBOOK)
    for member in checked_members(archive, name):
        path = PurePosixPath(member.filename)
        ending = path.suffix.lower()
        if ending not in order or "__MACOSX" in path.parts or path.name.startswith("."):
            continue
        key = path.with_suffix("").name.lower()
        rival = chosen.get(key)
        if rival is None or order.index(ending) < order.index(PurePosixPath(rival).suffix.lower()):
            chosen[key] = member.filename
    if not chosen:
        raise refusal(name, "holds no .csv, .txt or .xlsx.", "Give the .zip as CMS publishes it.")
    return sorted(chosen.values())
