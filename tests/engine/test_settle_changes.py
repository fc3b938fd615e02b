"""Several rules that would change one line or two: which of them speak, and of which lines (M-1 to M-3, M-11)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.engine.test_settle import ADD_26, GUIDANCE, ON_77387, REMOVE, REVIEW, TO_G6002, concern
from tests.engine.world import engine, rule, speaking, told, world

ADD_59 = [{"action": "add-modifier", "modifier": "59"}]
ADD_76 = [{"action": "add-modifier", "modifier": "76"}]


def test_of_two_changes_of_one_kind_the_stricter_stays(tmp_path: Path) -> None:
    made = engine(
        tmp_path,
        rule("mild", kind="bundling", severity="info", remedies=TO_G6002),
        rule("strict", kind="bundling", severity="critical", remedies=REMOVE),
    )
    assert speaking(made.evaluate(world("77387"))) == [["strict"]]


@pytest.mark.parametrize(
    ("ways", "expected"),
    [
        (([*REMOVE, *ADD_76], [*REMOVE, *ADD_59]), [["one", "two"]]),
        (([*REMOVE, *ADD_76], [*REMOVE, *ADD_76]), [["one", "two"], ["further"]]),
        (([*REMOVE, *ADD_76], [*ADD_76, *REMOVE]), [["one"], ["two"], ["further"]]),
    ],
    ids=["one way in common", "two ways in common", "another way first"],
)
def test_two_rules_that_have_only_the_removal_in_common_remove_the_line(
    tmp_path: Path, ways: tuple[list[Any], list[Any]], expected: list[list[str]]
) -> None:
    one, two = (
        rule(each, kind="bundling", remedies=way) for each, way in zip(("one", "two"), ways, strict=True)
    )
    made = engine(tmp_path, one, two, rule("further", kind="supervision", remedies=REVIEW))
    assert speaking(made.evaluate(world("77387"))) == expected


@pytest.mark.parametrize("other_way", [ADD_59, []], ids=["both have another way", "one is sure"])
def test_what_two_rules_remove_together_goes_as_if_one_removed_it(tmp_path: Path, other_way: Any) -> None:
    made = engine(
        tmp_path,
        rule("one", ON_77387, kind="bundling", remedies=[*REMOVE, *ADD_76]),
        rule("two", ON_77387, kind="same-day-exclusion", remedies=[*REMOVE, *other_way]),
        rule(
            "pair",
            {"code": {"is": "77402"}},
            kind="same-day-exclusion",
            others={"from": "other_lines", "where": ON_77387},
            remedies=[*REMOVE, {"action": "remove-line", "of": "others"}],
        ),
        concern("documents"),
    )
    case = world("77387", "77402")
    case.units[0].lines[1].is_guidance = False
    assert speaking(made.evaluate(case)) == [["one", "two"]]


def test_of_two_changes_that_weigh_the_same_the_first_of_the_book_stays(tmp_path: Path) -> None:
    made = engine(
        tmp_path,
        rule("b-first", kind="bundling", remedies=REMOVE),
        rule("a-second", kind="bundling", remedies=TO_G6002),
    )
    assert speaking(made.evaluate(world("77387"))) == [["b-first"]]


def test_a_line_of_which_a_part_goes_keeps_what_is_said_of_the_rest(tmp_path: Path) -> None:
    """Two ways to remove it, or its invalid days, do not make one that removes all of it."""
    of_2010: dict[str, Any] = {"kind": "code-effective-date", "effective": {"from": "2010-01-01"}}
    told_of = [
        rule(name, {"code": {"is": "77421"}}, remedies=remedies, **of_2010)
        for name, remedies in (("one", [*REMOVE, *ADD_76]), ("two", [*REMOVE, *ADD_59]), ("three", ADD_26))
    ]
    case = world("77421")
    (line,) = case.units[0].lines
    made = engine(tmp_path, *told_of)
    line.date, line.end = date(2015, 1, 2), date(2015, 1, 5)
    assert speaking(made.evaluate(case)) == [["one", "two"]]
    line.date = date(2014, 12, 30)
    assert speaking(made.evaluate(case)) == [["one", "two"], ["three"]]


@pytest.mark.parametrize(("also", "told_of"), [([], [["goes"], ["adds"]]), (ADD_59, [["goes"]])])
def test_a_line_to_add_is_told_beside_one_that_goes(
    tmp_path: Path, also: list[Any], told_of: list[list[str]]
) -> None:
    adds = [{"action": "add-line", "code": "77402"}, *also]
    made = engine(
        tmp_path,
        rule("goes", kind="bundling", severity="critical", remedies=REMOVE),
        rule("adds", kind="code-choice-by-setting", remedies=adds),
    )
    assert speaking(made.evaluate(world("77387"))) == told_of


@pytest.mark.parametrize(
    ("hint", "kind", "severity", "stays"),
    [
        ("info", "modifier", "warning", True),
        ("info", "modifier", "info", False),
        ("warning", "modifier", "critical", False),
        ("info", "code-choice-by-method", "critical", False),
    ],
)
def test_a_hint_that_a_line_may_go_hides_nothing_that_weighs_more(
    tmp_path: Path, hint: str, kind: str, severity: str, stays: bool
) -> None:
    made = engine(
        tmp_path,
        rule("goes", kind="bundling", severity=hint, remedies=REMOVE),
        rule("further", kind=kind, severity=severity, remedies=REVIEW),
    )
    assert (["further"] in speaking(made.evaluate(world("77387")))) is stays


@pytest.mark.parametrize("severity", ["warning", "info"])
@pytest.mark.parametrize(
    "remedies", [REMOVE, [{"action": "reduce-units", "to": 1}]], ids=["remove", "reduce"]
)
def test_a_limit_is_not_told_of_a_line_that_goes_for_another_reason(
    tmp_path: Path, severity: str, remedies: Any
) -> None:
    made = engine(
        tmp_path,
        rule("goes", kind="bundling", severity=severity, remedies=REMOVE),
        rule("limit", kind="unit-limit", severity="critical", remedies=remedies),
    )
    assert speaking(made.evaluate(world("77387"))) == [["goes"]]


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


def test_a_line_that_goes_or_is_replaced_is_still_guidance(tmp_path: Path) -> None:
    made = engine(
        tmp_path, rule("change", kind="bundling", remedies=[*REMOVE, *TO_G6002]), concern("documents")
    )
    assert speaking(made.evaluate(world("77387"))) == [["change"], ["documents"]]


def test_findings_of_two_kinds_stay_two_although_their_remedy_is_one(tmp_path: Path) -> None:
    made = engine(
        tmp_path,
        rule("one", {"line_yes_no": {"is": "yes"}}, kind="bundling", remedies=REMOVE),
        rule("two", {"line_yes_no": {"known": "no"}}, kind="same-day-exclusion", remedies=REMOVE),
    )
    case = world("77387", "77387")
    case.units[0].lines[0].answers["line_yes_no"] = True
    assert speaking(made.evaluate(case)) == [["one"], ["two"]]


@pytest.mark.parametrize("in_review", [True, False])
def test_the_other_line_of_a_pair_is_listed_here_and_named_where_it_is_of_another_claim(
    tmp_path: Path, in_review: bool
) -> None:
    others = {"from": "other_lines", "where": {"code": {"is": "77014"}}}
    remedies = [*REMOVE, {"action": "remove-line", "of": "others"}]
    case = world("77387", "77014")
    case.units[0].lines[1].in_review = in_review
    (found,) = engine(tmp_path, rule("pair", ON_77387, others=others, remedies=remedies)).evaluate(case)
    assert [line.code for line in found.lines] == ["77387", "77014"][: 2 if in_review else 1]
    assert [each.value for each in found.evidence] == ["77387", "77014"]
    earlier = [] if in_review else ["Earlier lines on record: 77014 of 2024-06-03 in Claim/c1."]
    assert [text.plain() for text in found.notes] == earlier


@pytest.mark.parametrize(
    ("going", "expected"),
    [
        (0, [("same-day-exclusion", "1:77387 2:77014 3:77014-26")]),
        (1, [("bundling", "2:77014")]),
        (2, [("bundling", "2:77014 3:77014-26")]),
    ],
)
def test_a_pair_waits_while_one_of_its_other_lines_goes(
    tmp_path: Path, going: int, expected: list[tuple[str, str]]
) -> None:
    """Where a line of the same code goes and another stays, a remedy could not say which of them it means: it waits."""
    either = {"code": {"is": "77014"}}
    others = {"from": "other_lines", "where": either}
    pair = rule(
        "pair",
        {"code": {"is": "77387"}, "other_lines": {"some": either}},
        kind="same-day-exclusion",
        others=others,
        remedies=[*REMOVE, {"action": "remove-line", "of": "others"}],
    )
    goes = rule("goes", {"line_yes_no": {"is": "yes"}}, kind="bundling", remedies=REMOVE)
    case = world("77387", "77014", "77014-26")
    for line in case.units[0].lines[1 : 1 + going]:
        line.answers["line_yes_no"] = True
    found = told(engine(tmp_path, pair, goes).evaluate(case))
    assert sorted((kind, lines) for kind, _, lines, _ in found) == expected


def test_a_card_of_several_lines_keeps_those_whose_code_is_valid(tmp_path: Path) -> None:
    made = engine(
        tmp_path,
        rule("invalid", ON_77387, kind="code-effective-date", remedies=REVIEW),
        rule("further", kind="supervision", once_per="unit", remedies=REVIEW),
    )
    assert told(made.evaluate(world("77387", "77014", "G6002"))) == [
        ("code-effective-date", "warning", "1:77387", "review"),
        ("supervision", "warning", "2:77014 3:G6002", "review"),
    ]


@pytest.mark.parametrize("remedies", [REVIEW, ADD_26], ids=["review", "modifier"])
def test_what_asks_nothing_of_another_line_stays_when_that_one_goes(tmp_path: Path, remedies: Any) -> None:
    others = {"from": "other_lines", "where": {"code": {"is": "77014"}}}
    rests = rule("rests", ON_77387, others=others, remedies=remedies)
    goes = rule("goes", {"code": {"is": "77014"}}, kind="bundling", remedies=REMOVE)
    assert speaking(engine(tmp_path, rests, goes).evaluate(world("77387", "77014"))) == [["rests"], ["goes"]]


def test_a_card_of_several_lines_keeps_those_that_stay(tmp_path: Path) -> None:
    made = engine(
        tmp_path,
        rule("goes", ON_77387, kind="bundling", remedies=REMOVE),
        rule("further", kind="supervision", once_per="unit", remedies=REVIEW),
    )
    assert told(made.evaluate(world("77387", "77014", "G6002"))) == [
        ("bundling", "warning", "1:77387", "remove-line 77387"),
        ("supervision", "warning", "2:77014 3:G6002", "review"),
    ]


def test_what_is_said_of_the_whole_claim_stays_beside_a_line_that_goes(tmp_path: Path) -> None:
    made = engine(
        tmp_path,
        rule("goes", ON_77387, kind="bundling", remedies=REMOVE),
        rule("whole", {"lines_of_claim": {"some": GUIDANCE}}, for_each="unit", kind="supervision"),
    )
    assert speaking(made.evaluate(world("77387"))) == [["goes"], ["whole"]]


@pytest.mark.parametrize(
    "remedy",
    [
        {"action": "attest-indication", "indications": ["a"]},
        {"action": "attest-other-modality", "modalities": ["proton"]},
    ],
    ids=["indication", "modality"],
)
def test_what_two_rules_ask_of_the_whole_claim_is_one_finding_with_the_lines_of_both(
    tmp_path: Path, remedy: dict[str, Any]
) -> None:
    def asking(id: str, code: str, severity: str) -> dict[str, Any]:
        members = {"kind": "coverage-necessity", "once_per": "unit", "remedies": [remedy]}
        return rule(id, {"code": {"is": code}}, severity=severity, **members)

    made = engine(tmp_path, asking("mild", "77387", "info"), asking("strict", "77014", "warning"))
    (found,) = made.evaluate(world("77387", "77014"))
    assert speaking([found]) == [["strict", "mild"]]
    assert [line.code for line in found.lines] == ["77387", "77014"]
    assert [each.value for each in found.evidence] == ["77014", "77387"]


def test_a_document_that_two_versions_of_a_rule_ask_for_is_one_finding(tmp_path: Path) -> None:
    def version(first: str, last: str) -> dict[str, Any]:
        remedies = [{"action": "add-document", "document": "18741-9"}]
        members = {"kind": "documentation", "document": "18741-9", "once_per": "unit", "remedies": remedies}
        return rule("wants", None, effective={"from": first, "through": last}, **members)

    case = world("77387", "77014")
    case.units[0].lines[1].date = case.units[0].lines[1].end = date(2024, 6, 4)
    made = engine(tmp_path, version("2020-01-01", "2024-06-03"), version("2024-06-04", "2024-12-31"))
    (found,) = made.evaluate(case)
    assert [line.code for line in found.lines] == ["77387", "77014"]
