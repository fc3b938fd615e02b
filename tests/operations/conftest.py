"""The application with settings of a test's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.settings import Settings
from tests.trust.tokens import signing_app

Client = Callable[..., FlaskClient]


@pytest.fixture
def client() -> Client:
    """Calls without a network, of an application with these settings."""

    def made(**settings: Any) -> FlaskClient:
        made = (
            create_app(Settings(development=True))
            if settings == {"development": True}
            else signing_app(**settings)
        )
        return made.test_client()

    return made
