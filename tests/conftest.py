"""Fixtures shared by the whole suite: a real browser that can reach nothing but this machine."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conformance.plugin import Conformance

ROOT = Path(__file__).resolve().parent.parent

# No name resolves but the loopback address, so that a page that asks for outside help is found out.
BROWSER_ARGUMENTS = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"]


def pytest_configure(config: pytest.Config) -> None:
    """Every answer of the suite is judged, and the rows of the specification that were proven are counted."""
    config.pluginmanager.register(Conformance(), "conformance")
    # What `igrt-cds serve` keeps by default goes to the data folder of its user: not to that of who runs the tests.
    data = tempfile.TemporaryDirectory(prefix="igrt-data-")
    os.environ["XDG_DATA_HOME"] = data.name
    config.add_cleanup(data.cleanup)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The Chromium that `scripts/ensure_browser.sh` finds; without one the test fails with its letter."""
    found = subprocess.run(
        [ROOT / "scripts" / "ensure_browser.sh", "--find"], capture_output=True, text=True, check=False
    )
    if found.returncode != 0:
        pytest.fail(found.stderr, pytrace=False)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found.stdout.strip(), args=BROWSER_ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page in a context of its own: no cookies or storage of another test."""
    context = browser.new_context()
    yield context.new_page()
    context.close()
