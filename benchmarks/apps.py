"""Applications that the benchmarks put on the same server, made by a factory each (`granian --factory`)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

REPLY = "IGRT_BENCH_REPLY"
"""Environment variable: the file with the answer of the no-op, of the size of the service's own."""
STORE = "IGRT_BENCH_STORE"
"""Environment variable: the URL of the service's database."""


def noop() -> Flask:
    """The yardstick: parses the same body with `json`, and returns cards of the same size that it has ready."""
    app = Flask("noop", static_folder=None)
    reply = Path(os.environ[REPLY]).read_bytes()

    @app.post("/cds-services/<service>")
    def call(service: str) -> Response:
        json.loads(request.get_data(cache=False))
        return Response(reply, mimetype="application/json")

    return app


def service() -> Flask:
    """The service as `serve` runs it: whole rulebook, log lines, metrics, a database file; no limit of calls."""
    from cds_service.app import create_app
    from cds_service.logs import configure
    from cds_service.memory import keep_what_is_loaded
    from cds_service.settings import Settings
    from cds_service.store.database import Store
    from cds_service.store.keeping import open_keeping

    configure("info")
    settings = Settings(development=True, rate_limit=0)
    app = create_app(settings, keeping=open_keeping(settings, Store(os.environ[STORE])))
    keep_what_is_loaded()
    return app


def strict() -> Flask:
    """The service with full fhir.resources models in front: every resource of the body is validated first."""
    from cds_service.request.strict import require_valid
    from cds_service.service import Advisor, Answer

    advise = Advisor.advise

    def validated(self: Advisor, service_id: str, body: bytes, *given: Any, **named: Any) -> Answer:
        require_valid(body)
        return advise(self, service_id, body, *given, **named)

    Advisor.advise = validated  # type: ignore[method-assign]  # in a process of its own
    return service()
