"""Which card comes first, which findings share a card, and what identifies a card when a call is repeated."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha1
from json.encoder import encode_basestring_ascii
from typing import Any, Final
from uuid import UUID

import msgspec

from cards.limits import refuse
from cards.protocol import FindingLike, SourceLike

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
"""Finding kinds (rulebook 1.5) in the order of their cards; the engine holds the same list."""

RANKS: Final = ("law", "programme", "payer", "society", "facts")
"""Ranks of documents; the card names the owner of the highest."""

NAMESPACE: Final = UUID("4f213685-e7a4-5ae4-ac90-cf8c429692c5")
"""`urn:igrt-cds:card` as uuid5 in the URL namespace: what cards and suggestions are named under."""

_NAMESPACE: Final = NAMESPACE.bytes
_KIND_ORDER: Final = {kind: place for place, kind in enumerate(KINDS)}
_RANK_ORDER: Final = {rank: place for place, rank in enumerate(RANKS)}


def canonical(value: Any) -> str:
    """JSON in one spelling only: that of `json` with sorted names, no white space and nothing but ASCII.

    Holds texts, whole numbers, truth values, lists and objects; a number with a fraction has no one spelling.
    """
    quick = _QUICK.encode(value)
    # Of a text without escapes both encoders make the same bytes, and this one in a tenth of the time.
    return (
        quick.decode() if quick.isascii() and b"\\" not in quick and b"\x7f" not in quick else _CAREFUL(value)
    )


_QUICK: Final = msgspec.json.Encoder(order="sorted")
_CAREFUL: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode


def sort_key(finding: FindingLike) -> tuple[int, int, str, int, str, tuple[str, ...]]:
    """Strictest first; then kind, resource under review, first line, code, statements.

    Raises:
        ValueError: the finding is of a kind that has no card.
    """
    if finding.kind not in _KIND_ORDER:
        raise refuse(
            "Finding.kind", f"{finding.kind!r} has no card", "Add it to cards/order.py and a template"
        )
    lines = [(line.sequence or 0, line.code) for line in finding.lines]
    first = lines[0] if len(lines) == 1 else min(lines, default=(0, ""))
    return (-finding.severity.value, _KIND_ORDER[finding.kind], finding.unit, *first, tuple(finding.rules))


def by_rank(findings: Sequence[FindingLike]) -> list[SourceLike]:
    """The sources of a card's findings, highest rank first, each paragraph once.

    Raises:
        ValueError: there is none; a finding without a paragraph cannot be shown.
    """
    if len(findings) == 1 and len(findings[0].sources) == 1:
        return list(findings[0].sources)
    sources: dict[tuple[str, str, str, str], SourceLike] = {}
    for finding in findings:
        for source in finding.sources:
            sources.setdefault((source.title, source.section, source.edition, source.statement), source)
    if not sources:
        raise refuse("Finding.sources", "is empty", "Cite the statement on which the finding rests")
    return sorted(sources.values(), key=_rank)


def _rank(source: SourceLike) -> int:
    return _RANK_ORDER.get(source.rank, len(RANKS))


class Names:
    """Identifiers for the cards of one answer: the same call gives the same ones, and no two are alike."""

    def __init__(self, hook_instance: str) -> None:
        self._first = encode_basestring_ascii(hook_instance)
        self._given: dict[str, int] = {}

    def uuid(self, *parts: str) -> str:
        """The identifier of what `parts` spell out."""
        # As `canonical((hook_instance, *parts))`, whose parts are texts: mostly JSON, so full of what is escaped.
        name = f"[{','.join([self._first, *map(encode_basestring_ascii, parts)])}]"
        count = self._given[name] = self._given.get(name, 0) + 1
        return _uuid5(name if count == 1 else f"{name}#{count}")


def _uuid5(name: str) -> str:
    """`str(uuid.uuid5(NAMESPACE, name))`, without the object between (RFC 9562, section 5.5)."""
    digest = sha1(_NAMESPACE + name.encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digest[16], 16) & 3]
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"
