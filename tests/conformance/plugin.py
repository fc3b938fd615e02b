"""The part of the suite's machinery that concerns conformance: the watch, and the count at the end of a run."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from cds_service.clock import today
from tests.conformance.table import ROOT, ROWS, Results, proven_rows, summary
from tests.conformance.threats import record
from tests.conformance.watch import WATCH, watched

RECORD = "CONFORMANCE_RECORD"
"""Environment variable: the file that takes the results of the named tests (`make security-page`)."""


class Conformance:
    """Registered by tests/conftest.py."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self.results = Results()

    def pytest_sessionstart(self) -> None:
        self._stack.enter_context(watched())

    def pytest_sessionfinish(self) -> None:
        self._stack.close()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self) -> Generator[None, Any, Any]:
        return (yield from _judged())

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None, Any, Any]:
        return (yield from _judged())

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.results.add(report.nodeid, report.when, report.outcome)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.write_line(summary(ROWS, proven_rows(ROWS, self.results), self.results))
        if file := os.environ.get(RECORD):
            record(self.results, today().isoformat(), _commit(), Path(file))


def _judged() -> Generator[None, Any, Any]:
    """Fail what ran when an answer that it got was faulty; a failure of its own comes first."""
    try:
        result = yield
    finally:
        faults = WATCH.taken()
    if faults:
        shown = "\n".join(faults[:5])
        pytest.fail(
            f"Answers broke the rules that every answer keeps (tests/conformance/judge.py):\n{shown}",
            pytrace=False,
        )
    return result


def _commit() -> str:
    """The commit that is checked out, with `+` when files differ from it."""

    def git(*arguments: str) -> str:
        asked = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
        return asked.stdout.strip()

    return git("rev-parse", "--short=12", "HEAD") + ("+" if git("status", "--porcelain") else "")
