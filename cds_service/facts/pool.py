"""All resources of one request, decoded entry by entry, one patient's only."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from cds_service.facts import fhir
from cds_service.facts.compartment import Compartment

R = TypeVar("R", bound=fhir.Resource)

_MAX_BUNDLE_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """A resource, where it stood in the request and its own text (for corrections)."""

    resource: fhir.Resource
    path: str
    raw: bytes | msgspec.Raw


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something left out, and why: `unreadable`, `foreign` (another patient's), `composite`, or `unread` (the FHIR
    server did not give it). No values.
    """

    why: str
    path: str
    what: str


@dataclass
class Pool:
    """Resources by type and by reference. A foreign patient's resource never gets in.

    `homes` are the servers whose ids the request uses (see `facts.compartment`).
    """

    patient_id: str = ""
    homes: Collection[str] = ()
    troubles: list[Trouble] = field(default_factory=list)
    _by_type: dict[str, list[Entry]] = field(default_factory=dict)
    _by_reference: dict[str, Entry] = field(default_factory=dict)
    _peeked: dict[tuple[int, int], tuple[fhir.Resource, str | Trouble | None]] = field(default_factory=dict)
    _inside: dict[tuple[int, int], fhir.Resource | Trouble | None] = field(default_factory=dict)
    _compartment: Compartment = field(init=False)

    def __post_init__(self) -> None:
        self._compartment = Compartment(self.patient_id, self.homes)

    def add(self, raw: bytes | msgspec.Raw, path: str, full_url: str = "", depth: int = 0) -> Entry | None:
        """Decode one resource (a Bundle: each of its entries) and keep it if it is this patient's."""
        try:
            resource = fhir.decode(raw)
        except fhir.Unreadable as error:
            self.troubles.append(Trouble("unreadable", path, f"{error.resource_type}{error.where}"))
            return None
        if resource is None:
            return None
        if isinstance(resource, fhir.Bundle):
            if depth < _MAX_BUNDLE_DEPTH:
                self.add_bundle(resource, path, depth)
            return None
        if isinstance(resource, fhir.Patient):
            self._compartment.meet(resource, full_url)
        if not self._compartment.holds(resource, raw):
            self.troubles.append(Trouble("foreign", path, resource.resourceType))
            return None
        entry = Entry(resource, path, raw)
        self._by_type.setdefault(resource.resourceType, []).append(entry)
        if resource.id:
            self._by_reference.setdefault(f"{resource.resourceType}/{resource.id}", entry)
        if full_url:
            self._by_reference.setdefault(full_url, entry)
        return entry

    def add_bundle(self, bundle: fhir.Bundle, path: str, depth: int = 0) -> list[Entry]:
        """Add every entry; Patients first, so that `urn:uuid` references to them can be understood."""
        for item in bundle.entry:
            self._note_patient(item)
        found = []
        for index, item in enumerate(bundle.entry):
            if len(bytes(item.resource)) == 0:
                continue
            full_url = item.fullUrl if isinstance(item.fullUrl, str) else ""
            entry = self.add(item.resource, f"{path}.entry[{index}].resource", full_url, depth + 1)
            if entry is not None:
                found.append(entry)
        return found

    def _note_patient(self, item: fhir.BundleEntry) -> None:
        try:
            if bytes(item.resource) and fhir.kind_of(item.resource) == "Patient":
                patient = fhir.decode(item.resource)
                if isinstance(patient, fhir.Patient):
                    url = item.fullUrl if isinstance(item.fullUrl, str) else ""
                    self._compartment.meet(patient, url)
        except fhir.Unreadable:
            return

    def every(self, kind: type[R], name: str = "") -> Iterator[tuple[R, str]]:
        """Resources of a type with their paths, in the order of the request."""
        for entry in self._by_type.get(name or kind.__name__, ()):
            if isinstance(entry.resource, kind):
                yield entry.resource, entry.path

    def entries(self, name: str) -> tuple[Entry, ...]:
        """The entries of a type, in the order of the request; contained resources have none."""
        return tuple(self._by_type.get(name, ()))

    def find(self, reference: fhir.Reference | None, holder: fhir.Resource, kind: type[R]) -> R | None:
        """The resource that a reference names: contained in `holder`, by type and id, or by full URL."""
        text = (reference.reference or "").strip() if reference else ""
        if not text:
            return None
        if text.startswith("#"):
            return self._contained(holder, text[1:], kind)
        entry = self._by_reference.get(text) or self._by_reference.get(relative(text))
        return entry.resource if entry and isinstance(entry.resource, kind) else None

    def _contained(self, holder: fhir.Resource, wanted: str, kind: type[R]) -> R | None:
        for index, raw in enumerate(holder.contained):
            key = id(holder), index
            if key not in self._peeked:
                self._peeked[key] = holder, _id_of(raw)
            identity = self._peeked[key][1]
            if isinstance(identity, Trouble):
                self._note(identity)
            elif identity == wanted:
                if key not in self._inside:
                    self._inside[key] = self._read_contained(raw, holder)
                resource = self._inside[key]
                if isinstance(resource, Trouble):
                    self._note(resource)
                elif isinstance(resource, kind):
                    return resource
        return None

    def _read_contained(self, raw: msgspec.Raw, holder: fhir.Resource) -> fhir.Resource | Trouble | None:
        try:
            resource = fhir.decode(raw)
        except fhir.Unreadable as error:
            return Trouble("unreadable", "contained", error.resource_type)
        if resource is not None and not self._compartment.holds(resource, raw, holder.contained):
            return Trouble("foreign", "contained", resource.resourceType)
        return resource

    def _note(self, trouble: Trouble) -> None:
        """Contained resources are met at each reference to them; their troubles are said once."""
        if trouble not in self.troubles:
            self.troubles.append(trouble)


def _id_of(raw: msgspec.Raw) -> str | Trouble | None:
    try:
        return fhir.peek(raw).id
    except fhir.Unreadable as error:
        return Trouble("unreadable", "contained", error.resource_type)


def relative(reference: str) -> str:
    """`Type/id` of a relative, absolute or versioned reference; other texts are returned as they are."""
    parts = reference.split("?", 1)[0].split("/")
    if "_history" in parts:
        parts = parts[: parts.index("_history")]
    return "/".join(parts[-2:]) if len(parts) >= 2 else reference
