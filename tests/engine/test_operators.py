"""Every operator of every fact type, with what is told, what is known to be open, and what nobody told."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from cds_service.engine.closures import compile_condition
from cds_service.engine.conditions import MANUAL, OPERATORS, ConditionError, Parser
from cds_service.engine.model import UNKNOWN, OpenSet
from cds_service.engine.vocabulary import SCOPES, Scope
from tests.engine.world import CATALOGUE, TYPES, VOCABULARY, Item, Subject, World, world

T, F, U = True, False, UNKNOWN
NOBODY = UNKNOWN
PARSER = Parser(VOCABULARY, CATALOGUE.sets)
SET = {"set": "some-choices"}
AB, ABC = frozenset("ab"), frozenset("abc")
EMPTY: frozenset[str] = frozenset()
MAY, JUNE, JULY = date(2024, 5, 31), date(2024, 6, 1), date(2024, 7, 1)

# operator, argument, [(answer, truth)]
Row = tuple[str, Any, list[tuple[Any, Any]]]
SCALARS: list[Row] = [
    ("is", "a", [("a", T), ("b", F), (NOBODY, U)]),
    ("is_not", "a", [("a", F), ("b", T), (NOBODY, U)]),
    ("in", ["a", "b"], [("a", T), ("c", F), (NOBODY, U)]),
    ("in", SET, [("b", T), ("c", F), (NOBODY, U)]),
    ("not_in", ["a", "b"], [("a", F), ("c", T), (NOBODY, U)]),
    ("not_in", SET, [("a", F), ("c", T), (NOBODY, U)]),
    ("known", "yes", [("a", T), (NOBODY, F)]),
    ("known", "no", [("a", F), (NOBODY, T)]),
]
COLLECTIONS: list[Row] = [
    (
        "is",
        "a",
        [
            (frozenset("a"), T),
            (AB, F),
            (EMPTY, F),
            (frozenset("b"), F),
            (OpenSet("a"), U),
            (OpenSet(), U),
            (OpenSet("b"), F),
            (OpenSet("ab"), F),
            (NOBODY, U),
        ],
    ),
    (
        "has_any",
        ["a", "b"],
        [(ABC, T), (frozenset("c"), F), (EMPTY, F), (OpenSet("bc"), T), (OpenSet("c"), U), (NOBODY, U)],
    ),
    ("is", "a", [(("a",), T), ((), F), (("a", "b"), F)]),
    ("only", ["a"], [(("a",), T), ((), F)]),
    ("has_any", SET, [(frozenset("a"), T), (frozenset("c"), F), (OpenSet(), U), (NOBODY, U)]),
    (
        "has_none",
        ["a", "b"],
        [(ABC, F), (frozenset("c"), T), (EMPTY, T), (OpenSet("bc"), F), (OpenSet("c"), U), (NOBODY, U)],
    ),
    (
        "only",
        ["a", "b"],
        [
            (AB, T),
            (frozenset("a"), T),
            (ABC, F),
            (EMPTY, F),
            (OpenSet("a"), U),
            (OpenSet(), U),
            (OpenSet("c"), F),
            (NOBODY, U),
        ],
    ),
    ("only", SET, [(AB, T), (ABC, F), (NOBODY, U)]),
    (
        "several",
        "yes",
        [(AB, T), (frozenset("a"), F), (EMPTY, F), (OpenSet("a"), U), (OpenSet("ab"), T), (NOBODY, U)],
    ),
    ("several", "no", [(AB, F), (frozenset("a"), T), (OpenSet("ab"), F), (OpenSet(), U), (NOBODY, U)]),
    ("known", "yes", [(EMPTY, T), (OpenSet(), T), (NOBODY, F)]),
    ("known", "no", [(EMPTY, F), (NOBODY, T)]),
]
OTHERS: list[tuple[str, str, Any, list[tuple[Any, Any]]]] = [
    ("number", "is", "2", [(2.0, T), (2, T), (2.5, F), (NOBODY, U)]),
    ("number", "is_not", "2", [(2.0, F), (3, T), (NOBODY, U)]),
    ("number", "at_least", "2", [(2.0, T), (1.9, F), (NOBODY, U)]),
    ("number", "more_than", "2", [(2.0, F), (2.1, T), (NOBODY, U)]),
    ("number", "at_least", "-0.5", [(0, T), (-1, F)]),
    ("number", "at_least", {"fact": "limit"}, [(5, T), (4, F), (NOBODY, U)]),
    ("number", "more_than", {"fact": "limit"}, [(5, F), (6, T), (NOBODY, U)]),
    ("number", "known", "yes", [(0, T), (NOBODY, F)]),
    ("number", "known", "no", [(0, F), (NOBODY, T)]),
    ("day", "on_or_after", "2024-06-01", [(JUNE, T), (JULY, T), (MAY, F), (NOBODY, U)]),
    ("day", "before", "2024-06-01", [(JUNE, F), (JULY, F), (MAY, T), (NOBODY, U)]),
    ("day", "known", "yes", [(MAY, T), (NOBODY, F)]),
    ("yes-no", "is", "yes", [(True, T), (False, F), (NOBODY, U)]),
    ("yes-no", "is", "no", [(True, F), (False, T), (NOBODY, U)]),
    ("yes-no", "is_not", "yes", [(True, F), (False, T), (NOBODY, U)]),
    ("yes-no", "known", "yes", [(False, T), (NOBODY, F)]),
    ("yes-no", "known", "no", [(False, F), (NOBODY, T)]),
    ("lines", "known", "yes", [((), T), (NOBODY, F)]),
]
ASKED = [
    *((kind, *row) for kind in ("choice", "code") for row in SCALARS),
    *((kind, *row) for kind in ("choices", "codes") for row in COLLECTIONS),
    *OTHERS,
]
TABLE = [
    (scope, kind, operator, argument, answer, truth)
    for scope in SCOPES
    for kind, operator, argument, rows in ASKED
    for answer, truth in rows
]


def subject_of(scope: Scope, name: str, answer: Any) -> tuple[Subject, World]:
    """A line whose case, claim or own self gives the answer."""
    case = world("77387")
    case.answers["limit"] = 5
    line = case.units[0].lines[0]
    holder: Subject = {"case": case, "unit": case.units[0], "line": line}[scope]
    if answer is not UNKNOWN:
        holder.answers[name] = answer
    return line, case


def truth_of(tree: Any, line: Subject, scope: Scope = "line") -> Any:
    return compile_condition(PARSER.parse(tree, (), scope), scope)(line)


@pytest.mark.parametrize(("scope", "kind", "operator", "argument", "answer", "truth"), TABLE)
def test_truth(scope: Scope, kind: str, operator: str, argument: Any, answer: Any, truth: Any) -> None:
    name = f"{scope}_{kind.replace('-', '_')}"
    line, _ = subject_of(scope, name, answer)
    assert truth_of({name: {operator: argument}}, line) is truth


@pytest.mark.parametrize("scope", ["case", "unit"])
def test_wider_facts_can_be_asked_of_a_claim_too(scope: Scope) -> None:
    name = f"{scope}_choice"
    case = subject_of(scope, name, "a")[1]
    assert truth_of({name: {"is": "a"}}, case.units[0], "unit") is True
    assert truth_of({name: {"is": "b"}}, case.units[0], "unit") is False


def test_a_limit_that_nobody_told_is_unknown() -> None:
    line, case = subject_of("line", "line_number", 7)
    del case.answers["limit"]
    for operator in ("at_least", "more_than"):
        assert truth_of({"line_number": {operator: {"fact": "limit"}}}, line) is UNKNOWN


def test_the_table_asks_every_operator_of_every_type_it_fits() -> None:
    asked = {(operator, kind) for _, kind, operator, *_ in TABLE} | {("some", "lines"), ("none", "lines")}
    assert asked == {(operator, kind) for operator, kinds in OPERATORS.items() for kind in kinds}


def test_no_operator_is_asked_of_a_type_it_does_not_fit() -> None:
    for operator, kinds in OPERATORS.items():
        for kind in TYPES:
            if kind not in kinds:
                with pytest.raises(ConditionError, match="cannot be asked of"):
                    PARSER.parse({f"line_{kind.replace('-', '_')}": {operator: "a"}}, (), "line")


@pytest.mark.parametrize(
    ("fact", "operator", "argument", "said"),
    [
        ("line_choice", "in", {"set": {"set": "some-choices"}}, "`set` needs one name"),
        ("line_choice", "in", {"set": ["some-choices"]}, "`set` needs one name"),
        ("line_number", "at_least", {"fact": {"fact": "limit"}}, "`fact` needs one name"),
        ("line_number", "at_least", {"fact": ["limit"]}, "`fact` needs one name"),
        ("line_number", "at_least", "nan", "can be compared"),
        ("line_number", "at_least", "1e999", "can be compared"),
        ("line_number", "at_least", ["1"], "is no number"),
    ],
)
def test_an_argument_of_another_shape_is_a_letter(fact: str, operator: str, argument: Any, said: str) -> None:
    """Found by damaging the structure of policy files: a list or mapping in place of a name was a TypeError."""
    with pytest.raises(ConditionError, match=said):
        PARSER.parse({fact: {operator: argument}}, (), "line")


def test_each_operator_is_in_the_manual() -> None:
    assert set(MANUAL) == set(OPERATORS)


NESTED = {"line_choice": {"is": "a"}}


@pytest.mark.parametrize(
    ("answers", "some", "none"),
    [
        ([], F, T),
        (["b"], F, T),
        (["a"], T, F),
        (["b", "a"], T, F),
        ([NOBODY], U, U),
        (["b", NOBODY], U, U),
        ([NOBODY, "a"], T, F),
        (["a", NOBODY], T, F),
        (NOBODY, U, U),
    ],
    ids=str,
)
def test_some_and_none_of_lines(answers: Any, some: Any, none: Any) -> None:
    case = world("77387")
    line = case.units[0].lines[0]
    if answers is not UNKNOWN:
        line.answers["line_lines"] = tuple(
            Item(case.units[0], answers={} if answer is UNKNOWN else {"line_choice": answer})
            for answer in answers
        )
    assert truth_of({"line_lines": {"some": NESTED}}, line) is some
    assert truth_of({"line_lines": {"none": NESTED}}, line) is none


def test_lines_within_lines() -> None:
    """A line beside which no line is one that ... : each level is asked of its own lines."""
    tree = {"other_lines": {"some": {"code": {"is": "G6002"}, "other_lines": {"some": NESTED}}}}

    def truth(**choices: str) -> Any:
        lines = dict(
            zip(("first", "second", "third"), world("77387", "77014", "G6002").units[0].lines, strict=True)
        )
        for name, choice in choices.items():
            lines[name].answers["line_choice"] = choice
        return truth_of(tree, lines["first"])

    assert truth(second="a") is True
    assert truth(second="b") is UNKNOWN, "the first line's own choice is not told"
    assert truth(second="b", first="c") is False
    assert truth(second="b", first="c", third="a") is False, "G6002 is not beside itself"


def test_unknown_is_no_truth_value_of_python() -> None:
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(UNKNOWN)
    assert UNKNOWN != UNKNOWN or UNKNOWN is UNKNOWN
    assert type(UNKNOWN)() is UNKNOWN
