"""Which files an audit reads, in which form, and how their reading is divided."""

from __future__ import annotations

import errno
import gzip
import os
import re
import stat
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from cds_service.audit.errors import AuditError
from cds_service.audit.records import AS_THEY_SAY, Tables
from cds_service.audit.workbooks import OLDER, WORKBOOKS, only_called_older, save_as_csv

NDJSON = (".ndjson", ".ndjson.gz", ".ndjson.zst")
OTHERS = (".csv", ".tsv", ".edi", ".x12", ".837", ".txt")
"""Read by `cds_service.audit_inputs`, also with .gz behind them; X12 under any name."""
_KINDS = (
    f"Kinds: {', '.join(NDJSON + OTHERS)}, also with .gz behind them, {', '.join(WORKBOOKS)}, and X12 under any name. "
    "Unpack other archives."
)
MAY_READ = "See that it is there and that you may read it, and run the audit again."
_NOT_THE_OUTPUT = "What lies in the output's folder is not read: choose another --output."
RANGE = 32 << 20
"""Bytes that one step reads of a plain file, and lines that it holds in memory before it writes them."""
_PACKED = 45
"""How many times FHIR NDJSON may be larger unpacked: rather too many partitions than too large ones."""
_OF_A_TABLE, _OF_A_WORKBOOK = 8, 15
"""How many times larger a claim is as FHIR than its rows in a CSV or its segments in an 837, and its cells packed."""
_PARTITION = 12 << 20
"""Bytes of routed lines in a partition, on average: what a worker holds at once."""
_FEWEST = 16
"""Partitions of the smallest input, so that workers have something to share."""


class InputFile(msgspec.Struct, frozen=True):
    """An input: its name as reports show it, and what tells whether it is still the same.

    `refused` says why it cannot be opened; a name that ends in a slash is that of a folder which cannot be.
    """

    name: str
    size: int
    changed: int
    refused: str = ""

    @property
    def unpacked(self) -> int:
        """Size of the FHIR in it, or made of it, roughly."""
        name = self.name.lower()
        if name.endswith((".gz", ".zst")):
            return self.size * _PACKED
        if name.endswith(WORKBOOKS):
            return self.size * _OF_A_WORKBOOK
        return self.size if is_ndjson(name) else self.size * _OF_A_TABLE


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the reading: a byte range of a plain NDJSON file, or all of another file (`end` is None)."""

    number: int
    file: int
    start: int = 0
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Inputs:
    """Files to read, their paths, and names of files in a folder that nothing here reads. `tables` is how
    those are read that do not say it themselves.
    """

    files: tuple[InputFile, ...]
    paths: tuple[Path, ...]
    left_aside: tuple[str, ...] = ()
    tables: Tables = AS_THEY_SAY

    def changed(self) -> str:
        """Name of a file that is no longer as it was when it was found; empty when all are."""
        for file, path in zip(self.files, self.paths, strict=True):
            if _described(path, file.name) != file:
                return file.name
        return ""

    def steps(self, length: int = RANGE) -> Iterator[Step]:
        """The reading, divided."""
        number = 0
        for index, file in enumerate(self.files):
            whole = not file.name.lower().endswith(".ndjson")
            for start in range(0, 1 if whole else max(file.size, 1), length):
                yield Step(number, index, start, None if whole else start + length)
                number += 1

    def partitions(self) -> int:
        """Into how many partitions the patients are divided: the files decide, not the machine."""
        return max(_FEWEST, -(-sum(file.unpacked for file in self.files) // _PARTITION))


def find_inputs(given: Sequence[Path], output: Path) -> Inputs:
    """The files to read: those named, and in folders everything of a known form, in the order of their names. What
    cannot be opened is among them, and told when it would be read.

    Raises:
        AuditError: when something named is not there or cannot be read, or there is nothing to read.
    """
    found: dict[Path, str] = {}
    aside: list[str] = []
    for path in given:
        if not stat.S_ISDIR(_mode(path)):
            _require_file(path)
            found.setdefault(_real(path), _shown(path.name))
            continue
        for each, name in _within(path):
            if output.resolve() in _real(each).parents:
                continue
            if name.endswith("/"):
                wanted = not each.is_symlink()
            else:
                wanted = _readable(each, sniff=True) and not _found_before(each)
            if wanted:
                found.setdefault(_real(each), name)
            else:
                aside.append(name)
    if not found:
        named_ones = ", ".join(_shown(str(each)) for each in given)
        within = any({path.resolve(), *path.resolve().parents} & {output.resolve()} for path in given)
        remedy = _NOT_THE_OUTPUT if within else save_as_csv(aside) or _KINDS
        raise AuditError(named_ones, "holds nothing to read.", remedy)
    counted = Counter(found.values())
    named = {
        path: name if counted[name] == 1 else f"{_shown(path.parent.name)}/{name}"
        for path, name in found.items()
    }
    ordered = sorted(named.items(), key=lambda each: (each[1], each[0]))
    files = tuple(_described(path, name) for path, name in ordered)
    return Inputs(files, tuple(path for path, _ in ordered), tuple(sorted(aside)))


def _require_file(path: Path) -> None:
    """Of what was named."""
    where, refused = _shown(str(path)), _described(path, "").refused
    if refused == os.strerror(errno.ENOENT) or not (refused or stat.S_ISREG(_mode(path))):
        raise AuditError(where, "is not there.", "Name the export's folder or its files.")
    if not _readable(path, sniff=False):
        if refused:
            raise AuditError(where, f"cannot be read ({refused}).", MAY_READ)
        raise AuditError(
            _shown(path.name), "is of no kind that is read here.", save_as_csv([path.name]) or _KINDS
        )


def _within(folder: Path) -> Iterator[tuple[Path, str]]:
    """Files at any depth with their names, in the order of their paths, but for hidden ones and the marks that
    spreadsheet programs set beside open files (`~$claims.xlsx`). With a slash behind their
    names also folders that nobody looked into: links, and those that cannot be.
    """
    closed: list[OSError] = []
    found: list[tuple[Path, str]] = []
    for base, folders, files in os.walk(folder, onerror=closed.append):
        found += [(path, "/") for path in (Path(base, name) for name in folders) if path.is_symlink()]
        for path in (Path(base, name) for name in files):
            if stat.S_ISREG(_mode(path) or stat.S_IFREG):  # no pipes and devices
                found.append((path, ""))
    found += [(Path(error.filename), "/") for error in closed]
    for path, slash in sorted(found):
        if path == folder:
            raise AuditError(_shown(str(path)), f"cannot be read ({closed[0].strerror}).", MAY_READ)
        name = _shown(path.relative_to(folder).as_posix())
        if "/." not in f"/{name}" and "/~$" not in f"/{name}":
            yield path, name + slash


def _described(path: Path, name: str) -> InputFile:
    """An input as it is now."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            os.scandir(path).close()
        elif stat.S_ISREG(status.st_mode):  # a pipe would have to be waited for
            path.open("rb").close()
    except OSError as error:
        return InputFile(name, 0, 0, error.strerror or type(error).__name__)
    return InputFile(name, status.st_size, status.st_mtime_ns)


def _mode(path: Path) -> int:
    """Which kind of file it is, as `os.stat` tells it; 0 when it does not."""
    try:
        return path.stat().st_mode
    except OSError:
        return 0


def _real(path: Path) -> Path:
    """Where it lies; links that lead in a circle stay as they are."""
    return Path(os.path.realpath(path))


def _shown(name: str) -> str:
    """A file's name as text: its bytes need not be any."""
    return name.encode("utf-8", "backslashreplace").decode()


def is_ndjson(name: str) -> bool:
    """Whether the file holds a FHIR resource a line."""
    return name.lower().endswith(NDJSON)


def _readable(path: Path, sniff: bool) -> bool:
    """Whether it is read here. `sniff`: it was found in a folder, where not every text is meant to be.

    A text beside an export is as likely a note as an X12 file: those begin with ISA. Clearinghouses and billing
    systems give those any name, and put what payers answer (277, 835, 999) beside them; of a folder's, those are read
    that hold claims.
    """
    name = path.name.lower()
    plain = name.removesuffix(".gz")
    if name.endswith(NDJSON + WORKBOOKS) or (
        plain.endswith(OTHERS) and not (sniff and plain.endswith(_ANY_X12))
    ):
        return True
    head = _head(path)
    if name.endswith(OLDER):
        return only_called_older(head)
    if not sniff:
        return _X12.match(head) is not None
    if _X12.match(head) is None:
        return plain.endswith(OTHERS) and not plain.endswith(".txt")
    if not plain.endswith(_ANY_X12):
        return _CLAIMS.search(head) is not None
    # What begins with another group may hold claims further on; what has none is cut off, which is told.
    return _GROUP.search(head) is None or _CLAIMS.search(_head(path, _FAR)) is not None


def _found_before(path: Path) -> bool:
    """Whether it holds what an earlier audit found: no claims, whatever form it has."""
    return path.name in ("findings.ndjson", "findings.csv") and stat.S_ISDIR(_mode(path.parent / ".audit"))


_X12 = re.compile(rb"(?:\xef\xbb\xbf)?\s*ISA[^0-9A-Za-z\s]")
_GROUP = re.compile(rb"\bGS[^0-9A-Za-z\s]")
_CLAIMS = re.compile(rb"\bGS([^0-9A-Za-z\s])HC\1")


_ANY_X12: Final = (".txt", ".edi", ".x12")
"""Endings of names that X12 files of every kind have."""
_FAR: Final = 1 << 20


def _head(path: Path, size: int = 512) -> bytes:
    """How the file begins; nothing when it cannot be opened or unpacked."""
    try:
        with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as file:
            return bytes(file.read(size))
    except (OSError, EOFError, zlib.error):
        return b""
