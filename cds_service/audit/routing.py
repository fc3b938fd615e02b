"""Where a resource belongs: to which patient, or to everybody. Decodes no more of it than that takes."""

from __future__ import annotations

import re

import msgspec

from cds_service.audit.notices import BUNDLE, OUTCOME, notice
from cds_service.audit.records import UNREAD_LINES, BadRecord
from cds_service.audit.routed import (
    CLAIMS,
    DAMAGED,
    EVERYBODYS,
    PATIENTS,
    READ,
    SHARED,
    SPOKEN,
    Routed,
    line_of,
    named,
    plain_key,
)
from cds_service.facts import fhir
from cds_service.facts.edits import NO_EDITS
from cds_service.facts.knowledge import Knowledge

_LEAN_FROM = 64 << 10
"""Bytes from which a resource is cut down to what rules read: documents may carry their scans."""
_USUAL = re.compile(r"Patient/[A-Za-z0-9.-]+")
_TYPE = re.compile(rb'"resourceType"\s*:\s*"([A-Za-z]+)"')
_WHOSE = re.compile(rb'"(?:patient|subject|beneficiary)"\s*:\s*\{[^{}]*?"reference"\s*:\s*"([^"\\]+)"')


class _Identifier(msgspec.Struct, gc=False):
    system: str | None = None
    value: str | None = None


class _Reference(msgspec.Struct, gc=False):
    reference: str | None = None
    identifier: _Identifier | None = None


class _Coding(msgspec.Struct, gc=False):
    code: str | None = None


class _Concept(msgspec.Struct, gc=False):
    coding: list[_Coding] = []


class _Item(msgspec.Struct, gc=False):
    productOrService: _Concept | None = None


class _Head(msgspec.Struct, gc=False):
    resourceType: str = ""
    id: str | None = None
    patient: _Reference | None = None
    subject: _Reference | None = None
    beneficiary: _Reference | None = None
    claim: _Reference | None = None
    status: msgspec.Raw = msgspec.Raw()
    related: msgspec.Raw = msgspec.Raw()
    extension: msgspec.Raw = msgspec.Raw()
    item: list[_Item] = []


class _Line(msgspec.Struct, gc=False):
    productOrService: _Concept | None = None
    subDetail: list[_Item] = []


class _Lines(msgspec.Struct, gc=False):
    detail: list[_Line] = []


class _Detailed(msgspec.Struct, gc=False):
    item: list[_Lines] = []


_DECODER = msgspec.json.Decoder(_Head)
_DETAILED = msgspec.json.Decoder(_Detailed)


_SILENT = {kind: Routed(kind, "", None, silent=True) for kind in CLAIMS}


class Router:
    """Routes resources. `spoken` are the codes that make a claim ours to look at, `read` those that rules may look at
    beside one; None: any code.
    """

    def __init__(self, spoken: frozenset[str], read: frozenset[str] | None) -> None:
        self._spoken, self._read = spoken, read
        self._weights: dict[str | None, int] = {}

    @classmethod
    def of(cls, knowledge: Knowledge) -> Router:
        """The router for these catalogues. Imported edits pair codes of the whole code set."""
        catalogue = knowledge.catalogue
        known = frozenset(catalogue.codes).union(*catalogue.sets.values())
        return cls(catalogue.radiotherapy, known if knowledge.edits is NO_EDITS else None)

    def route(self, raw: bytes, place: str) -> Routed | BadRecord:
        """One resource; `place` is where it stands in its file (see Record)."""
        try:
            head = _DECODER.decode(raw)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            return self._unread(raw, place, error)
        kind = head.resourceType
        if kind in PATIENTS:
            return self._of_patient(head, raw, place)
        if kind in EVERYBODYS:
            if not head.id:
                return BadRecord(
                    place, f"{kind}.id", "is missing, so that nothing can refer to it.", _REFUSED
                )
            return Routed(kind, SHARED, line_of(SHARED, kind, head.id, "", place, _lean(kind, raw)))
        if not kind:
            return BadRecord(place, "resourceType", "is missing.", _ONE_A_LINE)
        return _other(kind, raw, place)

    def _of_patient(self, head: _Head, raw: bytes, place: str) -> Routed | BadRecord:
        kind, identity, suffix, link = head.resourceType, head.id or "", "", ""
        if kind in CLAIMS:
            suffix = self._suffix(head) or (READ if _may_matter(head) else "")
            if not suffix:
                return self._within(kind, raw, place) or _SILENT[kind]
            link = _link(head.claim)
        key = _key(head)
        if suffix:
            key = key or plain_key(f"!{kind}/{identity or place}")  # whoever it is: judged by itself
        elif not key:
            return BadRecord(place, kind, "names no patient.", "Export it with its reference to the patient.")
        else:
            raw = _lean(kind, raw)
        return Routed(kind, key, line_of(key, kind + suffix, identity, link, place, raw))

    def _suffix(self, head: _Head) -> str:
        """What the claim's codes make of it; one that speaks is enough."""
        weights, most = self._weights, 0
        for item in head.item:
            if item.productOrService is None:
                continue
            for coding in item.productOrService.coding:
                weight = weights.get(coding.code)
                if weight is None:
                    weight = self._weigh(coding.code or "")
                if weight > most:
                    most = weight
                    if most == len(_SUFFIXES) - 1:
                        return SPOKEN
        return _SUFFIXES[most]

    def _within(self, kind: str, raw: bytes, place: str) -> BadRecord | None:
        """A claim that bills what rules speak of in lines within its lines only, which nobody reads here."""
        if b'"detail"' not in raw:
            return None
        try:
            details = [detail for item in _DETAILED.decode(raw).item for detail in item.detail]
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            return None
        lines = [_Item(detail.productOrService) for detail in details]
        lines += [line for detail in details for line in detail.subDetail]
        codings = [
            coding for line in lines if line.productOrService for coding in line.productOrService.coding
        ]
        if not any(self._spoken.intersection(_WORD.findall((c.code or "").upper())) for c in codings):
            return None
        return BadRecord(
            place,
            f"{kind}.item.detail",
            "bills radiotherapy in lines within lines, which are not read.",
            "Export each service as an item.",
        )

    def _weigh(self, text: str) -> int:
        """Index of a code's suffix, remembered as long as there are not too many different ones."""
        code = text.strip().upper()
        if code in self._spoken or len(code) > _CODE_LENGTH:  # several codes may share a text
            weight = 2
        else:
            weight = 1 if self._read is None or code in self._read else 0
        if len(self._weights) < _WEIGHED:
            self._weights[text] = weight
        return weight

    def _unread(self, raw: bytes, place: str, error: Exception) -> Routed | BadRecord:
        """Why it cannot be read; a resource of a type that no rule reads may be as it likes."""
        try:
            kind = fhir.peek(raw).resourceType
        except fhir.Unreadable as unreadable:
            return BadRecord(place, "", f"This is no JSON object ({unreadable.where}).", _REFUSED)
        if kind and kind not in PATIENTS | EVERYBODYS:
            return _other(kind, raw, place)
        return BadRecord(place, kind, _without_values(error), _REFUSED)


def _may_matter(head: _Head) -> bool:
    """Whether a claim that bills nothing of ours is to be looked at: it may take the place of one that did (a void, a
    correction, or a later copy that was withdrawn and emptied), and lines of it that could not be read may have been
    ours.
    """
    return (
        bytes(head.related) not in _NONE
        or (not head.item and bytes(head.status) in _WITHDRAWN)
        or _UNREAD in bytes(head.extension)
    )


_UNREAD = UNREAD_LINES.encode()
_REFUSED = "The line was left out: have it exported again."
_ONE_A_LINE = "Give one FHIR R4 resource a line."
_WORD = re.compile("[A-Z0-9]+")
_TYPE_NAME = re.compile("[A-Z][A-Za-z]{1,63}")
_NONE = (b"", b"[]", b"null")
_WITHDRAWN = (b'"cancelled"', b'"entered-in-error"')
_CODE_LENGTH = 5
_WEIGHED = 20_000
_SUFFIXES = ("", READ, SPOKEN)


def _other(kind: str, raw: bytes, place: str) -> Routed | BadRecord:
    """A resource that no rule reads. Its type is counted by name, and a text that is none may be anything."""
    if kind in (BUNDLE, OUTCOME):
        return notice(kind, raw, place)
    if not _TYPE_NAME.fullmatch(kind):
        return BadRecord(place, "resourceType", "is no type of FHIR.", _ONE_A_LINE)
    return Routed(kind, "", None)


def damaged(raw: bytes, place: str) -> Routed | None:
    """A mark for the patient whose resource cannot be read, without a line if what is left of it does not say who that
    is; None if it does not even say that it was a patient's.

    What is missing then of this patient is unknown, and no rule may say that it is not there.
    """
    kind, whose = _TYPE.search(raw), _WHOSE.search(raw)
    if kind is None or kind[1].decode() not in PATIENTS:
        return None
    if whose is None:
        return Routed(kind[1].decode(), "", None)
    key = plain_key(named(whose[1].decode("utf-8", "replace"), "Patient"))
    return Routed(kind[1].decode(), key, line_of(key, kind[1].decode() + DAMAGED, "", "", place, b""))


def _key(head: _Head) -> str:
    """The patient as `Patient/id`, else by identifier; empty when nobody is named, or a contained Patient."""
    if head.resourceType == "Patient":
        return plain_key(f"Patient/{head.id}") if head.id else ""
    reference = head.patient or head.subject or head.beneficiary
    if reference is None:
        return ""
    text = (reference.reference or "").strip()
    if text.startswith("#"):
        return ""
    if text:
        return plain_key(text if _USUAL.fullmatch(text) else named(text, "Patient"))
    return plain_key(_number(reference.identifier))


def _link(claim: _Reference | None) -> str:
    """The Claim that an ExplanationOfBenefit answers: its reference, else its number."""
    if claim is None:
        return ""
    text = (claim.reference or "").strip()
    return named(text, "Claim") if text else _number(claim.identifier)


def _number(identifier: _Identifier | None) -> str:
    return f"{identifier.system or ''}|{identifier.value}" if identifier and identifier.value else ""


def _lean(kind: str, raw: bytes) -> bytes:
    if len(raw) < _LEAN_FROM:
        return raw
    try:
        resource = fhir.decode(raw)
    except fhir.Unreadable:
        return raw  # whoever reads it reports it
    return msgspec.json.encode(resource)


def _without_values(error: Exception) -> str:
    """What is wrong, without the value that was found (it may be patient data)."""
    text = str(error)
    if not isinstance(error, msgspec.ValidationError):
        return "is no well-formed JSON."
    what, _, path = text.partition(" - at `$")
    return f"{path.rstrip('`').lstrip('.')}: {what}."
