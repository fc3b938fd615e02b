"""The rows of tables as FHIR Claims: a bad row costs that row, and what is left of its claim is marked."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from cds_service.audit.records import BadRecord, Record, VoidLines
from cds_service.audit_inputs.charges import by_head, ident_of, is_month
from cds_service.audit_inputs.claim_lines import BadRow, claim_of, is_no_line, read_row
from cds_service.audit_inputs.drafts import Draft, Head, Line, Payer
from cds_service.audit_inputs.noted import Noted
from cds_service.audit_inputs.places import Places
from cds_service.audit_inputs.resources import claim_json, ident
from cds_service.audit_inputs.reversals import taken_back
from cds_service.audit_inputs.spool import Spool, Spooled
from cds_service.audit_inputs.table import Table
from cds_service.facts.names import normalised

_ROW = "Correct the row and run the audit again with --restart; its claim was judged without it."

_BELOW = "is below zero, and no line of the claim is the same above zero."
_STATUSES = ("cancelled", "active", "refused")
_REVERSED = "Leave out what reverses a line that is not there, or give the claim the status void."
_MODIFIERS = (
    "has no column of modifiers that is known, but one whose title may mean them; it was not read, and the lines were "
    "judged as if they had none."
)
_TITLES = "Call the columns modifier_1 to modifier_4, or modifiers, and run the audit again with --restart."


def spooled(table: Table, spool: Spool, places: Places, noted: Noted, sheet: int = 0) -> Iterator[BadRecord]:
    """Puts the lines of a table into the spool; yields what cannot be read of it."""
    if table.header.unknown_modifiers:
        yield BadRecord(places.whole(sheet), "header", _MODIFIERS, _TITLES)
    for row in table.rows:
        number = places.number(row.number, sheet)
        place = places.of([number])
        if is_no_line(table.header, row.cells):
            continue
        if row.fault:
            yield BadRecord(place, "", f"The row {row.fault}.", _ROW)
            if claim := claim_of(table.header, row.cells):
                spool.lose(claim, number)
            continue
        try:
            claim, line = read_row(table.header, row.cells, number, noted)
        except BadRow as fault:
            yield BadRecord(place, fault.where, f"{fault}.", _ROW)
            if fault.claim:
                spool.lose(fault.claim, number)
            continue
        spool.add(claim, line)
    noted.end(table.header)


def claim_records(
    spool: Spool, places: Places, file: str, claim_form: str, cut: bool = False
) -> Iterator[Record | BadRecord | VoidLines]:
    """The claims of a spool, in the order of their numbers; one that does not say is of `claim_form`. Charges without
    claim numbers are named by `file` and row. `cut`: each may have had further rows.
    """
    for claim, found, lost in spool.claims():
        rows, unread = list(_counted(places.once(found), lost)), len(lost) + cut
        if is_month(claim):
            for each in by_head(rows):
                number = f"{file} {places.of([each[0].row])}"
                yield from _claim(number, ident_of(each), each, unread, places, claim_form)
        else:
            yield from _claim(claim, ident(claim), rows, unread, places, claim_form)


def _counted(rows: Sequence[Spooled], lost: Sequence[int]) -> Iterator[Spooled]:
    """The rows of a claim, counted as its owner does: those that could not be read, or will be left out, too."""
    for count, each in enumerate(rows, start=1):
        yield msgspec.structs.replace(each, ordinal=count + bisect_left(lost, each.row))


def _claim(
    claim: str, known_as: str, found: list[Spooled], unread: int, places: Places, claim_form: str
) -> Iterator[Record | BadRecord | VoidLines]:
    """One claim, of which `unread` rows could not be read. Rows that contradict the first one, or repeat a line's
    number, are left out and said; void ones beside others in force are left out and counted, and those that were
    refused and sent again under the same number are left out. A claim all lines of which were taken back is a cancelled
    one.
    """
    found, back, alone = taken_back(found)
    standing = _in_force(found)
    if len(standing) < len(found):
        yield VoidLines(len(found) - len(standing))
    found = _sent_once(standing)
    for each in alone:
        column = "charge" if each.line.charge is not None and each.line.charge < 0 else "units"
        yield BadRecord(places.of([each.row]), f"column {column}", _BELOW, f"{_REVERSED} {_ROW}")
    unread += len(alone)
    if not found and not back:
        return
    head = found[0].head if found else msgspec.structs.replace(back[0].head, status="cancelled")
    kept: list[Spooled] = []
    numbers: dict[int, Spooled] = {}
    for each in found or back:
        column = _contradiction(head, each.head)
        if column:
            what = f"differs from {places.of([(found or back)[0].row])}, which has the same claim_id."
            remedy = f"Give one claim one {column}, or its lines different numbers"
            yield BadRecord(places.of([each.row]), f"column {column}", what, f"{remedy}. {_ROW}")
            unread += 1
            continue
        number = each.line.sequence
        if number is not None and number in numbers:
            what = f"was used before in this claim, on {places.of([numbers[number].row])}."
            remedy = "Remove the row if it repeats that one, or correct the number"
            yield BadRecord(places.of([each.row]), "column line_number", what, f"{remedy}. {_ROW}")
            unread += each.line != numbers[number].line
            continue
        if number is not None:
            numbers[number] = each
        head = _completed(head, each.head)
        kept.append(each)
    draft = Draft(
        claim=claim,
        ident=known_as,
        head=head if head.form else msgspec.structs.replace(head, form=claim_form),
        lines=tuple(_pointed(kept)),
        unread=unread,
        diagnoses=tuple(dict.fromkeys(code for each in kept for code in each.listed)),
    )
    yield Record("Claim", claim_json(draft), places.of([each.row for each in kept]))


def _in_force(found: list[Spooled]) -> list[Spooled]:
    """The rows without those that are void, where others say that they are not: then the status is each line's. A bill
    that takes back another (frequency 8) is void as a whole.
    """
    if all(each.head.status != "active" for each in found):
        return found
    return [each for each in found if each.head.status != "cancelled" or each.head.type_of_bill.endswith("8")]


def _sent_once(found: list[Spooled]) -> list[Spooled]:
    """The rows without those that the payer refused, where the same claim bills the service again."""
    again = {_service(each) for each in found if each.head.status != "refused"}
    return [each for each in found if each.head.status != "refused" or _service(each) not in again]


def _service(row: Spooled) -> Hashable:
    line = row.line
    return row.head.patient, line.code, line.revenue_code, line.start, line.end


def _pointed(kept: list[Spooled]) -> Iterator[Line]:
    """The lines, by the number that they have or by which of the claim's rows they are. Where rows list different
    diagnoses, each row's are its line's; one list for all is the claim's.
    """
    own = len({each.listed for each in kept}) > 1
    taken = {each.line.sequence for each in kept}
    for each in kept:
        number = each.line.sequence or (each.ordinal if each.ordinal not in taken else None)
        listed = each.listed if own and not each.line.diagnoses else each.line.diagnoses
        yield msgspec.structs.replace(each.line, sequence=number, diagnoses=listed)


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
    # Voided by any row, where no row says that it is not; refused as a whole only if no row says that its line was not.
    status = next((each for each in _STATUSES if each in (head.status, more.status)), "")
    return msgspec.structs.replace(Head(**own), payer=Payer(**payer), status=status)
