"""The start page of development mode: it asks the service as an EHR does and shows why it answers.

A request lives in the browser's page and in the one call that it makes; of the call is kept what
docs/what-is-stored.md lists.
"""

from __future__ import annotations

from typing import Any, Final, Protocol

from flask import Blueprint, Response, jsonify, request

from cds_service.request import gate
from cds_service.request.errors import Problem, Refusal
from cds_service.web.pages.markdown import to_html
from fhir_fixtures import stories

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
TEXTS_LIMIT: Final = 200
"""Markdown texts rendered in one call; an answer has far fewer cards."""

TEXT_LIMIT: Final = 20_000
"""Characters of one Markdown text."""


class Explainer(Protocol):
    """What the playground needs of the advisor."""

    def explain(self, service_id: str, body: bytes) -> list[dict[str, Any]]:
        """The rules asked about each line of the request, with their conditions and values."""
        ...


def playground_blueprint(advisor: Explainer) -> Blueprint:
    """The page at `/`, its assets, and its helpers under `/playground`; only for development mode.

    These helpers raise `Refusal`, which the application turns into an OperationOutcome as the service's own.
    """
    pages = Blueprint("playground", __name__, static_folder="static", static_url_path="/playground/static")

    @pages.get("/")
    def index() -> Response:
        return pages.send_static_file("index.html")

    @pages.get("/playground/fixtures")
    def fixtures() -> Response:
        return jsonify([{"name": s.name, "story": s.story, "service": s.service} for s in stories()])

    @pages.get("/playground/fixtures/<name>")
    def fixture(name: str) -> Response:
        story = next((story for story in stories() if story.name == name), None)
        if story is None:
            raise _refused(
                404, "not-found", "fixture", "No fixture has this name.", "/playground/fixtures lists all."
            )
        # The file as it is: its order and layout are made to be read.
        return Response(story.path.read_text(encoding="utf-8"), mimetype="application/json")

    @pages.post("/playground/explain")
    def explain() -> Response:
        service = request.args.get("service", "")
        if not service:
            raise _refused(400, "required", "service", "The query parameter is missing.", "Add ?service=ID.")
        return jsonify({"trace": advisor.explain(service, request.get_data())})

    @pages.post("/playground/markdown")
    def markdown() -> Response:
        content = gate.parse(request.get_data())
        texts = content.get("texts") if isinstance(content, dict) else None
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise _refused(400, "structure", "texts", "It is no list of texts.", 'Send {"texts": ["…"]}.')
        if len(texts) > TEXTS_LIMIT or any(len(text) > TEXT_LIMIT for text in texts):
            limits = f"Send at most {TEXTS_LIMIT} texts of at most {TEXT_LIMIT} characters each."
            raise _refused(413, "too-long", "texts", "It is too much text.", limits)
        return jsonify({"html": [to_html(text) for text in texts]})

    @pages.after_request
    def guard(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return pages


def _refused(status: int, code: str, where: str, what: str, remedy: str) -> Refusal:
    return Refusal(status, [Problem(where, what, remedy)], code=code)
