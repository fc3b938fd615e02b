"""What the head of a policy file says for all of its rules: further citations and common notes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cds_service.engine.account import account_of
from cds_service.engine.explain import explain_case
from tests.engine.world import engine, rule, world

OF_A = [{"when": {"line_choice": {"is": "a"}}, "cites": ["DOC-ALSO", "DOC-TOO"]}]
ADD_59 = [{"action": "add-modifier", "modifier": "59"}]


@pytest.mark.parametrize(
    ("answer", "cited"),
    [("a", ("DOC-ONE", "DOC-ALSO", "DOC-TOO")), ("b", ("DOC-ONE",)), (None, ("DOC-ONE",))],
)
def test_a_rule_cites_more_where_the_condition_is_true(
    tmp_path: Path, answer: str | None, cited: tuple[str, ...]
) -> None:
    made = engine(tmp_path, rule("one"), also_cites=OF_A)
    case = world("77387", **({"line_choice": answer} if answer else {}))
    (found,) = made.evaluate(case)
    assert found.rules == cited
    assert tuple(source.statement for source in found.sources) == cited
    assert [tuple(entry["cites"]) for entry in explain_case(made, case)] == [cited]


def test_each_of_several_entries_is_asked_by_itself(tmp_path: Path) -> None:
    both = [*OF_A, {"when": {"unit_choice": {"is": "b"}}, "cites": ["DOC-UNIT"]}]
    made = engine(tmp_path, rule("one"), also_cites=both)
    (found,) = made.evaluate(world("77387", line_choice="c", unit_choice="b"))
    assert found.rules == ("DOC-ONE", "DOC-UNIT")


def test_a_rule_about_units_asks_of_the_unit(tmp_path: Path) -> None:
    entry: list[dict[str, Any]] = [{"when": {"unit_choice": {"is": "a"}}, "cites": ["DOC-UNIT"]}]
    whole = rule("one", {"unit_yes_no": {"is": "yes"}}, for_each="unit")
    made = engine(tmp_path, whole, also_cites=entry)
    (found,) = made.evaluate(world("77387", unit_yes_no=True, unit_choice="a"))
    assert found.rules == ("DOC-ONE", "DOC-UNIT")


@pytest.mark.parametrize("once_per", ["line", "unit"])
def test_a_finding_of_several_lines_cites_for_all_of_them(tmp_path: Path, once_per: str) -> None:
    made = engine(tmp_path, rule("one", once_per=once_per), also_cites=OF_A)
    case = world("77387", "77387")
    for line, answer in zip(case.units[0].lines, ("b", "a"), strict=True):
        line.answers["line_choice"] = answer
    (found,) = made.evaluate(case)
    assert len(found.lines) == 2
    assert found.rules == ("DOC-ONE", "DOC-ALSO", "DOC-TOO")


def test_the_account_names_the_rules_that_may_cite_a_statement(tmp_path: Path) -> None:
    made = engine(tmp_path, rule("one"), rule("two", status="draft", cites=["DOC-ONE"]), also_cites=OF_A)
    (account,) = account_of(made.book)
    assert {row.statement: row.rules for row in account.rows} == {
        "DOC-ONE": ("world.rules.one",),
        "DOC-ALSO": ("world.rules.one",),
        "DOC-TOO": ("world.rules.one",),
    }
    assert account.open == 0


def test_the_notes_of_the_file_stand_behind_those_of_the_rule(tmp_path: Path) -> None:
    rules = (rule("one", {"code": {"is": "77387"}}, notes=["A note of one."]), rule("two", remedies=ADD_59))
    made = engine(tmp_path, *rules, notes=["Said of every rule of the file."])
    found = {f.rules: [note.plain() for note in f.notes] for f in made.evaluate(world("77387", "77014"))}
    assert found[("DOC-ONE",)] == ["A note of one.", "Said of every rule of the file."]
    assert found[("DOC-TWO",)] == ["Said of every rule of the file."]


def test_a_note_of_two_merged_rules_is_said_once(tmp_path: Path) -> None:
    made = engine(tmp_path, rule("one"), rule("two"), notes=["Said of every rule of the file."])
    (found,) = made.evaluate(world("77387"))
    assert found.rules == ("DOC-ONE", "DOC-TWO")
    assert [note.plain() for note in found.notes] == ["Said of every rule of the file."]
