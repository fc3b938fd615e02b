"""Merging and suppression on small made-up policies: M-1, M-2, M-3, M-10, overrides and the caps of orders."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cds_service.engine.model import KINDS
from tests.engine.world import engine, rule, speaking, told, world

REMOVE = [{"action": "remove-line"}]
ADD_26 = [{"action": "add-modifier", "modifier": "26"}]
TO_G6002 = [{"action": "replace", "to": "G6002"}]
REVIEW = [{"action": "review"}]
GUIDANCE = {"code": {"in": {"set": "guidance"}}}
ON_77387 = {"code": {"is": "77387"}}


# ---- M-1: one finding per line and remedy, then one per kind, severity and remedies


def test_two_rules_with_one_remedy_for_one_line_are_one_finding(tmp_path: Path) -> None:
    made = engine(
        tmp_path,
        rule("mild", kind="modifier", severity="info", remedies=REMOVE),
        rule("strict", kind="bundling", severity="critical", remedies=REMOVE),
    )
    (found,) = made.evaluate(world("77387"))
    assert told([found]) == [("bundling", "critical", "1:77387", "remove-line 77387")]
    assert found.rules == ("DOC-STRICT", "DOC-MILD")
    assert [s.statement for s in found.sources] == ["DOC-STRICT", "DOC-MILD"]
    assert found.summary.plain() == "Summary of strict."
    assert [text.plain() for text in found.because] == ["Because of strict.", "Because of mild."]


def test_other_remedies_stay_other_findings(tmp_path: Path) -> None:
    made = engine(
        tmp_path,
        rule("one", remedies=ADD_26),
        rule("two", remedies=[{"action": "add-modifier", "modifier": "59"}]),
    )
    assert speaking(made.evaluate(world("77387"))) == [["one"], ["two"]]


def test_of_merged_rules_only_what_settles_them_all_is_offered(tmp_path: Path) -> None:
    made = engine(
        tmp_path,
        rule("one", severity="critical", remedies=[*REMOVE, *ADD_26]),
        rule("two", remedies=[*REMOVE, *TO_G6002]),
    )
    assert told(made.evaluate(world("77387"))) == [("modifier", "critical", "1:77387", "remove-line 77387")]


def test_one_code_on_many_dates_is_one_finding_with_many_lines(tmp_path: Path) -> None:
    made = engine(tmp_path, rule("one", remedies=ADD_26))
    case = world("77387", "77387", "77387")
    for number, line in enumerate(case.units[0].lines):
        line.date = line.end = date(2024, 6, 5 - number)
    (found,) = made.evaluate(case)
    assert [(line.sequence, line.date) for line in found.lines] == [
        (3, "2024-06-03"),
        (2, "2024-06-04"),
        (1, "2024-06-05"),
    ]


def test_lines_of_another_severity_are_not_lifted(tmp_path: Path) -> None:
    steps = [{"when": {"line_yes_no": {"is": "yes"}}, "then": "critical"}, {"otherwise": "info"}]
    made = engine(tmp_path, rule("one", remedies=ADD_26, severity={"first_of": steps}))
    case = world("77387", "77387", "77387")
    case.units[0].lines[1].answers["line_yes_no"] = True
    assert sorted(told(made.evaluate(case))) == [
        ("modifier", "critical", "2:77387", "add-modifier 77387 26"),
        ("modifier", "info", "1:77387 3:77387", "add-modifier 77387 26"),
    ]


def test_questions_of_two_rules_stay_two(tmp_path: Path) -> None:
    """`review` says nothing of what is to be changed: over lines, two rules are not one finding."""
    made = engine(
        tmp_path,
        rule("one", ON_77387, remedies=REVIEW),
        rule("two", {"code": {"is": "77014"}}, remedies=REVIEW),
    )
    assert speaking(made.evaluate(world("77387", "77014"))) == [["one"], ["two"]]


def test_missing_documents_stay_one_finding_each(tmp_path: Path) -> None:
    wanted = [
        rule(
            f"wants-{n}",
            {"lines_of_claim": {"some": GUIDANCE}},
            for_each="unit",
            kind="documentation",
            document=code,
            remedies=[{"action": "add-document", "document": code}],
        )
        for n, code in enumerate(("28626-0", "18741-9"))
    ]
    found = engine(tmp_path, *wanted).evaluate(world("77387"))
    assert [f.document for f in found] == ["28626-0", "18741-9"]


# ---- M-2: a line to be removed or replaced gets no further coding suggestion


@pytest.mark.parametrize("change", [REMOVE, TO_G6002], ids=["remove", "replace"])
@pytest.mark.parametrize(
    "kind", ["modifier", "same-day-exclusion", "unit-limit", "code-choice-by-method", "supervision"]
)
@pytest.mark.parametrize("remedies", [ADD_26, REVIEW], ids=["add-modifier", "review"])
def test_a_line_that_goes_gets_no_further_coding_suggestion(
    tmp_path: Path, change: Any, kind: str, remedies: Any
) -> None:
    made = engine(
        tmp_path,
        rule("goes", kind="bundling", remedies=change),
        rule("further", kind=kind, severity="critical", remedies=remedies),
    )
    assert speaking(made.evaluate(world("77387"))) == [["goes"]]


@pytest.mark.parametrize("kind", ["coverage-necessity", "documentation", "scope-applicability"])
def test_coverage_documents_and_scope_stay_beside_it(tmp_path: Path, kind: str) -> None:
    made = engine(
        tmp_path,
        rule("goes", kind="bundling", remedies=REMOVE),
        rule("beside", kind=kind, remedies=REVIEW),
    )
    assert speaking(made.evaluate(world("77387"))) == [["goes"], ["beside"]]


def test_other_lines_keep_their_suggestions(tmp_path: Path) -> None:
    made = engine(
        tmp_path, rule("goes", ON_77387, kind="bundling", remedies=REMOVE), rule("further", remedies=ADD_26)
    )
    assert told(made.evaluate(world("77387", "77014"))) == [
        ("bundling", "warning", "1:77387", "remove-line 77387"),
        ("modifier", "warning", "2:77014", "add-modifier 77014 26"),
    ]


def test_of_two_changes_of_a_line_the_one_of_the_earlier_kind_stays(tmp_path: Path) -> None:
    made = engine(
        tmp_path,
        rule("by-payer", kind="code-choice-by-payer", severity="critical", remedies=TO_G6002),
        rule("bundled", kind="bundling", severity="warning", remedies=REMOVE),
    )
    assert speaking(made.evaluate(world("77387"))) == [["bundled"]]


def test_a_choice_between_this_line_and_another_is_no_removal(tmp_path: Path) -> None:
    pair = rule(
        "pair",
        {"code": {"is": "77387"}, "other_lines": {"some": {"code": {"is": "77014"}}}},
        kind="same-day-exclusion",
        others={"from": "other_lines", "where": {"code": {"is": "77014"}}},
        remedies=[*REMOVE, {"action": "remove-line", "of": "others"}],
    )
    made = engine(tmp_path, pair, rule("further", ON_77387, remedies=ADD_26))
    assert sorted(speaking(made.evaluate(world("77387", "77014")))) == [["further"], ["pair"]]


@pytest.mark.parametrize(
    ("change", "capped", "stays"),
    [(REMOVE, False, False), (REMOVE, True, True), (TO_G6002, False, True)],
    ids=["removed", "perhaps-removed", "replaced"],
)
def test_a_pair_ends_with_a_partner_that_surely_goes(
    tmp_path: Path, change: Any, capped: bool, stays: bool
) -> None:
    pair = rule(
        "pair",
        {"code": {"is": "77387"}, "other_lines": {"some": {"code": {"is": "77014"}}}},
        kind="same-day-exclusion",
        others={"from": "other_lines", "where": {"code": {"is": "77014"}}},
        remedies=[*REMOVE, {"action": "remove-line", "of": "others"}],
    )
    caps = {"caps": [{"when": {"code": {"is": "77014"}}, "at_most": "info"}]} if capped else {}
    goes = rule("goes", {"code": {"is": "77014"}}, kind="bundling", remedies=change, **caps)
    left = [["pair"]] if stays else []
    found = engine(tmp_path, pair, goes).evaluate(world("77387", "77014"))
    assert sorted(speaking(found)) == [["goes"], *left]


def test_two_ways_to_remove_another_line_remove_nothing_here(tmp_path: Path) -> None:
    others = {"from": "other_lines", "where": {"code": {"is": "77014"}}}
    pairs = [
        rule(name, ON_77387, others=others, remedies=[{"action": "remove-line", "of": "others"}, *more])
        for name, more in (("one", REVIEW), ("two", TO_G6002))
    ]
    made = engine(tmp_path, *pairs, rule("further", ON_77387, remedies=ADD_26))
    assert ["further"] in speaking(made.evaluate(world("77387", "77014")))


# ---- M-3: nothing on coverage or documents of guidance that is all to be removed


def concern(id: str, **members: Any) -> dict[str, Any]:
    return rule(
        id,
        {"lines_of_claim": {"some": GUIDANCE}},
        for_each="unit",
        kind="documentation",
        concerns="image-guidance",
        **members,
    )


def test_when_all_guidance_is_removed_its_documents_are_not_asked_for(tmp_path: Path) -> None:
    made = engine(tmp_path, rule("goes", ON_77387, kind="bundling", remedies=REMOVE), concern("documents"))
    assert speaking(made.evaluate(world("77387", "77387"))) == [["goes"]]


def test_while_some_guidance_stays_its_documents_are_asked_for(tmp_path: Path) -> None:
    made = engine(tmp_path, rule("goes", ON_77387, kind="bundling", remedies=REMOVE), concern("documents"))
    assert speaking(made.evaluate(world("77387", "77014"))) == [["goes"], ["documents"]]


def test_replaced_guidance_is_still_guidance(tmp_path: Path) -> None:
    made = engine(
        tmp_path,
        rule("other", ON_77387, kind="code-choice-by-payer", remedies=TO_G6002),
        concern("documents"),
    )
    assert speaking(made.evaluate(world("77387"))) == [["other"], ["documents"]]


def test_lines_that_are_no_guidance_do_not_keep_it_alive(tmp_path: Path) -> None:
    made = engine(tmp_path, rule("goes", ON_77387, kind="bundling", remedies=REMOVE), concern("documents"))
    case = world("77387", "77386")
    case.units[0].lines[1].is_guidance = False
    assert speaking(made.evaluate(case)) == [["goes"]]


def test_concerns_that_are_not_of_guidance_stay(tmp_path: Path) -> None:
    made = engine(
        tmp_path,
        rule("goes", ON_77387, kind="bundling", remedies=REMOVE),
        rule("imrt", {"lines_of_claim": {"some": GUIDANCE}}, for_each="unit", kind="documentation"),
    )
    assert speaking(made.evaluate(world("77387"))) == [["goes"], ["imrt"]]


# ---- M-10: a code that is invalid on its date


CODING = [
    k
    for k in KINDS
    if k not in ("code-effective-date", "not-necessary", "coverage-necessity", "documentation")
]


@pytest.mark.parametrize(
    "kind", [k for k in CODING if k not in ("scope-applicability", "supervision", "informational")]
)
def test_an_invalid_code_gets_that_card_only(tmp_path: Path, kind: str) -> None:
    made = engine(
        tmp_path,
        rule("invalid", ON_77387, kind="code-effective-date", remedies=REVIEW),
        rule("further", kind=kind, severity="critical", remedies=ADD_26),
    )
    assert told(made.evaluate(world("77387"))) == [("code-effective-date", "warning", "1:77387", "review")]
    assert speaking(made.evaluate(world("77387", "77014"))) == [["invalid"], ["further"]]


@pytest.mark.parametrize(
    "kind", ["coverage-necessity", "not-necessary", "scope-applicability", "documentation"]
)
def test_coverage_rules_run_all_the_same(tmp_path: Path, kind: str) -> None:
    made = engine(
        tmp_path,
        rule("invalid", ON_77387, kind="code-effective-date", remedies=REVIEW),
        rule(
            "covered",
            kind=kind,
            remedies=[{"action": "attest-indication", "indications": ["a"]}],
            cites=["DOC-COVERED"],
        ),
    )
    assert speaking(made.evaluate(world("77387"))) == [["invalid"], ["covered"]]


def test_two_invalid_codes_are_two_cards_and_one_on_two_dates_is_one(tmp_path: Path) -> None:
    made = engine(tmp_path, rule("invalid", kind="code-effective-date", remedies=REMOVE))
    assert told(made.evaluate(world("77387", "77014", "77387"))) == [
        ("code-effective-date", "warning", "1:77387 3:77387", "remove-line 77387"),
        ("code-effective-date", "warning", "2:77014", "remove-line 77014"),
    ]


# ---- overrides


def test_a_rule_silences_the_one_it_overrides_on_its_lines_only(tmp_path: Path) -> None:
    made = engine(
        tmp_path,
        rule("general", remedies=ADD_26),
        rule("exception", ON_77387, remedies=REVIEW, overrides=["general"]),
    )
    assert sorted(told(made.evaluate(world("77387", "77014")))) == [
        ("modifier", "warning", "1:77387", "review"),
        ("modifier", "warning", "2:77014", "add-modifier 77014 26"),
    ]
    assert speaking(made.evaluate(world("77387"))) == [["exception"]]


def test_a_card_of_several_lines_keeps_those_that_are_not_overridden(tmp_path: Path) -> None:
    made = engine(
        tmp_path,
        rule("general", once_per="unit"),
        rule("exception", ON_77387, remedies=ADD_26, overrides=["general"]),
    )
    assert sorted(told(made.evaluate(world("77387", "77014", "G6002")))) == [
        ("modifier", "warning", "1:77387", "add-modifier 77387 26"),
        ("modifier", "warning", "2:77014 3:G6002", "review"),
    ]


def test_an_exception_that_is_silent_overrides_nothing(tmp_path: Path) -> None:
    exception = rule("exception", {"line_yes_no": {"is": "yes"}}, remedies=REVIEW, overrides=["general"])
    made = engine(tmp_path, rule("general", remedies=ADD_26), exception)
    assert speaking(made.evaluate(world("77387"))) == [["general"]], "what is unknown is no exception"
    assert speaking(made.evaluate(world("77387", line_yes_no=False))) == [["general"]]
    assert speaking(made.evaluate(world("77387", line_yes_no=True))) == [["exception"]]


def test_a_rule_about_the_claim_overrides_one_about_the_claim(tmp_path: Path) -> None:
    asked = {"lines_of_claim": {"some": GUIDANCE}}
    made = engine(
        tmp_path,
        rule("general", asked, for_each="unit"),
        rule("exception", asked, for_each="unit", overrides=["general"]),
    )
    assert speaking(made.evaluate(world("77387"))) == [["exception"]]


def test_a_rule_about_the_claim_overrides_one_about_its_lines(tmp_path: Path) -> None:
    exception = rule(
        "exception",
        {"lines_of_claim": {"some": {"code": {"is": "77014"}}}},
        for_each="unit",
        overrides=["general", "of-lines"],
    )
    unit = rule("of-lines", once_per="unit", remedies=[{"action": "add-modifier", "modifier": "59"}])
    other = rule("other", remedies=[{"action": "add-modifier", "modifier": "76"}])
    made = engine(tmp_path, rule("general", remedies=ADD_26), unit, other, exception)
    assert speaking(made.evaluate(world("77387"))) == [["general"], ["of-lines"], ["other"]]
    assert sorted(speaking(made.evaluate(world("77387", "77014")))) == [["exception"], ["other"], ["other"]]


def test_a_rule_about_a_line_leaves_one_about_the_claim(tmp_path: Path) -> None:
    made = engine(
        tmp_path,
        rule("general", {"lines_of_claim": {"some": GUIDANCE}}, for_each="unit"),
        rule("exception", ON_77387, remedies=ADD_26, overrides=["general"]),
    )
    assert speaking(made.evaluate(world("77387"))) == [["exception"], ["general"]]


# ---- the caps of orders (rulebook 2.3)


CAPPED = {
    "documentation",
    "bundling",
    "code-choice-by-payer",
    "code-choice-by-setting",
    "code-choice-by-method",
}


@pytest.mark.parametrize("kind", KINDS)
def test_at_order_time_some_kinds_are_info_at_most(tmp_path: Path, kind: str) -> None:
    made = engine(tmp_path, rule("one", kind=kind, severity="critical", remedies=ADD_26))
    (claim,) = made.evaluate(world("77387"))
    (order,) = made.evaluate(world("77387", hook="order"))
    assert claim.severity.name == "critical"
    assert order.severity.name == ("info" if kind in CAPPED else "critical")


def test_each_claim_is_settled_for_itself(tmp_path: Path) -> None:
    made = engine(tmp_path, rule("one", remedies=ADD_26))
    case = world("77387")
    other = world("77387").units[0]
    other.case, other.ref = case, "Claim/c2"
    case.units.append(other)
    assert [f.unit for f in made.evaluate(case)] == ["Claim/c1", "Claim/c2"]
