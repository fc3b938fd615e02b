"""The orders that an order is based on."""

from __future__ import annotations

from cds_service.facts import fhir
from cds_service.facts.pool import Pool

_WITHDRAWN = frozenset({"entered-in-error", "revoked"})
_MAX_HOPS = 4
"""Plan, phase, course and the prescription behind it."""


def is_order(request: fhir.ServiceRequest) -> bool:
    """Whether the request asks for something: not withdrawn, and no order not to do it."""
    return not request.doNotPerform and request.status not in _WITHDRAWN


def parents_of(request: fhir.ServiceRequest, pool: Pool) -> list[list[fhir.ServiceRequest]]:
    """The orders that the order is based on, the nearest first: one list for each step up."""
    level = [request]
    seen = {_key(request, pool)}
    found = []
    for _ in range(_MAX_HOPS):
        parents: list[fhir.ServiceRequest] = []
        for child in level:
            for reference in child.basedOn:
                parent = pool.find(reference, child, fhir.ServiceRequest)
                if parent and is_order(parent) and (key := _key(parent, pool)) not in seen:
                    seen.add(key)
                    parents.append(parent)
        if not parents:
            break
        found.append(parents)
        level = parents
    return found


def _key(request: fhir.ServiceRequest, pool: Pool) -> str | int:
    """What tells an order from others; the id of a contained one is unique in its container only."""
    return id(request) if pool.container_of(request) else request.id or id(request)
