"""The web application: the best place to start reading.

A call goes web.hooks -> service.Advisor -> request (envelope, prefetch) -> facts -> engine -> cards.
"""

from __future__ import annotations

from flask import Flask, Response, jsonify
from flask_cors import CORS

from cds_service.books import Library, standard_library
from cds_service.service import Advisor
from cds_service.settings import Settings
from cds_service.store.keeping import Keeping, keeping_in_memory
from cds_service.web.errors import register_errors
from cds_service.web.feedback import feedback_blueprint
from cds_service.web.hooks import hooks_blueprint
from cds_service.web.pages.playground import playground_blueprint


def create_app(
    settings: Settings | None = None, library: Library | None = None, keeping: Keeping | None = None
) -> Flask:
    """The Flask application.

    Args:
        settings: how to run; the defaults show no pages.
        library: policies to apply; those of the package and of IGRT_CDS_POLICY_PATH by default.
        keeping: where answers and feedback are kept; in the database of the settings, or in memory, by default.

    Raises:
        PolicyError: the policies cannot be used; every problem is listed.
        SettingError: a setting of the environment cannot be used.
    """
    settings = settings or Settings()
    advisor = Advisor(library or standard_library(), settings.claim_hook)
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body
    app.json.sort_keys = False  # type: ignore[attr-defined]
    register_errors(app)
    keeping = keeping or keeping_in_memory(settings)
    app.register_blueprint(hooks_blueprint(advisor, keeping))
    app.register_blueprint(feedback_blueprint(advisor, keeping))

    @app.get("/healthz")
    def health() -> Response:
        return jsonify({"status": "ok", "policies": advisor.library.engine.book.fingerprint})

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    if settings.development:
        app.register_blueprint(playground_blueprint(advisor))
        CORS(app, resources={r"/cds-services.*": {"origins": "*"}})
    return app
