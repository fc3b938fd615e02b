"""All resources of one request, decoded entry by entry, one patient's only."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from cds_service.engine.record import record
from cds_service.facts import fhir
from cds_service.facts.compartment import Compartment

R = TypeVar("R", bound=fhir.Resource)

UNREADABLE = "unreadable"
_MAX_BUNDLE_DEPTH = 4


@record(frozen=True, slots=True)
class Entry:
    """A resource, where it stood in the request and its own text (for corrections)."""

    resource: fhir.Resource
    path: str
    raw: bytes | msgspec.Raw


@record(frozen=True, slots=True)
class Trouble:
    """Something left out, and why: `unreadable`, `foreign` (another patient's), `composite`, or `unread` (the FHIR
    server did not give it). No values.
    """

    why: str
    path: str
    what: str


class _Inside:
    """What a resource contains, by id; each is decoded when it is first referred to."""

    def __init__(self, holder: fhir.Resource) -> None:
        self.holder = holder
        self.by_id: dict[str, list[int]] = {}
        self.passed_over: set[str] = set()
        self.troubles: list[tuple[int, Trouble]] = []
        self.read: dict[int, fhir.Resource | Trouble | None] = {}
        for index, raw in enumerate(holder.contained):
            try:
                head = fhir.peek(raw)
            except fhir.Unreadable as error:
                self.troubles.append((index, Trouble("unreadable", "contained", error.resource_type)))
            else:
                if head.id is not None:
                    self.by_id.setdefault(head.id, []).append(index)
                    if head.resourceType and head.resourceType not in fhir.TYPES:
                        self.passed_over.add(head.id)


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
    _passed_over: set[str] = field(default_factory=set)
    _peeked: dict[int, _Inside] = field(default_factory=dict)
    _containers: dict[int, fhir.Resource] = field(default_factory=dict)
    _compartment: Compartment = field(init=False)

    def __post_init__(self) -> None:
        self._compartment = Compartment(self.patient_id, self.homes)

    def add(self, raw: bytes | msgspec.Raw, path: str, full_url: str = "", depth: int = 0) -> Entry | None:
        """Decode one resource (a Bundle: each of its entries) and keep it if it is this patient's."""
        try:
            resource = fhir.decode(raw)
        except fhir.Unreadable as error:
            self.troubles.append(Trouble("unreadable", path, str(error)))
            return None
        if resource is None:
            if full_url:
                self._passed_over.add(full_url)
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
        kind = resource.resourceType
        entry = Entry(resource, path, raw)
        alike = self._by_type.get(kind)
        if alike is None:
            self._by_type[kind] = [entry]
        else:
            alike.append(entry)
        if resource.id:
            self._by_reference.setdefault(f"{kind}/{resource.id}", entry)
        if full_url:
            self._by_reference.setdefault(full_url, entry)
        return entry

    def add_bundle(
        self, bundle: fhir.Bundle, path: str, depth: int = 0, kinds: Sequence[str] | None = None
    ) -> list[Entry]:
        """Add every entry; Patients first, so that `urn:uuid` references to them can be understood.

        `kinds` is `kinds_of(bundle)`, if it is known already.
        """
        kinds = kinds_of(bundle) if kinds is None else kinds
        self.note_patients(bundle, kinds)
        found = []
        for index, (item, kind) in enumerate(zip(bundle.entry, kinds, strict=True)):
            if not kind:
                continue
            full_url = item.fullUrl if isinstance(item.fullUrl, str) else ""
            entry = self.add(item.resource, f"{path}.entry[{index}].resource", full_url, depth + 1)
            if entry is not None:
                found.append(entry)
        return found

    def prefer(self, entries: Sequence[Entry]) -> None:
        """Let these stand for other copies of the same resources, which may be older: those are forgotten, and
        references lead here."""
        if all(len(self._by_type[kind]) == 1 for kind in {entry.resource.resourceType for entry in entries}):
            return
        mine = {id(entry) for entry in entries}
        names = {(e.resource.resourceType, e.resource.id): e for e in reversed(entries) if e.resource.id}
        gone: dict[int, Entry] = {}
        for kind in {kind for kind, _ in names}:
            for each in self._by_type[kind]:
                stands = names.get((kind, each.resource.id or ""))
                if stands is not None and id(each) not in mine:
                    gone[id(each)] = stands
            self._by_type[kind] = [each for each in self._by_type[kind] if id(each) not in gone]
        if gone:
            self._by_reference = {name: gone.get(id(each), each) for name, each in self._by_reference.items()}

    def note_patients(self, bundle: fhir.Bundle, kinds: Sequence[str]) -> None:
        """Learn what the Patients of a Bundle tell of whose the other resources are; nothing is added."""
        if "Patient" in kinds:
            for item, kind in zip(bundle.entry, kinds, strict=True):
                if kind == "Patient":
                    self.note_patient(item.resource, item.fullUrl if isinstance(item.fullUrl, str) else "")

    def note_patient(self, raw: bytes | msgspec.Raw, full_url: str = "") -> None:
        """As `note_patients`, of one."""
        try:
            patient = fhir.decode(raw)
        except fhir.Unreadable:
            return
        if isinstance(patient, fhir.Patient):
            self._compartment.meet(patient, full_url)

    def every(self, kind: type[R], name: str = "") -> Sequence[tuple[R, str]]:
        """Resources of a type with their paths, in the order of the request."""
        entries = self._by_type.get(name or kind.__name__)
        if entries is None:
            return ()
        return [(entry.resource, entry.path) for entry in entries if isinstance(entry.resource, kind)]

    def entries(self, name: str) -> tuple[Entry, ...]:
        """The entries of a type, in the order of the request; contained resources have none."""
        return tuple(self._by_type.get(name, ()))

    def find(self, reference: fhir.Reference | None, holder: fhir.Resource, kind: type[R]) -> R | None:
        """The resource that a reference names: contained in `holder` or beside it, by type and id, or by full URL."""
        text = (reference.reference or "").strip() if reference else ""
        if not text:
            return None
        if text.startswith("#"):
            return self._contained(self._outer(holder), text[1:], kind)
        entry = self._by_reference.get(text) or self._by_reference.get(relative(text))
        return entry.resource if entry and isinstance(entry.resource, kind) else None

    def passes_over(self, reference: fhir.Reference, holder: fhir.Resource) -> bool:
        """Whether a reference leads to a resource that was sent, of a type that no rule reads: `find` never finds one.

        One that is named by its type and id is not looked for: the reference itself tells the type.
        """
        text = (reference.reference or "").strip()
        if text.startswith("#"):
            outer = self._outer(holder)
            return bool(outer.contained) and text[1:] in self._inside(outer).passed_over
        return text in self._passed_over

    def container_of(self, resource: fhir.Resource) -> fhir.Resource | None:
        """The resource that contains one that `find` gave, in which its references to contained ones are meant (FHIR
        R4, Contained Resources); None for one that stands by itself."""
        return self._containers.get(id(resource))

    def _outer(self, holder: fhir.Resource) -> fhir.Resource:
        """Where the references of `holder` to contained resources lead. Some senders nest them, against FHIR."""
        return holder if holder.contained else self.container_of(holder) or holder

    def _inside(self, holder: fhir.Resource) -> _Inside:
        peeked = self._peeked.get(id(holder))
        if peeked is None:
            peeked = self._peeked[id(holder)] = _Inside(holder)
        return peeked

    def _contained(self, holder: fhir.Resource, wanted: str, kind: type[R]) -> R | None:
        if not holder.contained:
            return None
        peeked = self._inside(holder)
        found: R | None = None
        reached = len(holder.contained)
        told: list[tuple[int, Trouble]] = []
        for index in peeked.by_id.get(wanted, ()):
            if index not in peeked.read:
                peeked.read[index] = self._read_contained(holder.contained[index], holder)
            resource = peeked.read[index]
            if isinstance(resource, kind):
                found, reached = resource, index
                break
            if isinstance(resource, Trouble):
                told.append((index, resource))
        if (
            told or peeked.troubles
        ):  # as met on the way, from the first one contained to the one that was found
            for index, trouble in sorted([*told, *peeked.troubles], key=lambda pair: pair[0]):
                if index < reached:
                    self._note(trouble)
        return found

    def _read_contained(self, raw: msgspec.Raw, holder: fhir.Resource) -> fhir.Resource | Trouble | None:
        try:
            resource = fhir.decode(raw)
        except fhir.Unreadable as error:
            return Trouble("unreadable", "contained", error.resource_type)
        if resource is not None and not self._compartment.holds(resource, raw, holder.contained):
            return Trouble("foreign", "contained", resource.resourceType)
        if resource is not None:
            self._containers[id(resource)] = holder
        return resource

    def _note(self, trouble: Trouble) -> None:
        """Contained resources are met at each reference to them; their troubles are said once."""
        if trouble not in self.troubles:
            self.troubles.append(trouble)


def kinds_of(bundle: fhir.Bundle) -> list[str]:
    """The type of each entry: empty where it has none or no resource, `UNREADABLE` where that cannot be told."""
    kinds = []
    for item in bundle.entry:
        try:
            kinds.append(fhir.kind_of(item.resource) if len(item.resource) else "")
        except fhir.Unreadable:
            kinds.append(UNREADABLE)
    return kinds


def relative(reference: str) -> str:
    """`Type/id` of a relative, absolute or versioned reference; other texts are returned as they are."""
    parts = reference.split("?", 1)[0].split("/")
    if "_history" in parts:
        parts = parts[: parts.index("_history")]
    return "/".join(parts[-2:]) if len(parts) >= 2 else reference
