"""Prefetch in its states: supplied, known to be none, unknown, not supplied (contract section 2)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import msgspec

from cds_service.facts import fhir
from cds_service.facts.pool import Pool, Trouble


class State(Enum):
    """What a prefetch key tells."""

    supplied = "supplied"
    none = "known to be none"
    unknown = "unknown"
    absent = "not supplied"

    @property
    def seen(self) -> bool:
        """Whether the client looked: there is something, or there is known to be nothing."""
        return self in (State.supplied, State.none)


def read_prefetch(prefetch: Mapping[str, msgspec.Raw] | None, pool: Pool) -> dict[str, State]:
    """Put every resource of every key into the pool; the state of each key is returned."""
    states: dict[str, State] = {}
    for key, raw in (prefetch or {}).items():
        states[key] = _read(key, raw, pool)
    return states


def _read(key: str, raw: msgspec.Raw, pool: Pool) -> State:
    path = f"prefetch.{key}"
    if bytes(raw).strip() == b"null":
        return State.none
    try:
        kind = fhir.peek(raw).resourceType
        bundle = fhir.decode(raw) if kind == "Bundle" else None
    except fhir.Unreadable as error:
        pool.troubles.append(Trouble("unreadable", path, error.resource_type))
        return State.unknown
    if kind == "OperationOutcome":
        return State.unknown
    if isinstance(bundle, fhir.Bundle):
        return _read_bundle(bundle, path, pool)
    pool.add(raw, path)
    return State.supplied


def _read_bundle(bundle: fhir.Bundle, path: str, pool: Pool) -> State:
    """A searchset may carry an OperationOutcome beside its matches; alone it means that the search failed."""
    kinds = []
    for entry in bundle.entry:
        try:
            kinds.append(fhir.peek(entry.resource).resourceType if bytes(entry.resource) else "")
        except fhir.Unreadable:
            kinds.append("unreadable")
    pool.add_bundle(bundle, path)
    matches = [k for k in kinds if k not in ("OperationOutcome", "")]
    if matches:
        return State.supplied
    return State.unknown if "OperationOutcome" in kinds else State.none
