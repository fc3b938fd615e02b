"""The order of cards, shared cards, and identifiers that stay the same when a call is repeated."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cards
from cards.order import KINDS, NAMESPACE, RANKS, Names, by_rank, canonical, sort_key
from cds_service.engine import model
from cds_service.engine.model import Severity
from tests.cards.builders import PAYER, SOCIETY, finding, line


def test_kinds_are_the_engines() -> None:
    assert model.KINDS == KINDS


def test_each_kind_has_a_template_and_nothing_else_has() -> None:
    folder = Path(cards.__file__).parent / "templates"
    assert {f.stem for f in folder.glob("*.md") if not f.stem.startswith("_")} == set(KINDS)


def test_strictest_first_then_kind_unit_line_code() -> None:
    expected = [
        finding(severity=Severity.critical, kind="modifier"),
        finding(severity=Severity.warning, kind="bundling", unit="Claim/c1"),
        finding(severity=Severity.warning, kind="bundling", unit="Claim/c2", lines=(line(0, "77387"),)),
        finding(severity=Severity.warning, kind="bundling", unit="Claim/c2", lines=(line(2, "G6001"),)),
        finding(severity=Severity.warning, kind="bundling", unit="Claim/c2", lines=(line(2, "G6002"),)),
        finding(severity=Severity.warning, kind="bundling", unit="Claim/c2", lines=(line(9, "77014"),)),
        finding(severity=Severity.warning, kind="documentation", lines=()),
        finding(severity=Severity.info, kind="code-effective-date", rules=("AST-03",)),
        finding(severity=Severity.info, kind="code-effective-date", rules=("FLB-44",)),
    ]
    shuffled = expected.copy()
    random.Random(7).shuffle(shuffled)
    assert shuffled != expected
    assert sorted(shuffled, key=sort_key) == expected


def test_the_first_line_is_the_one_with_the_lowest_sequence() -> None:
    late_first = finding(lines=(line(8, "77387"), line(1, "77387")))
    middle = finding(lines=(line(4, "77387"),))
    assert sort_key(late_first) < sort_key(middle)


def test_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^Finding.kind: 'other'"):
        sort_key(finding(kind="other"))


def test_sources_by_rank_each_once() -> None:
    law = model.Source("LCD-27", "A", "lcd", "LCD", "First Coast", "LCD", "https://law.example/", "r1", "law")
    first, second = finding(sources=(SOCIETY, PAYER)), finding(sources=(PAYER, law))
    assert by_rank([first, second]) == [law, PAYER, SOCIETY]
    assert RANKS.index("payer") < RANKS.index("society")


def test_a_finding_without_source_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^Finding.sources: is empty"):
        by_rank([finding(sources=())])


def test_names_are_stable_and_distinct() -> None:
    names, again, other = Names("one"), Names("one"), Names("two")
    first = [names.uuid("a"), names.uuid("a"), names.uuid("b"), names.uuid("a", "b")]
    assert first == [again.uuid("a"), again.uuid("a"), again.uuid("b"), again.uuid("a", "b")]
    assert len({*first, other.uuid("a")}) == 5
    namespace = uuid5(UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8"), "urn:igrt-cds:card")
    assert first[0] == str(uuid5(namespace, '["one","a"]'))


def test_canonical_has_one_spelling() -> None:
    assert (
        canonical({"b": 1, "a": ["\u00e9"]})
        == canonical({"a": ["\u00e9"], "b": 1})
        == '{"a":["\\u00e9"],"b":1}'
    )


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(codec="utf-8"))
    | st.sampled_from('"\\/\x7f\n\x00'),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_the_one_spelling_is_that_of_json(value: Any) -> None:
    assert canonical(value) == json.dumps(value, sort_keys=True, separators=(",", ":"))


@given(st.text(st.characters(codec="utf-8")))
def test_identifiers_are_version_5_uuids(text: str) -> None:
    assert Names(text).uuid("a") == str(uuid5(NAMESPACE, canonical((text, "a"))))
