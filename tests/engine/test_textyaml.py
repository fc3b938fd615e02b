"""What is no YAML, or nested without end, is a letter that names the true place and cause."""

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


@pytest.mark.parametrize(
    ("text", "line", "what", "remedy"),
    [
        ('a:\n  b: "open\n  c: d\n', 2, "the text that a quote opens here is not closed", "Close it"),
        ('a: "dose \\d+ Gy"\n', 1, "found unknown escape character", "single quotes"),
        (
            'a: [x,\n  y,\n  "q" z,\n  w]\n',
            3,
            "in the list that [ opens in line 1",
            "A comma, bracket or quote",
        ),
        ('a:\n  b: {text: the "best": plan}\n', 2, "in the mapping that { opens in line 2", "A comma"),
        ("a:\n  b: [open, c\n  c: d\n", 3, "in the list that [ opens in line 2", "A comma, bracket or quote"),
        ("a: \u201cHello: x\u201d\n", 1, "mapping values are not allowed", "Use straight quotes"),
        ("a: The plan's \u201cboost\u201d: x\n", 1, "mapping values are not allowed", "Indent with blanks"),
        (
            'a:\n  b: "open\n  c: "d"\n',
            3,
            "did not find expected key",
            "left open further above, from line 2 on",
        ),
    ],
    ids=["quote", "escape", "comma", "colon", "bracket", "curly", "curly-within", "quote-closed-by-the-next"],
)
def test_the_letter_names_the_place_and_the_cause(text: str, line: int, what: str, remedy: str) -> None:
    problems: list[Problem] = []
    assert parse_text_yaml(text, "a.policy.yaml", problems) is None
    (problem,) = problems
    assert problem.line == line
    assert what in problem.what
    assert remedy in problem.remedy


def letter_of(text: str) -> str:
    problems: list[Problem] = []
    assert parse_text_yaml(text, "a.policy.yaml", problems) is None
    (problem,) = problems
    return str(problem)


def test_blanks_that_are_none_are_named_where_the_text_is_no_yaml() -> None:
    assert "stands U+00A0 (no-break space): type it anew, with plain blanks." in letter_of(
        "rules:\n  - id: one\n\u00a0\u00a0\u00a0\u00a0status: active\n    hooks: [claim]\n"
    )
    assert "U+" not in letter_of("rules:\n  - id: one\n   status: active\n")


def test_a_colon_without_a_blank_is_told() -> None:
    assert "A blank may be missing after a colon" in letter_of("id: one\nstatus:active\nhooks: [claim]\n")
