"""A rule that a claim as a whole gives no chance would have spoken of none of its lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.engine import evaluate
from cds_service.engine.chances import chance_of
from cds_service.engine.closures import compile_condition
from cds_service.engine.conditions import Parser
from cds_service.engine.evaluate import Engine
from cds_service.engine.model import UNKNOWN
from cds_service.engine.vocabulary import Vocabulary
from tests.engine.test_logic import CODES, few, trees
from tests.engine.world import (
    CATALOGUE,
    CHOICES,
    VOCABULARY,
    Claim,
    World,
    engine,
    if_unknown,
    rule,
    told,
    world,
)

UNTOLD = frozenset({UNKNOWN})


def values(name: str) -> Callable[[Claim], frozenset[Any]]:
    return lambda unit: frozenset(line.answers.get(name, UNKNOWN) for line in unit.lines) - UNTOLD


def members(unit: Claim) -> frozenset[Any]:
    told_of = [line.answers.get("line_choices", UNKNOWN) for line in unit.lines]
    return frozenset(each for said in told_of if said is not UNKNOWN for each in said)


def codes(unit: Claim) -> frozenset[str] | None:
    return frozenset(line.code for line in unit.lines) if len(unit.lines) < 4 else None


AMONG: dict[str, Callable[[Claim], frozenset[Any] | None]] = {
    "line_yes_no": values("line_yes_no"),
    "line_choice": values("line_choice"),
    "line_choices": members,
    "line_number": values("line_number"),
    "other_lines": codes,
}
FACTS = {name: replace(fact, among=AMONG.get(name)) for name, fact in VOCABULARY.items()}
PARSER = Parser(cast(Vocabulary, FACTS), CATALOGUE.sets)

choice = st.sampled_from(CHOICES)
some_choices = st.lists(choice, min_size=1, max_size=2, unique=True)
yes_no = st.sampled_from(("yes", "no"))
own = st.one_of(
    st.builds(
        lambda fact, wanted: {fact: {"is": wanted}}, st.sampled_from(("line_yes_no", "unit_yes_no")), yes_no
    ),
    st.builds(
        lambda fact, wanted: {fact: {"is": wanted}}, st.sampled_from(("line_choice", "unit_choice")), choice
    ),
    st.builds(
        lambda how, wanted: {"line_choice": {how: wanted}}, st.sampled_from(("in", "not_in")), some_choices
    ),
    st.builds(
        lambda how, wanted: {"line_choices": {how: wanted}},
        st.sampled_from(("has_any", "has_none", "only")),
        some_choices,
    ),
    st.builds(lambda wanted: {"line_choices": {"is": wanted}}, choice),
    st.builds(lambda wanted: {"line_choice": {"known": wanted}}, yes_no),
    st.just({"limit": {"more_than": {"fact": "line_number"}}}),
    st.builds(
        lambda wanted: {"code": {"in": wanted}}, st.lists(st.sampled_from(CODES), min_size=1, max_size=2)
    ),
)
nested = st.builds(
    lambda how, inner: {"other_lines": {how: inner}}, st.sampled_from(("some", "none")), trees(own)
)
conditions = trees(st.one_of(own, nested))


@st.composite
def claims(draw: st.DrawFn) -> World:
    case = world(*draw(st.lists(st.sampled_from(CODES), min_size=1, max_size=4)), limit=2.0)
    unit = case.units[0]
    case.answers["limit"] = draw(st.sampled_from((1.0, 3.0, UNKNOWN)))
    for name, answers in (("unit_yes_no", (True, False, UNKNOWN)), ("unit_choice", (*CHOICES, UNKNOWN))):
        unit.answers[name] = draw(st.sampled_from(answers))
    for line in unit.lines:
        line.answers["line_yes_no"] = draw(st.sampled_from((True, False, UNKNOWN)))
        line.answers["line_choice"] = draw(st.sampled_from((*CHOICES, UNKNOWN)))
        line.answers["line_choices"] = draw(
            st.sampled_from((frozenset(), frozenset("a"), frozenset("ab"), UNKNOWN))
        )
        line.answers["line_number"] = draw(st.sampled_from((2.0, UNKNOWN)))
    return case


@given(conditions, claims())
def test_what_has_no_chance_holds_for_no_line(tree: Any, case: World) -> None:
    condition = PARSER.parse(tree, (), "line")
    chance, test = chance_of(condition), compile_condition(condition, "line")
    unit = case.units[0]
    holds = [test(line) is True for line in unit.lines]
    assert chance is None or chance(unit) or not any(holds)


@pytest.mark.parametrize(
    ("tree", "there_is"),
    [
        ({"line_choice": {"is": "a"}}, True),
        ({"line_choice": {"is": "b"}}, False),
        ({"line_choice": {"in": ["b", "c"]}}, False),
        ({"line_choices": {"has_any": ["c"]}}, False),
        ({"line_choices": {"only": ["c"]}}, False),
        ({"line_choices": {"has_none": ["c"]}}, None),
        ({"line_choice": {"known": "no"}}, None),
        ({"unit_choice": {"is": "b"}}, False),
        ({"unit_choice": {"is_not": "b"}}, True),
        ({"unit_yes_no": {"is": "yes"}}, None),
        ({"limit": {"more_than": {"fact": "line_number"}}}, False),
        ({"other_lines": {"some": {"code": {"is": "77387"}}}}, True),
        ({"other_lines": {"some": {"code": {"is": "77386"}}}}, False),
        ({"other_lines": {"some": {"line_yes_no": {"is": "yes"}}}}, True),
        ({"other_lines": {"none": {"code": {"is": "77386"}}}}, None),
        ({"not": {"line_choice": {"is": "b"}}}, None),
        ({"code": {"is": "77387"}, "line_choice": {"is": "b"}}, False),
        ({"line_choice": {"is": "a"}, "unit_choice": {"is": "b"}}, False),
        ({"line_choice": {"is": "b"}, "unit_choice": {"is": "a"}}, False),
        ({"line_choice": {"is": "a"}, "unit_choice": {"is": "a"}}, True),
        ({"code": {"is": "77387"}, "line_choices": {"has_none": ["c"]}}, None),
        ({"any": [{"line_choice": {"is": "b"}}, {"unit_choice": {"is": "b"}}]}, False),
        ({"any": [{"line_choice": {"is": "b"}}, {"unit_choice": {"is": "a"}}]}, True),
        ({"any": [{"line_choice": {"is": "b"}}, {"code": {"is": "77387"}}]}, None),
    ],
    ids=str,
)
def test_the_chances_of_a_claim(tree: Any, there_is: bool | None) -> None:
    case = world("77387", "77014", unit_choice="a", line_choice="a", line_choices=frozenset("a"))
    chance = chance_of(PARSER.parse(tree, (), "line"))
    assert (None if chance is None else chance(case.units[0])) is there_is


def test_a_claim_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Claim] = []

    def among(unit: Claim) -> frozenset[str]:
        asked.append(unit)
        return frozenset("a")

    fact = replace(FACTS["line_choice"], among=among)
    parser = Parser(cast(Vocabulary, FACTS | {"line_choice": fact}), CATALOGUE.sets)
    case = world("77387")
    for wanted, there_is in (("a", True), ("b", False)):
        chance = chance_of(parser.parse({"line_choice": {"is": wanted}}, (), "line"))
        assert chance is not None
        assert chance(case.units[0]) is there_is
    assert asked == [case.units[0]]


def test_a_rule_that_asks_has_always_a_chance(tmp_path: Path) -> None:
    when = {"unit_choice": {"is": "a"}, "line_yes_no": {"is": "yes"}}
    made = engine(tmp_path, rule("asks", when, if_unknown="ask", question="Which one is it?"))
    found = made.evaluate(world("77387", "77014", line_yes_no=True))
    assert sorted(line.code for finding in found for line in finding.lines) == ["77014", "77387"]


@few
@given(
    st.lists(st.tuples(conditions, st.sampled_from(("stay-silent", "ask"))), min_size=1, max_size=3), claims()
)
def test_chances_change_no_finding(tmp_path: Path, drawn: list[Any], case: World) -> None:
    made = engine(
        tmp_path,
        *[rule(f"rule-{n}", tree, **if_unknown(unknown)) for n, (tree, unknown) in enumerate(drawn)],
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate, "chance_of", lambda condition: None)
        plain = Engine(made.book)
        expected = told(plain.evaluate(case))
    assert told(made.evaluate(case)) == expected
