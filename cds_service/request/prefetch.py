"""Prefetch in its states: supplied, known to be none, unknown, not supplied (contract section 2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import msgspec

from cds_service.facts import fhir
from cds_service.facts.pool import Pool, Trouble, kinds_of
from cds_service.fhir_client.answers import is_beside

TYPES = {
    "patient": "Patient",
    "coverage": "Coverage",
    "conditions": "Condition",
    "procedures": "Procedure",
    "serviceRequests": "ServiceRequest",
    "documents": "DocumentReference",
    "claimHistory": "Claim",
    "questionnaireResponses": "QuestionnaireResponse",
}
"""The type that each of our keys asks for. Other types under a key are read, but do not answer it."""


_NULL = re.compile(rb"\s*null\s*")


class State(Enum):
    """What a prefetch key tells."""

    supplied = "supplied"
    partial = "supplied, but not all of it could be seen"
    none = "known to be none"
    unknown = "unknown"
    absent = "not supplied"

    @property
    def seen(self) -> bool:
        """Whether the client looked: there is something, or there is known to be nothing."""
        return self in (State.supplied, State.partial, State.none)

    @property
    def complete(self) -> bool:
        """Whether what is not here is not there: only then can it be said to be missing."""
        return self in (State.supplied, State.none)


@dataclass(frozen=True, slots=True)
class _Value:
    """What stands under a key: its type, and the types of a Bundle's entries."""

    kind: str
    bundle: fhir.Bundle | None = None
    kinds: Sequence[str] = ()
    unreadable: str | None = None


def read_prefetch(prefetch: Mapping[str, msgspec.Raw] | None, pool: Pool) -> dict[str, State]:
    """Put every resource of every key into the pool; the state of each key is returned."""
    values = {key: (raw, _value(raw)) for key, raw in (prefetch or {}).items()}
    for raw, value in values.values():  # whose the others are is told by what is known of the patient
        if value.bundle is not None:
            pool.note_patients(value.bundle, value.kinds)
        elif value.kind == "Patient":
            pool.note_patient(raw)
    return {key: _read(key, raw, value, pool) for key, (raw, value) in values.items()}


def _value(raw: msgspec.Raw) -> _Value:
    if _NULL.fullmatch(raw) is not None:
        return _Value("")
    try:
        kind = fhir.kind_of(raw)
        bundle = fhir.decode(raw) if kind == "Bundle" else None
    except fhir.Unreadable as error:
        return _Value("", unreadable=error.resource_type)
    if isinstance(bundle, fhir.Bundle):
        return _Value(kind, bundle, kinds_of(bundle))
    return _Value(kind)


def _read(key: str, raw: msgspec.Raw, value: _Value, pool: Pool) -> State:
    path = f"prefetch.{key}"
    if _NULL.fullmatch(raw) is not None:
        return State.none
    if value.unreadable is not None:
        pool.troubles.append(Trouble("unreadable", path, value.unreadable))
        return State.unknown
    if value.bundle is not None:
        return _read_bundle(value.bundle, value.kinds, key, path, pool)
    before = len(pool.troubles)
    pool.add(raw, path)
    if value.kind != TYPES.get(key, value.kind):
        return State.unknown
    return State.partial if _unread(pool, before) else State.supplied


def _read_bundle(bundle: fhir.Bundle, kinds: Sequence[str], key: str, path: str, pool: Pool) -> State:
    """A searchset may carry remarks of the server and included resources beside its matches, and in their place where
    there are none; an OperationOutcome that tells of an error means that the search failed."""
    before = len(pool.troubles)
    pool.add_bundle(bundle, path, kinds=kinds)
    if _unread(pool, before) or bundle.goes_on or bundle.counts_more_than(len(bundle.entry)):
        return State.partial
    if not kinds:
        return State.none
    if key in TYPES and TYPES[key] not in kinds:
        found_none = not bundle.counts_more_than(0) and all(_beside_the_matches(bundle, kinds))
        return State.none if found_none else State.unknown
    return State.partial if "" in kinds or _failed_in_part(bundle, kinds) else State.supplied


def _failed_in_part(bundle: fhir.Bundle, kinds: Sequence[str]) -> bool:
    """Whether an OperationOutcome beside the matches tells of an error."""
    beside = _beside_the_matches(bundle, kinds)
    return any(kind == "OperationOutcome" and not remark for kind, remark in zip(kinds, beside, strict=True))


def _beside_the_matches(bundle: fhir.Bundle, kinds: Sequence[str]) -> Iterator[bool]:
    """Of each entry, whether it takes the place of no match, as the FHIR client judges what a server answers itself."""
    for entry, kind in zip(bundle.entry, kinds, strict=True):
        mode = entry.search.get("mode") if isinstance(entry.search, dict) else None
        outcome = kind == "OperationOutcome"
        yield is_beside(kind, mode, msgspec.json.decode(entry.resource).get("issue") if outcome else None)


def _unread(pool: Pool, before: int) -> bool:
    """Whether something was left out. A list with another patient's resources in it is no list of this patient's."""
    return any(trouble.why in ("unreadable", "foreign") for trouble in pool.troubles[before:])
