"""Charges that have no claim number yet: those of one patient, month, payer, form and place become a claim.

A month is what is billed at once in a course of treatment, and a claim of one day would hide from its rules what the
other days tell of the course.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from hashlib import sha256
from typing import Any

import msgspec

from cds_service.audit_inputs.drafts import Head, Payer
from cds_service.audit_inputs.spool import Spooled
from cds_service.facts.names import normalised

_MARK = "\x1f"
"""Stands in no number of a claim: cells hold nothing that cannot be printed."""
_encode = msgspec.msgpack.Encoder().encode


def month_of(patient: str, day: date) -> str:
    """What the charges of a patient's month have in place of a claim number."""
    return f"{_MARK}{patient}{_MARK}{day:%Y-%m}"


def is_month(claim: str) -> bool:
    """Whether it stands for a patient's month."""
    return claim.startswith(_MARK)


def by_head(rows: Sequence[Spooled]) -> Iterator[list[Spooled]]:
    """The rows of a month, claim by claim: those that say the same, in whatever spelling, but for their line and its
    indications. Numbers that they have as lines count within something else than a claim, and are left out.
    """
    groups: dict[bytes, list[Spooled]] = {}
    for row in rows:
        key = _encode(_said(row.head))
        line = msgspec.structs.replace(row.line, sequence=None)
        group = groups.setdefault(key, [])
        group.append(msgspec.structs.replace(row, line=line, ordinal=len(group) + 1))
    yield from groups.values()


@lru_cache(maxsize=1024)
def _said(head: Head) -> Head:
    """What a row says of its claim, in one spelling. A charge without a status is in force, as one of any other."""
    words: dict[str, Any] = {
        name: normalised(said) or said
        for name in Payer.__struct_fields__
        if isinstance(said := getattr(head.payer, name), str)
    }
    return msgspec.structs.replace(
        head,
        payer=msgspec.structs.replace(head.payer, **words),
        state=normalised(head.state) or head.state,
        site=normalised(head.site) or head.site,
        indications=(),
        status=head.status or "active",
    )


def ident_of(rows: Sequence[Spooled]) -> str:
    """A FHIR id that the same charges have in every file, in whatever order: a second list of them is a copy."""
    told = sorted(_encode((row.head, row.line, row.listed)) for row in rows)
    return f"charges-{sha256(_encode(told)).hexdigest()[:32]}"
