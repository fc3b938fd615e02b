"""Nothing that comes from FHIR changes the structure of a card's detail (T10)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cards.detail import detail
from cds_service.engine.model import LineRef, Remedy, Source, Text
from tests.cards.builders import SOCIETY, finding
from tests.cards.properties import UNHURRIED

JUDGE = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def skeleton(markdown: str) -> list[str]:
    """Everything but text that the Markdown renders to."""
    tokens = [t for block in JUDGE.parse(markdown) for t in (block, *(block.children or []))]
    return [f"{t.type} {t.attrs}" for t in tokens if t.type != "text"]


def hostile(value: str) -> str:
    """The detail of a finding that holds `value` wherever the text of others can come in."""
    gap = (("x", value),)
    return detail(
        [
            finding(
                unit=value,
                summary=Text("{x}", gap),
                because=(Text("{x}", gap),),
                notes=(Text("a {x}", gap),),
                missing=(value,),
                lines=(LineRef(value, 1, value, (value,), value, value),),
                remedies=(Remedy("replace", value, to=value), Remedy("add-document", document=value)),
                sources=(Source(value, value, value, value, value, value, SOCIETY.url, value, value),),
            )
        ]
    )


TEXTS = json.loads((Path(__file__).parent / "hostile_texts.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("value", TEXTS)
def test_hostile_values_change_no_structure(value: str) -> None:
    assert skeleton(hostile(value)) == skeleton(hostile("word"))


@UNHURRIED
@given(
    st.text(alphabet="<>[]()!*_~`#-+=|\\&;:/@.w1a htps\n{}", min_size=1, max_size=30).map(lambda t: f"a{t}")
)
def test_any_value_changes_no_structure(value: str) -> None:
    assert skeleton(hostile(value)) == skeleton(hostile("word"))
