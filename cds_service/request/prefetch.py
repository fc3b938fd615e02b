"""Prefetch in its states: supplied, known to be none, unknown, not supplied (contract section 2)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum

import msgspec

from cds_service.facts import fhir
from cds_service.facts.pool import Pool, Trouble, kinds_of
from cds_service.fhir_client.answers import is_error

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


def read_prefetch(prefetch: Mapping[str, msgspec.Raw] | None, pool: Pool) -> dict[str, State]:
    """Put every resource of every key into the pool; the state of each key is returned."""
    states: dict[str, State] = {}
    for key, raw in (prefetch or {}).items():
        states[key] = _read(key, raw, pool)
    return states


def _read(key: str, raw: msgspec.Raw, pool: Pool) -> State:
    path = f"prefetch.{key}"
    if _NULL.fullmatch(raw) is not None:
        return State.none
    try:
        kind = fhir.kind_of(raw)
        bundle = fhir.decode(raw) if kind == "Bundle" else None
    except fhir.Unreadable as error:
        pool.troubles.append(Trouble("unreadable", path, error.resource_type))
        return State.unknown
    if isinstance(bundle, fhir.Bundle):
        return _read_bundle(bundle, key, path, pool)
    before = len(pool.troubles)
    pool.add(raw, path)
    if kind != TYPES.get(key, kind) or kind == "OperationOutcome":
        return State.unknown
    return State.partial if _unread(pool, before) else State.supplied


def _read_bundle(bundle: fhir.Bundle, key: str, path: str, pool: Pool) -> State:
    """A searchset may carry an OperationOutcome beside its matches; alone it means that the search failed."""
    kinds = kinds_of(bundle)
    before = len(pool.troubles)
    pool.add_bundle(bundle, path, kinds=kinds)
    if _unread(pool, before) or bundle.goes_on or bundle.cut_short:
        return State.partial
    if not kinds:
        return State.none
    if key in TYPES and TYPES[key] not in kinds:
        return State.unknown
    return State.partial if "" in kinds or _failed_in_part(bundle, kinds) else State.supplied


def _failed_in_part(bundle: fhir.Bundle, kinds: Sequence[str]) -> bool:
    """Whether an OperationOutcome beside the matches tells of an error."""
    return any(
        is_error(msgspec.json.decode(entry.resource).get("issue"))
        for entry, kind in zip(bundle.entry, kinds, strict=True)
        if kind == "OperationOutcome"
    )


def _unread(pool: Pool, before: int) -> bool:
    """Whether something was left out. A list with another patient's resources in it is no list of this patient's."""
    if len(pool.troubles) == before:
        return False
    return any(trouble.why in ("unreadable", "foreign") for trouble in pool.troubles[before:])
