"""The real application on a real server, and the playground in a real browser that is watched while it works."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import ConsoleMessage, Locator, Page
from waitress import wasyncore
from waitress.server import create_server

from cds_service.app import create_app
from cds_service.settings import Settings


@pytest.fixture(scope="session")
def application() -> Flask:
    """The application in development mode."""
    return create_app(Settings(development=True))


@pytest.fixture
def client(application: Flask) -> FlaskClient:
    """Calls without a network."""
    return application.test_client()


@pytest.fixture(scope="session")
def address(application: Flask) -> Iterator[str]:
    """Where the application is served on a free port of this machine, without a slash at the end."""
    server: Any = create_server(application, host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    # Sockets are closed in the thread that waits on them; with none left it ends.
    server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map, ignore_all=True))
    thread.join(timeout=10)
    server.task_dispatcher.shutdown()
    assert not thread.is_alive()


@dataclass
class Playground:
    """The page, and what it did: its requests and what it complained of on the console."""

    page: Page
    address: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._listen)

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def open(self, fragment: str = "") -> None:
        """The page with its list of fixtures; with a fragment, the fixture of that name."""
        self.page.goto(f"{self.address}/{fragment and '#' + fragment}")
        self.page.locator("#fixtures button").first.wait_for()

    def choose(self, name: str) -> None:
        """Click a fixture of the list and wait for the answer to it."""
        self.page.locator(f'#fixtures [data-name="{name}"]').click()
        self.settle()

    def ask(self, text: str | None = None) -> None:
        """Press Ask, after putting `text` into the editor if there is one."""
        if text is not None:
            if not self.page.locator("#body").is_visible():
                self.page.locator("#editor > summary").click()
            self.page.locator("#body").fill(text)
        self.page.get_by_role("button", name="Ask", exact=True).click()
        self.settle()

    def settle(self) -> None:
        """Wait until no call is under way."""
        self.page.locator("#answer:not([aria-busy])").wait_for()

    @property
    def cards(self) -> Locator:
        """The cards that are shown."""
        return self.page.locator("article.card")

    @property
    def text(self) -> str:
        """The request in the editor."""
        return self.page.locator("#body").input_value()

    def refused(self, status: int) -> None:
        """Expect that the browser's console tells of one answer of this status, as it does of each refusal."""
        told = next((text for text in self.complaints if f"status of {status}" in text), None)
        assert told is not None, self.complaints
        self.complaints.remove(told)


@pytest.fixture
def playground(page: Page, address: str) -> Iterator[Playground]:
    """The playground opened; afterwards: no complaint on the console, and no request to any other host."""
    made = Playground(page, address)
    made.open()
    yield made
    assert made.complaints == []
    assert [url for url in made.requests if not url.startswith(f"{address}/")] == []
