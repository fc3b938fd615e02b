"""The service on a real server of this machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from waitress import wasyncore
from waitress.server import create_server

from cds_service.app import create_app
from cds_service.books import standard_library
from cds_service.service import Advisor
from tests.contract.calls import Site
from tests.trust import tokens


@pytest.fixture(scope="session")
def advisor() -> Advisor:
    """The calls without HTTP."""
    return Advisor(standard_library())


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """The service as it runs outside development mode, called by a registered client that signs each call."""
    server: Any = create_server(
        create_app(tokens.settings(), registry=tokens.registry()), host="127.0.0.1", port=0
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    made = Site(f"http://127.0.0.1:{server.effective_port}")
    made.session.auth = tokens.Signs()
    yield made
    made.session.close()
    # Sockets are closed in the thread that waits on them; with none left it ends.
    server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map, ignore_all=True))
    thread.join(timeout=10)
    server.task_dispatcher.shutdown()
    assert not thread.is_alive()
