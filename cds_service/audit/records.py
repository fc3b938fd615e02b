"""What every reader of an input file yields: a resource as FHIR JSON, or why a record costs itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import msgspec

TRANSACTION = "urn:igrt-cds:transaction"
"""System of a Claim.identifier that a reader may give: time and numbers of the transaction that carried the claim.
They order the claims that were made on one day.
"""

NO_CLOCK = "00000000"
"""What such an identifier begins with where no time of day is told."""

CLAIM_NUMBER = "urn:igrt-cds:claim-number"
"""System of a Claim.identifier that a reader may give: the number under which the office knows the claim, where its id
had to be another.
"""

UNREAD_LINES = "urn:igrt-cds:unread-lines"
"""URL of an extension of a Claim that a reader gives it when lines of it could not be read: how many."""

REFUSED = "urn:igrt-cds:refused"
"""URL of an extension of a Claim that a reader gives it (true) when its payer refused all of it."""

VOIDED_LINE = "urn:igrt-cds:voided-line"
"""URL of an extension of a void: one of its lines, as JSON of a Claim.item. They repeat what it takes back, and bill
nothing, so that they are none of its items.
"""


class Tables(msgspec.Struct, frozen=True):
    """How tables are read where they do not say it themselves: of which form their claims are (`professional`,
    `institutional`, or empty: unknown), and whether rows without claim numbers are charges that become claims by
    patient and month.
    """

    claim_form: str = ""
    charges: bool = False


AS_THEY_SAY = Tables()
"""Nothing is known of them but what they say."""


@dataclass(frozen=True, slots=True)
class Record:
    """One FHIR R4 resource of an input file.

    `data` is its JSON as UTF-8 on a single line, `place` tells where it stood in words that its owner can look up
    ("line 12", "claim 3, segment 41"). Readers that build resources give every one an `id`, and tie what belongs to a
    patient to it by `Patient/{id}` (Claim.patient, Coverage.beneficiary, subject of the others).
    """

    resource_type: str
    data: bytes
    place: str


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record that cannot be read: `place` as in Record, `where` the element or column, `what` is wrong with it and
    `remedy` what to do. None of them holds a value that was read: it may be patient data.
    """

    place: str
    where: str
    what: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Unread:
    """Titles of columns of a table that nothing here reads, or in which cells hold something else: its owner may know
    one of them under another name. `sheets` are the numbers of a workbook's sheets that hold no claim lines.
    """

    titles: tuple[str, ...]
    sheets: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class VoidLines:
    """How many lines of a claim were left out because their rows are void, and others of the claim are in force."""

    count: int


ReaderItem: TypeAlias = Record | BadRecord | Unread | VoidLines
"""What a reader yields."""
