"""Discovery and calls of CDS Hooks 2.0 over HTTP."""

from __future__ import annotations

from contextlib import nullcontext

from flask import Blueprint, Response, g, jsonify, request

from cds_service.request.errors import Problem, Refusal
from cds_service.service import Advisor
from cds_service.store.keeping import DECISION_HEADER, Keeping
from cds_service.trust.model import DEVELOPMENT, Client
from cds_service.web.watch import Call, answered, current_call

_JSON = "application/json"
_SHORT = 100_000
"""Bytes of a body whose call takes its turn; a longer one computes beside the others, which need not wait for it."""


def hooks_blueprint(advisor: Advisor, keeping: Keeping) -> Blueprint:
    """`GET /cds-services` and `POST /cds-services/{id}`. Answers are kept, and say under which identifier."""
    blueprint = Blueprint("hooks", __name__)

    @blueprint.get("/cds-services", strict_slashes=False)
    def discovery() -> Response:
        return jsonify({"services": [service.entry() for service in advisor.services.values()]})

    @blueprint.post("/cds-services/<service_id>", strict_slashes=False)
    def call(service_id: str) -> Response:
        if service_id in advisor.services:
            require_json()
        status, encoded, headers = answer_of(
            advisor, keeping, service_id, calling_client(), request.get_data(cache=False), current_call()
        )
        return Response(encoded, status=status, mimetype=_JSON, headers=headers)

    return blueprint


def answer_of(
    advisor: Advisor, keeping: Keeping, service_id: str, client: Client, body: bytes, call: Call
) -> tuple[int, bytes, list[tuple[str, str]]]:
    """Status, body and headers of its own of the answer to one call, which is counted and kept."""
    with advisor.turn if len(body) <= _SHORT else nullcontext():
        answer = advisor.advise(service_id, body, client=client)
        answered(answer.body.get("cards", ()), call)
        encoded = answer.encode()
        if service_id not in advisor.services:
            return answer.status, encoded, []
        decision = keeping.record(
            advisor.library, service_id, client, body, answer, encoded, advisor.turn.end
        )
    return answer.status, encoded, [(DECISION_HEADER, decision)]


def calling_client() -> Client:
    """The system that makes this request."""
    client: Client = g.get("client", DEVELOPMENT)
    return client


def require_json() -> None:
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
