"""How one rule speaks: dates, hooks, ladders, caps, `once_per`, `ask`, others and texts."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cds_service.engine.explain import explain_case
from cds_service.engine.model import Severity
from tests.engine.world import World, engine, rule, speaking, told, world

IS_A = {"unit_choice": {"is": "a"}}
IS_B = {"unit_choice": {"is": "b"}}
LINE_YES = {"line_yes_no": {"is": "yes"}}


def severities(case: World, folder: Path, **members: Any) -> list[str]:
    return [f.severity.name for f in engine(folder, rule("one", **members)).evaluate(case)]


def dated(case: World, *days: date) -> World:
    for line, day in zip(case.units[0].lines, days, strict=True):
        line.date = line.end = day
    return case


def test_a_rule_speaks_of_the_lines_that_meet_it(tmp_path: Path) -> None:
    made = engine(tmp_path, rule("one", {"code": {"is": "77387"}, **LINE_YES}))
    case = world("77387", "77014", "77387")
    for line, answer in zip(case.units[0].lines, (True, True, False), strict=True):
        line.answers["line_yes_no"] = answer
    (found,) = made.evaluate(case)
    assert told([found]) == [("modifier", "warning", "1:77387", "review")]
    assert found.unit == "Claim/c1"
    assert found.rules == ("DOC-ONE",)
    assert found.rule_names == ("world.rules.one@2020-01-01",)
    assert [s.statement for s in found.sources] == ["DOC-ONE"]
    assert [(e.path, e.value) for e in found.evidence] == [("Claim.item[0].productOrService", "77387")]
    assert (found.summary.plain(), [b.plain() for b in found.because]) == (
        "Summary of one.",
        ["Because of one."],
    )


@pytest.mark.parametrize("status", ["draft", "retired"])
def test_only_active_rules_speak(tmp_path: Path, status: str) -> None:
    active = rule("one")
    made = engine(tmp_path, active, rule("two", status=status, cites=["DOC-ONE"]))
    assert speaking(made.evaluate(world("77387"))) == [["one"]]


@pytest.mark.parametrize(
    ("hook", "hooks", "spoke"),
    [
        ("claim", ["claim"], True),
        ("order", ["claim"], False),
        ("order", ["order"], True),
        ("claim", ["order"], False),
        ("order", ["claim", "order"], True),
    ],
)
def test_a_rule_speaks_at_its_hooks(tmp_path: Path, hook: str, hooks: list[str], spoke: bool) -> None:
    made = engine(tmp_path, rule("one", hooks=hooks))
    assert bool(made.evaluate(world("77387", hook=hook))) is spoke


@pytest.mark.parametrize(("answer", "spoke"), [("a", True), ("b", False), (None, False)])
def test_a_policy_applies_only_when_that_is_known(tmp_path: Path, answer: str | None, spoke: bool) -> None:
    made = engine(tmp_path, rule("one"), applies=IS_A)
    case = world("77387", **({"unit_choice": answer} if answer else {}))
    assert bool(made.evaluate(case)) is spoke
    assert bool(explain_case(made, case)) is spoke


VERSIONS = (
    rule(
        "one", effective={"from": "2020-01-01", "through": "2023-12-31"}, severity="info", cites=["DOC-ONE"]
    ),
    rule("one", effective={"from": "2024-01-01"}, severity="critical", cites=["DOC-ONE"]),
)


@pytest.mark.parametrize(
    ("day", "severity"),
    [
        (date(2019, 12, 31), []),
        (date(2020, 1, 1), ["info"]),
        (date(2023, 12, 31), ["info"]),
        (date(2024, 1, 1), ["critical"]),
        (date(2050, 1, 1), ["critical"]),
    ],
)
def test_the_line_s_date_chooses_the_version(tmp_path: Path, day: date, severity: list[str]) -> None:
    case = dated(world("77387"), day)
    case.units[0].start = date(1999, 1, 1)
    found = engine(tmp_path, *VERSIONS).evaluate(case)
    assert [f.severity.name for f in found] == severity


def test_the_service_start_chooses_for_all_lines_when_the_policy_says_so(tmp_path: Path) -> None:
    case = dated(world("77387", "77014"), date(2023, 12, 30), date(2024, 1, 2))
    case.units[0].start = date(2023, 12, 30)
    by_start = engine(tmp_path, *VERSIONS, dated_by="service-start").evaluate(case)
    assert {f.severity.name for f in by_start} == {"info"}
    by_line = engine(tmp_path, *VERSIONS).evaluate(case)
    assert sorted(f.severity.name for f in by_line) == ["critical", "info"]


def test_a_claim_over_new_year_meets_both_versions(tmp_path: Path) -> None:
    case = dated(world("77387", "77387"), date(2023, 12, 31), date(2024, 1, 1))
    found = engine(tmp_path, *VERSIONS).evaluate(case)
    assert [(f.severity.name, [line.date for line in f.lines]) for f in found] == [
        ("info", ["2023-12-31"]),
        ("critical", ["2024-01-01"]),
    ]


@pytest.mark.parametrize(("kind", "spoke"), [("code-effective-date", True), ("modifier", False)])
def test_a_line_over_several_days_is_judged_by_its_first_and_its_code_by_its_last_too(
    tmp_path: Path, kind: str, spoke: bool
) -> None:
    case = dated(world("77387"), date(2023, 12, 30))
    case.units[0].lines[0].end = date(2024, 1, 2)
    made = engine(tmp_path, rule("one", kind=kind, effective={"from": "2024-01-01"}))
    assert bool(made.evaluate(case)) is spoke


@pytest.mark.parametrize("for_each", ["line", "unit"])
def test_explain_shows_the_version_in_force_only(tmp_path: Path, for_each: str) -> None:
    when = {"unit_yes_no": {"is": "yes"}}
    versions = [
        rule("one", when, for_each=for_each, effective=span, cites=[cited])
        for span, cited in (
            ({"from": "2020-01-01", "through": "2023-12-31"}, "DOC-1"),
            ({"from": "2024-01-01"}, "DOC-2"),
        )
    ]
    made = engine(tmp_path, *versions)
    case = dated(world("77387", unit_yes_no=True), date(2023, 12, 31))
    case.units[0].start = date(2023, 12, 31)
    assert [entry["cites"] for entry in explain_case(made, case)] == [["DOC-1"]]
    (found,) = made.evaluate(case)
    assert found.rules == ("DOC-1",)


LADDER = {
    "first_of": [{"when": IS_A, "then": "critical"}, {"when": IS_B, "then": "warning"}, {"otherwise": "info"}]
}


@pytest.mark.parametrize(
    ("answer", "severity"), [("a", "critical"), ("b", "warning"), ("c", "info"), (None, "info")]
)
def test_the_first_step_that_is_true_decides(tmp_path: Path, answer: str | None, severity: str) -> None:
    case = world("77387", **({"unit_choice": answer} if answer else {}))
    assert severities(case, tmp_path, severity=LADDER) == [severity]


def test_of_two_true_steps_the_first_decides(tmp_path: Path) -> None:
    steps = [{"when": IS_A, "then": "warning"}, {"when": IS_A, "then": "critical"}, {"otherwise": "info"}]
    assert severities(world("77387", unit_choice="a"), tmp_path, severity={"first_of": steps}) == ["warning"]


@pytest.mark.parametrize(
    ("answer", "remedies"),
    [
        ("a", ["remove-line 77387-TC"]),
        ("b", ["replace 77387 -> G6002-TC", "review"]),
        (None, ["review"]),
    ],
)
def test_remedies_stand_on_a_ladder_too(tmp_path: Path, answer: str | None, remedies: list[str]) -> None:
    steps = [
        {"when": IS_A, "then": [{"action": "remove-line"}]},
        {"when": IS_B, "then": [{"action": "replace", "to": "G6002"}, {"action": "review"}]},
        {"otherwise": [{"action": "review"}]},
    ]
    case = world("77387-TC", **({"unit_choice": answer} if answer else {}))
    (found,) = engine(tmp_path, rule("one", remedies={"first_of": steps})).evaluate(case)
    assert [r.label for r in found.remedies] == [text.replace("77387-TC", "77387") for text in remedies]


@pytest.mark.parametrize(
    ("answers", "severity"),
    [
        ({}, "critical"),
        ({"unit_choice": "b"}, "critical"),
        ({"unit_choice": "a"}, "warning"),
        ({"unit_choice": "a", "unit_yes_no": True}, "info"),
        ({"unit_yes_no": True}, "info"),
    ],
)
def test_caps_lower_a_severity_while_they_are_true(
    tmp_path: Path, answers: dict[str, Any], severity: str
) -> None:
    caps = [{"when": IS_A, "at_most": "warning"}, {"when": {"unit_yes_no": {"is": "yes"}}, "at_most": "info"}]
    assert severities(world("77387", **answers), tmp_path, severity="critical", caps=caps) == [severity]


def test_a_cap_lifts_nothing(tmp_path: Path) -> None:
    caps = [{"when": IS_A, "at_most": "critical"}]
    assert severities(world("77387", unit_choice="a"), tmp_path, severity="info", caps=caps) == ["info"]


THREE = (date(2024, 6, 3), date(2024, 6, 3), date(2024, 6, 4))


def counted(tmp_path: Path, once_per: str) -> list[list[tuple[int | None, str]]]:
    steps = [{"when": {"line_number": {"at_least": "2"}}, "then": "critical"}, {"otherwise": "info"}]
    made = engine(
        tmp_path,
        rule("one", once_per=once_per, severity={"first_of": steps}, remedies=[{"action": "remove-line"}]),
    )
    case = dated(world("77387", "77014", "G6002"), *THREE)
    for line, number in zip(case.units[0].lines, (1, 3, 1), strict=True):
        line.answers["line_number"] = number
    return [[(line.sequence, f.severity.name) for line in f.lines] for f in made.evaluate(case)]


def test_once_per_line(tmp_path: Path) -> None:
    assert sorted(counted(tmp_path, "line")) == [[(1, "info")], [(2, "critical")], [(3, "info")]]


def test_once_per_date_takes_the_strictest_line_of_the_date(tmp_path: Path) -> None:
    assert sorted(counted(tmp_path, "date")) == [[(2, "critical")], [(3, "info")]]


def test_once_per_unit_names_all_lines_at_the_strictest(tmp_path: Path) -> None:
    assert counted(tmp_path, "unit") == [[(1, "critical"), (2, "critical"), (3, "critical")]]


def test_a_rule_for_each_unit_speaks_once_and_names_no_line(tmp_path: Path) -> None:
    made = engine(
        tmp_path, rule("one", {"lines_of_claim": {"some": {"code": {"is": "77387"}}}}, for_each="unit")
    )
    assert told(made.evaluate(world("77387", "77387"))) == [("modifier", "warning", "", "review")]
    assert made.evaluate(world("77014")) == ()
    assert made.evaluate(world()) == ()


ASKING = {"question": "Is it so? Nobody told.", "if_unknown": "ask", "severity": "critical"}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (True, [("modifier", "critical", "1:77387", "remove-line 77387")]),
        (False, []),
        (None, [("modifier", "info", "1:77387", "review")]),
    ],
)
def test_ask_says_info_and_offers_no_correction(
    tmp_path: Path, answer: bool | None, expected: list[Any]
) -> None:
    made = engine(
        tmp_path,
        rule("one", LINE_YES, remedies=[{"action": "remove-line"}], missing=["line_yes_no"], **ASKING),
    )
    case = world("77387")
    if answer is not None:
        case.units[0].lines[0].answers["line_yes_no"] = answer
    found = made.evaluate(case)
    assert told(found) == expected
    for each in found:
        asked = answer is None
        assert each.summary.plain() == ("Is it so? Nobody told." if asked else "Summary of one.")
        assert each.missing == ("line_yes_no",)
    assert [entry["spoke"] for entry in explain_case(made, case)] == [bool(found)]


def test_what_is_not_known_is_silent_otherwise(tmp_path: Path) -> None:
    made = engine(tmp_path, rule("one", LINE_YES))
    assert made.evaluate(world("77387")) == ()
    (entry,) = explain_case(made, world("77387"))
    assert (entry["truth"], entry["spoke"]) == ("unknown", False)
    assert entry["conditions"] == [
        {"text": "line_yes_no is yes", "value": "not known", "truth": "unknown", "depth": 0}
    ]


def test_others_are_named_in_texts_and_reached_by_remedies(tmp_path: Path) -> None:
    made = engine(
        tmp_path,
        rule(
            "pair",
            {"code": {"is": "77387"}, "other_lines": {"some": {"code": {"is": "77014"}}}},
            others={"from": "other_lines", "where": {"code": {"is": "77014"}, **LINE_YES}},
            summary="{line} beside {others} on {date}: {units} units of {code}.",
            remedies=[{"action": "remove-line"}, {"action": "remove-line", "of": "others"}],
        ),
    )
    case = world("77387-26", "77014-TC", "77014")
    case.units[0].lines[1].answers["line_yes_no"] = True
    (found,) = made.evaluate(case)
    assert found.summary.plain() == "77387-26 beside 77014-TC on 2024-06-03: 1 units of 77387."
    assert told([found])[0][2:] == ("1:77387-26 2:77014-TC", "remove-line 77387 | remove-line 77014")
    assert {e.value for e in found.evidence} == {"77387", "77014"}


@pytest.mark.parametrize(
    ("spec", "line", "label"),
    [
        ({"action": "replace", "to": "G6002"}, "77387-26", "replace 77387 -> G6002-26"),
        ({"action": "replace", "to": "G6002"}, "77387-TC", "replace 77387 -> G6002-TC"),
        ({"action": "replace", "to": "G6002"}, "77387", "replace 77387 -> G6002"),
        (
            {"action": "replace", "to": "G6002", "component": "professional"},
            "77387-TC",
            "replace 77387 -> G6002-26",
        ),
        (
            {"action": "replace", "to": "G6002", "component": "technical"},
            "77387",
            "replace 77387 -> G6002-TC",
        ),
        ({"action": "replace", "to": "G6002", "component": "none"}, "77387-26", "replace 77387 -> G6002"),
        ({"action": "replace", "to": "G6017"}, "77387-26", "replace 77387 -> G6017"),
        ({"action": "replace", "to": "G6002-TC"}, "77387-26", "replace 77387 -> G6002-TC"),
        ({"action": "add-line", "code": "77387-TC"}, "77014", "add-line 77387-TC"),
        ({"action": "add-modifier", "modifier": "26"}, "77387", "add-modifier 77387 26"),
        ({"action": "remove-modifier", "modifier": "26"}, "77387-26", "remove-modifier 77387 26"),
        ({"action": "remove-line"}, "77387-26", "remove-line 77387"),
        ({"action": "reduce-units", "to": "2"}, "77387", "reduce-units 77387 -> 2"),
        ({"action": "reduce-units", "to": "0"}, "77387", "remove-line 77387"),
        ({"action": "reduce-units", "to": {"fact": "line_number"}}, "77387", "reduce-units 77387 -> 3"),
        ({"action": "reduce-units", "to": {"fact": "unit_number"}}, "77387", "review"),
        ({"action": "replace", "to": {"fact": "line_codes"}}, "77387-26", "replace 77387 -> 77014-26"),
        ({"action": "replace", "to": {"fact": "unit_codes"}}, "77387", "review"),
        ({"action": "add-document", "document": "28626-0"}, "77387", "add-document 28626-0"),
    ],
)
def test_a_remedy_for_the_line_at_hand(tmp_path: Path, spec: dict[str, Any], line: str, label: str) -> None:
    """M-4: a replacement keeps the component; a code that is never split carries none."""
    made = engine(tmp_path, rule("one", remedies=[spec], effective={"from": "2020-01-01"}))
    case = world(line, line_number=3.7, line_codes=("77014",))
    (found,) = made.evaluate(case)
    assert [r.label for r in found.remedies] == [label]


def test_a_remedy_can_be_left_out_while_something_is_true(tmp_path: Path) -> None:
    remedies = [{"action": "add-modifier", "modifier": "26", "unless": IS_A}, {"action": "remove-line"}]
    made = engine(tmp_path, rule("one", remedies=remedies))
    labels = {
        answer: [r.label for f in made.evaluate(world("77387", unit_choice=answer)) for r in f.remedies]
        for answer in ("a", "b")
    }
    assert labels == {"a": ["remove-line 77387"], "b": ["add-modifier 77387 26", "remove-line 77387"]}


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("unit_choice", "a", "a"),
        ("unit_choice", None, "not known"),
        ("unit_codes", frozenset({"b", "a"}), "a, b"),
        ("unit_codes", frozenset(), ""),
        ("unit_number", 2.0, "2"),
        ("unit_number", 2.5, "2.5"),
        ("unit_yes_no", True, "yes"),
        ("unit_yes_no", False, "no"),
        ("unit_day", date(2024, 6, 1), "2024-06-01"),
    ],
)
def test_facts_fill_the_gaps_of_texts(tmp_path: Path, name: str, value: Any, shown: str) -> None:
    made = engine(tmp_path, rule("one", because=f"It is [{{{name}}}], {{{{so}}}} it is."))
    (found,) = made.evaluate(world("77387", **({} if value is None else {name: value})))
    assert found.because[0].plain() == f"It is [{shown}], {{so}} it is."


def test_severities_are_ordered() -> None:
    assert Severity.info < Severity.warning < Severity.critical
