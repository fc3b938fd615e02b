"""Every error leaves as an OperationOutcome: never HTML, never a stack trace, never patient data."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from cds_service.logs import log_failure
from cds_service.request.errors import Problem, Refusal, no_service, operation_outcome

_LETTERS = {
    404: ("There is nothing at this address.", "GET /cds-services lists the services.", "not-found"),
    405: ("This address does not take this method.", "Discovery is GET, calls are POST.", "not-supported"),
    413: ("The request is too large.", "Send fewer resources.", "too-long"),
}


def register_errors(app: Flask, services: Collection[str] | None = None) -> None:
    """Handlers for refusals, HTTP errors and everything else. With `services`, an id that is none of them is
    not found, whatever the method.
    """

    @app.errorhandler(Refusal)
    def refused(error: Refusal) -> Response:
        response = _answer(error.status, error.outcome())
        if error.retry_after:
            response.headers["Retry-After"] = str(error.retry_after)
        return response

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        unknown = services is not None and _names_no_service(request.path, services)
        if unknown and isinstance(error, MethodNotAllowed):
            return _answer(404, no_service().outcome())
        status = error.code or 500
        what, remedy, code = _LETTERS.get(
            status, ("The request was refused.", "Check the request.", "invalid")
        )
        response = _answer(status, operation_outcome([Problem("", what, remedy)], code))
        if isinstance(error, MethodNotAllowed):
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
        return response

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        incident = str(uuid.uuid4())
        log_failure(incident, request.endpoint or "", error)
        problem = Problem(
            "", "The service failed on this request.", f"Tell the operator this number: {incident}."
        )
        return _answer(500, operation_outcome([problem], "exception"))


def _names_no_service(path: str, services: Collection[str]) -> bool:
    root, _, rest = path.strip("/").partition("/")
    return root == "cds-services" and bool(rest) and rest.partition("/")[0] not in services


def _answer(status: int, outcome: dict[str, object]) -> Response:
    response = jsonify(outcome)
    response.status_code = status
    return response
