"""The service on a real server of this machine, with a store of the test's choice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.serving import make_server

from cds_service.app import create_app
from cds_service.settings import Settings
from cds_service.store.keeping import Keeping
from tests.contract.calls import Site


@contextmanager
def serving(keeping: Keeping) -> Iterator[Site]:
    """Its address, while it serves."""
    app = create_app(Settings(development=True), keeping=keeping)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    made = Site(f"http://127.0.0.1:{server.server_port}")
    try:
        yield made
    finally:
        made.session.close()
        server.shutdown()
        thread.join(timeout=10)
        server.server_close()
