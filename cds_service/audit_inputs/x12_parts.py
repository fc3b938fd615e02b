"""What single segments of an 837 say, in the terms of our drafts. Faults name element and remedy, never a value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from hashlib import sha256

import msgspec

from cds_service.audit.records import NO_CLOCK
from cds_service.audit_inputs import cells
from cds_service.audit_inputs.x12_segments import Segment

_ICD = {"ABK": True, "ABF": False, "BK": True, "BF": False}
"""Qualifiers of principal (True) and other diagnoses, ICD-10 and ICD-9; admitting and other codes say why, not what."""
_LINES_OF_BUSINESS = {
    "MA": "ffs",
    "MB": "ffs",
    "16": "medicare-advantage",
    "MC": "medicaid",
    "FI": "fep",
    "CI": "commercial",
}
"""Claim filing indicators that leave no doubt. BL, HM and 12 to 15 are products of any line of business."""
_ORDER = {"P": 1, "S": 2, "T": 3}


class Fault(Exception):
    """A segment that cannot be read: `where` names segment and element."""

    def __init__(self, segment: Segment, element: str, what: str) -> None:
        super().__init__(what)
        self.position, self.where, self.what = segment.position, f"{segment.name}{element}", what


def days(segment: Segment) -> tuple[date, date]:
    """First and last day of a DTP segment: D8, DT or RD8.

    Raises:
        Fault: it holds no such date.
    """
    first, _, last = segment[3].partition("-")
    if segment[2] not in ("D8", "RD8", "DT") or (segment[2] == "RD8") != bool(last):
        raise Fault(segment, "02", "is no date format of an 837 (D8 or RD8).")
    try:
        start, end = _day(first), _day(last or first)
    except ValueError:
        raise Fault(segment, "03", "is no date.") from None
    if end < start:
        raise Fault(segment, "03", "ends before it begins.")
    return start, end


def made_on(segment: Segment) -> date | None:
    """The day of a BHT segment on which the transaction was made, if it says one."""
    try:
        return _day(segment[4])
    except ValueError:
        return None


def clock(made: Mapping[str, tuple[str, ...]]) -> str:
    """The time of day of a transaction (BHT05), else of its interchange (ISA10), to the hundredth of a second."""
    for text in (*made.get("BHT", ())[2:], *made.get("ISA", ())[1:]):
        if re.fullmatch(r"[0-9]{4,8}", text):
            return text.ljust(8, "0")
    return NO_CLOCK


def stamp(made: Mapping[str, tuple[str, ...]], frequency: str) -> str:
    """A short mark that tells claims of the same numbers apart: by when their transactions were made (ISA, GS, BHT),
    and by whether they replace or void one (CLM05-3).
    """
    return sha256(repr((sorted(made.items()), frequency)).encode()).hexdigest()[:6]


def _day(text: str) -> date:
    if not re.fullmatch(r"[0-9]{8}([0-9]{4})?", text):
        raise ValueError
    return date(int(text[:4]), int(text[4:6]), int(text[6:8]))


def procedure(segment: Segment, element: int) -> tuple[str, tuple[str, ...]]:
    """Code and modifiers of SV101 or SV202; no code when the line has a revenue code only.

    Raises:
        Fault: something else than a HCPCS or CPT code stands there.
    """
    parts = segment.parts(element)
    if not any(parts):
        return "", ()
    if parts[0].upper() != "HC":
        return "", ()  # HIEC, home infusion, and codes of other systems: no rule speaks of them
    try:
        code, _ = cells.code(parts[1] if len(parts) > 1 else "")
        return code, tuple(m for part in parts[2:6] for m in cells.modifiers(part))
    except cells.BadCell as fault:
        raise Fault(segment, f"{element:02}", f"{fault}.") from None


def number(segment: Segment, element: int) -> Decimal | None:
    """An amount or a quantity; None when it is not given.

    Raises:
        Fault: it is no number, or below zero.
    """
    text = segment[element]
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{0,12}(\.[0-9]{0,4})?", text) or not text.strip("."):
        raise Fault(segment, f"{element:02}", "is no number from 0.")
    return Decimal(text)


def diagnoses(segment: Segment) -> list[tuple[str, bool]]:
    """Diagnosis codes of a HI segment, each with whether it is the principal one.

    Raises:
        Fault: a code under a diagnosis qualifier has not the shape of one.
    """
    found = []
    for element in range(1, len(segment) + 1):
        parts = segment.parts(element)
        qualifier = parts[0].upper() if parts else ""
        if len(parts) < 2 or qualifier not in _ICD:
            continue
        try:
            found += [(code, _ICD[qualifier]) for code in cells.diagnoses(parts[1])]
        except cells.BadCell:
            raise Fault(segment, f"{element:02}", "holds no diagnosis code.") from None
    return found


def pointers(segment: Segment, element: int) -> tuple[int, ...]:
    """Numbers of diagnoses that a professional line points to.

    Raises:
        Fault: something else than 1 to 12 stands there.
    """
    parts = [part for part in segment.parts(element) if part]
    if not all(part.isascii() and part.isdecimal() and 1 <= int(part) <= 12 for part in parts):
        raise Fault(segment, f"{element:02}", "does not point to diagnoses 1 to 12.")
    return tuple(int(part) for part in parts)


def line_of_business(segment: Segment) -> str:
    """Line of business that the claim filing indicator (SBR09) tells; empty when it leaves a doubt."""
    return _LINES_OF_BUSINESS.get(segment[9].upper(), "")


def payer_order(segment: Segment) -> int | None:
    """Whether the payer that the claim goes to is the first, second or third one (SBR01)."""
    return _ORDER.get(segment[1].upper())


def npi(segment: Segment) -> str:
    """NPI of an NM1 segment; empty when it is identified otherwise."""
    text = segment[9]
    return text if segment[8] == "XX" and re.fullmatch(r"[0-9]{10}", text) else ""


class Patient(msgspec.Struct, frozen=True):
    """Whom the claims are about: the subscriber's member `number`, and the name and birth date of the subscriber or of
    a `dependent`, who shares the number with others."""

    number: str = ""
    last: str = ""
    first: str = ""
    birth: str = ""
    dependent: bool = False

    @property
    def named(self) -> bool:
        """Whether anything tells who it is."""
        return any((self.number, self.last, self.first, self.birth))

    def key(self, claim: str) -> str:
        """A name for the patient that gives nothing away; that of the `claim` where nothing tells others apart.

        How a subscriber is called differs from biller to biller. Where there is no member number (accidents, workers'
        compensation, one not yet on file) many are born on one day, and a name alone may be two people's.
        """
        if self.number:
            return _key(self.number, self.first if self.dependent or not self.birth else "", self.birth)
        return _key("", self.last, self.first, self.birth or claim)


def _key(*parts: str) -> str:
    """The same parts, in whatever case, give the same."""
    return f"x12-{sha256('|'.join(part.strip().upper() for part in parts).encode()).hexdigest()[:24]}"
