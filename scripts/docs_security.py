"""Writes docs/security.md: risks and threats, our controls, their tests and the last recorded result.

`make security-page` runs the suite, records what the named tests have shown (tests/conformance/last_run.json) and
calls this; `.venv/bin/python -m scripts.docs_security` alone takes the result that is recorded already.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.conformance.table import ROWS, Row
from tests.conformance.threats import LAST_RUN, Catalogue, Threat, catalogues

PAGE = Path(__file__).resolve().parents[1] / "docs" / "security.md"

_HEAD = """# Risks, threats and their proof

Made from `tests/conformance/threats.yaml` and `tests/conformance/cds_hooks.yaml`; do not edit by hand. Each row names
the control and the tests that fail when it does not hold. A row without a test says why. Advice on what a site has to
do itself is in [deploy.md](deploy.md).

**Last result** is that of the run of {day} on commit `{commit}`: *passed* when all tests of the row ran and passed in
it, *not run* when one of them was not part of it. It is a record and no promise: `make test` shows the state of what
you have, and ends with the count of the specification's rows. `make security-page` makes a new record.
"""


def page(run: Mapping[str, Any]) -> str:
    """The whole page, for a recorded run (`day`, `commit`, `tests`)."""
    outcomes: Mapping[str, str] = run["tests"]
    parts = [_HEAD.format(day=run["day"], commit=run["commit"])]
    parts += [_catalogue(catalogue, outcomes) for catalogue in catalogues()]
    parts.append(_specification(outcomes))
    return "\n".join(parts)


def state(row: Row | Threat, outcomes: Mapping[str, str]) -> str:
    """What the run has shown of a row."""
    found = [outcomes.get(test, "not run") for test in row.tests]
    if not found:
        return "–"
    return next((each for each in ("failed", "not run") if each in found), "passed")


def _catalogue(catalogue: Catalogue, outcomes: Mapping[str, str]) -> str:
    lines = [f"## {catalogue.title}", "", _count(catalogue.rows, outcomes), ""]
    lines += ["| id | risk | control | proof | last result |", "|---|---|---|---|---|"]
    lines += [
        f"| {row.id} | {row.title} | {row.control} | {_proof(row)} | {state(row, outcomes)} |"
        for row in catalogue.rows
    ]
    return "\n".join([*lines, ""])


def _specification(outcomes: Mapping[str, str]) -> str:
    lines = ["## CDS Hooks, row by row", "", _count(ROWS, outcomes), ""]
    lines += ["| id | level | requirement | proof | last result |", "|---|---|---|---|---|"]
    lines += [
        f"| {row.id} | {row.level} | {row.requirement} | {_proof(row)} | {state(row, outcomes)} |"
        for row in ROWS
    ]
    return "\n".join([*lines, ""])


def _count(rows: Sequence[Row | Threat], outcomes: Mapping[str, str]) -> str:
    passed = sum(state(row, outcomes) == "passed" for row in rows)
    without = sum(not row.tests for row in rows)
    rest = len(rows) - passed - without
    return f"{len(rows)} rows: {passed} passed, {rest} failed or not run, {without} without a test."


def _proof(row: Row | Threat) -> str:
    if not row.tests:
        return f"*No test:* {row.waiver}"
    return "<br>".join(f"`{test.removeprefix('tests/')}`" for test in row.tests)


def recorded() -> dict[str, Any]:
    """The recorded run."""
    found: dict[str, Any] = json.loads(LAST_RUN.read_text("utf-8"))
    return found


if __name__ == "__main__":
    PAGE.write_text(page(recorded()), encoding="utf-8")
