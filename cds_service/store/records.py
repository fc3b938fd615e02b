"""What is kept of an answer: which book and rules gave it, and nothing about the patient.

Left out on purpose: references, dates of service, evidence, texts of findings and the hook instance. Codes of a
claim are kept without the claim. The input is there as its SHA-256 only, unless the site keeps inputs encrypted.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from importlib.metadata import version
from typing import Any, Final

import msgspec

from cards.model import Card
from cards.order import canonical
from cds_service.books import Library
from cds_service.engine.model import Finding, Remedy
from cds_service.engine.record import record
from cds_service.service import Answer, Seen
from cds_service.trust.model import Client
from cds_service.uuids import random_uuid

_CODE: Final = re.compile(r"[0-9A-Z]{5}(-[0-9A-Z]{2}){0,4}|[0-9A-Z]{2}")
"""Procedure codes with modifiers; whatever else a sender may have written there is not kept."""
READER: Final = "reader"
"""The rule of cards that no policy made: what the reading of the request has to say."""


@record(frozen=True, slots=True)
class IssuedCard:
    """One card: `rules` are (rule, first day of its version), `suggestions` the identifiers offered."""

    card: str
    kind: str
    severity: str
    statements: tuple[str, ...]
    rules: tuple[tuple[str, str], ...]
    suggestions: tuple[str, ...]


@record(frozen=True, slots=True)
class Input:
    """All that an answer went by: the body, the FHIR servers of the client, and what was read from them.

    Access tokens are not kept (CDS Hooks, FHIR Resource Access): the body is without them, and otherwise as it came.
    """

    body: bytes
    fhir_bases: tuple[str, ...]
    seen: Seen

    def encode(self) -> bytes:
        """As JSON, for encryption."""
        return _ENCODER.encode(self)

    @staticmethod
    def decode(data: bytes) -> Input:
        """Back again.

        Raises:
            msgspec.MsgspecError: it was written in another form.
        """
        return _INPUTS.decode(data)


@record(frozen=True, slots=True)
class Decision:
    """One answer. `setup` is what else decided it; `findings` are JSON, `reads` counts what was
    read from the client's FHIR server, `input` is for encryption only.
    """

    id: str
    at: datetime
    service: str
    client: str
    status: int
    day: str
    book: str
    setup: str
    input_sha256: str
    answer_sha256: str
    findings: str
    cards: tuple[IssuedCard, ...]
    reads: int
    input: Input | None


def decision_of(
    library: Library, service: str, client: Client, body: bytes, answer: Answer, encoded: bytes, at: datetime
) -> Decision:
    """The record of one answer to `client`, sent as `encoded`."""
    return Decision(
        id=random_uuid(),
        at=at,
        service=service,
        client=client.name,
        status=answer.status,
        day=answer.day.isoformat() if answer.day else at.date().isoformat(),
        book=library.engine.book.fingerprint,
        setup=setup_of(library),
        input_sha256=sha256(body),
        answer_sha256=sha256(encoded),
        findings=compact([_kept(finding) for _, findings in answer.issued for finding in findings]),
        cards=tuple([_card(card, findings) for card, findings in answer.issued]),
        reads=answer.seen.gathered.reads if answer.seen.gathered else 0,
        input=_input(body, client, answer),
    )


@lru_cache(maxsize=1)
def _version() -> str:
    return version("igrt-cds")  # reads a file


def setup_of(library: Library) -> str:
    """What besides the book decides an answer, as JSON: our version, the imported edits, the days confirmed."""
    global _last_setup  # one library serves a process
    if _last_setup is None or _last_setup[0] is not library:
        _last_setup = library, _setup(library)
    return _last_setup[1]


_last_setup: tuple[Library, str] | None = None


def _setup(library: Library) -> str:
    confirmed = library.knowledge.lcd_in_force
    return compact(
        {
            "version": _version(),
            "edits": sorted(library.knowledge.edits.quarters),
            "documentTypes": sha256(repr(library.knowledge.document_types).encode())[:16],
            "lcdInForce": [day.isoformat() for day in confirmed] if confirmed else [],
        }
    )


def sha256(data: bytes) -> str:
    """The digest in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def compact(value: Any) -> str:
    """JSON in one spelling only."""
    return canonical(value)


def rules_of(findings: Sequence[Finding]) -> tuple[tuple[str, str], ...]:
    """(rule, first day of its version) of all rules that spoke, each once."""
    if len(findings) == 1:
        return _rules_of(findings[0].rule_names)
    return _rules_of(tuple([name for finding in findings for name in finding.rule_names]))


@lru_cache(maxsize=1024)
def _rules_of(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    split = (name.partition("@") for name in dict.fromkeys(names))
    return tuple((rule, first) for rule, _, first in split) or ((READER, ""),)


def _input(body: bytes, client: Client, answer: Answer) -> Input | None:
    """What to keep for a replay; None for a body that was not read: nobody knows where it holds a token."""
    if answer.status == 400:
        return None
    if answer.status == 200 and b"fhirAuthorization" not in body and not _is_spelt(body):
        return Input(body, client.fhir_bases, answer.seen)
    try:
        members = _MEMBERS.decode(body)
        given = members.get("fhirAuthorization", _NULL)
        authorization = {} if bytes(given).strip() == _NULL else _MEMBERS.decode(given)
    except msgspec.MsgspecError:
        return None
    if authorization.pop("access_token", None) is not None:
        members["fhirAuthorization"] = msgspec.Raw(_ENCODER.encode(authorization))
        body = _ENCODER.encode(members)
    return Input(body, client.fhir_bases, answer.seen)


def _is_spelt(body: bytes) -> bool:
    """Whether names of members may be written in escapes."""
    return b"\\" in body and b"\\u" in body  # the first is found, or not, in a fraction of the time


def _card(card: Card, findings: Sequence[Finding]) -> IssuedCard:
    return IssuedCard(
        card=card.uuid,
        kind=findings[0].kind,
        severity=card.indicator,
        statements=tuple(dict.fromkeys([statement for f in findings for statement in f.rules])),
        rules=rules_of(findings),
        suggestions=tuple([suggestion.uuid for suggestion in card.suggestions if suggestion.uuid]),
    )


def _kept(finding: Finding) -> dict[str, Any]:
    kept: dict[str, Any] = {"kind": finding.kind, "severity": finding.severity.name}
    if finding.rules:
        kept["statements"] = finding.rules
    if finding.rule_names:
        kept["rules"] = finding.rule_names
    if codes := {label for line in finding.lines if _CODE.fullmatch(label := line.label)}:
        kept["codes"] = sorted(codes)
    if finding.remedies:
        kept["remedies"] = [_remedy(remedy) for remedy in finding.remedies]
    if finding.document:
        kept["document"] = finding.document
    if finding.missing:
        kept["missing"] = finding.missing
    return kept


def _remedy(remedy: Remedy) -> str:
    told = [remedy.action]
    told += [text for text in (remedy.code, remedy.modifier) if text and _CODE.fullmatch(text)]
    if remedy.document:
        told.append(remedy.document)
    return " ".join(told)


_NULL: Final = b"null"
_ENCODER = msgspec.json.Encoder()
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_INPUTS = msgspec.json.Decoder(Input)
