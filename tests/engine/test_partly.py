"""Lines over the first or the last day of their code: which findings are about a part of them, and which day it is."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cds_service.engine.model import Finding
from cds_service.engine.partly import NOTE
from tests.engine.world import World, engine, rule, world

OLD = {"code": {"is": "77421"}}
SINCE_2010: dict[str, Any] = {"effective": {"from": "2010-01-01"}}
REMOVE = [{"action": "remove-line"}]


def over(first: date, last: date) -> World:
    """A claim with a line of a code that is valid from 2006 to 2014."""
    case = world("77421")
    (line,) = case.units[0].lines
    line.date, line.end = first, last
    case.units[0].start = first
    return case


def told(found: list[Finding]) -> list[tuple[str, str, bool, bool]]:
    return [
        (f.kind, f.summary.plain(), NOTE in [note.plain() for note in f.notes], f.by_hand)
        for f in sorted(found, key=lambda f: f.kind)
    ]


@pytest.mark.parametrize(
    ("first", "last", "day", "partly"),
    [
        (date(2014, 12, 30), date(2015, 1, 2), "2015-01-02", True),
        (date(2014, 12, 31), date(2015, 1, 1), "2015-01-01", True),
        (date(2015, 1, 1), date(2015, 1, 2), "2015-01-01", False),
        (date(2015, 1, 2), date(2015, 1, 2), "2015-01-02", False),
        (date(2014, 12, 30), date(2014, 12, 31), "2014-12-30", False),
    ],
)
def test_only_what_is_said_of_the_code_is_of_a_part_of_its_days(
    tmp_path: Path, first: date, last: date, day: str, partly: bool
) -> None:
    made = engine(
        tmp_path,
        rule(
            "invalid",
            OLD,
            kind="code-effective-date",
            summary="Not on {date}.",
            remedies=REMOVE,
            **SINCE_2010,
        ),
        rule("unneeded", OLD, kind="not-necessary", summary="Not needed on {date}.", **SINCE_2010),
    )
    assert told(list(made.evaluate(over(first, last)))) == [
        ("code-effective-date", f"Not on {day}.", partly, partly),
        ("not-necessary", f"Not needed on {first}.", False, False),
    ]


@pytest.mark.parametrize(
    ("first", "findings"), [(date(2014, 12, 30), [True, False]), (date(2015, 1, 2), [False])]
)
def test_a_removal_of_some_days_is_not_one_of_the_whole_line(
    tmp_path: Path, first: date, findings: list[bool]
) -> None:
    made = engine(
        tmp_path,
        rule("invalid", OLD, kind="code-effective-date", remedies=REMOVE, **SINCE_2010),
        rule("unneeded", OLD, kind="not-necessary", remedies=REMOVE, **SINCE_2010),
    )
    found = made.evaluate(over(first, date(2015, 1, 5)))
    assert [each.by_hand for each in found] == findings


def test_lines_of_which_one_stays_in_part_are_corrected_by_hand(tmp_path: Path) -> None:
    case = world("77421", "77421")
    whole, part = case.units[0].lines
    whole.date, whole.end = date(2015, 1, 2), date(2015, 1, 2)
    part.date, part.end = date(2014, 12, 30), date(2015, 1, 2)
    (found,) = engine(
        tmp_path, rule("invalid", OLD, kind="code-effective-date", remedies=REMOVE, **SINCE_2010)
    ).evaluate(case)
    assert len(found.lines) == 2
    assert found.by_hand


def test_what_is_said_of_the_claim_is_of_no_part_of_a_line(tmp_path: Path) -> None:
    asked = {"lines_of_claim": {"some": OLD}}
    made = engine(tmp_path, rule("claim", asked, for_each="unit", kind="code-effective-date", **SINCE_2010))
    found = list(made.evaluate(over(date(2014, 12, 30), date(2015, 1, 2))))
    assert told(found) == [("code-effective-date", "Summary of claim.", False, False)]
