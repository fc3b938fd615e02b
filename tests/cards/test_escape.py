"""Text from FHIR shows as itself in a card: no tag, link, image, list or invisible character (T10)."""

from __future__ import annotations

import json
import re
import unicodedata
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from cards.escape import ELLIPSIS, VALUE_LIMIT, cut, literal_md, plain
from tests.cards.properties import UNHURRIED

# HTML stays enabled: a judge that would hide nothing.
JUDGE = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])

# What GitHub-flavoured renderers link by themselves, looked for in the text that remains after rendering.
AUTOLINKS = re.compile(r"(?i)(https?://|ftp://|www(?=\.))[-.\w]+|[-.\w+]+@[-\w]+(\.[-\w]+)+")

PAYLOADS = json.loads((Path(__file__).parent / "hostile_texts.json").read_text(encoding="utf-8"))
FRAMES = ["{}", "x {}", "{} x", "{0} {0}", "x{}x", "({})", "\n{}\n"]
HOSTILE = [frame.format(payload) for payload, frame in product(PAYLOADS, FRAMES)]
CONTEXTS = ["{}", "**Found.** {}", "- x\n- {}\n", "x\n\n{}\n\ny", "[{}](https://society.example/)", "x\n{}"]

BLOCKS = {"paragraph", "bullet_list", "list_item", "inline"}


def tokens_of(markdown: str) -> list[Token]:
    return [t for block in JUDGE.parse(markdown) for t in (block, *(block.children or []))]


def kinds_of(tokens: list[Token]) -> list[str]:
    """What the renderer would make, apart from text; neighbouring text counts as one."""
    return [t.type for t in tokens if t.type not in ("text", "text_special", "softbreak")]


def assert_literal(value: str) -> None:
    shown = literal_md(value, None)
    for context in CONTEXTS:
        with_value, with_word = tokens_of(context.format(shown)), tokens_of(context.format("word"))
        if shown:
            assert kinds_of(with_value) == kinds_of(with_word), context
        text = "".join(t.content if t.type.startswith("text") else "\n" for t in with_value if not t.children)
        assert not AUTOLINKS.search(text), context
    rendered = "".join(t.content for t in tokens_of(shown) if t.type.startswith("text"))
    assert "".join(rendered.split()) == "".join(plain(value, None).split())


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_text_is_text(value: str) -> None:
    assert_literal(value)


@UNHURRIED
@given(st.text(max_size=80))
def test_any_text_is_text(value: str) -> None:
    assert_literal(value)


@UNHURRIED
@given(st.text(alphabet="<>[]()!*_~`#-+=|\\&;:/@.w1a htps\n", max_size=60))
def test_any_punctuation_is_text(value: str) -> None:
    assert_literal(value)


SIGNS = re.compile(
    r"""[\\`*_{}\[\]<>\#!|~&@^$=+]
    | (?<![0-9A-Za-z])- | -(?![0-9A-Za-z])
    | \.(?=\S)
    | (?<![0-9A-Za-z)]): | :(?=\S)
    """,
    re.VERBOSE,
)
"""What has to be escaped, as one would write it down; `escape` finds the same in fewer steps."""


@UNHURRIED
@given(st.text(alphabet="<>[]()!*_~`#-+=|\\&;:/@.w1a htps\n", max_size=30) | st.text(max_size=30))
def test_signs_are_escaped_where_they_could_be_markup_and_nowhere_else(value: str) -> None:
    text = plain(value, None)
    if not any(sign in text.lower() for sign in ("@", "://", "www")):
        expected = re.sub(r"\A([0-9]{1,9})([.)])", r"\1\\\2", SIGNS.sub(r"\\\g<0>", text))
        assert literal_md(value, None) == expected


def test_the_judge_sees_what_it_should() -> None:
    markup = ["html_inline", "link_open", "image", "em_open", "s_open", "heading_open", "ordered_list_open"]
    source = "<b> [a](b) ![a](b) *a* ~~a~~\n\n# a\n\n1. a"
    assert set(markup) <= set(kinds_of(tokens_of(source)))
    assert AUTOLINKS.search("see www.evil.example")
    assert AUTOLINKS.search("see a@evil.example")


@UNHURRIED
@given(st.text(max_size=200))
def test_plain_is_one_visible_line(value: str) -> None:
    made = plain(value)
    assert made == " ".join(made.split(" ")).strip()
    assert all(unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in made)
    assert plain(made) == made


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("77387-TC", "77387-TC"),
        ("a\nb\tc", "a b c"),
        ("  a  b ", "a b"),
        ("a\u202eb\u200b\x00c", "abc"),
        ("a\u2028b", "a b"),
        ("caf\u00e9 \u4e2d", "caf\u00e9 \u4e2d"),
        ("x\ud800y", "xy"),
    ],
)
def test_plain(value: str, expected: str) -> None:
    assert plain(value) == expected


def test_long_values_are_capped() -> None:
    assert len(plain("word " * 500)) <= VALUE_LIMIT
    assert plain("word " * 500).endswith("word" + ELLIPSIS)
    assert len(plain("x" * 500)) == VALUE_LIMIT


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("one two three", 13, "one two three"),
        ("one two three", 12, "one two" + ELLIPSIS),
        ("one two, three", 10, "one two" + ELLIPSIS),
        ("abcdefghij", 5, "abcd" + ELLIPSIS),
        ("ab cdefghijklmnop", 10, "ab cdefgh" + ELLIPSIS),
    ],
)
def test_cut(text: str, limit: int, expected: str) -> None:
    assert cut(text, limit) == expected


@UNHURRIED
@given(st.text(max_size=300), st.integers(2, 150))
def test_cut_keeps_the_limit(text: str, limit: int) -> None:
    assert len(cut(text, limit)) <= max(limit, 1)


@pytest.mark.parametrize(
    "text", ["Guidance is included in 77385/77386: remove 77387-TC.", "On 2023-05-08 (line 2), AST-15."]
)
def test_ordinary_sentences_stay_readable_in_source(text: str) -> None:
    assert literal_md(text) == text
