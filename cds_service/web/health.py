"""`/healthz` (the process answers), `/readyz` (it can answer as it should) and `/metrics`.

The proxy that is shipped passes none of them on, and `/metrics` answers nobody who comes through a proxy.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, jsonify, request

from cds_service import metrics as counted
from cds_service.books import Library
from cds_service.health import LEVELS, Checks, Level

_FORWARDED = ("X-Forwarded-For", "Forwarded")


def health_blueprint(library: Library, checks: Checks) -> Blueprint:
    """The three addresses. `checks` may still be added to."""
    blueprint = Blueprint("health", __name__)
    book = library.engine.book

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return jsonify({"status": "ok", "policies": book.fingerprint})

    @blueprint.get("/readyz")
    def readyz() -> tuple[Response, int]:
        results: dict[str, dict[str, str]] = {}
        worst: Level = "ok"
        for name, health in checks.run():
            said: dict[str, str] = {"status": health.level}
            if health.public and health.level != "ok":
                said["what"] = health.what
            results[name] = said
            worst = max(worst, health.level, key=LEVELS.index)
        body = {
            "status": worst,
            "policies": book.fingerprint,
            "editions": [_edition(document) for document in book.documents.values()],
            "cms_quarters": list(library.knowledge.edits.quarters),
            "checks": results,
        }
        return jsonify(body), 503 if worst == "fail" else 200

    @blueprint.get("/metrics")
    def metrics() -> Response:
        if any(name in request.headers for name in _FORWARDED):
            abort(404)
        return Response(counted.exposition(), content_type=counted.CONTENT_TYPE)

    return blueprint


def _edition(document: Any) -> dict[str, str]:
    first, last = document.in_force.first, document.in_force.last
    days = {"from": first, "through": last}
    return {
        "document": document.id,
        "edition": document.edition,
        **{name: day.isoformat() for name, day in days.items() if day is not None},
    }
