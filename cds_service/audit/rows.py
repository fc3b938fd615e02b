"""The row that an audit writes for each finding: the interface to reports, tables and other engines.

A findings file is NDJSON, one `Row` a line, in the order of the claims' references; members without a value are left
out. Amounts are decimal strings in `currency`, as the claim states them: never computed with floats.
"""

from __future__ import annotations

import msgspec


class RowLine(msgspec.Struct, omit_defaults=True):
    """A line of the claim that the finding concerns.

    `billed` is the item's net (else what its adjudication says was submitted, else unit price × quantity); `paid` the
    benefit that an ExplanationOfBenefit of the claim states for the item. Neither is there when nobody states it.
    `date` is ISO 8601.
    """

    sequence: int | None = None
    code: str = ""
    modifiers: list[str] = []
    date: str = ""
    units: float | None = None
    billed: str | None = None
    paid: str | None = None


class RowRemedy(msgspec.Struct, omit_defaults=True):
    """One way to settle the finding (contract section 4); `to` is a code, `CODE-MOD`, or a number of units."""

    action: str = ""
    code: str = ""
    to: str | int | None = None
    modifier: str = ""
    document: str = ""
    indications: list[str] = []
    modalities: list[str] = []
    sequence: int | None = None


class RowCite(msgspec.Struct, omit_defaults=True):
    """A paragraph that the finding rests on."""

    statement: str = ""
    title: str = ""
    section: str = ""
    edition: str = ""
    owner: str = ""
    url: str = ""


class Row(msgspec.Struct, omit_defaults=True):
    """One finding on one claim. Nothing here tells who the patient is, but `patient`, which has to be asked for.

    - `claim`: reference, "Claim/c1" or "ExplanationOfBenefit/e1".
    - `known_as`: the number under which the office knows the claim, where its reference has another.
    - `kind`, `severity` ("info", "warning", "critical"), `rules` (statement ids such as AST-15), `policy` (policy
      rules that spoke), `remedies` (alternatives unless `all_of`), `document`, `missing`: contract section 4;
      `by_hand`: the remedies are for a part of the line's days, and the parts have to be reported by themselves;
      "unread lines" is missing where lines of the claim could not be read, which might change the finding.
    - `title`: one plain sentence, the card's summary.
    - `lines`: empty when the finding concerns the claim as a whole.
    - `payer`: as the rulebook names it ("medicare-ffs", "other", "unknown" …); `payer_name` the organization's name.
    - `site`: NPI of the facility, else of the billing provider, else its reference; `site_name` its name.
    - `place_of_service`: of the first line concerned (else of the claim's first line that has one).
    - `date`: first day of service of the lines concerned (else of the claim); `month` its "YYYY-MM".
    - `billed`: sum over `lines`; `stake`: the part of it that no earlier, at least as severe row of the same claim
      has counted: sums of `stake` over rows never count a line twice; 0 where the line in question stands on an
      earlier claim. `paid`: as billed, where stated. All are left
      out when a line concerned states no amount, or currencies differ.
    - `number`: of the finding in its claim, from 1. Where it begins anew under the same reference, another claim does:
      an office's files may number those of two patients alike.
    """

    claim: str
    severity: str
    kind: str
    title: str
    rules: list[str] = []
    policy: list[str] = []
    lines: list[RowLine] = []
    cites: list[RowCite] = []
    payer: str = ""
    payer_name: str = ""
    line_of_business: str = ""
    state: str = ""
    state_assumed: bool = False
    claim_type: str = ""
    place_of_service: str = ""
    site: str = ""
    site_name: str = ""
    date: str = ""
    month: str = ""
    billed: str | None = None
    stake: str | None = None
    paid: str | None = None
    currency: str = ""
    remedies: list[RowRemedy] = []
    all_of: bool = False
    document: str = ""
    missing: list[str] = []
    patient: str = ""
    number: int = 0
    known_as: str = ""
    by_hand: bool = False


encoder = msgspec.json.Encoder()
"""Writes rows; one encoder for all, so that every engine writes the same bytes."""


def encode(row: Row) -> bytes:
    """The row as one line of a findings file, without its line feed."""
    return encoder.encode(row)


def decode(line: bytes) -> Row:
    """The row of one line of a findings file.

    Raises:
        msgspec.MsgspecError: when it is none.
    """
    return _DECODER.decode(line)


_DECODER = msgspec.json.Decoder(type=Row)
