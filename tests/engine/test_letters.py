"""What a letter quotes is not always what it looks like; and what is missing is sometimes a blank."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cds_service.books import load_library
from cds_service.engine.letters import PolicyError, Problem, did_you_mean
from tests.engine.test_bad_policies import BAD, BESIDE


def letters(folder: Path, file: str, old: str, new: str) -> list[str]:
    """Those of the sound payer with one change."""
    plan = Path(shutil.copytree(BAD / "cases-wrong-kind" / "example-plan", folder / "ours" / "example-plan"))
    text = (plan / file).read_text("utf-8")
    assert old in text
    (plan / file).write_text(text.replace(old, new, 1), "utf-8")
    try:
        load_library((BESIDE, plan.parent))
    except PolicyError as refused:
        return [str(problem) for problem in refused.problems]
    return []


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        pytest.param("active", "active\u00a0", "U+00A0 (no-break space)", id="no-break space"),
        pytest.param("active", "\u200bactive", "U+200B (zero width space)", id="zero width space"),
        pytest.param("active", "acti\ufeffve", "U+FEFF (zero width no-break space)", id="byte order mark"),
        pytest.param("active", "\u0430ctive", "U+0430 (cyrillic small letter a)", id="cyrillic letter"),
        pytest.param("active", "\u03b1ctive", "U+03B1 (greek small letter alpha)", id="greek letter"),
        pytest.param("status:", "status\u00a0:", "U+00A0 (no-break space)", id="in a member"),
        pytest.param("[77387]", "[77387\u00ad]", "U+00AD (soft hyphen)", id="in a code"),
        pytest.param("[EXP-01]", "[EXP-01\u200b]", "U+200B (zero width space)", id="in a citation"),
        pytest.param("2024-01-01", "2024-01-01\u202f", "U+202F (narrow no-break space)", id="in a date"),
    ],
)
def test_characters_that_nobody_sees_are_named(tmp_path: Path, old: str, new: str, named: str) -> None:
    told = letters(tmp_path, "guidance.policy.yaml", old, new)
    assert any(f"It holds {named}, which" in letter and "type it anew" in letter for letter in told), told


def test_what_can_be_seen_is_not_named(tmp_path: Path) -> None:
    (told,) = letters(tmp_path, "guidance.policy.yaml", "status: active", "status: \u00e4ctive\u2013")
    assert "It holds" not in told


def test_free_text_may_hold_them(tmp_path: Path) -> None:
    assert letters(tmp_path, "guidance.policy.yaml", "The policy asks", "The policy\u00a0asks") == []
    assert str(Problem("a", 1, "", "\u201ca\u00a0case\u201d is silent.", "Look.")).endswith("Look.")


@pytest.mark.parametrize(
    ("old", "new", "remedy"),
    [
        pytest.param("{in: [77387]}", "{is:77387}", "`is: 77387`", id="operator"),
        pytest.param(
            "{has_none: [26, TC]}", "{has_none:26}", "`has_none: 26`", id="operator of a collection"
        ),
        pytest.param("{from: 2024-01-01}", "{from:2024-01-01}", "`from: 2024-01-01`", id="member"),
    ],
)
def test_a_blank_that_is_missing_after_a_colon_is_told(
    tmp_path: Path, old: str, new: str, remedy: str
) -> None:
    told = letters(tmp_path, "guidance.policy.yaml", old, new)
    assert any(letter.endswith(f"Put a blank after the colon: {remedy}.") for letter in told), told


def test_a_word_before_a_colon_that_nobody_knows_is_a_misspelt_name() -> None:
    assert did_you_mean("isn:77014", ["is", "is_not"], "No.") == "No."


URL = "https://example.org/policy"


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://user:secret@example.org/policy", id="user and password"),
        pytest.param("https://example.org@elsewhere.example/", id="a host that is none"),
        pytest.param("https://example.org\\@elsewhere.example/", id="backslash"),
        pytest.param("https://\u00e9xample.org/policy", id="host beyond ascii"),
        pytest.param("https://example.org/polic\u00e9", id="path beyond ascii"),
        pytest.param("https://example.org?x=/", id="no path"),
        pytest.param("http://example.org/policy", id="http"),
    ],
)
def test_an_address_that_no_card_may_link_to_is_refused_where_it_is_registered(
    tmp_path: Path, url: str
) -> None:
    """Some passed, and the card of such a document could not be made."""
    (told,) = letters(tmp_path, "sources.yaml", URL, url)
    assert "It should be: an absolute https URL, as https://host/path, without user" in told


@pytest.mark.parametrize(
    "url",
    ["https://example.org/", "https://Example.org:8443/a/B%20c?d=e@f&g=(h)#i"],
    ids=["host alone", "port, escapes, query and fragment"],
)
def test_other_addresses_are_taken(tmp_path: Path, url: str) -> None:
    assert letters(tmp_path, "sources.yaml", URL, url) == []
