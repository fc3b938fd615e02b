"""docs/cms-files.md says what the commands, the sets and the rules do."""

from __future__ import annotations

import re

import pytest

from cds_service.books import POLICIES, load_library
from cds_service.cms_files.quarters import quarters_in
from tests.docs.pages import DOCS

TEXT = (DOCS / "cms-files.md").read_text("utf-8")


def test_the_pair_modifiers_are_those_of_the_set() -> None:
    listed = re.search(r"pair-edit-modifiers`: (.*?)\. Not", TEXT)
    assert listed is not None
    named: set[str] = set()
    for part in re.split(r", ", listed[1]):
        first, _, last = part.partition(" to ")
        named |= {first} if not last else {f"{first[0]}{n}" for n in range(int(first[1]), int(last[1]) + 1)}
    assert named == load_library([POLICIES]).knowledge.catalogue.sets["pair-edit-modifiers"]
    assert named.isdisjoint({"22", "26", "TC", "76", "77"})


def test_file_names_on_the_page_tell_their_quarter() -> None:
    names = re.findall(r"\S+\.zip", TEXT)
    told = {str(quarter) for name in names for quarter in quarters_in(name)}
    assert told == {"2026Q4"}
    assert "fourth quarter of 2026" in TEXT


@pytest.mark.parametrize("word", ["IGRT_CDS_CATALOGUE", "--catalogue", "--kind", "--edition"])
def test_the_settings_are_named(word: str) -> None:
    assert word in TEXT
