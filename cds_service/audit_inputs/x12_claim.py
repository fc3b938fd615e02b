"""One claim of an 837: loop 2300 and its lines (2400), read segment by segment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from msgspec.structs import replace

from cds_service.audit_inputs import x12_parts as parts
from cds_service.audit_inputs.drafts import Draft, Head, Line
from cds_service.audit_inputs.x12_parts import Fault
from cds_service.audit_inputs.x12_segments import Segment

_VOID, _REPLACEMENT = "8", "7"


@dataclass
class _Service:
    """A line while it is read. `first` is its LX segment."""

    first: Segment
    line: Line | None = None
    pointers: tuple[int, ...] = ()
    dates: tuple[date, date] | None = None
    rendering: str = ""


@dataclass
class Claim:
    """Takes the segments from CLM to the next claim, then gives the draft. `number` counts claims of the file,
    `created` is the day of the transaction and `sent` its time and numbers.
    """

    opening: Segment
    number: int
    head: Head
    identity: str
    created: date | None = None
    sent: str = ""
    principal: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)
    statement: tuple[date, date] | None = None
    rendering: str = ""
    services: list[_Service] = field(default_factory=list)
    place: str = ""
    frequency: str = ""
    _at: str = ""
    _aside: bool = False

    def __post_init__(self) -> None:
        """Read CLM itself.

        Raises:
            Fault: it has no number, or no place.
        """
        clm = self.opening
        if not clm[1]:
            raise Fault(clm, "01", "is missing: the claim has no number.")
        self.frequency = clm[5, 3]
        code = clm[5, 1]
        if self.head.form == "institutional":
            bill = f"{code}{self.frequency}"
            if clm[5, 2] == "A" and len(bill) == 3 and bill.isalnum():
                self.head = replace(self.head, type_of_bill=f"0{bill}")
        elif code and clm[5, 2] in ("", "B"):
            self.place = self._checked_place(clm, 5, code)

    def take(self, segment: Segment) -> None:
        """Read one more segment.

        Raises:
            Fault: it cannot be read.
        """
        name = segment.name
        if segment.fault:
            raise Fault(segment, "", f"{segment.fault}.")
        if name == "LX":
            self._aside = False
            self.services.append(_Service(segment))
        elif name in ("SBR", "SVD"):
            self._aside = True  # loops 2320 and 2430: what other payers are, and what they decided
        elif self._aside:
            return
        elif name in ("SV1", "SV2"):
            self._service(segment)
        elif name == "DTP":
            self._date(segment)
        elif name == "HI":
            for code, principal in parts.diagnoses(segment):
                (self.principal if principal else self.other).append(code)
        elif name == "NM1":
            self._party(segment)
        elif name == "N4" and self._at == "77" and segment[2]:
            self.head = replace(self.head, state=segment[2])

    def draft(self) -> Draft:
        """The claim as it was read.

        Raises:
            Fault: a line has no service, no date, or points to no diagnosis.
        """
        if not self.services:
            raise Fault(self.opening, "", "has no service line (LX).")
        # A void takes the place of the claim that it takes back, and bills nothing.
        is_void = self.frequency == _VOID
        services = [] if is_void else self.services
        listed = [*self.principal, *self.other]
        period = self.statement or (self._days if is_void else None)  # else it follows from the lines
        return Draft(
            claim=self.opening[1],
            ident=self.identity,
            head=self.head,
            lines=tuple(self._line(service, listed) for service in services),
            diagnoses=tuple(dict.fromkeys(listed)),
            start=period[0] if period else None,
            end=period[1] if period else None,
            takes_place=self.frequency in (_VOID, _REPLACEMENT),
            voided=tuple(self._voided()) if is_void else (),
            total=self._total() if is_void else None,
            created=self.created,
            sent=self.sent,
        )

    @property
    def _days(self) -> tuple[date, date] | None:
        """First and last day that it bills, as far as it says."""
        dated = [service.dates for service in self.services if service.dates]
        if self.statement:
            dated.append(self.statement)
        return (min(d[0] for d in dated), max(d[1] for d in dated)) if dated else None

    def _voided(self) -> Iterator[Line]:
        """The lines of a void, as far as they say what they were and when."""
        for service in self.services:
            dates = service.dates or self.statement
            if service.line and dates:
                yield replace(service.line, start=dates[0], end=dates[1])

    def _total(self) -> Decimal | None:
        try:
            return parts.number(self.opening, 2)
        except Fault:
            return None

    def _line(self, service: _Service, listed: list[str]) -> Line:
        if service.line is None:
            raise Fault(service.first, "", "is followed by no service (SV1 or SV2).")
        # A line without a date of its own was given on some day of the statement's: a span.
        dates = service.dates or self.statement
        if dates is None:
            raise Fault(service.first, "", "has no date of service (DTP*472).")
        if any(pointer > len(listed) for pointer in service.pointers):
            raise Fault(service.first, "", "points to a diagnosis that the claim does not have.")
        return replace(
            service.line,
            start=dates[0],
            end=dates[1],
            rendering_npi=service.rendering or self.rendering,
            diagnoses=tuple(listed[pointer - 1] for pointer in service.pointers),
        )

    def _service(self, segment: Segment) -> None:
        if not self.services or self.services[-1].line is not None:
            raise Fault(segment, "", "stands outside a service line (LX).")
        service = self.services[-1]
        sequence = service.first[1]
        if not (sequence.isascii() and sequence.isdecimal() and int(sequence[:6]) > 0):
            raise Fault(service.first, "01", "is no line number.")
        if any(s.line is not None and s.line.sequence == int(sequence) for s in self.services):
            raise Fault(service.first, "01", "repeats a line number of the claim.")
        professional = segment.name == "SV1"
        code, modifiers = parts.procedure(segment, 1 if professional else 2)
        quantity = parts.number(segment, 4 if professional else 5)
        unit = segment[3 if professional else 4]
        place = self._checked_place(segment, 5, segment[5]) if professional and segment[5] else self.place
        service.line = Line(
            code=code,
            start=date.min,
            sequence=int(sequence),
            modifiers=tuple(dict.fromkeys(modifiers)),
            # Minutes and days are no units of the kinds that rules count.
            units=quantity if quantity and unit in ("UN", "") else None,
            charge=parts.number(segment, 2 if professional else 3),
            place_of_service=place if professional else "",
            revenue_code="" if professional else segment[1],
        )
        service.pointers = parts.pointers(segment, 7) if professional else ()

    def _date(self, segment: Segment) -> None:
        if segment[1] == "472" and self.services:
            self.services[-1].dates = parts.days(segment)
        elif segment[1] == "434" and not self.services:
            self.statement = parts.days(segment)

    def _party(self, segment: Segment) -> None:
        self._at = segment[1] if not self.services else ""
        role, number = segment[1], parts.npi(segment)
        if role == "77" and not self.services:
            self.head = replace(self.head, site=segment[3], site_npi=number)
        elif role == "82" and number:  # the attending one (71) need not have rendered anything
            if self.services:
                self.services[-1].rendering = number
            else:
                self.rendering = number
        elif role in ("DN", "DK") and number and not self.head.ordering_npi:
            self.head = replace(self.head, ordering_npi=number)

    def _checked_place(self, segment: Segment, element: int, code: str) -> str:
        if not (code.isascii() and code.isdecimal() and len(code) <= 2):
            raise Fault(segment, f"{element:02}", "is no place of service.")
        return code.zfill(2)
