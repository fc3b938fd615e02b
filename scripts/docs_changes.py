"""The changes that docs/add-a-payer.md shows: each is one edit of the example payer, as `policies diff` tells it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from cds_service.books import POLICIES, load_library
from cds_service.engine.changes import Change
from cds_service.engine.diff import changes_between
from cds_service.engine.rule_words import span_words
from scripts.docs_letters import EXAMPLES, PAYER, Slip

EDITS = (
    Slip(
        "`severity: warning` instead of `critical`",
        "guidance.policy.yaml",
        "severity: critical",
        "severity: warning",
    ),
    Slip(
        "the rule ends a quarter earlier",
        "guidance.policy.yaml",
        "effective: {from: 2025-07-01, through: 2025-12-31}",
        "effective: {from: 2025-07-01, through: 2025-09-30}",
    ),
    Slip(
        "one more modifier in a condition",
        "guidance.policy.yaml",
        "modifiers: {has_none: [26, TC]}",
        "modifiers: {has_none: [26, TC, XU]}",
    ),
    Slip(
        "a further condition",
        "scope.policy.yaml",
        "line_of_business: {is: medicare-advantage}",
        "line_of_business: {is: medicare-advantage}\n      state: {is: FL}",
    ),
    Slip(
        "another id for the rule",
        "scope.policy.yaml",
        "id: gulf-palms-advantage-member",
        "id: advantage-member",
    ),
    Slip(
        "a statement in other words",
        "sources.yaml",
        "One unit of guidance a day.",
        "One unit of guidance each day.",
    ),
)


def told() -> Iterator[tuple[str, str]]:
    """What was edited, and the change in words."""
    old = load_library((POLICIES, EXAMPLES)).engine.book
    for edit in EDITS:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            shutil.copytree(EXAMPLES / PAYER, folder / PAYER)
            file = folder / PAYER / edit.file
            text = file.read_text("utf-8")
            if edit.old not in text:
                raise ValueError(
                    f"{edit.file} no longer holds {edit.old!r}. Correct scripts/docs_changes.py."
                )
            file.write_text(text.replace(edit.old, edit.new, 1), "utf-8")
            changes = changes_between(old, load_library((POLICIES, folder)).engine.book)
        yield edit.told, "; ".join(_words(change) for change in changes)


def _words(change: Change) -> str:
    said = []
    for detail in change.details:
        days = f"{span_words(detail.days)}: " if detail.days is not None and change.change != "dates" else ""
        said.append(days + "; ".join(detail.says))
    codes = f" ({', '.join(change.codes)})" if change.codes else ""
    return f"{change.who}, {change.what} `{change.name}`{codes}: {'; '.join(said)}"
