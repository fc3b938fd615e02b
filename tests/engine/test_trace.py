"""The trace of settling in the made-up world, stage by stage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cds_service.engine.trace import Outcome
from tests.engine.test_settle import ADD_26, ON_77387, REMOVE
from tests.engine.world import World, engine, rule, world


def outcomes(folder: Path, case: World, *rules: dict[str, Any]) -> dict[tuple[str, int], Outcome]:
    """What became of each rule on each line, by id and number; number 0 is the claim."""
    made = engine(folder, *rules)
    (unit,) = case.units
    trace = made.trace(unit, case.hook)
    found = {}
    for each in made.book.rules:
        for line in unit.lines if each.for_each == "line" else (None,):
            found[each.id, line.sequence if line else 0] = trace.outcome(each.name, line)
    return found


def told(outcome: Outcome) -> tuple[str, str, list[str]]:
    by = [name.removeprefix("world.rules.").partition("@")[0] for name in outcome.by]
    return outcome.word, outcome.convention, by


def test_two_rules_with_one_remedy_are_merged_and_their_finding_is_theirs(tmp_path: Path) -> None:
    found = outcomes(
        tmp_path,
        world("77387"),
        rule("mild", ON_77387, remedies=ADD_26),
        rule("strict", ON_77387, remedies=ADD_26, severity="critical"),
    )
    assert told(found["mild", 1]) == ("merged", "M-1", ["strict"])
    assert told(found["strict", 1]) == ("merged", "M-1", ["mild"])
    finding = found["mild", 1].finding
    assert finding is not None
    assert finding is found["strict", 1].finding
    assert finding.severity.name == "critical"


def test_a_line_that_goes_names_what_removes_it_and_other_lines_are_kept(tmp_path: Path) -> None:
    found = outcomes(
        tmp_path,
        world("77387", "77014"),
        rule("goes", ON_77387, kind="bundling", remedies=REMOVE),
        rule("further", remedies=ADD_26),
    )
    assert told(found["further", 1]) == ("silenced", "M-2", ["goes"])
    assert found["further", 1].finding is None
    assert told(found["further", 2]) == ("kept", "", [])
    assert found["further", 2].finding is not None


def test_a_pair_names_what_removes_its_partner(tmp_path: Path) -> None:
    pair = rule(
        "pair",
        ON_77387,
        kind="bundling",
        others={"from": "other_lines", "where": {"code": {"is": "77014"}}},
        remedies=[*REMOVE, {"action": "remove-line", "of": "others"}],
    )
    goes = rule("goes", {"code": {"is": "77014"}}, kind="bundling", remedies=REMOVE)
    found = outcomes(tmp_path, world("77387", "77014"), pair, goes)
    assert told(found["pair", 1]) == ("silenced", "M-2", ["goes"])


def test_a_unit_limit_names_what_removes_the_line_that_it_counted(tmp_path: Path) -> None:
    limit = rule("limit", ON_77387, kind="unit-limit", remedies=[{"action": "reduce-units", "to": "1"}])
    goes = rule(
        "goes",
        {"code": {"is": "77387"}, "line_number": {"is": "1"}},
        kind="bundling",
        remedies=REMOVE,
    )
    case = world("77387", "77387", "77014")
    case.units[0].lines[0].answers["line_number"] = 1.0
    found = outcomes(tmp_path, case, limit, goes)
    assert told(found["limit", 1]) == ("silenced", "M-2", ["goes"])
    assert told(found["limit", 2]) == ("silenced", "M-2", ["goes"])


def test_concerns_of_guidance_name_every_rule_that_removes_it(tmp_path: Path) -> None:
    concern = rule(
        "concern",
        {"lines_of_claim": {"some": {"code": {"in": {"set": "guidance"}}}}},
        for_each="unit",
        kind="documentation",
        concerns="image-guidance",
    )
    found = outcomes(
        tmp_path,
        world("77387", "77014"),
        concern,
        rule("one", ON_77387, kind="bundling", remedies=REMOVE),
        rule("two", {"code": {"is": "77014"}}, kind="bundling", remedies=REMOVE),
    )
    assert told(found["concern", 0]) == ("silenced", "M-3", ["one", "two"])


def test_overrides_name_the_rule_on_its_lines_and_for_the_claim(tmp_path: Path) -> None:
    found = outcomes(
        tmp_path,
        world("77387", "77014"),
        rule("common", remedies=ADD_26),
        rule("exception", ON_77387, overrides=["common"]),
        rule("claim", for_each="unit", when={"lines_of_claim": {"some": {"code": {"is": "77014"}}}}),
        rule("of-the-claim", for_each="unit", overrides=["claim"],
             when={"lines_of_claim": {"some": {"code": {"is": "77387"}}}}),
    )  # fmt: skip
    assert told(found["common", 1]) == ("silenced", "overrides", ["exception"])
    assert told(found["common", 2]) == ("kept", "", [])
    assert told(found["claim", 0]) == ("silenced", "overrides", ["of-the-claim"])


def test_an_invalid_code_is_named_by_the_rule_about_its_date(tmp_path: Path) -> None:
    found = outcomes(
        tmp_path,
        world("77387", "77014"),
        rule("ended", ON_77387, kind="code-effective-date"),
        rule("other", remedies=ADD_26),
    )
    assert told(found["other", 1]) == ("silenced", "M-10", ["ended"])
    assert told(found["other", 2]) == ("kept", "", [])


def test_once_a_date_the_strictest_line_is_said(tmp_path: Path) -> None:
    severity = {"first_of": [{"when": {"code": {"is": "77014"}}, "then": "critical"}, {"otherwise": "info"}]}
    found = outcomes(tmp_path, world("77387", "77014"), rule("once", once_per="date", severity=severity))
    assert told(found["once", 1]) == ("said-once", "", ["once"])
    assert told(found["once", 2]) == ("kept", "", [])


def test_once_a_claim_all_lines_are_said(tmp_path: Path) -> None:
    found = outcomes(tmp_path, world("77387", "77014"), rule("once", once_per="unit"))
    assert [told(each) for each in found.values()] == [("kept", "", [])] * 2


def test_lines_of_two_findings_of_one_rule_are_told_apart(tmp_path: Path) -> None:
    """The same rule with two severities makes two findings: each line knows its own."""
    severity = {"first_of": [{"when": {"code": {"is": "77014"}}, "then": "critical"}, {"otherwise": "info"}]}
    found = outcomes(tmp_path, world("77387", "77014"), rule("two", severity=severity, remedies=ADD_26))
    first, second = found["two", 1].finding, found["two", 2].finding
    assert first is not None
    assert second is not None
    assert (first.severity.name, second.severity.name) == ("info", "critical")
