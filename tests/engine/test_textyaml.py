"""Files that are nested without end: a letter, whatever reads them afterwards."""

from __future__ import annotations

import pytest

from cds_service.engine.letters import Problem
from cds_service.engine.textyaml import DEEPEST, parse_text_yaml


@pytest.mark.parametrize(
    "text",
    [
        "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1),
        "{a: " * (DEEPEST + 1) + "b" + "}" * (DEEPEST + 1),
        "- " * (DEEPEST + 1) + "a",
        "[" * 200_000,  # once more than the C stack of libyaml's composer holds: the process was gone
        "- " * 20_000 + "a",
        "? " * 5_000 + "a",
    ],
    ids=lambda text: f"{text[:4]}x{len(text)}",
)
def test_a_file_that_is_nested_too_deep_is_a_letter(text: str) -> None:
    problems: list[Problem] = []
    assert parse_text_yaml(text, "a.policy.yaml", problems) is None
    assert [problem.what for problem in problems] == ["is nested more than 64 levels deep."]


def test_the_line_is_that_of_the_level_too_many() -> None:
    problems: list[Problem] = []
    text = "a: b\nc:\n" + "".join("  " * level + "- d:\n" for level in range(1, 40))
    assert parse_text_yaml(text, "a.policy.yaml", problems) is None
    assert problems[0].line == 2 + (DEEPEST // 2)


def test_as_deep_as_it_may_be_is_read() -> None:
    problems: list[Problem] = []
    read = parse_text_yaml("[" * DEEPEST + "]" * DEEPEST, "a.policy.yaml", problems)
    assert problems == []
    assert read is not None
