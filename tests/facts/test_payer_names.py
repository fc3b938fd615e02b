"""The index of payer names finds what trying every alias would find, quickly and without growing for ever."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.books import POLICIES, standard_library
from cds_service.engine.textyaml import read_text_yaml
from cds_service.facts import fhir
from cds_service.facts.names import IdentifierIndex, NameIndex, normalised

WORDS = ["blue", "cross", "of", "florida", "medicare", "shield"]
NAMES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)
ALIASES = st.lists(
    st.tuples(NAMES, st.sampled_from(["equal", "starts", "contains"]), st.integers(0, 4)), max_size=12
)


def matches(name: str, alias: str, how: str) -> bool:
    if how == "equal":
        return name == alias
    return f" {name} ".startswith(f" {alias} ") if how == "starts" else f" {alias} " in f" {name} "


@given(ALIASES, NAMES)
def test_the_index_agrees_with_trying_every_alias(aliases: list[tuple[str, str, int]], name: str) -> None:
    hits = [(len(alias), owner) for alias, how, owner in aliases if matches(name, alias, how)]
    expected = min(hits, key=lambda hit: (-hit[0], hit[1]), default=None)
    assert NameIndex(aliases).find(name) == expected


def identities() -> Iterator[dict[str, Any]]:
    for path in sorted(POLICIES.glob("*/payer.yaml")):
        text = read_text_yaml(path, path.name, [])
        assert text is not None
        assert isinstance(text.data, dict)
        yield from text.data.get("payers", [text.data])


BOOK = standard_library().knowledge.payers
LISTED = [(i["payer"], a["name"], a["match"]) for i in identities() for a in i["aliases"]]


@pytest.mark.parametrize("suffix", ["", " inc", " of somewhere"])
def test_every_alias_of_the_package_names_its_own_payer(suffix: str) -> None:
    for slug, alias, how in LISTED:
        if suffix and how == "equal":
            continue
        found = BOOK.recognise([], [alias.upper() + suffix])
        assert found is not None, alias
        assert found.payer == slug, alias


def test_every_identifier_of_the_package_names_its_own_payer() -> None:
    listed = [(i["payer"], each) for i in identities() for each in i.get("identifiers", ())]
    assert len(listed) > 10
    for slug, each in listed:
        found = BOOK.recognise([fhir.Identifier(system=each.get("system"), value=each["value"])], [])
        assert found is not None, each
        assert found.payer == slug, each


def test_equal_names_need_the_whole_name() -> None:
    index = NameIndex([("health first", "equal", 0), ("oscar", "starts", 1), ("tricare", "contains", 2)])
    assert index.find("Health  First!") == (len("health first"), 0)
    assert index.find("Health First of Ohio") is None
    assert index.find("Oscar Health") == (5, 1)
    assert index.find("Oscars") is None
    assert index.find("Mr Oscar") is None
    assert index.find("US Tricare East") == (7, 2)
    assert index.find("") is None


def test_the_first_payer_wins_between_aliases_of_one_length() -> None:
    assert NameIndex([("blue", "starts", 3), ("blue", "equal", 1), ("blue", "contains", 2)]).find("Blue") == (
        4,
        1,
    )


def test_an_identifier_of_two_payers_is_the_first_ones() -> None:
    index = IdentifierIndex([("", "77", 2), ("", "77", 1), ("urn:x", "77", 0)])
    assert index.find([fhir.Identifier(value="77")]) == 1
    assert index.find([fhir.Identifier(system="urn:x", value="77")]) == 0
    assert index.find([fhir.Identifier(value="78")]) is None


@given(st.text(max_size=40))
def test_normalised_names_are_plain_and_stay_so(text: str) -> None:
    plain = normalised(text)
    assert normalised(plain) == plain
    assert plain == " ".join(plain.split())
    assert all(c.isascii() and (c.islower() or c.isdigit() or c == " ") for c in plain)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Blue-Cross & Blue_Shield", "blue cross blue shield"),
        ("  MOLÍNA\tHealthcare\n", "molina healthcare"),
        ("Ｍedicare", "medicare"),
        ("children's", "children s"),
        ("中", ""),
    ],
)
def test_normalised(text: str, plain: str) -> None:
    assert normalised(text) == plain


def test_a_monstrous_name_costs_no_more_than_a_long_one() -> None:
    name = "blue cross " * 200_000
    started = time.process_time()
    for _ in range(20):
        BOOK.recognise([], [name])
    assert time.process_time() - started < 0.5


def test_the_cache_is_bounded() -> None:
    index = NameIndex([("blue", "contains", 0)])
    for number in range(5000):
        assert index.find(f"blue {number}") == (4, 0)
    assert index.cached() <= 2048
