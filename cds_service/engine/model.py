"""What the engine speaks of: findings, remedies and the texts they cite.

A finding is not a card (docs/decisions/0002): cards, terminal lines and the pages are views of it.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from cds_service.engine.record import record


class Unknown:
    """The third truth value: nobody told us. Never equal to anything, never true, never false."""

    _only: Unknown | None = None

    def __new__(cls) -> Unknown:
        if cls._only is None:
            cls._only = super().__new__(cls)
        return cls._only

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        raise TypeError("UNKNOWN is neither true nor false: compare with `is UNKNOWN`")


UNKNOWN: Final = Unknown()


class OpenSet(frozenset[str]):
    """A collection of which only some members are known: what it lacks may still be there.

    Documents attached to a claim when the chart cannot be seen are such a collection (rulebook M-5).
    """


class Severity(IntEnum):
    """Severity of a finding (rulebook 2.2), ordered from mild to strict."""

    info = 1
    warning = 2
    critical = 3


KINDS: Final = (
    "code-effective-date",
    "not-necessary",
    "bundling",
    "code-choice-by-payer",
    "code-choice-by-setting",
    "code-choice-by-method",
    "modifier",
    "same-day-exclusion",
    "unit-limit",
    "coverage-necessity",
    "documentation",
    "supervision",
    "scope-applicability",
    "informational",
)
"""Finding kinds (rulebook 1.5), in the order of evaluation (rulebook 2.1), which is the precedence of corrections."""

BESIDE_CORRECTIONS: Final = frozenset({"coverage-necessity", "documentation", "scope-applicability"})
"""Kinds that stay although their line is to be removed or replaced (M-2)."""

BESIDE_AN_INVALID_CODE: Final = BESIDE_CORRECTIONS | {"code-effective-date", "not-necessary"}
"""Kinds that stay although the code of their line is not valid on its date (M-10)."""

ACTIONS: Final = (
    "replace",
    "add-modifier",
    "remove-modifier",
    "remove-line",
    "add-line",
    "reduce-units",
    "add-document",
    "attest-indication",
    "attest-other-modality",
    "review",
)
"""Suggestion verbs (rulebook 1.6)."""


@record(frozen=True, slots=True)
class Text:
    """A sentence of ours with named gaps; values are escaped by whoever shows them."""

    template: str
    values: tuple[tuple[str, str], ...] = ()

    def plain(self) -> str:
        """The sentence with its gaps filled, unescaped (for terminals and logs of our own values)."""
        return self.template.format_map(dict(self.values))


@record(frozen=True, slots=True)
class LineRef:
    """A line of the claim or order under review (contract section 4)."""

    resource: str
    sequence: int | None
    code: str
    modifiers: tuple[str, ...]
    date: str
    path: str

    @property
    def label(self) -> str:
        """`CODE` or `CODE-MOD-MOD`, as coders write it."""
        return "-".join((self.code, *self.modifiers))


@record(frozen=True, slots=True)
class Remedy:
    """One way to settle a finding (contract section 4). `to` is a code, `CODE-MOD`, or a number of units."""

    action: str
    code: str = ""
    to: str | int | None = None
    modifier: str = ""
    document: str = ""
    indications: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    sequence: int | None = None

    @property
    def label(self) -> str:
        """Short text, e.g. `replace 77387 -> G6002-26`; used by policy cases and the terminal."""
        parts = [self.action]
        if self.code:
            parts.append(self.code)
        if self.modifier:
            parts.append(self.modifier)
        if self.document:
            parts.append(self.document)
        if self.to is not None:
            parts.append(f"-> {self.to}")
        if self.sequence is not None:
            parts.append(f"(line {self.sequence})")
        return " ".join(parts)


@record(frozen=True, slots=True)
class Evidence:
    """Where a value was read: a FHIR path and the value, codes and dates only, never free text."""

    path: str
    value: str


@record(frozen=True, slots=True)
class Source:
    """The paragraph that a finding rests on."""

    statement: str
    section: str
    document: str
    title: str
    owner: str
    label: str
    url: str
    edition: str
    rank: str


@record(frozen=True, slots=True)
class Finding:
    """One thing found on a claim or order, with what justifies it and what would settle it.

    `unit` is the reference of the resource under review. `rules` are statement ids of the register,
    `rule_names` the policy rules that spoke. `checklist` names a list whose findings share one card. `by_hand`: the
    remedies are for a part of a line, which only a person can part. `elsewhere`: what would have to change stands on
    earlier claims, not in `lines` (M-11). `doubles`: what a remedy makes of one of `lines` stands on the claim already,
    so that the line may have to go instead. `advice` says what to do in words of its own, in place of the remedies'.
    """

    kind: str
    severity: Severity
    unit: str
    rules: tuple[str, ...]
    rule_names: tuple[str, ...]
    summary: Text
    because: tuple[Text, ...]
    sources: tuple[Source, ...]
    lines: tuple[LineRef, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    all_of: bool = False
    evidence: tuple[Evidence, ...] = ()
    document: str = ""
    missing: tuple[str, ...] = ()
    notes: tuple[Text, ...] = ()
    checklist: str = ""
    checklist_summary: Text | None = None
    by_hand: bool = False
    elsewhere: bool = False
    doubles: bool = False
    advice: Text | None = None
