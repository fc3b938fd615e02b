"""Whether the OpenAPI description knows the statuses that are given."""

from __future__ import annotations

import re
from functools import lru_cache

from cds_service.request.services import services
from cds_service.web.openapi import document

_ADDRESSES = ("/cds-services/<service_id>/feedback", "/healthz", "/readyz", "/metrics", "/openapi.json")
_OF_A_SERVICE = re.compile(r"/cds-services/[^/]+(/feedback)?")
_ANY_SERVICE = next(iter(services()))
"""All services are described with the same statuses, and those that do not exist with none."""


@lru_cache(maxsize=1)
def _statuses() -> dict[tuple[str, str], frozenset[int]]:
    paths = document(services(), set(_ADDRESSES))["paths"]
    return {
        (method.upper(), path): frozenset(map(int, operation["responses"]))
        for path, operations in paths.items()
        for method, operation in operations.items()
    }


def status_faults(method: str, path: str, status: int) -> list[str]:
    """What is wrong with the status of an answer: nothing, where its address and method are not described."""
    path = path.rstrip("/")
    found = _OF_A_SERVICE.fullmatch(path)
    shown = f"/cds-services/{_ANY_SERVICE}{found[1] or ''}" if found else path
    described = _statuses().get((method, shown))
    if described is None or status in described or 300 <= status < 400:
        return []
    return [f"openapi.json does not know {status} of {method} {path}"]
