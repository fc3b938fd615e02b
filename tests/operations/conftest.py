"""The application with settings of a test's own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.settings import Settings

Client = Callable[..., FlaskClient]


@pytest.fixture
def client() -> Client:
    """Calls without a network, of an application with these settings."""

    def made(**settings: object) -> FlaskClient:
        return create_app(Settings(**settings)).test_client()  # type: ignore[arg-type]

    return made
