"""Three-valued logic as laws: Kleene's tables, information never overturned, and the index by code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_service.engine import evaluate
from cds_service.engine.closures import compile_condition
from cds_service.engine.conditions import Parser, codes_of
from cds_service.engine.evaluate import Engine
from cds_service.engine.explain import explain_case
from cds_service.engine.model import UNKNOWN
from tests.engine.world import CATALOGUE, VOCABULARY, Item, World, engine, if_unknown, rule, told, world

PARSER = Parser(VOCABULARY, CATALOGUE.sets)
CODES = ("77387", "77014", "G6002", "G6017", "77386")
LEAST, HALF, MOST = 0.0, 0.5, 1.0
TRUTHS = {True: MOST, False: LEAST, UNKNOWN: HALF}

answers = st.sampled_from([True, False, UNKNOWN])
facts = st.sampled_from(["line_yes_no", "unit_yes_no", "case_yes_no"])
atoms = st.builds(lambda fact, wanted: {fact: {"is": wanted}}, facts, st.sampled_from(["yes", "no"]))
code_atoms = st.one_of(
    st.builds(lambda code: {"code": {"is": code}}, st.sampled_from(CODES)),
    st.builds(
        lambda how, codes: {"code": {how: codes}},
        st.sampled_from(["in", "not_in"]),
        st.lists(st.sampled_from(CODES), min_size=1, max_size=3, unique=True),
    ),
    st.just({"code": {"in": {"set": "guidance"}}}),
    st.just({"code": {"known": "yes"}}),
)


def trees(atom: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        atom,
        lambda inner: st.one_of(
            st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
            st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
            st.builds(lambda part: {"not": part}, inner),
            st.builds(lambda one, other: {**one, **other}, inner, inner),
        ),
        max_leaves=8,
    )


situations = st.fixed_dictionaries(dict.fromkeys(("line_yes_no", "unit_yes_no", "case_yes_no"), answers))


def line_with(situation: dict[str, Any], code: str = "77387") -> Item:
    case = world(code)
    line = case.units[0].lines[0]
    for name, value in situation.items():
        holder = {"line": line, "unit": case.units[0], "case": case}[name.partition("_")[0]]
        holder.answers[name] = value
    return line


def truth(tree: Any, line: Item) -> Any:
    return compile_condition(PARSER.parse(tree, (), "line"), "line")(line)


def kleene(tree: Any, situation: dict[str, Any]) -> float:
    """The truth of a condition by Kleene's tables: the least for `all`, the greatest for `any`."""
    parts = []
    for key, value in tree.items():
        if key in ("all", "any"):
            inner = [kleene(part, situation) for part in value]
            parts.append(min(inner) if key == "all" else max(inner))
        elif key == "not":
            parts.append(1 - kleene(value, situation))
        else:
            told_so = TRUTHS[situation[key]]
            parts.append(told_so if value == {"is": "yes"} else 1 - told_so)
    return min(parts)


@given(trees(atoms), situations)
def test_all_any_and_not_follow_kleene_s_tables(tree: Any, situation: dict[str, Any]) -> None:
    assert TRUTHS[truth(tree, line_with(situation))] == kleene(tree, situation)


@given(st.lists(trees(atoms), min_size=1, max_size=3), situations)
def test_de_morgan(parts: list[Any], situation: dict[str, Any]) -> None:
    line = line_with(situation)
    refused = [{"not": part} for part in parts]
    assert truth({"not": {"all": parts}}, line) is truth({"any": refused}, line)
    assert truth({"not": {"any": parts}}, line) is truth({"all": refused}, line)
    assert truth({"not": {"not": parts[0]}}, line) is truth(parts[0], line)


@given(st.data(), st.lists(trees(atoms), min_size=2, max_size=4), situations)
def test_the_order_of_parts_does_not_matter(
    data: st.DataObject, parts: list[Any], situation: dict[str, Any]
) -> None:
    line = line_with(situation)
    other = data.draw(st.permutations(parts))
    for how in ("all", "any"):
        assert truth({how: parts}, line) is truth({how: other}, line)


@given(trees(atoms), situations, st.tuples(st.booleans(), st.booleans(), st.booleans()))
def test_what_is_known_is_not_overturned_by_learning_more(
    tree: Any, situation: dict[str, Any], learned: tuple[bool, bool, bool]
) -> None:
    """A condition that is true or false while something is unknown stays so, whatever that turns out to be."""
    before = truth(tree, line_with(situation))
    filled = {
        name: told_so if value is UNKNOWN else value
        for (name, value), told_so in zip(situation.items(), learned, strict=True)
    }
    after = truth(tree, line_with(filled))
    assert after is not UNKNOWN
    assert before is UNKNOWN or before is after


@given(st.lists(answers, max_size=4))
def test_some_is_any_and_none_is_its_opposite(values: list[Any]) -> None:
    case = world("77387")
    line = case.units[0].lines[0]
    line.answers["line_lines"] = tuple(
        Item(case.units[0], answers={"line_yes_no": value}) for value in values
    )
    nested = {"line_yes_no": {"is": "yes"}}
    expected = max([TRUTHS[value] for value in values], default=LEAST)
    assert TRUTHS[truth({"line_lines": {"some": nested}}, line)] == expected
    assert TRUTHS[truth({"line_lines": {"none": nested}}, line)] == 1 - expected


@given(trees(st.one_of(code_atoms, atoms)), situations, st.sampled_from(CODES))
def test_a_code_outside_the_index_makes_the_condition_false(
    tree: Any, situation: dict[str, Any], code: str
) -> None:
    codes = codes_of(PARSER.parse(tree, (), "line"))
    if codes is not None and code not in codes:
        assert truth(tree, line_with(situation, code)) is False


@contextmanager
def without_index() -> Iterator[None]:
    """Engines that are made meanwhile ask every rule of every line."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate, "codes_of", lambda condition: None)
        yield


rules = st.lists(
    st.builds(
        lambda when, unknown, kind, severity: (when, unknown, kind, severity),
        trees(st.one_of(code_atoms, atoms)),
        st.sampled_from(["stay-silent", "ask"]),
        st.sampled_from(["modifier", "bundling", "coverage-necessity"]),
        st.sampled_from(["info", "warning", "critical"]),
    ),
    min_size=1,
    max_size=4,
)
few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def written(folder: Path, drawn: list[Any]) -> Engine:
    made = [
        rule(
            f"rule-{n}",
            when,
            kind=kind,
            severity=severity,
            **if_unknown(unknown),
        )
        for n, (when, unknown, kind, severity) in enumerate(drawn)
    ]
    return engine(folder, *made)


def case_of(codes: list[str], situation: dict[str, Any]) -> World:
    case = world(*codes)
    case.answers["case_yes_no"] = situation["case_yes_no"]
    case.units[0].answers["unit_yes_no"] = situation["unit_yes_no"]
    for line in case.units[0].lines:
        line.answers["line_yes_no"] = situation["line_yes_no"]
    return case


@few
@given(rules, st.lists(st.sampled_from(CODES), max_size=4), situations)
def test_the_index_by_code_changes_no_finding(
    tmp_path: Path, drawn: list[Any], codes: list[str], situation: dict[str, Any]
) -> None:
    indexed = written(tmp_path, drawn)
    with without_index():
        plain = Engine(indexed.book)
    case = case_of(codes, situation)
    found, expected = indexed.evaluate(case), plain.evaluate(case)
    assert sorted(told(found)) == sorted(told(expected))
    assert {name for f in found for name in f.rule_names} == {n for f in expected for n in f.rule_names}


@few
@given(rules, st.lists(st.sampled_from(CODES), min_size=1, max_size=3), situations)
def test_explain_tells_the_truth_by_which_the_rule_spoke(
    tmp_path: Path, drawn: list[Any], codes: list[str], situation: dict[str, Any]
) -> None:
    made = written(tmp_path, drawn)
    case = case_of(codes, situation)
    explained = explain_case(made, case)
    assert len(explained) == len(drawn) * len(codes)
    found = made.evaluate(case)
    heard = {name for finding in found for name in finding.rule_names}
    spoke = {entry["rule"] for entry in explained if entry["spoke"]}
    assert {name.split(".")[-1].partition("@")[0] for name in heard} <= spoke
    assert bool(heard) == bool(spoke)
    words = {True: "true", False: "false", UNKNOWN: "unknown"}
    by_id = {one.id: one for one in made.book.rules}
    for position, entry in enumerate(explained):
        one, line = by_id[entry["rule"]], case.units[0].lines[position % len(codes)]
        assert entry["line"] == f"{line.ref.label} {line.date}"
        assert entry["truth"] == words[compile_condition(one.when, "line")(line)]
        assert entry["conditions"][0]["truth"] == entry["truth"]
        assert entry["conditions"][0]["depth"] == 0


@given(
    trees(st.one_of(code_atoms, atoms)),
    st.lists(st.tuples(st.sampled_from(CODES), answers), max_size=4),
)
def test_some_and_none_pass_over_no_line_that_counts(tree: Any, others: list[tuple[str, Any]]) -> None:
    case = world("77387", *(code for code, _ in others))
    line, *beside = case.units[0].lines
    for other, (_, answer) in zip(beside, others, strict=True):
        other.answers["line_yes_no"] = answer
    each = [truth(tree, other) for other in beside]
    found = True if True in each else UNKNOWN if any(t is UNKNOWN for t in each) else False
    assert truth({"other_lines": {"some": tree}}, line) is found
    assert truth({"other_lines": {"none": tree}}, line) is (found if found is UNKNOWN else not found)


@pytest.mark.parametrize(
    ("tree", "codes"),
    [
        ({"code": {"is": "77387"}}, {"77387"}),
        ({"code": {"in": ["77387", "77014"]}}, {"77387", "77014"}),
        ({"code": {"in": {"set": "guidance"}}}, CATALOGUE.sets["guidance"]),
        ({"code": {"in": ["77387", "77014"]}, "line_yes_no": {"is": "yes"}}, {"77387", "77014"}),
        ({"all": [{"code": {"in": ["77387", "77014"]}}, {"code": {"is": "77014"}}]}, {"77014"}),
        ({"all": [{"code": {"is": "77387"}}, {"code": {"is": "77014"}}]}, set()),
        ({"any": [{"code": {"is": "77387"}}, {"code": {"is": "77014"}}]}, {"77387", "77014"}),
        ({"any": [{"code": {"is": "77387"}}, {"line_yes_no": {"is": "yes"}}]}, None),
        ({"code": {"not_in": ["77387"]}}, None),
        ({"not": {"code": {"is": "77387"}}}, None),
        ({"other_lines": {"some": {"code": {"is": "77387"}}}}, None),
        ({"line_yes_no": {"is": "yes"}}, None),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_codes_of(tree: Any, codes: Any) -> None:
    assert codes_of(PARSER.parse(tree, (), "line")) == (None if codes is None else frozenset(codes))
