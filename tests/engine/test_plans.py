"""What an engine works out once for all subjects that are alike is what it would have worked out for each."""

from __future__ import annotations

import datetime
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cds_service.engine import evaluate
from cds_service.engine.closures import compile_condition
from cds_service.engine.conditions import Parser
from cds_service.engine.evaluate import Engine
from cds_service.engine.model import UNKNOWN
from cds_service.engine.plans import Eras
from cds_service.engine.residue import node_of, residue
from cds_service.engine.rules import Span
from cds_service.engine.vocabulary import Vocabulary
from tests.engine.test_logic import (
    CODES,
    atoms,
    case_of,
    code_atoms,
    few,
    line_with,
    rules,
    situations,
    trees,
    written,
)
from tests.engine.world import CATALOGUE, VOCABULARY, engine, rule, told, world

ASKED = ("line_yes_no", "unit_yes_no", "case_yes_no", "code")
DAY = datetime.date(2024, 6, 3)


def parser(indexed: frozenset[str]) -> Parser:
    facts = {name: replace(fact, indexed=name in indexed) for name, fact in VOCABULARY.items()}
    return Parser(cast(Vocabulary, facts), CATALOGUE.sets)


@given(
    trees(st.one_of(code_atoms, atoms)),
    st.frozensets(st.sampled_from(ASKED)),
    situations,
    situations,
    st.sampled_from(CODES),
    st.sampled_from(CODES),
)
def test_what_is_left_of_a_condition_holds_for_every_subject_that_is_alike(
    tree: Any,
    indexed: frozenset[str],
    first: dict[str, Any],
    second: dict[str, Any],
    code: str,
    other_code: str,
) -> None:
    condition = parser(indexed).parse(tree, (), "line")
    left = residue(node_of(condition, "line"), line_with(first, code))
    alike = {name: first[name] if name in indexed else value for name, value in second.items()}
    line = line_with(alike, code if "code" in indexed else other_code)
    expected = compile_condition(condition, "line")(line)
    assert (left(line) if callable(left) else left) is expected
    if indexed == frozenset(ASKED):
        assert not callable(left)


UNTOLD = dict.fromkeys(("line_yes_no", "unit_yes_no", "case_yes_no"), UNKNOWN)
BOTH = {"line_yes_no": {"is": "yes"}, "unit_yes_no": {"is": "yes"}}


@example({"not": BOTH}, frozenset(), UNTOLD)
@example({"not": {"not": {"not": BOTH}}}, frozenset({"line_yes_no"}), UNTOLD)
@example({"all": [BOTH, {"not": {"any": [BOTH]}}]}, frozenset({"unit_yes_no"}), UNTOLD)
@given(trees(st.one_of(code_atoms, atoms)), st.frozensets(st.sampled_from(ASKED)), situations)
def test_where_only_what_holds_matters_the_rest_may_be_left_unasked(
    tree: Any, indexed: frozenset[str], situation: dict[str, Any]
) -> None:
    condition = parser(indexed).parse(tree, (), "line")
    line = line_with(situation)
    left = residue(node_of(condition, "line"), line, whole=False)
    assert left is not UNKNOWN
    holds = compile_condition(condition, "line")(line) is True
    assert ((left(line) if callable(left) else left) is True) is holds


@given(trees(atoms), situations)
def test_nothing_is_left_out_that_asks_other_lines(tree: Any, situation: dict[str, Any]) -> None:
    line = line_with(situation)
    nested = parser(frozenset(ASKED)).parse({"other_lines": {"some": tree}}, (), "line")
    assert callable(residue(node_of(nested, "line"), line))


@few
@given(
    rules,
    st.lists(st.tuples(st.lists(st.sampled_from(CODES), max_size=3), situations), min_size=2, max_size=4),
)
def test_what_was_kept_of_one_case_changes_no_finding_of_the_next(
    tmp_path: Path, drawn: list[Any], cases: list[tuple[list[str], dict[str, Any]]]
) -> None:
    kept = written(tmp_path, drawn)
    for codes, situation in cases:
        assert told(kept.evaluate(case_of(codes, situation))) == told(
            Engine(kept.book).evaluate(case_of(codes, situation))
        )


@pytest.mark.parametrize("answers", list(permutations((True, False, UNKNOWN, True))))
@pytest.mark.parametrize("day", [DAY, datetime.date(2024, 6, 4)])
def test_lines_of_a_claim_share_what_they_have_in_common_and_no_more(
    tmp_path: Path, answers: tuple[Any, ...], day: datetime.date
) -> None:
    made = engine(tmp_path, rule("one", {"line_yes_no": {"is": "yes"}}, effective={"from": "2024-06-04"}))
    case = world(*["77387"] * len(answers))
    for line, answer in zip(case.units[0].lines, answers, strict=True):
        line.answers["line_yes_no"] = answer
    last = case.units[0].lines[-1]
    last.date = last.end = day
    (expected,) = [answers[-1]] if day > DAY else [False]
    found = made.evaluate(case)
    assert [ref.sequence for each in found for ref in each.lines] == (
        [last.sequence] if expected is True else []
    )


@pytest.mark.parametrize("applies", ["unit_yes_no", "unit_choice"])
def test_whom_a_policy_applies_to_is_asked_of_each_unit(tmp_path: Path, applies: str) -> None:
    yes, no = ("a", "b") if applies == "unit_choice" else ("yes", "no")
    made = engine(tmp_path, rule("always"), applies={applies: {"is": yes}})
    answer: dict[str, Any] = {"yes": True, "no": False, "a": "a", "b": "b"}
    for said, speaks in ((answer[no], False), (answer[yes], True), (UNKNOWN, False), (answer[yes], True)):
        case = world("77387")
        case.units[0].answers[applies] = said
        assert bool(made.evaluate(case)) is speaks


def test_lists_of_plans_have_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate, "_KEPT", 2)
    made = engine(tmp_path, rule("one", {"unit_yes_no": {"is": "yes"}}, effective={"from": "2024-06-03"}))
    for _ in range(2):
        for said in (True, False, UNKNOWN):
            for day in (datetime.date(2024, 6, 2), DAY):
                case = world("77387", unit_yes_no=said)
                case.units[0].start = case.units[0].lines[0].date = case.units[0].lines[0].end = day
                assert bool(made.evaluate(case)) is (said is True and day == DAY)
    assert len(made._for_line) <= 2
    assert len(made._plans._plans) <= 2


days = st.dates(datetime.date(2023, 12, 28), datetime.date(2024, 1, 6))
spans = st.builds(
    lambda first, more: Span(
        first, None if first is None or more is None else first + datetime.timedelta(more)
    ),
    st.one_of(st.none(), days),
    st.one_of(st.none(), st.integers(0, 5)),
)


@given(st.lists(spans, max_size=4), days, days)
def test_on_all_days_of_one_era_the_same_rules_are_in_force(
    drawn: list[Span], one: datetime.date, other: datetime.date
) -> None:
    eras = Eras(drawn)
    if eras.of(one) == eras.of(other):
        assert [span.holds(one) for span in drawn] == [span.holds(other) for span in drawn]


def test_an_era_ends_with_the_last_day_of_the_calendar() -> None:
    assert Eras([Span(None, datetime.date.max)]).of(datetime.date.max) == 0
