"""Every fixture's answer, asked once, and the application without a network."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.books import standard_library
from cds_service.service import Advisor
from fhir_fixtures import stories
from tests.contract.conftest import site
from tests.trust.tokens import signing_app

__all__ = ["site"]

DAY = date(2026, 11, 23)


@dataclass(frozen=True)
class Told:
    """A fixture's request and the answer to it, as JSON."""

    name: str
    service: str
    request: dict[str, Any]
    answer: dict[str, Any]

    @property
    def cards(self) -> list[dict[str, Any]]:
        return list(self.answer["cards"])

    @property
    def suggestions(self) -> list[dict[str, Any]]:
        return [each for card in self.cards for each in card.get("suggestions", ())]

    @property
    def actions(self) -> list[dict[str, Any]]:
        return [action for each in self.suggestions for action in each["actions"]]


@pytest.fixture(scope="session")
def told() -> list[Told]:
    """The answers of status 200."""
    advisor = Advisor(standard_library())
    asked = [(story, advisor.advise(story.service, story.path.read_bytes(), DAY)) for story in stories()]
    return [
        Told(story.name, story.service, story.request(), json.loads(answer.encode()))
        for story, answer in asked
        if answer.status == 200
    ]


@pytest.fixture(scope="session")
def cards(told: list[Told]) -> list[dict[str, Any]]:
    """All cards of all answers."""
    found = [card for each in told for card in each.cards]
    assert len(found) > 100
    return found


@pytest.fixture(scope="session")
def client() -> FlaskClient:
    """The application as it runs outside development, called by a registered client, without a network."""
    return signing_app().test_client()
