"""The service on a real server of this machine, with a store of the test's choice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from waitress import wasyncore
from waitress.server import create_server

from cds_service.app import create_app
from cds_service.settings import Settings
from cds_service.store.keeping import Keeping
from tests.contract.calls import Site


@contextmanager
def serving(keeping: Keeping) -> Iterator[Site]:
    """Its address, while it serves."""
    server: Any = create_server(
        create_app(Settings(development=True), keeping=keeping), host="127.0.0.1", port=0
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    made = Site(f"http://127.0.0.1:{server.effective_port}")
    yield made
    made.session.close()
    server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map, ignore_all=True))
    thread.join(timeout=10)
    server.task_dispatcher.shutdown()
