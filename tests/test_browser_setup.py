"""The browser of the page tests: it runs scripts, is cut off from the network, and its absence is said."""

from __future__ import annotations

import os
import subprocess

import pytest
from playwright.sync_api import Error, Page

from tests.conftest import ROOT

SCRIPT = ROOT / "scripts" / "ensure_browser.sh"


@pytest.mark.browser
def test_browser_runs_scripts(page: Page) -> None:
    page.set_content("<p id=sum></p><script>document.getElementById('sum').textContent = 20 + 22</script>")
    assert page.text_content("#sum") == "42"


@pytest.mark.browser
@pytest.mark.parametrize("address", ["http://example.org/", "http://localhost.example/"])
def test_browser_reaches_no_other_host(page: Page, address: str) -> None:
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        page.goto(address)


def run_script(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SCRIPT, "--find"], capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )


def test_missing_browser_gives_a_letter() -> None:
    done = run_script(IGRT_CDS_BROWSER="no-such-browser")
    assert done.returncode == 1
    assert done.stdout == ""
    for part in ("no-such-browser", "What to do:", "apt-get install chromium", "IGRT_CDS_BROWSER="):
        assert part in done.stderr


def test_named_browser_is_used(tmp_path) -> None:
    binary = tmp_path / "my-chromium"
    binary.write_text("#!/bin/sh\n")
    binary.chmod(0o755)
    done = run_script(IGRT_CDS_BROWSER=str(binary))
    assert (done.returncode, done.stdout.strip()) == (0, str(binary))
