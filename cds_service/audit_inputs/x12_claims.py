"""Claims of X12 837 professional and institutional files (005010X222, X223): the loops around each claim."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from io import TextIOWrapper
from pathlib import Path
from typing import TypeAlias

from msgspec.structs import replace

from cds_service.audit.lines import cut_short
from cds_service.audit.records import BadRecord, Record
from cds_service.audit_inputs.drafts import Head, Payer
from cds_service.audit_inputs.resources import claim_json, ident
from cds_service.audit_inputs.table import breaks_off, opened
from cds_service.audit_inputs.x12_claim import Claim
from cds_service.audit_inputs.x12_parts import (
    Fault,
    Patient,
    clock,
    line_of_business,
    made_on,
    npi,
    payer_order,
    stamp,
)
from cds_service.audit_inputs.x12_segments import Broken, Segment, segments
from cds_service.audit_inputs.x12_stream import interchanges

Found: TypeAlias = Iterator[Record | BadRecord]
_FORMS = {"X222": "professional", "X223": "institutional"}
_ABOVE = {"20": (), "22": ("20",), "23": ("20", "22")}
"""What stands around a level (HL03): a subscriber under who bills, a patient under a subscriber (2000A to 2000C)."""
_ANSWERS = ("270", "271", "276", "277", "278", "820", "834", "835", "997", "999")
"""Transaction sets (ST01) that stand beside claims in a clearinghouse's folders."""
_NO_END = "the transaction set has no end (SE)"
_LOST = "Correct the claim in the billing system and have the file made again; the claim was left out."


def x12_records(path: Path) -> Found:
    """The claims of a file, in its order; a faulty segment costs its claim.

    Raises:
        OSError: the file cannot be opened.
        Damaged: it cannot be unpacked any further; what came before has been given.
    """
    with opened(path) as raw, TextIOWrapper(raw, "utf-8", errors="replace", newline="") as lines:
        reader = _File()
        for interchange in interchanges(lines):
            try:
                for segment in segments(interchange, reader.position):
                    yield from reader.take(segment)
            except Broken as broken:
                yield from reader.lost("the file breaks off in the middle of it")
                yield BadRecord(f"segment {broken.position}", "", broken.what, broken.remedy)
            else:
                yield from reader.end()
        if breaks_off(raw):
            raise cut_short()


class _File:
    """What holds for the claims that follow: transaction, billing provider, subscriber, patient."""

    def __init__(self) -> None:
        self.position = 0
        self._sets = 0
        self._open = False
        self._interchange = self._transaction = self._version = ""
        self._form = ""
        self._head = Head(patient="")
        self._patient = Patient()
        self._level = self._at = ""
        self._levels: dict[str, str] = {}
        """The numbers (HL01) of the levels around what follows, by their kind (HL03)."""
        self._faults: dict[str, Fault] = {}
        """The first fault of each of these levels that costs the claims below it."""
        self._claim: Claim | None = None
        self._skipping = False
        self._count = self._of_transaction = 0
        self._made: date | None = None
        self._stamp: dict[str, tuple[str, ...]] = {}
        """When interchange, group and transaction set were made: many offices number every file alike."""

    def take(self, segment: Segment) -> Found:
        """Read a segment; gives the claim that it ends."""
        name = segment.name
        self.position = segment.position
        if name in ("CLM", "HL", "SE"):
            yield from self._finished()
            yield from self._envelope(segment)
        elif name in ("ST", "GE", "GS", "IEA", "ISA"):
            yield from self.lost(_NO_END)
            yield from self._envelope(segment)
        elif self._claim is not None:
            yield from self._of_claim(segment)
        elif not self._skipping:
            self._outside(segment)

    def end(self) -> Found:
        """What is left when an interchange ends without a trailer, and whether it held anything."""
        yield from self.lost(_NO_END)
        if not self._sets:
            what = "No transaction set (ST) was found in the interchange that ends here."
            yield BadRecord(
                f"segment {self.position}", "", what, "Give an 837 professional or institutional."
            )
        elif self._open:
            what = "The interchange has no end (IEA): claims behind this place may be missing."
            yield BadRecord(f"segment {self.position}", "", what, "Have the file sent again.")

    def lost(self, why: str) -> Found:
        """The open claim, given up."""
        claim, self._claim = self._claim, None
        if claim is not None:
            yield BadRecord(
                _place(claim.number, claim.opening.position), "", f"The claim is not whole: {why}.", _LOST
            )

    def _envelope(self, segment: Segment) -> Found:
        name = segment.name
        if name == "ISA":
            self._interchange, self._sets = segment[13].lstrip("0"), 0
            self._open = True
            self._form, self._head, self._level = "", Head(patient=""), ""
            self._stamp = {name: (segment[9], segment[10])}
        elif name == "GS":
            self._stamp[name] = (segment[4], segment[5])
            self._version = segment[8]
        elif name == "ST":
            self._sets += 1
            self._stamp.pop("BHT", None)
            version = segment[3] or self._version
            self._form = next((form for guide, form in _FORMS.items() if guide in version), "")
            self._transaction, self._of_transaction = segment[2].lstrip("0"), 0
            self._head, self._level, self._made = Head(patient="", form=self._form), "", None
            self._levels = {}
            # What was left out of the set before is over: BHT tells the day of this one.
            self._skipping = False
            if segment[1] != "837" or not self._form:
                yield BadRecord(f"segment {segment.position}", "ST", *_of_another_kind(segment[1]))
                self._form = ""
        elif name == "HL":
            self._hierarchy(segment)
        elif name == "CLM":
            yield from self._begun(segment)
        if name == "IEA":
            self._open = False
        if name in ("SE", "GE", "IEA") and segment.count:
            what = "counts other segments or sets than there are: some may be missing."
            yield BadRecord(f"segment {segment.position}", name, f"It {what}", "Have the file sent again.")

    def _hierarchy(self, segment: Segment) -> None:
        self._skipping, self._at = False, ""
        self._level = segment[3]
        number, parent = (segment[place].lstrip("0") for place in (1, 2))
        around = {kind: self._levels[kind] for kind in _ABOVE.get(self._level, ()) if kind in self._levels}
        # What is wrong with a subscriber is wrong with the patients below; what is wrong with who bills costs no claim.
        self._faults = {
            kind: fault for kind, fault in self._faults.items() if kind == "22" and kind in around
        }
        if segment.fault:
            self._faults[self._level] = Fault(segment, "", f"{segment.fault}.")
        elif parent and parent not in around.values():
            self._faults[self._level] = Fault(segment, "02", "names a parent that it does not stand under.")
        self._levels = {**around, self._level: number}
        if self._level == "20":
            self._head, self._patient = Head(patient="", form=self._form), Patient()
        elif self._level == "22":
            self._head = replace(self._head, payer=Payer(), patient="")
            self._patient = Patient()

    def _begun(self, segment: Segment) -> Found:
        self._skipping = False
        self._count += 1
        self._of_transaction += 1
        if not self._form:
            self._skipping = True
            return
        try:
            if self._faults:
                raise next(iter(self._faults.values()))
            if segment.fault:
                raise Fault(segment, "", f"{segment.fault}.")
            if not self._patient.named:
                raise Fault(segment, "", "has no subscriber or patient (NM1*IL, NM1*QC) before it.")
            place = f"{self._interchange}.{self._transaction}.{self._of_transaction}"
            identity = ident(f"{segment[1]}.{place}.{stamp(self._stamp, segment[5, 3])}")
            head = replace(self._head, patient=self._patient.key(identity))
            sent = f"{clock(self._stamp)}.{place}"
            self._claim = Claim(segment, self._count, head, identity, self._made, sent)
        except Fault as fault:
            yield self._bad(fault, self._count)

    def _of_claim(self, segment: Segment) -> Found:
        claim = self._claim
        if claim is None:
            return
        try:
            claim.take(segment)
        except Fault as fault:
            yield self._bad(fault, claim.number)

    def _finished(self) -> Found:
        claim, self._claim = self._claim, None
        if claim is None:
            return
        try:
            data = claim_json(claim.draft())
        except Fault as fault:
            yield self._bad(fault, claim.number)
            return
        yield Record("Claim", data, _place(claim.number, claim.opening.position))

    def _bad(self, fault: Fault, number: int) -> BadRecord:
        self._claim, self._skipping = None, True
        return BadRecord(_place(number, fault.position), fault.where, fault.what, _LOST)

    def _outside(self, segment: Segment) -> None:
        """Loops 2000A to 2010CA."""
        name, head = segment.name, self._head
        if name == "BHT":
            self._made = made_on(segment)
            self._stamp[name] = (segment[3], segment[4], segment[5])
        if segment.fault:
            self._faults.setdefault(self._level, Fault(segment, "", f"{segment.fault}."))
        if name == "NM1":
            self._at = segment[1]
            if self._at == "85":
                self._head = replace(head, billing_npi=npi(segment), billing_name=_name(segment))
            elif self._at == "IL":
                self._patient = Patient(segment[9], segment[3], segment[4])
            elif self._at == "QC":
                self._patient = Patient(self._patient.number, segment[3], segment[4], dependent=True)
            elif self._at == "PR":
                payer = replace(head.payer, name=segment[3], identifier=segment[9])
                self._head = replace(head, payer=payer)
        elif name == "DMG" and self._at in ("IL", "QC"):
            self._patient = replace(self._patient, birth=segment[2])
        elif name == "N4" and self._at == "85":
            self._head = replace(head, billing_state=segment[2])
        elif name == "SBR" and self._level == "22":
            payer = replace(
                head.payer,
                group=segment[3],
                plan=segment[4],
                line_of_business=line_of_business(segment),
                order=payer_order(segment),
            )
            self._head = replace(head, payer=payer)


def _of_another_kind(kind: str) -> tuple[str, str]:
    """What is wrong with a transaction set that is not read, and what to do."""
    if kind in _ANSWERS:
        return (
            f"It is a {kind} transaction set, which holds no claims.",
            "Leave it out: nothing in it was read.",
        )
    what = "It is no 837 professional or institutional transaction set (005010X222 or X223)."
    return what, "Its claims were left out."


def _name(segment: Segment) -> str:
    """Name of an organization; a person who bills is not named."""
    return segment[3] if segment[2] == "2" else ""


def _place(number: int, position: int) -> str:
    return f"claim {number}, segment {position}"
