"""Changes of a point: one value of one dimension each. A combination of changes gives another point."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from cds_service.proof.givens import DEFAULT_DAY, Given, moved_by, normal

ABSENT = None
"""The value of a member that the point does not have."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One step: `what` is done to the member `key` of the point, or to line `index` of the list `where`.

    Steps: set (a member of the point), line (a member of a line), add (a line), drop (a line), turn (the lines
    into the other order), move (every day, so that the first line under review falls on `value`).
    """

    what: str
    key: str = ""
    value: Any = ABSENT
    where: str = "lines"
    index: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """One value of a dimension, in plain words, with the steps that set it."""

    dimension: str
    words: str
    edits: tuple[Edit, ...]


_LAST = {"set": 0, "line": 1, "add": 2, "drop": 3, "turn": 4, "move": 5}


def changed(given: Given, changes: Iterable[Change]) -> Given:
    """The point after all the changes; lines are dropped last, so that their numbers hold."""
    made = normal(given)
    edits = [edit for change in changes for edit in change.edits]
    for edit in sorted(edits, key=lambda e: (_LAST[e.what], -e.index if e.what == "drop" else 0)):
        if edit.what == "move":
            made = _moved(made, str(edit.value))
        else:
            _STEPS[edit.what](made, edit)
    return made


def _set(given: Given, edit: Edit) -> None:
    if edit.value is ABSENT:
        given.pop(edit.key, None)
    else:
        given[edit.key] = edit.value


def _line(given: Given, edit: Edit) -> None:
    lines = given.get(edit.where, [])
    if edit.index < len(lines):
        if edit.value is ABSENT:
            lines[edit.index].pop(edit.key, None)
        else:
            lines[edit.index][edit.key] = edit.value


def _add(given: Given, edit: Edit) -> None:
    given[edit.where] = [*given.get(edit.where, []), dict(edit.value)]


def _drop(given: Given, edit: Edit) -> None:
    given[edit.where] = [line for n, line in enumerate(given.get(edit.where, [])) if n != edit.index]


def _turn(given: Given, edit: Edit) -> None:
    given[edit.where] = list(reversed(given.get(edit.where, [])))


_STEPS = {"set": _set, "line": _line, "add": _add, "drop": _drop, "turn": _turn}


def _moved(given: Given, day: str) -> Given:
    return moved_by(given, date.fromisoformat(day) - first_day(given))


def first_day(given: Given) -> date:
    """The day of the first line under review, else of the point."""
    lines = given.get("lines") or [{}]
    return date.fromisoformat(str(lines[0].get("date", given.get("date", DEFAULT_DAY))))
