"""Positions conflict when they answer the same point for something in common, and their answers exclude each other."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from cds_service.engine.points import DIMENSIONS, POINTS, listed
from cds_service.engine.positions import Bound, Resolution
from cds_service.engine.rules import Span
from tests.engine.conflict_world import found, position

NO, YES = "not-taken", "taken"


def taken(statement: str, more: str = "") -> str:
    return position(statement, "code-taken", YES, more)


def refused(statement: str, more: str = "") -> str:
    return position(statement, "code-taken", NO, more)


def test_two_documents_that_answer_differently(tmp_path: Path) -> None:
    (conflict,) = found(tmp_path, taken("ONE-1"), refused("TWO-1"))
    assert (conflict.point, conflict.one, conflict.other) == ("code-taken", "ONE-1", "TWO-1")
    (overlap,) = conflict.overlaps
    assert overlap.days == Span(date(2020, 1, 1), None), "the days of the younger document"
    assert overlap.where == {}


def test_statements_stand_in_the_order_of_the_registers(tmp_path: Path) -> None:
    (conflict,) = found(tmp_path, refused("TWO-1"), taken("ONE-2"))
    assert (conflict.one, conflict.other) == ("ONE-2", "TWO-1")


def test_two_statements_of_one_document(tmp_path: Path) -> None:
    assert len(found(tmp_path, taken("ONE-1"), refused("ONE-2"))) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (taken("ONE-1"), taken("TWO-1")),
        (refused("ONE-1"), position("TWO-1", "code-taken", "not-shown")),
        (taken("ONE-1"), position("TWO-1", "separate-line", "contained")),
        (taken("ONE-1"), refused("ONE-1")),
    ],
    ids=["the same answer", "answers that both hold", "another point", "one statement"],
)
def test_what_is_no_conflict(tmp_path: Path, one: str, other: str) -> None:
    assert found(tmp_path, one, other) == []


@pytest.mark.parametrize(
    ("mine", "yours", "common"),
    [
        ("side: hospital", "side: hospital", {"hospital"}),
        ("side: hospital", "side: freestanding", None),
        ("side: [hospital, freestanding]", "side: [freestanding]", {"freestanding"}),
        ("side: {but: hospital}", "side: hospital", None),
        ("side: {but: hospital}", "side: {but: freestanding}", {"physician-in-hospital"}),
        ("technique: {set: stereotactic-techniques}", "technique: [srs, imrt]", {"srs"}),
        ("technique: {but: {set: stereotactic-techniques}}", "technique: [srs, imrt]", {"imrt"}),
        ("reason: none", "reason: {but: internal-motion}", {"none"}),
        ("state: FL", "state: GA", None),
        ("state: {but: FL}", "state: [FL, GA]", {"GA"}),
        ("state: {but: FL}", "state: FL", None),
        ("state: [FL, GA]", "state: {but: FL}", {"GA"}),
    ],
)
def test_a_dimension_has_to_leave_something_in_common(
    tmp_path: Path, mine: str, yours: str, common: set[str] | None
) -> None:
    conflicts = found(tmp_path, taken("ONE-1", f"where: {{{mine}}}"), refused("TWO-1", f"where: {{{yours}}}"))
    if common is None:
        assert conflicts == []
    else:
        (conflict,) = conflicts
        assert list(conflict.overlaps[0].where.values()) == [Bound(frozenset(common))]


def test_exceptions_of_an_open_dimension_add_up(tmp_path: Path) -> None:
    (conflict,) = found(
        tmp_path,
        taken("ONE-1", "where: {state: {but: FL}}"),
        refused("TWO-1", "where: {state: {but: [GA]}}"),
    )
    assert conflict.overlaps[0].where == {"state": Bound(frozenset({"FL", "GA"}), but=True)}


def test_one_dimension_without_anything_in_common_is_enough(tmp_path: Path) -> None:
    both = "side: hospital, component: technical"
    assert len(found(tmp_path, taken("ONE-1", f"where: {{{both}}}"), refused("TWO-1"))) == 1
    other = "side: hospital, component: professional"
    assert (
        found(tmp_path, taken("ONE-1", f"where: {{{both}}}"), refused("TWO-1", f"where: {{{other}}}")) == []
    )


@pytest.mark.parametrize(
    ("mine", "yours", "days"),
    [
        ("{through: 2024-12-31}", "{from: 2024-12-31}", (date(2024, 12, 31), date(2024, 12, 31))),
        ("{through: 2024-12-30}", "{from: 2024-12-31}", None),
        ("{from: 2021-01-01}", "{from: 2022-01-01}", (date(2022, 1, 1), None)),
        ("{from: 2010-01-01, through: 2023-01-01}", "{from: 2020-01-01, through: 2022-01-01}",
         (date(2020, 1, 1), date(2022, 1, 1))),
    ],
)  # fmt: skip
def test_days_have_to_overlap(
    tmp_path: Path, mine: str, yours: str, days: tuple[date | None, date | None] | None
) -> None:
    mine = mine if "from" in mine else mine.replace("{", "{from: 2010-01-01, ")
    conflicts = found(tmp_path, taken("ONE-1", f"effective: {mine}"), refused("TWO-1", f"effective: {yours}"))
    assert [c.overlaps[0].days for c in conflicts] == ([Span(*days)] if days else [])


def test_days_are_those_on_which_a_code_is_valid(tmp_path: Path) -> None:
    """G6017 ends with 2025, and the younger document begins in 2020."""
    where = "where: {code: G6017}"
    (conflict,) = found(tmp_path, taken("ONE-1", where), refused("TWO-1", where))
    assert conflict.overlaps[0].days == Span(date(2020, 1, 1), date(2025, 12, 31))
    after = f"{where}, effective: {{from: 2026-01-01}}"
    assert found(tmp_path, taken("ONE-1", where), refused("TWO-1", after)) == []


def test_codes_that_are_not_valid_then_are_left_out(tmp_path: Path) -> None:
    where = "where: {code: [77387, G6017], beside: [77402, 77386]}"
    after = f"{where}, effective: {{from: 2026-01-01}}"
    (conflict,) = found(tmp_path, taken("ONE-1", where), refused("TWO-1", after))
    assert conflict.overlaps[0].where == {
        "code": Bound(frozenset({"77387"})),
        "beside": Bound(frozenset({"77402"})),
    }


def test_the_days_of_the_code_beside_rule_out_codes_too(tmp_path: Path) -> None:
    """77437 began in 2026, when G6017 had ended."""
    where = "where: {code: [77387, G6017], beside: 77437}"
    (conflict,) = found(tmp_path, taken("ONE-1", where), refused("TWO-1"))
    assert conflict.overlaps[0].where["code"] == Bound(frozenset({"77387"}))
    assert conflict.overlaps[0].days.first == date(2026, 1, 1)
    ended = "where: {code: G6017, beside: 77437}"
    assert found(tmp_path, taken("ONE-1", ended), refused("TWO-1")) == []


def test_several_positions_of_a_pair_are_one_conflict(tmp_path: Path) -> None:
    (conflict,) = found(
        tmp_path,
        taken("ONE-1", "where: {side: hospital}"),
        taken("ONE-1", "where: {side: freestanding}"),
        refused("TWO-1"),
    )
    assert [set(o.where["side"].values) for o in conflict.overlaps] == [{"hospital"}, {"freestanding"}]


@pytest.mark.parametrize(
    ("point", "one", "other", "differ"),
    [
        ("guidance-codes", "[77387, G6001]", "[G6001, 77387]", False),
        ("guidance-codes", "[77387, G6001]", "[G6001]", True),
        ("modifier", "[26, none]", "[26, TC]", False),
        ("modifier", "[59, XU]", "26", True),
        ("documents", "[18776-5]", "[18776-5, reason]", True),
        ("necessity", "necessary", "reason-needed", True),
        ("necessity", "reason-needed", "not-necessary", False),
        ("separate-line", "covered", "contained", True),
        ("separate-line", "covered", "own-line", False),
        ("supervision", "general", "direct", True),
        ("supervision", "direct", "direct", False),
    ],
)
def test_stances_exclude_each_other_by_their_point(
    tmp_path: Path, point: str, one: str, other: str, differ: bool
) -> None:
    conflicts = found(tmp_path, position("ONE-1", point, one), position("TWO-1", point, other))
    assert len(conflicts) == differ


def test_every_point_is_a_question_whose_table_names_its_stances() -> None:
    for name, point in POINTS.items():
        assert "?" in point.about, name
        assert bool(point.stances) != bool(point.lists), name
        named = {stance for pair in point.excludes for stance in pair}
        assert named == set(point.stances), f"{name}: a stance that nothing excludes says nothing"
        assert (point.compare == "table") == bool(point.stances), name


def test_dimensions_read_their_values_out() -> None:
    for name, dimension in DIMENSIONS.items():
        assert dimension.words.count("{}") == 1, name


@pytest.mark.parametrize(
    ("values", "words"), [([], ""), (["a"], "a"), (["a", "b"], "a or b"), (["a", "b", "c"], "a, b or c")]
)
def test_lists_in_words(values: list[str], words: str) -> None:
    assert listed(values) == words


@pytest.mark.parametrize(
    ("one", "other", "point", "covered"),
    [
        ("A-1", "B-1", "modifier", True),
        ("B-1", "A-1", "modifier", True),
        ("A-2", "B-1", "nature", True),
        ("A-1", "B-1", "necessity", False),
        ("A-1", "A-2", "modifier", False),
        ("B-1", "B-1", "modifier", False),
        ("A-1", "C-1", "modifier", False),
        ("C-1", "B-1", "modifier", False),
    ],
)
def test_a_resolution_covers_pairs_across_its_two_sides_on_its_points(
    one: str, other: str, point: str, covered: bool
) -> None:
    sides = {"between": ("A-1", "A-2"), "against": ("B-1",), "points": ("modifier", "nature")}
    said = {"about": "", "resolved": "", "rules": (), "no_rule": "none", "file": "", "line": 1}
    resolution = Resolution(id="R-1", **sides, **said)  # type: ignore[arg-type]
    assert resolution.covers(one, other, point) is covered
    assert resolution.statements == ("A-1", "A-2", "B-1")
