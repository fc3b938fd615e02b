"""What is one finding and what stays two: drafts with the same first remedy (M-1)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.engine.test_settle import ADD_26, GUIDANCE, ON_77387, REMOVE, REVIEW
from tests.engine.world import engine, rule, speaking, told, world

ATTEST = [{"action": "attest-indication", "indications": ["a"]}]
DOCUMENT = [{"action": "add-document", "document": "28626-0"}]
BOTH = [*REMOVE, {"action": "add-line", "code": "77402"}]
ON_77014 = {"code": {"is": "77014"}}
OF_CLAIM = {"lines_of_claim": {"some": GUIDANCE}}
TWO = [["one"], ["two"]]


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        ({"remedies": ATTEST}, {"remedies": ATTEST}, [["one", "two"]]),
        ({"remedies": ATTEST}, {"remedies": ATTEST, "kind": "not-necessary"}, TWO),
        ({"remedies": ADD_26}, {"remedies": ADD_26, "kind": "supervision"}, [["one", "two"]]),
        ({"remedies": REVIEW}, {"remedies": REVIEW}, [["one", "two"]]),
        ({"remedies": REVIEW}, {"remedies": [*REVIEW, *ADD_26]}, TWO),
        ({"remedies": ADD_26}, {"remedies": [*ADD_26, *REVIEW]}, [["one", "two"]]),
        ({"remedies": BOTH, "all_of": "yes"}, {"remedies": REMOVE}, TWO),
        ({"remedies": BOTH, "all_of": "yes"}, {"remedies": BOTH}, TWO),
        ({"remedies": BOTH, "all_of": "yes"}, {"remedies": BOTH, "all_of": "yes"}, [["one", "two"]]),
        # What a document is to show is the rule's own matter.
        ({"remedies": DOCUMENT}, {"remedies": DOCUMENT}, TWO),
    ],
    ids=[
        "attest",
        "attest of two kinds",
        "modifier",
        "review",
        "review or",
        "modifier or",
        "all of",
        "all of, or",
        "all of twice",
        "document",
    ],
)
def test_two_rules_about_one_line(
    tmp_path: Path, one: dict[str, Any], two: dict[str, Any], expected: list[list[str]]
) -> None:
    made = engine(tmp_path, rule("one", ON_77387, **one), rule("two", ON_77387, **two))
    assert speaking(made.evaluate(world("77387"))) == expected


@pytest.mark.parametrize(("both", "elsewhere"), [(True, True), (False, False)], ids=["both", "one"])
def test_what_would_have_to_change_stands_elsewhere_where_every_rule_says_so(
    tmp_path: Path, both: bool, elsewhere: bool
) -> None:
    others = {"from": "lines_of_claim", "where": GUIDANCE}
    questioned = {"remedies": REVIEW, "others": {**others, "in_question": "yes"}}
    other = questioned if both else {"remedies": REVIEW, "others": others}
    made = engine(tmp_path, rule("one", ON_77387, **questioned), rule("two", ON_77387, **other))
    (found,) = made.evaluate(world("77387"))
    assert (len(found.rule_names), found.elsewhere) == (2, elsewhere)


@pytest.mark.parametrize("severities", [("warning", "warning"), ("info", "warning"), ("warning", "info")])
def test_the_strictest_rule_leads_then_the_one_of_the_earlier_kind(
    tmp_path: Path, severities: tuple[str, str]
) -> None:
    late, early = severities
    made = engine(
        tmp_path,
        rule("late", ON_77387, kind="supervision", severity=late, remedies=ADD_26),
        rule("early", ON_77387, kind="bundling", severity=early, remedies=ADD_26),
    )
    ((kind, severity, _, _),) = told(made.evaluate(world("77387")))
    assert (kind, severity) == ("supervision" if early == "info" else "bundling", "warning")


@pytest.mark.parametrize("remedies", [REVIEW, DOCUMENT], ids=["review", "document"])
def test_what_two_rules_ask_of_the_claim_stays_two_findings(tmp_path: Path, remedies: Any) -> None:
    of_unit: dict[str, Any] = {"for_each": "unit", "remedies": remedies}
    made = engine(tmp_path, *[rule(name, OF_CLAIM, **of_unit) for name in ("one", "two")])
    assert speaking(made.evaluate(world("77387"))) == TWO


@pytest.mark.parametrize(
    ("once_per", "remedies", "expected"),
    [
        ("unit", ATTEST, ["1:77387 2:77014"]),
        ("line", ATTEST, ["1:77387", "2:77014"]),
        ("unit", [{"action": "add-line", "code": "77402"}], ["1:77387", "2:77014"]),
    ],
    ids=["of the claim", "of lines", "no matter of the whole claim"],
)
def test_only_a_question_about_the_whole_claim_joins_lines_of_different_weight(
    tmp_path: Path, once_per: str, remedies: Any, expected: list[str]
) -> None:
    members: dict[str, Any] = {"once_per": once_per, "remedies": remedies}
    made = engine(
        tmp_path,
        rule("one", ON_77387, severity="warning", **members),
        rule("two", ON_77014, severity="info", **members),
    )
    assert [lines for _, _, lines, _ in told(made.evaluate(world("77387", "77014")))] == expected


def test_remedies_that_belong_together_are_not_joined_over_lines_with_alternatives(tmp_path: Path) -> None:
    adds = [{"action": "add-line", "code": "77402"}, {"action": "add-line", "code": "77386"}]
    one, two = rule("one", ON_77387, remedies=adds, all_of="yes"), rule("two", ON_77014, remedies=adds)
    found = engine(tmp_path, one, two).evaluate(world("77387", "77014"))
    assert [(each.all_of, [line.code for line in each.lines]) for each in found] == [
        (True, ["77387"]),
        (False, ["77014"]),
    ]


def on(yes_no: str) -> dict[str, Any]:
    return {"line_yes_no": {"is": yes_no}}


REDUCE = [{"action": "reduce-units", "to": 1}]


@pytest.mark.parametrize(
    ("remedies", "kind", "expected"),
    [
        (ADD_26, "modifier", [["one", "two"]]),
        (REMOVE, "bundling", [["one", "two"]]),
        (REMOVE, "unit-limit", [["one", "two"]]),
        # What is to be looked at, or how many are too many, is the rule's own matter.
        (REDUCE, "unit-limit", TWO),
        (REVIEW, "modifier", TWO),
        (DOCUMENT, "documentation", TWO),
    ],
    ids=["modifier", "removal", "limit to none", "limit", "review", "document"],
)
def test_two_rules_about_two_lines_of_one_code(
    tmp_path: Path, remedies: Any, kind: str, expected: list[list[str]]
) -> None:
    case = world("77387", "77387")
    for line, answer in zip(case.units[0].lines, (True, False), strict=True):
        line.answers["line_yes_no"] = answer
        line.units = 2
    rules = [
        rule(name, on(answer), remedies=remedies, kind=kind)
        for name, answer in (("one", "yes"), ("two", "no"))
    ]
    assert speaking(engine(tmp_path, *rules).evaluate(case)) == expected


@pytest.mark.parametrize("remedies", [REVIEW, DOCUMENT], ids=["review", "document"])
def test_what_one_rule_asks_is_one_finding_for_each_code_and_weight(tmp_path: Path, remedies: Any) -> None:
    severity = {"first_of": [{"when": on("yes"), "then": "warning"}, {"otherwise": "info"}]}
    case = world("77387", "77014", "77387", "77387")
    case.units[0].lines[3].answers["line_yes_no"] = True
    made = engine(tmp_path, rule("asks", severity=severity, remedies=remedies))
    assert sorted(lines for _, _, lines, _ in told(made.evaluate(case))) == [
        "1:77387 3:77387",
        "2:77014",
        "4:77387",
    ]


def test_a_finding_of_two_rules_lacks_what_either_lacks(tmp_path: Path) -> None:
    members: dict[str, Any] = {"remedies": ADD_26}
    made = engine(
        tmp_path,
        rule("one", ON_77387, missing=["method", "intent"], **members),
        rule("two", ON_77387, missing=["intent", "indication"], **members),
    )
    (found,) = made.evaluate(world("77387"))
    assert found.missing == ("method", "intent", "indication")


@pytest.mark.parametrize(
    "summary",
    ["Look here.", "Look on {date}.", "Look on {days}."],
    ids=["without a day", "with its day", "with its days"],
)
def test_sentences_about_several_days_name_the_first_and_count_the_others(
    tmp_path: Path, summary: str
) -> None:
    case = world("77387", "77387", "77387")
    for number, line in enumerate(case.units[0].lines):
        line.date = line.end = date(2024, 6, 5 - number)
    told_of: dict[str, Any] = {"summary": summary, "because": "Billed on {date}.", "notes": ["See {date}."]}
    (found,) = engine(tmp_path, rule("one", ON_77387, remedies=ADD_26, **told_of)).evaluate(case)
    days = "2024-06-03 and 2 more dates"
    assert found.summary.plain() == summary.replace("{date}", days).replace("{days}", days)
    assert [text.plain() for text in found.because] == [f"Billed on {days}."]
    assert [text.plain() for text in found.notes] == [f"See {days}."]


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        (["2024-06-03"], "2024-06-03"),
        (["2024-06-28"], "2024-06-03 to 2024-06-28"),
        (["2024-06-28", "2024-06-28"], "2024-06-03 to 2024-06-28"),
        (["2024-06-28", "2024-06-14", "2024-06-20"], "2024-06-03 to 2024-06-14 and 2 more dates"),
    ],
    ids=["one day", "several", "alike", "other ends"],
)
def test_a_sentence_names_the_days_of_a_line_over_several(tmp_path: Path, ends: list[str], told: str) -> None:
    case = world(*["77387"] * len(ends))
    for line, end in zip(case.units[0].lines, ends, strict=True):
        line.date, line.end = date(2024, 6, 3), date.fromisoformat(end)
    made = engine(tmp_path, rule("one", ON_77387, remedies=ADD_26, summary="Look on {days}, from {date}."))
    (found,) = made.evaluate(case)
    assert found.summary.plain() == f"Look on {told}, from 2024-06-03."
