"""A CSV of claim lines as FHIR Claims: a bad row costs that row, a file without a header costs the file."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from contextlib import closing
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any

import msgspec

from cds_service.audit.lines import cut_short
from cds_service.audit.records import BadRecord, ReaderItem, Record, Unread
from cds_service.audit_inputs.claim_lines import BadRow, read_row
from cds_service.audit_inputs.drafts import Draft, Head, Line, Payer
from cds_service.audit_inputs.resources import claim_json, ident
from cds_service.audit_inputs.reversals import taken_back
from cds_service.audit_inputs.spool import Spool, Spooled
from cds_service.audit_inputs.table import NoTable, Table, breaks_off, encoding_of, opened, read_table
from cds_service.facts.names import normalised

_ROW = "Correct the row and run the audit again; its claim was judged without it."

_BELOW = "is below zero, and no line of the claim is the same above zero."
_OF_A_LINE = ("patient_id", "service_date", "code")
"""A row with none of these is a total, or the heading of a group."""
_TITLES_TOLD, _LONG_TITLE = 200, 80
_STATUSES = ("cancelled", "active", "refused")
_REVERSED = "Leave out what reverses a line that is not there, or give the claim the status void."
_MODIFIERS = (
    "has no column of modifiers that is known, but one whose title may mean them; it was not read, and the lines were "
    "judged as if they had none."
)
_TITLES = "Call the columns modifier_1 to modifier_4, or modifiers, and run the audit again."


def csv_records(path: Path, claim_form: str = "") -> Iterator[ReaderItem]:
    """The claims of a file, in the order of their numbers, after its columns and rows that are not read. Of a packed
    file that breaks off every claim may have had further lines. A claim that does not say is of `claim_form`.

    Raises:
        OSError: the file cannot be opened.
        Damaged: it cannot be unpacked any further; what came before has been given.
    """
    with opened(path) as raw, TextIOWrapper(raw, encoding_of(path), errors="replace", newline="") as lines:
        try:
            table = read_table(_whole(lines, raw))
        except NoTable as fault:
            if breaks_off(raw):
                raise cut_short() from None
            yield BadRecord("the file as a whole", "header", f"{fault.what}.", f"{fault.remedy}.")
            return
        if table.header.unread:
            yield Unread(tuple(title[:_LONG_TITLE] for title in table.header.unread[:_TITLES_TOLD]))
        with closing(Spool()) as spool:
            yield from _spooled(table, spool)
            for claim, found, unread in spool.claims():
                yield from _claim(claim, found, unread + breaks_off(raw), claim_form)
        if breaks_off(raw):
            raise cut_short()


def _whole(lines: Iterable[str], raw: IO[bytes]) -> Iterator[str]:
    """The lines but for what a packed file that breaks off has of its last one: half an amount is one too."""
    return (line for line in lines if line.endswith(("\n", "\r")) or not breaks_off(raw))


def _spooled(table: Table, spool: Spool) -> Iterator[BadRecord]:
    if table.header.unknown_modifiers:
        yield BadRecord("the file as a whole", "header", _MODIFIERS, _TITLES)
    for row in table.rows:
        place = f"line {row.number}"
        if row.fault:
            yield BadRecord(place, "", f"The row {row.fault}.", _ROW)
            continue
        if not any(row.cells[table.header.places[name]].strip() for name in _OF_A_LINE):
            continue
        try:
            claim, line = read_row(table.header, row.cells, row.number)
        except BadRow as fault:
            yield BadRecord(place, fault.where, f"{fault}.", _ROW)
            if fault.claim:
                spool.lose(fault.claim, row.number)
            continue
        spool.add(claim, line)


def _claim(claim: str, found: list[Spooled], unread: int, claim_form: str) -> Iterator[Record | BadRecord]:
    """One claim, of which `unread` rows could not be read. Rows that contradict the first one, or repeat a line's
    number, are left out and said; rows that were refused and sent again under the same number are left out. A claim
    all lines of which were taken back is a cancelled one.
    """
    found, back, alone = taken_back(found)
    found = _sent_once(found)
    for each in alone:
        column = "charge" if each.line.charge is not None and each.line.charge < 0 else "units"
        yield BadRecord(f"line {each.row}", f"column {column}", _BELOW, f"{_REVERSED} {_ROW}")
    unread += len(alone)
    if not found and not back:
        return
    head = found[0].head if found else msgspec.structs.replace(back[0].head, status="cancelled")
    kept: list[Spooled] = []
    numbers: dict[int, Spooled] = {}
    for each in found or back:
        column = _contradiction(head, each.head)
        if column:
            what = f"differs from line {(found or back)[0].row}, which has the same claim_id."
            remedy = f"Give one claim one {column}, or its lines different numbers"
            yield BadRecord(f"line {each.row}", f"column {column}", what, f"{remedy}. {_ROW}")
            unread += 1
            continue
        number = each.line.sequence
        if number is not None and number in numbers:
            what = f"was used before in this claim, on line {numbers[number].row}."
            remedy = "Remove the row if it repeats that one, or correct the number"
            yield BadRecord(f"line {each.row}", "column line_number", what, f"{remedy}. {_ROW}")
            unread += each.line != numbers[number].line
            continue
        if number is not None:
            numbers[number] = each
        head = _completed(head, each.head)
        kept.append(each)
    draft = Draft(
        claim=claim,
        ident=ident(claim),
        head=head if head.form else msgspec.structs.replace(head, form=claim_form),
        lines=tuple(_pointed(kept)),
        unread=unread,
        diagnoses=tuple(dict.fromkeys(code for each in kept for code in each.listed)),
    )
    yield Record("Claim", claim_json(draft), _lines([each.row for each in kept]))


def _sent_once(found: list[Spooled]) -> list[Spooled]:
    """The rows without those that the payer refused, where the same claim bills the service again."""
    again = {_service(each) for each in found if each.head.status != "refused"}
    return [each for each in found if each.head.status != "refused" or _service(each) not in again]


def _service(row: Spooled) -> Hashable:
    line = row.line
    return row.head.patient, line.code, line.revenue_code, line.start, line.end


def _pointed(kept: list[Spooled]) -> Iterator[Line]:
    """The lines. Where rows list different diagnoses, each row's are its line's; one list for all is the claim's."""
    own = len({each.listed for each in kept}) > 1
    for each in kept:
        if own and not each.line.diagnoses:
            yield msgspec.structs.replace(each.line, diagnoses=each.listed)
        else:
            yield each.line


def _lines(numbers: Iterable[int]) -> str:
    """`line 12`, `lines 12 to 15`, `lines 12, 40 and 3 more`."""
    numbers = list(numbers)
    if len(numbers) == 1:
        return f"line {numbers[0]}"
    if numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"lines {numbers[0]} to {numbers[-1]}"
    shown = ", ".join(str(number) for number in numbers[:4])
    return f"lines {shown}" + (f" and {len(numbers) - 4} more" if len(numbers) > 4 else "")


def _members(head: Head) -> Iterable[tuple[str, str]]:
    yield "patient_id", head.patient
    for name, column in (
        ("form", "claim_form"),
        ("type_of_bill", "type_of_bill"),
        ("state", "state"),
        ("billing_npi", "billing_npi"),
        ("ordering_npi", "ordering_npi"),
    ):
        yield column, getattr(head, name)
    for name, column in (
        ("name", "payer_name"),
        ("identifier", "payer_id"),
        ("plan", "plan_name"),
        ("line_of_business", "line_of_business"),
        ("group", "group_number"),
    ):
        yield column, getattr(head.payer, name)


def _contradiction(first: Head, other: Head) -> str:
    """The column in which two rows of one claim say different things; an empty cell says nothing."""
    if first == other:
        return ""
    for (column, ours), (_, theirs) in zip(_members(first), _members(other), strict=True):
        if not ours or not theirs or ours == theirs:
            continue
        if column == "patient_id" or normalised(ours) != normalised(theirs):
            return column
    return ""


def _completed(head: Head, more: Head) -> Head:
    """What one row leaves open another may say."""
    if head == more:
        return head
    payer = {name: getattr(head.payer, name) or getattr(more.payer, name) for name in Payer.__struct_fields__}
    own: dict[str, Any] = {
        name: getattr(head, name) or getattr(more, name)
        for name in Head.__struct_fields__
        if name not in ("payer", "status")
    }
    # Voided by any row; refused as a whole only if no row says that its line was not.
    status = next((each for each in _STATUSES if each in (head.status, more.status)), "")
    return msgspec.structs.replace(Head(**own), payer=Payer(**payer), status=status)
