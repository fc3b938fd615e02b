"""From files as downloaded to tables of editions: all of them, or none and the letters."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast
from zipfile import BadZipFile, ZipFile, is_zipfile

from cds_service.cms_files.archives import AGAIN, TEXTS, WORKBOOK, tables_in
from cds_service.cms_files.columns import NAMES, Header
from cds_service.cms_files.kinds import PAIRS, Kind, part_in, programme_in, settings_in
from cds_service.cms_files.letters import EditFilesError, refusal, refused
from cds_service.cms_files.quarters import Quarter, quarters_in
from cds_service.cms_files.tables import Table, read_header, read_table
from cds_service.cms_files.textrows import text_rows
from cds_service.cms_files.workbooks import workbook_rows
from cds_service.engine.catalogue import Catalogue
from cds_service.engine.letters import Problem
from cds_service.facts.edits import PairEdit, UnitEdit
from cds_service.zipped.limits import CHUNK, Counted, Progress, unseen
from cds_service.zipped.members import open_member
from cds_service.zipped.sheet import Row

_IN_MEMORY = 32 << 20
_VISITS = "evaluation"
_KIND = "Say which table it is, as --kind practitioner-ptp."
_EDITION = "Say which edition it is, as --edition 2026Q4."
_TOO_LONG = "It is no edit file of CMS. Download it again."
_ALL_PARTS = "Give all parts of the table in one command (f1, f2 and so on)."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user says of the files: their edition and kind, as far as the names leave it open."""

    quarter: Quarter | None = None
    kind: Kind | None = None


@dataclass(frozen=True)
class Imported:
    """One table of one edition, put together from its parts. `read` counts all rows, of which `kept` are ours."""

    kind: Kind
    quarter: Quarter
    first: date
    last: date
    files: tuple[str, ...]
    read: int
    pairs: tuple[PairEdit, ...]
    units: tuple[UnitEdit, ...]

    @property
    def kept(self) -> int:
        """Rows about our codes."""
        return len(self.pairs) + len(self.units)


@dataclass(frozen=True, slots=True)
class _Part:
    kind: Kind
    quarter: Quarter
    number: int
    table: Table


def codes_of(catalogue: Catalogue) -> frozenset[str]:
    """The codes whose rows are kept. Visits are edited beside almost everything, and are not ours to judge."""
    return frozenset(entry.code for entry in catalogue.codes.values() if entry.family != _VISITS)


def read_files(
    paths: Sequence[Path], wanted: Wanted, codes: Set[str], progress: Progress = unseen
) -> tuple[Imported, ...]:
    """The tables in the files; parts of one table come together.

    Raises:
        EditFilesError: with letters for everything that is wrong with any file.
    """
    parts: list[_Part] = []
    problems: list[Problem] = []
    more = 0
    for path in paths:
        try:
            for part in _parts(path, wanted, codes, progress):
                parts.append(part)
                problems += part.table.problems
                more += part.table.bad - len(part.table.problems)
        except EditFilesError as error:
            problems += error.problems
            more += error.more
    groups: dict[tuple[Kind, Quarter], list[_Part]] = {}
    for part in parts:
        groups.setdefault((part.kind, part.quarter), []).append(part)
    if not problems:
        problems = [problem for group in groups.values() for problem in _incomplete(group)]
    if problems:
        raise EditFilesError(problems, more)
    return tuple(_imported(group) for _, group in sorted(groups.items(), reverse=True))


def _parts(path: Path, wanted: Wanted, codes: Set[str], progress: Progress) -> Iterator[_Part]:
    name = path.name
    with _opened(path) as stream, _damage_told(name):
        packed = path.suffix.lower() != WORKBOOK and is_zipfile(stream)
        stream.seek(0)
        if not packed and path.suffix.lower() == ".zip":
            what = "is no .zip: perhaps the page with the licence was saved in its place."
            raise refusal(name, what, "Accept the licence on CMS's page, and download it again.")
        if not packed:
            yield _part(stream, name, "", wanted, codes, progress)
            return
        with ZipFile(stream) as archive:
            for member in tables_in(archive, name):
                with open_member(archive, member, refused(name, AGAIN)) as inner:
                    yield _part(inner, member.rpartition("/")[2], name, wanted, codes, progress)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        stream = path.open("rb")
    except OSError as error:
        raise refusal(str(path), f"cannot be read: {error.strerror}.", "Check the path.") from None
    with stream:
        yield stream


@contextmanager
def _damage_told(name: str) -> Iterator[None]:
    try:
        yield
    except (BadZipFile, OSError, EOFError, RuntimeError, struct.error, ValueError) as error:
        what = f"is damaged ({str(error) or type(error).__name__})."
        raise refusal(name, what, "Download it again.") from None


def _part(
    stream: BinaryIO, name: str, archive: str, wanted: Wanted, codes: Set[str], progress: Progress
) -> _Part:
    shown = f"{archive}/{name}" if archive else name
    ending = Path(name).suffix.lower()
    if ending not in (*TEXTS, WORKBOOK):
        raise refusal(shown, "is neither .zip nor .csv, .txt or .xlsx.", "Give a file as CMS publishes it.")
    rows = (
        _workbook(stream, shown, progress)
        if ending == WORKBOOK
        else text_rows(Counted(stream, refused(shown, _TOO_LONG), progress), shown)
    )
    header = read_header(rows, shown)
    kind = _kind(header, name, archive, shown, wanted)
    missing = header.missing(kind.programme == "medicaid")
    if missing:
        what = f"lacks the column {', '.join(NAMES[name] for name in missing)}."
        raise refusal(shown, what, "Give the complete table; its list of quarterly changes is none.")
    quarter = _quarter(name, archive, shown, wanted)
    return _Part(kind, quarter, part_in(name) or part_in(archive), read_table(rows, shown, header, codes))


def _workbook(stream: BinaryIO, name: str, progress: Progress) -> Iterator[Row]:
    """A workbook is itself an archive and is read back and forth: one inside an archive is copied first."""
    with cast(BinaryIO, SpooledTemporaryFile(_IN_MEMORY)) as copy:
        source = Counted(stream, refused(name, _TOO_LONG))
        while data := source.read(CHUNK):
            copy.write(data)
        copy.seek(0)
        yield from workbook_rows(copy, name, progress)


def _kind(header: Header, name: str, archive: str, shown: str, wanted: Wanted) -> Kind:
    if wanted.kind is not None:
        if wanted.kind.table != header.table:
            what = f"holds a table of kind {header.table}, not {wanted.kind.table}."
            raise refusal(shown, what, "Correct --kind, or give files of one kind at a time.")
        return wanted.kind
    texts = (header.title_of_values, name, archive)
    settings = next((found for text in texts if (found := settings_in(text))), frozenset())
    if "dme" in settings:
        raise refusal(
            shown, "is the table of suppliers (DME).", "Give the practitioner or outpatient hospital tables."
        )
    if len(settings) != 1:
        raise refusal(shown, "does not tell for whom it is: practitioners or hospitals.", _KIND)
    told = programme_in(name) or programme_in(archive)
    programme = told or ("medicaid" if header.medicaid_style else "medicare")
    (setting,) = settings
    return Kind(programme, setting, header.table)


def _quarter(name: str, archive: str, shown: str, wanted: Wanted) -> Quarter:
    if wanted.quarter is not None:
        return wanted.quarter
    found = quarters_in(name) or quarters_in(archive)
    if len(found) != 1:
        what = (
            f"tells several quarters ({', '.join(map(str, sorted(found)))})."
            if found
            else "tells no quarter."
        )
        raise refusal(shown, what, _EDITION)
    (quarter,) = found
    return quarter


def _incomplete(group: Sequence[_Part]) -> Iterator[Problem]:
    """Letters about a table of which parts are missing, or which is there twice, or is about something else."""
    kind, quarter = group[0].kind, group[0].quarter
    what = f"{kind.words}, {quarter}"
    numbers = sorted(part.number for part in group)
    names = ", ".join(part.table.name for part in group)
    if len(set(numbers)) < len(numbers):
        yield Problem(names, 0, "", f"hold the same table twice ({what}).", "Give each part once.")
    elif kind.table == PAIRS and numbers != [0]:
        whole = numbers == list(range(1, len(numbers) + 1))
        if not whole or max(part.table.highest for part in group)[:1].isdigit():
            has = ", ".join(f"f{number}" if number else "an unnumbered part" for number in numbers)
            yield Problem(names, 0, "", f"{has}: parts of the table are missing ({what}).", _ALL_PARTS)
    if not any(part.table.pairs or part.table.units for part in group):
        yield Problem(
            names, 0, "", f"no row is about radiotherapy ({what}).", "Check that it is the right file."
        )


def _imported(group: Sequence[_Part]) -> Imported:
    kind, quarter = group[0].kind, group[0].quarter
    ordered = sorted(group, key=lambda part: part.number)
    return Imported(
        kind=kind,
        quarter=quarter,
        first=_answers_from(quarter, (part.table.first_deleted for part in group))
        if kind.table == PAIRS
        else quarter.first,
        last=quarter.last,
        files=tuple(part.table.name for part in ordered),
        read=sum(part.table.read for part in ordered),
        pairs=tuple(dict.fromkeys(pair for part in ordered for pair in part.table.pairs)),
        units=_once(unit for part in ordered for unit in part.table.units),
    )


def _once(units: Iterable[UnitEdit]) -> tuple[UnitEdit, ...]:
    """Each code once; of two limits the milder."""
    found: dict[str, UnitEdit] = {}
    for unit in units:
        if unit.code not in found or unit.most > found[unit.code].most:
            found[unit.code] = unit
    return tuple(found.values())


def _answers_from(quarter: Quarter, deleted: Iterable[date | None]) -> date:
    """The first day for which a table of pairs is whole.

    CMS keeps deleted pairs with their dates, but not for ever: before the oldest deletion that it still shows,
    others may have been dropped.
    """
    return min([quarter.first, *(day for day in deleted if day is not None)])
