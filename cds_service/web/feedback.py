"""What became of the cards (CDS Hooks 2.0, Feedback): `POST /cds-services/{id}/feedback`."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from cds_service.clock import now
from cds_service.request.errors import Problem, Refusal, no_service, operation_outcome
from cds_service.request.feedback import MOST_BYTES, read_feedback
from cds_service.request.gate import Limits, parse
from cds_service.service import Advisor
from cds_service.store.database import StoreUnavailable
from cds_service.store.keeping import Keeping
from cds_service.web.hooks import calling_client, require_json

_LIMITS = Limits(size=MOST_BYTES)
_RETRY_AFTER = 5
"""Seconds after which a client may try again."""


def feedback_blueprint(advisor: Advisor, keeping: Keeping) -> Blueprint:
    """Feedback on cards of the services, from the client that they were issued to.

    200 means that all of it is on the disk; any other status that none of it counts.
    """
    blueprint = Blueprint("feedback", __name__)

    @blueprint.post("/cds-services/<service_id>/feedback", strict_slashes=False)
    def feedback(service_id: str) -> Response:
        if service_id not in advisor.services:
            raise no_service()
        require_json()
        given = read_feedback(_decoded(request.get_data(cache=False)), now())
        done = keeping.feedback(calling_client().name, service_id, given)
        return jsonify({"stored": done.stored, "repeated": done.repeated, "commentsNotKept": given.comments})

    @blueprint.errorhandler(StoreUnavailable)
    def unavailable(_error: StoreUnavailable) -> Response:
        problem = Problem(
            "", "Feedback cannot be stored at the moment.", f"Send it again in {_RETRY_AFTER} seconds."
        )
        response = jsonify(operation_outcome([problem], "transient"))
        response.status_code = 503
        response.headers["Retry-After"] = str(_RETRY_AFTER)
        return response

    return blueprint


def _decoded(body: bytes) -> Any:
    """The body as JSON.

    Raises:
        Refusal: 413 when it is too large, 400 when it is not JSON that everybody reads alike.
    """
    if len(body) > MOST_BYTES:
        what = f"The feedback is larger than {MOST_BYTES // 1024} KiB."
        raise Refusal(413, [Problem("", what, "Send it in several calls.")], code="too-long")
    return parse(body, _LIMITS)
