"""Several rules that would change one line, or two lines of one code: which of them speak (M-2)."""

from __future__ import annotations

from pathlib import Path

from tests.engine.test_settle import GUIDANCE, REMOVE, TO_G6002
from tests.engine.world import engine, rule, speaking, told, world


def test_of_two_changes_of_one_kind_the_stricter_stays(tmp_path: Path) -> None:
    made = engine(
        tmp_path,
        rule("mild", kind="bundling", severity="info", remedies=TO_G6002),
        rule("strict", kind="bundling", severity="critical", remedies=REMOVE),
    )
    assert speaking(made.evaluate(world("77387"))) == [["strict"]]


def test_a_line_to_add_is_told_beside_one_that_goes(tmp_path: Path) -> None:
    made = engine(
        tmp_path,
        rule("goes", kind="bundling", severity="critical", remedies=REMOVE),
        rule("adds", kind="code-choice-by-setting", remedies=[{"action": "add-line", "code": "77402"}]),
    )
    assert speaking(made.evaluate(world("77387"))) == [["goes"], ["adds"]]


def test_a_second_line_of_one_code_goes_whatever_becomes_of_the_first(tmp_path: Path) -> None:
    twice = rule(
        "twice",
        {"line_yes_no": {"is": "yes"}, "other_lines": {"some": GUIDANCE}},
        kind="same-day-exclusion",
        others={"from": "other_lines", "where": GUIDANCE},
        remedies=REMOVE,
    )
    goes = rule("goes", {"line_yes_no": {"known": "no"}}, kind="bundling", remedies=REMOVE)
    case = world("77387", "77387-26")
    case.units[0].lines[1].answers["line_yes_no"] = True
    assert sorted(told(engine(tmp_path, twice, goes).evaluate(case))) == [
        ("bundling", "warning", "1:77387", "remove-line 77387"),
        ("same-day-exclusion", "warning", "2:77387-26", "remove-line 77387"),
    ]
