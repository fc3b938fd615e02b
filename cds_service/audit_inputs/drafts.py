"""A claim as a billing office holds it, before it becomes FHIR: what the CSV and the X12 reader have in common.

Everything that the file does not say is empty or None here, and stays out of the FHIR resource: unknown, not false.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec


class Payer(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whose insurance is billed. `line_of_business` is a code of ours; `plan_words` what the file says instead.
    `order`: 1 for the member's primary payer."""

    name: str = ""
    identifier: str = ""
    plan: str = ""
    line_of_business: str = ""
    plan_words: str = ""
    group: str = ""
    order: int | None = None


class Head(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a file says of a claim as a whole. `form` is `professional`, `institutional` or empty; `status` is
    `cancelled` (taken back), `refused` (by the payer), `active`, or empty when nothing is said of it.
    """

    patient: str
    payer: Payer = Payer()
    form: str = ""
    type_of_bill: str = ""
    state: str = ""
    site: str = ""
    site_npi: str = ""
    billing_npi: str = ""
    billing_name: str = ""
    billing_state: str = ""
    ordering_npi: str = ""
    indications: tuple[str, ...] = ()
    status: str = ""


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One service line. `code` is empty for a revenue code alone. `charge` is the charge of the line in US dollars,
    `diagnoses` the codes it points to; an empty one is a diagnosis that the file does not tell.
    """

    code: str
    start: date
    end: date | None = None
    sequence: int | None = None
    modifiers: tuple[str, ...] = ()
    units: Decimal | None = None
    charge: Decimal | None = None
    place_of_service: str = ""
    revenue_code: str = ""
    rendering_npi: str = ""
    diagnoses: tuple[str, ...] = ()


class Draft(msgspec.Struct, frozen=True, omit_defaults=True):
    """A claim: `claim` is the number under which the office knows it, `ident` its FHIR id, `created` the day on which
    it was made, `unread` how many of its lines could not be read, `sent` what orders the claims of one day: time and
    numbers of their transactions. With `takes_place` it replaces an older one or takes it back, in whatever file that
    is; a void has no lines then, but those that it takes back (`voided`), and their `total`.
    """

    claim: str
    ident: str
    head: Head
    lines: tuple[Line, ...]
    diagnoses: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None
    takes_place: bool = False
    voided: tuple[Line, ...] = ()
    total: Decimal | None = None
    created: date | None = None
    sent: str = ""
    unread: int = 0
