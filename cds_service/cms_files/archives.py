"""Which files of a .zip of CMS are its tables, one of each name. Nothing is unpacked to disk by name."""

from __future__ import annotations

from pathlib import PurePosixPath
from zipfile import ZipFile

from cds_service.cms_files.letters import refusal, refused
from cds_service.zipped.members import checked_members

TEXTS = (".csv", ".txt")
WORKBOOK = ".xlsx"
AGAIN = "Download it again from CMS, or unpack it and give the files in it."


def tables_in(archive: ZipFile, name: str) -> list[str]:
    """The members that are tables: of several with one name but for the ending, csv before txt before xlsx.

    Raises:
        EditFilesError: there is none, a limit is passed, or the archive is encrypted.
    """
    chosen: dict[str, str] = {}
    order = (*TEXTS, WORKBOOK)
    for member in checked_members(archive, refused(name, AGAIN)):
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
