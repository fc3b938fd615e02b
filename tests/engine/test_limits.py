"""Lines over one unit limit: one finding, a reduction for each line, last lines first (contract section 4)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from tests.engine.world import engine, rule, told, world

TO_FACT = [{"action": "reduce-units", "to": {"fact": "line_number"}}]


def limit(name: str = "one", **finding: Any) -> dict[str, Any]:
    return rule(name, kind="unit-limit", remedies=TO_FACT, **finding)


def claim(*lines: tuple[str, float, int], day: int = 3) -> Any:
    """A claim whose lines are (code, units left, day of June)."""
    case = world(*(code for code, _, _ in lines))
    for item, (_, left, on) in zip(case.units[0].lines, lines, strict=True):
        item.units, item.answers["line_number"] = 2, left
        item.date = item.end = date(2024, 6, on)
    return case


def test_one_line_over_the_limit_has_a_plain_remedy(tmp_path: Path) -> None:
    (found,) = engine(tmp_path, limit()).evaluate(claim(("77014", 1, 3)))
    assert told([found]) == [("unit-limit", "warning", "1:77014", "reduce-units 77014 -> 1")]
    assert not found.all_of


def test_lines_of_one_date_belong_together_last_first(tmp_path: Path) -> None:
    (found,) = engine(tmp_path, limit()).evaluate(claim(("77014", 1, 3), ("77014", 0, 3)))
    assert told([found]) == [
        (
            "unit-limit",
            "warning",
            "1:77014 2:77014",
            "remove-line 77014 (line 2) | reduce-units 77014 -> 1 (line 1)",
        )
    ]
    assert found.all_of


def test_dates_have_limits_of_their_own(tmp_path: Path) -> None:
    found = engine(tmp_path, limit()).evaluate(claim(("77014", 1, 3), ("77014", 0, 4)))
    assert sorted(told(found)) == [
        ("unit-limit", "warning", "1:77014", "reduce-units 77014 -> 1"),
        ("unit-limit", "warning", "2:77014", "remove-line 77014"),
    ]


def test_the_same_reduction_on_two_dates_stays_one_finding_of_alternatives(tmp_path: Path) -> None:
    (found,) = engine(tmp_path, limit()).evaluate(claim(("77014", 1, 3), ("77014", 1, 4)))
    assert told([found]) == [("unit-limit", "warning", "1:77014 2:77014", "reduce-units 77014 -> 1")]
    assert not found.all_of


def test_codes_and_components_of_one_date_have_limits_of_their_own(tmp_path: Path) -> None:
    found = engine(tmp_path, limit()).evaluate(claim(("77014", 1, 3), ("G6002", 1, 3), ("77014-26", 1, 3)))
    assert all(not f.all_of for f in found)
    assert {f.remedies[0].code for f in found} == {"77014", "G6002"}


def test_a_limit_of_the_course_joins_dates_and_codes(tmp_path: Path) -> None:
    case = claim(("77014", 0, 9), ("G6002", 1, 3))
    (found,) = engine(tmp_path, limit(limit_per="course")).evaluate(case)
    assert told([found]) == [
        (
            "unit-limit",
            "warning",
            "2:G6002 1:77014",
            "remove-line 77014 (line 1) | reduce-units G6002 -> 1 (line 2)",
        )
    ]
    assert found.all_of


def test_two_courses_have_a_limit_each(tmp_path: Path) -> None:
    case = claim(("77014", 0, 9), ("77014", 1, 3))
    case.units[0].lines[1].course_number = 7
    found = engine(tmp_path, limit(limit_per="course")).evaluate(case)
    assert sorted(told(found)) == [
        ("unit-limit", "warning", "1:77014", "remove-line 77014"),
        ("unit-limit", "warning", "2:77014", "reduce-units 77014 -> 1"),
    ]


def test_another_severity_is_another_finding(tmp_path: Path) -> None:
    steps = [{"when": {"line_yes_no": {"is": "yes"}}, "then": "info"}, {"otherwise": "warning"}]
    case = claim(("77014", 1, 3), ("77014", 0, 3))
    case.units[0].lines[1].answers["line_yes_no"] = True
    found = engine(tmp_path, limit(severity={"first_of": steps})).evaluate(case)
    assert sorted(told(found)) == [
        ("unit-limit", "info", "2:77014", "remove-line 77014"),
        ("unit-limit", "warning", "1:77014", "reduce-units 77014 -> 1"),
    ]


def test_two_rules_with_one_limit_are_one_finding(tmp_path: Path) -> None:
    made = engine(tmp_path, limit("one"), limit("two"))
    (found,) = made.evaluate(claim(("77014", 1, 3), ("77014", 0, 3)))
    assert found.all_of
    assert found.rules == ("DOC-ONE", "DOC-TWO")


def test_a_removal_that_was_no_reduction_joins_nothing(tmp_path: Path) -> None:
    made = engine(tmp_path, rule("one", kind="unit-limit", remedies=[{"action": "remove-line"}]))
    (found,) = made.evaluate(claim(("77014", 1, 3), ("77014", 0, 3)))
    assert told([found]) == [("unit-limit", "warning", "1:77014 2:77014", "remove-line 77014")]
    assert not found.all_of


def removed(
    first: str, second: str, left: int, units: float = 2, day: int = 3, goes: int = 0, **finding: Any
) -> list[tuple[str, ...]]:
    """What is said of the one line when the other, of these two by its number, is removed for another reason."""
    import tempfile

    case = claim((first, 9, day), (second, 9, 3))
    gone_line, stays = (case.units[0].lines[n] for n in (goes, 1 - goes))
    gone_line.answers["line_yes_no"] = True
    stays.units, stays.answers["line_number"] = units, left
    gone = rule(
        "gone",
        {"line_yes_no": {"is": "yes"}},
        kind="bundling",
        remedies=[{"action": "remove-line"}],
        **finding,
    )
    over = limit("over") | {"when": {"line_yes_no": {"known": "no"}}}
    with tempfile.TemporaryDirectory() as folder:
        found = engine(Path(folder), gone, over).evaluate(case)
    return [t for t in told(found) if t[0] == "unit-limit"]


def test_a_line_that_goes_uses_up_nothing_of_the_limit() -> None:
    assert removed("77014", "77014", 0) == []


def test_what_is_over_the_limit_without_it_stays_over() -> None:
    found = removed("77014", "77014", 0, units=3)
    assert found == [("unit-limit", "warning", "2:77014", "reduce-units 77014 -> 2")]
    found = removed("77014", "77014", 1, units=4)
    assert found == [("unit-limit", "warning", "2:77014", "reduce-units 77014 -> 3")]


def test_a_line_that_is_no_longer_over_the_limit_keeps_its_suggestions(tmp_path: Path) -> None:
    case = claim(("77014", 9, 3), ("77014", 0, 3))
    case.units[0].lines[0].answers["line_yes_no"] = True
    stays = {"line_yes_no": {"known": "no"}}
    made = engine(
        tmp_path,
        rule("gone", {"line_yes_no": {"is": "yes"}}, kind="bundling", remedies=[{"action": "remove-line"}]),
        limit("over") | {"when": stays},
        rule("further", stays, remedies=[{"action": "add-modifier", "modifier": "26"}]),
    )
    assert told(made.evaluate(case)) == [
        ("bundling", "warning", "1:77014", "remove-line 77014"),
        ("modifier", "warning", "2:77014", "add-modifier 77014 26"),
    ]


def test_a_line_that_may_go_still_counts() -> None:
    """What is lowered because the situation is not certain hides nothing that is."""
    caps = [{"when": {"code": {"is": "77014"}}, "at_most": "info"}]
    found = removed("77014", "77014", 1, caps=caps)
    assert found == [("unit-limit", "warning", "2:77014", "reduce-units 77014 -> 1")]


def test_a_line_that_stands_after_it_or_on_another_day_had_used_up_nothing() -> None:
    found = removed("77014", "77014", 1, goes=1)
    assert found == [("unit-limit", "warning", "1:77014", "reduce-units 77014 -> 1")]
    found = removed("77014", "77014", 1, day=2)
    assert found == [("unit-limit", "warning", "2:77014", "reduce-units 77014 -> 1")]


def test_a_line_of_another_component_or_code_is_none_of_the_limit() -> None:
    over = [("unit-limit", "warning", "2:77014", "reduce-units 77014 -> 1")]
    assert removed("77014-26", "77014", 1) == over
    assert removed("G6002", "77014", 1) == over
