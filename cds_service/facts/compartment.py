"""Whose resource is it? Every reference that ties a resource to a patient has to resolve to the patient of the call.

What ties a resource to a patient is told by HL7's CompartmentDefinition for Patient (FHIR R4), kept in
catalogues/patient_compartment.csv. A reference may be relative, absolute, versioned, the `fullUrl` of an entry, to a
contained Patient or by identifier alone; what does not resolve to the patient of the call is another's (threat T7).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from cds_service.facts import fhir

_TABLE = Path(__file__).parent.parent / "catalogues" / "patient_compartment.csv"
_ABOUT = frozenset({"patient", "subject", "beneficiary"})
"""Parameters that say whom a resource is about; the others say who else had a part in it."""
_MAY_BE_OTHERS = frozenset(
    {
        ("Coverage", "policy-holder"),
        ("Coverage", "subscriber"),
        ("Coverage", "payor"),
        ("Claim", "payee"),
        ("ExplanationOfBenefit", "payee"),
    }
)
"""A family member may hold the policy or be paid: the resource is still its beneficiary's or patient's."""

_RELATIVE = re.compile(r"([A-Z][A-Za-z]*)/([A-Za-z0-9.-]+)")
"""A reference as nearly all are written; `split` reads the others."""

Verdict = Literal["ours", "another's", "nobody's"]


@dataclass(frozen=True, slots=True)
class _Tie:
    """`member` holds the first element of the way to the reference (see `_decoder`), `path` the further ones."""

    first: str
    member: str
    path: tuple[str, ...]
    about: bool
    may_be_others: bool


@dataclass
class Compartment:
    """The patient of the call and what is known of who that is.

    `homes` are base URLs (see `home_of`) of the servers where this patient's id means this patient; empty when the
    request names no server, and then an absolute reference counts by its type and id.
    """

    patient_id: str
    homes: Collection[str] = ()
    _full_urls: dict[str, set[str]] = field(default_factory=dict)
    _identifiers: dict[str, set[str]] = field(default_factory=dict)
    _told: dict[tuple[str, bool], Verdict] = field(default_factory=dict)

    def meet(self, patient: fhir.Patient, full_url: str = "") -> None:
        """Learn from a Patient that came along: which id its `fullUrl` stands for, and our patient's identifiers."""
        if full_url:
            self._full_urls.setdefault(full_url, set()).add(patient.id or "")
        if patient.id is not None and patient.id == self.patient_id:
            for identifier in patient.identifier:
                system, value = _plain(identifier.system), _plain(identifier.value)
                if system and value:
                    self._identifiers.setdefault(system, set()).add(value)

    def holds(
        self, resource: fhir.Resource, raw: bytes | msgspec.Raw, beside: Sequence[msgspec.Raw] = ()
    ) -> bool:
        """Whether the resource may be used for this patient; `beside` is what is contained beside it."""
        if not self.patient_id:
            return True
        if isinstance(resource, fhir.Patient):
            return self._is_patient(resource)
        ties, are_read = _ties_of(resource.resourceType)
        if not ties:
            return True
        if are_read:
            return self._holds_read(resource, ties, beside)
        try:
            members = _decoder(resource.resourceType).decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return False  # whose it is cannot be read, so it is not shown to be ours
        contained: tuple[msgspec.Raw, ...] | None = None
        told, ours = self._told, False
        for tie in ties:
            value = getattr(members, tie.member)
            if value is None:
                continue
            for reference in (value,) if not tie.path and type(value) is dict else _at(value, tie.path):
                verdict = None
                text = reference.get("reference")
                if type(text) is str and "identifier" not in reference and "type" not in reference:
                    # Written as nearly all are, and repeated from resource to resource.
                    verdict = told.get((text, tie.about)) or self._plain_verdict(text, tie.about)
                if verdict is None:
                    contained = (*resource.contained, *beside) if contained is None else contained
                    verdict = self._verdict(reference, contained, tie.about)
                if verdict == "ours":
                    ours = True
                elif verdict == "another's" and not (ours and tie.may_be_others):
                    return False
        return True

    def _holds_read(
        self, resource: fhir.Resource, ties: tuple[_Tie, ...], beside: Sequence[msgspec.Raw]
    ) -> bool:
        """As `holds`, of a type all of whose references that tie it to a patient are read with it."""
        told, ours = self._told, False
        for tie in ties:
            value = getattr(resource, tie.first)
            for reference in value if type(value) is list else () if value is None else (value,):
                verdict, text = None, reference.reference
                if text is not None and reference.identifier is None and reference.type is None:
                    verdict = told.get((text, tie.about)) or self._plain_verdict(text, tie.about)
                if verdict is None:
                    written = msgspec.to_builtins(reference)
                    verdict = self._verdict(written, (*resource.contained, *beside), tie.about)
                if verdict == "ours":
                    ours = True
                elif verdict == "another's" and not (ours and tie.may_be_others):
                    return False
        return True

    def _plain_verdict(self, text: str, about: bool) -> Verdict | None:
        """As `_verdict`, of a relative reference without anything beside it: nothing that is learned later changes
        what it leads to."""
        plain = _RELATIVE.fullmatch(text)
        if plain is None:
            return None
        verdict: Verdict = "another's" if about else "nobody's"
        if plain[1] == "Patient":
            verdict = "ours" if plain[2] == self.patient_id else "another's"
        self._told[text, about] = verdict
        return verdict

    def _is_patient(self, patient: fhir.Patient) -> bool:
        if patient.id is not None:
            return patient.id == self.patient_id
        return all(self._same(i.system, i.value) is not False for i in patient.identifier)

    def _verdict(self, reference: dict[str, Any], contained: Sequence[msgspec.Raw], about: bool) -> Verdict:
        """`nobody's` is a reference that names no patient: missing, or of somebody else's kind."""
        text, identifier = _plain(reference.get("reference")), reference.get("identifier")
        stated = _plain(reference.get("type"))
        same = (
            self._same(identifier.get("system"), identifier.get("value"))
            if isinstance(identifier, dict)
            else None
        )
        if text:
            kind, ours = self._resolve(text, contained)
            if kind != "Patient" and not about and stated != "Patient":
                return "nobody's"
            return "ours" if ours and same is not False else "another's"
        if (
            isinstance(identifier, dict)
            and _plain(identifier.get("value"))
            and (about or stated == "Patient")
        ):
            return "ours" if same else "another's"
        return "nobody's"

    def _resolve(self, text: str, contained: Sequence[msgspec.Raw]) -> tuple[str, bool]:
        """The type that a reference leads to, as far as it can be told, and whether it is our patient."""
        if text.startswith("#"):
            return self._resolve_contained(text[1:], contained)
        plain = _RELATIVE.fullmatch(text)
        if plain is not None:
            return plain[1], plain[1] == "Patient" and plain[2] == self.patient_id
        home, kind, identity = split(text)
        if kind:
            known = home is None or not self.homes or home in self.homes
            return kind, known and kind == "Patient" and identity == self.patient_id
        if text in self._full_urls:
            return "Patient", self._full_urls[text] == {self.patient_id}
        return "", text == f"urn:uuid:{self.patient_id}"

    def _resolve_contained(self, wanted: str, contained: Sequence[msgspec.Raw]) -> tuple[str, bool]:
        named, kinds = [], set()
        for raw in contained:
            try:
                head = fhir.peek(raw)
            except fhir.Unreadable:
                continue
            if head.id == wanted:
                named.append(raw)
                kinds.add(head.resourceType)
        if "Patient" not in kinds:
            return "", False  # of what other kind makes no difference
        for raw in named:
            try:
                resource = fhir.decode(raw)
            except fhir.Unreadable:
                continue
            if not isinstance(resource, fhir.Patient):
                return resource.resourceType if resource else "", False
            told = [s for i in resource.identifier if (s := self._same(i.system, i.value)) is not None]
            return "Patient", all(told) if told else wanted == self.patient_id
        return "", False

    def _same(self, system: object, value: object) -> bool | None:
        """Whether an identifier is our patient's; None when it cannot be compared."""
        known = self._identifiers.get(_plain(system))
        return _plain(value) in known if known and _plain(value) else None


def split(reference: str) -> tuple[str | None, str, str]:
    """Server (None for a relative reference), type and id of a reference; type and id are empty if it has another
    form."""
    text = reference.partition("?")[0]
    home: str | None = None
    if "://" in text:
        parts = text.split("/")
        if "_history" in parts:
            parts = parts[: parts.index("_history")]
        if len(parts) < 5:
            return None, "", ""
        home, parts = home_of("/".join(parts[:-2])), parts[-2:]
    else:
        parts = text.removeprefix("./").removeprefix("/").split("/")
        if len(parts) == 4 and parts[2] == "_history":
            parts = parts[:2]
    if len(parts) != 2 or not parts[0][:1].isupper() or not parts[1]:
        return home, "", ""
    return home, parts[0], parts[1]


def home_of(url: str) -> str:
    """A base URL in one spelling, to compare where references lead; empty when it is none."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return ""
    if not parts.hostname or port is None:
        return ""
    return f"{parts.scheme}://{parts.hostname}:{port}{parts.path.rstrip('/')}"


def _plain(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _at(value: Any, path: tuple[str, ...]) -> list[dict[str, Any]]:
    """References at an element path, lists unfolded."""
    if isinstance(value, list):
        return [found for each in value for found in _at(each, path)]
    if not isinstance(value, dict):
        return []
    return _at(value.get(path[0]), path[1:]) if path else [value]


@lru_cache(maxsize=1)
def _ties() -> dict[str, tuple[_Tie, ...]]:
    """Ties of each type, those that say whom it is about first. A Patient is known by its own id."""
    found: dict[str, list[_Tie]] = {}
    with _TABLE.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            kind, parameter = row["type"], row["parameter"]
            if kind == "Patient":
                continue
            first, *further = row["path"].split(".")
            may_be_others = (kind, parameter) in _MAY_BE_OTHERS
            tie = _Tie(first, f"at_{first}", tuple(further), parameter in _ABOUT, may_be_others)
            found.setdefault(kind, []).append(tie)
    return {kind: tuple(sorted(ties, key=lambda t: not t.about)) for kind, ties in found.items()}


@lru_cache(maxsize=32)
def _ties_of(kind: str) -> tuple[tuple[_Tie, ...], bool]:
    """The ties of a type, and whether the struct that rules read holds all of their references: then they need not be
    decoded again."""
    ties = _ties().get(kind, ())
    if kind not in fhir.TYPES:
        return ties, False
    one, several = fhir.Reference | None, list[fhir.Reference]
    held = {f.name for f in msgspec.structs.fields(fhir.TYPES[kind]) if f.type in (one, several)}
    return ties, all(not tie.path and tie.first in held for tie in ties)


@lru_cache(maxsize=32)
def _decoder(kind: str) -> msgspec.json.Decoder[Any]:
    """What decodes the elements of a type that ties begin with, and skips everything else."""
    members = {tie.member: tie.first for tie in _ties()[kind]}
    wire = msgspec.defstruct(f"{kind}Ties", [(each, Any, None) for each in members], rename=members)
    return msgspec.json.Decoder(type=wire)
