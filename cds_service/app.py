"""The web application: the best place to start reading.

A call goes web.hooks -> service.Advisor -> request (envelope, prefetch) -> facts -> engine -> cards.
"""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from cds_service import metrics
from cds_service.books import Library, standard_library
from cds_service.fhir_client.authorities import authorities_of
from cds_service.fhir_client.limits import ReadLimits
from cds_service.fhir_client.reading import FhirReader
from cds_service.health import Checks
from cds_service.service import Advisor
from cds_service.settings import Settings
from cds_service.store.health import store_check
from cds_service.store.keeping import Keeping, keeping_in_memory
from cds_service.tracing import NO_TRACER, tracer_of
from cds_service.trust.model import Registry
from cds_service.trust.registry import registry_of
from cds_service.trust.replay import Ledger
from cds_service.web.auth import register_authentication
from cds_service.web.errors import register_errors
from cds_service.web.feedback import feedback_blueprint
from cds_service.web.headers import register_headers
from cds_service.web.health import health_blueprint
from cds_service.web.hooks import hooks_blueprint
from cds_service.web.limits import Limits, register_limits, register_rate
from cds_service.web.openapi import openapi_blueprint
from cds_service.web.pages.playground import playground_blueprint
from cds_service.web.shortcut import Shortcut
from cds_service.web.watch import register_watch


def create_app(
    settings: Settings | None = None,
    library: Library | None = None,
    registry: Registry | None = None,
    ledger: Ledger | None = None,
    keeping: Keeping | None = None,
) -> Flask:
    """The Flask application.

    Args:
        settings: how to run; the defaults show no pages.
        library: policies to apply; those of the package and of IGRT_CDS_POLICY_PATH by default.
        registry: the clients that may call; those of the file that IGRT_CDS_TRUST names by default.
        ledger: tokens seen, for all processes that serve; those of `keeping` by default.
        keeping: where answers, feedback and tokens seen are kept; in the database of the settings, or in memory,
            by default.

    Raises:
        PolicyError: the policies cannot be used; every problem is listed.
        SettingError: a setting of the environment cannot be used, or nobody is registered outside development.
    """
    settings = settings or Settings()
    reader = FhirReader(
        ReadLimits(
            budget=settings.fhir_budget,
            ca_file=authorities_of(settings),
            http_on_loopback=settings.development,
        ),
        metrics.count_fhir_read,
    )
    advisor = Advisor(library or standard_library(), settings.claim_hook, reader)
    app = Flask(__name__, static_folder=None)
    app.url_map.merge_slashes = (
        False  # an address with one slash too many is unknown; werkzeug would redirect in HTML
    )
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body
    app.json.sort_keys = False  # type: ignore[attr-defined]
    registry = registry or registry_of(settings)
    origins = {origin for client in (registry.clients if registry else ()) for origin in client.origins}
    limits = Limits(settings)
    keeping = keeping or keeping_in_memory(settings)
    checks = Checks()
    checks.add("database", store_check(keeping))
    # First what has to see every request and every answer; then, in this order, what may refuse one.
    tracer = tracer_of(settings)
    register_watch(app, {s.id: s.hook for s in advisor.services.values()}, tracer)
    register_headers(app, settings, origins)
    register_limits(app, limits)
    recognise = register_authentication(app, settings, registry, ledger or keeping.tokens)
    register_rate(app, limits)
    register_errors(app, advisor.services)
    app.register_blueprint(hooks_blueprint(advisor, keeping))
    app.register_blueprint(feedback_blueprint(advisor, keeping))
    app.register_blueprint(health_blueprint(advisor.library, checks))
    app.register_blueprint(openapi_blueprint(advisor.services))
    if settings.development:
        app.register_blueprint(playground_blueprint(advisor))
    if tracer is NO_TRACER and (registry is None or settings.public_url):
        # The calls of every day, without Flask around them; it has the last word on all others.
        app.wsgi_app = Shortcut(app.wsgi_app, settings, advisor, keeping, limits, recognise)  # type: ignore[method-assign]
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies, x_host=0)  # type: ignore[method-assign]
    return app
