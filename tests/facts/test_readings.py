"""The cards about the reading itself: they name places, say what to do, and hold nothing that stood there."""

from __future__ import annotations

import json

import pytest

from cards.render import render
from cds_service.books import standard_library
from cds_service.engine.model import Finding
from cds_service.facts.assemble import Given
from cds_service.facts.pool import Entry, Trouble
from cds_service.facts.readings import reading_findings
from cds_service.service import review_given
from tests.facts.build import TODAY, claim, coverage, filled, item


def found(*troubles: Trouble) -> tuple[Finding, ...]:
    """What is said of these troubles beside a claim that was read."""
    pool = filled(coverage("Medicare"))
    entry = pool.add(json.dumps(claim(item("77301"))).encode(), "context.0")
    assert isinstance(entry, Entry)
    library = standard_library()
    case = review_given(library, Given("claim", TODAY, [entry], False), pool, False).case
    return reading_findings(troubles, case, library.knowledge)


def shown(finding: Finding) -> str:
    """The card's detail, without the backslashes of Markdown."""
    (card,) = render([finding], hook_instance="1", resources={})
    return card.detail.replace("\\", "")


def test_the_place_and_the_element_are_named() -> None:
    (finding,) = found(
        Trouble("unreadable", "context.claims.entry[1].resource", "Claim.item: Expected `array`, got `str`"),
        Trouble("unreadable", "prefetch.documents", "resource"),
    )
    said = shown(finding)
    assert "Where: context.claims.entry[1].resource (Claim.item), prefetch.documents." in said
    assert "**What to do.** Send these parts again as FHIR R4, or look at them by hand." in said
    assert [remedy.action for remedy in finding.remedies] == ["review"]


def test_a_handful_of_places_is_named_and_the_rest_counted() -> None:
    troubles = [
        Trouble("unreadable", f"prefetch.documents.entry[{n}].resource", "resource") for n in range(9)
    ]
    (finding,) = found(*troubles, *troubles)
    named = ", ".join(each.path for each in troubles[:5])
    assert f"Where: {named} and 4 more." in shown(finding)


def test_long_places_are_counted_and_not_cut() -> None:
    long = "ExplanationOfBenefit.item[2].productOrService.coding[0].system: Expected `str`, got `int`"
    path = "prefetch.claimHistory.entry[{}].resource"
    troubles = [Trouble("unreadable", path.format(n), long) for n in range(5)]
    (finding,) = found(*troubles)
    element = long.partition(":")[0]
    named = ", ".join(f"{path.format(n)} ({element})" for n in range(2))
    assert f"Where: {named} and 3 more." in shown(finding)


@pytest.mark.parametrize(
    ("path", "shown_as"),
    [
        ("prefetch.Zq7 Canary", "prefetch.?"),
        ("prefetch.Zq7/Canary.entry[0].resource", "prefetch.?"),
        (f"prefetch.{'x' * 200}", "prefetch.?"),
        ("prefetch.billing_notes", "prefetch.billing_notes"),
    ],
    ids=["blank", "slash", "long", "plain word"],
)
def test_a_prefetch_key_that_is_no_plain_word_is_not_repeated(path: str, shown_as: str) -> None:
    (finding,) = found(Trouble("unreadable", path, "resource"))
    assert f"Where: {shown_as}." in shown(finding)


@pytest.mark.parametrize(
    ("why", "what", "to_do"),
    [
        ("foreign", "Claim", "Send those that are this patient's again with a reference to the patient"),
        ("unread", "no answer in time", "Look at these parts by hand, or call again later."),
        ("composite", "read as 2 codes", "Send one code in each item or order"),
    ],
    ids=["foreign", "unread", "composite"],
)
def test_each_kind_names_its_places_and_what_to_do(why: str, what: str, to_do: str) -> None:
    (finding,) = found(Trouble(why, "prefetch.claimHistory", what))
    said = shown(finding)
    assert "Where: prefetch.claimHistory." in said
    assert f"**What to do.** {to_do}" in said
    assert "Review it" not in said
