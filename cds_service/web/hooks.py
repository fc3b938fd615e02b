"""Discovery and calls of CDS Hooks 2.0 over HTTP."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from cds_service.request.errors import Problem, Refusal
from cds_service.service import Advisor
from cds_service.web.watch import answered

_JSON = "application/json"


def hooks_blueprint(advisor: Advisor) -> Blueprint:
    """`GET /cds-services` and `POST /cds-services/{id}`."""
    blueprint = Blueprint("hooks", __name__)

    @blueprint.get("/cds-services", strict_slashes=False)
    def discovery() -> Response:
        return jsonify({"services": [service.entry() for service in advisor.services.values()]})

    @blueprint.post("/cds-services/<service_id>", strict_slashes=False)
    def call(service_id: str) -> Response:
        if service_id in advisor.services:
            _require_json()
        answer = advisor.advise(service_id, request.get_data(cache=False))
        answered(answer.body.get("cards", ()))
        return Response(answer.encode(), status=answer.status, mimetype=_JSON)

    return blueprint


def _require_json() -> None:
    """Refuse bodies that cannot be JSON as the specification asks for it.

    Raises:
        Refusal: 415 for another media type or a compressed body.
    """
    kind = (request.mimetype or _JSON).lower()
    if kind != _JSON and not (kind.startswith("application/") and kind.endswith("+json")):
        raise Refusal(
            415,
            [
                Problem(
                    "Content-Type",
                    "The body is not declared as JSON.",
                    "Send Content-Type: application/json.",
                )
            ],
            code="not-supported",
        )
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Refusal(
            415,
            [Problem("Content-Encoding", "Compressed bodies are not read.", "Send the body as it is.")],
            code="not-supported",
        )
