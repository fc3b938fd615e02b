"""A CSV of claim lines as FHIR Claims: a file without a header costs the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from io import TextIOWrapper
from pathlib import Path
from typing import IO

from cds_service.audit.lines import cut_short
from cds_service.audit.records import BadRecord, ReaderItem, Tables, Unread
from cds_service.audit_inputs.claim_rows import claim_records, spooled
from cds_service.audit_inputs.noted import Noted
from cds_service.audit_inputs.places import Places
from cds_service.audit_inputs.spool import Spool
from cds_service.audit_inputs.table import NoTable, breaks_off, encoding_of, opened, read_table


def csv_records(path: Path, tables: Tables) -> Iterator[ReaderItem]:
    """The claims of a file, in the order of their numbers, after its columns and rows that are not read. Of a packed
    file that breaks off every claim may have had further lines.

    Raises:
        OSError: the file cannot be opened.
        Damaged: it cannot be unpacked any further; what came before has been given.
    """
    places, noted = Places(), Noted()
    with opened(path) as raw, TextIOWrapper(raw, encoding_of(path), errors="replace", newline="") as lines:
        try:
            table = read_table(_whole(lines, raw), tables.charges)
        except NoTable as fault:
            if breaks_off(raw):
                raise cut_short() from None
            yield BadRecord(places.whole(), "", f"{fault.what}.", f"{fault.remedy}.")
            return
        if table.header.unread:
            yield Unread(table.header.unread)
        with closing(Spool()) as spool:
            yield from spooled(table, spool, places, noted)
            if told := tuple(noted.titles()):
                yield Unread(told)
            yield from claim_records(spool, places, path.name, tables.claim_form, breaks_off(raw))
        if breaks_off(raw):
            raise cut_short()


def _whole(lines: Iterable[str], raw: IO[bytes]) -> Iterator[str]:
    """The lines but for what a packed file that breaks off has of its last one: half an amount is one too."""
    return (line for line in lines if line.endswith(("\n", "\r")) or not breaks_off(raw))
