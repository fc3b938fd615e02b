"""A workbook (.xlsx) of claim lines as FHIR Claims: all of its sheets that have a header."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from cds_service.audit.lines import Damaged
from cds_service.audit.records import BadRecord, ReaderItem, Tables, Unread
from cds_service.audit_inputs.claim_rows import claim_records, spooled
from cds_service.audit_inputs.columns import Header, read_header
from cds_service.audit_inputs.noted import Noted
from cds_service.audit_inputs.places import Places
from cds_service.audit_inputs.spool import Spool
from cds_service.audit_inputs.table import (
    OTHER_COLUMNS,
    PREAMBLE,
    SURE,
    Row,
    Table,
    header_again,
    no_table,
)
from cds_service.zipped import sheet as zipped
from cds_service.zipped.workbook import Workbook, open_workbook

_SAVE = "Open it and save it as .xlsx or as CSV, without a password, and give that file."


def workbook_records(path: Path, tables: Tables) -> Iterator[ReaderItem]:
    """The claims of a workbook, in the order of their numbers, after the rows, columns and sheets that are not read. A
    claim may have lines on several sheets; what a later sheet repeats counts once.

    Raises:
        OSError: the file cannot be opened.
        Damaged: it is damaged, too large, or of another form; no claim has been given.
    """
    with path.open("rb") as stream, open_workbook(stream, _damaged) as book, closing(Spool()) as spool:
        places = Places("row", sheets=len(book.sheets) > 1)
        noted = Noted()
        titles: list[str] = []
        aside: list[int] = []
        nearest: Header | None = None
        told = False
        for number in book.sheets:
            found = _table(book, number, tables.charges)
            if isinstance(found, Table):
                told = True
                titles += found.header.unread
                yield from spooled(found, spool, places, noted, number)
            elif found is not None and _meant(found):
                told = True
                yield _no_header(places.whole(number), found)
            elif found is not None:
                aside.append(number)
                if nearest is None or len(found.places) > len(nearest.places):
                    nearest = found
        titles += noted.titles()
        if not told:
            yield _no_header("the file as a whole", nearest)
        elif titles or aside:
            yield Unread(tuple(dict.fromkeys(titles)), tuple(aside))
        yield from claim_records(spool, places, path.name, tables.claim_form)


def _damaged(what: str, row: int) -> Damaged:
    return Damaged(what, _SAVE)


def _no_header(place: str, nearest: Header | None) -> BadRecord:
    fault = no_table(nearest)
    return BadRecord(place, "", f"{fault.what}.", f"{fault.remedy}.")


def _meant(header: Header) -> bool:
    """Whether a sheet without a whole header is meant for claim lines, and no summary of them."""
    of_someone = not header.places.keys().isdisjoint(("claim_id", "patient_id"))
    return of_someone and len(header.missing) <= 2 and len(header.places) >= SURE


def _table(book: Workbook, sheet: int, charges: bool) -> Table | Header | None:
    """The table of a sheet, or the row that came nearest to a header; None where nothing stands on it."""
    rows = book.rows(sheet)
    best: Header | None = None
    for count, (_, cells) in enumerate(rows, start=1):
        header = read_header(cells, charges)
        if not header.missing:
            return Table(header, _rows(rows, header))
        if any(cells) and (best is None or len(header.places) > len(best.places)):
            best = header
        if count >= PREAMBLE:
            break
    return best


def _rows(rows: Iterator[zipped.Row], header: Header) -> Iterator[Row]:
    """Rows of a sheet that hold anything under a title; what stands beside the table is left alone."""
    for number, found in rows:
        cells = [*found[: header.width], *[""] * (header.width - len(found))]
        if not any(cell.strip() for cell in cells):
            continue
        again = header_again(cells, header)
        if again == "other":
            yield Row(number, [], OTHER_COLUMNS)
            return
        if not again:
            yield Row(number, cells)
