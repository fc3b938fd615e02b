"""A payer that the package knows without a policy is the site's own as soon as the site writes one."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.books import standard_library
from cds_service.facts import fhir
from cds_service.facts.payer import PayerBook
from cds_service.facts.payer_identity import Identity

PACKAGE = standard_library().engine.book.payers


def payer(slug: str, alias: str, match: str = "starts", *numbers: str, **more: Any) -> dict[str, Any]:
    identifiers = [{"value": n, "kind": "clearinghouse", "confidence": "low"} for n in numbers]
    aliases = [{"name": alias, "match": match}]
    return {"payer": slug, "name": slug.title(), "identifiers": identifiers, "aliases": aliases, **more}


HUMANA = payer("humana", "humana")


def recognised(own: dict[str, Any], name: str, *numbers: str, first: bool = False) -> Identity:
    payers = [own, *PACKAGE] if first else [*PACKAGE, own]
    found = PayerBook(payers, {}).recognise([fhir.Identifier(value=n) for n in numbers], [name])
    assert found is not None
    return found


@pytest.mark.parametrize("first", [False, True], ids=["package-first", "site-first"])
@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("Humana Inc.", ()),
        ("Humana Inc.", ("61101",)),
        ("Humana Insurance Company", ()),
        ("Humana Insurance Company", ("61101",)),
    ],
    ids=["inc", "inc-with-number", "insurance-company", "insurance-company-with-number"],
)
def test_a_shared_name_is_that_of_the_payer_with_a_policy(
    name: str, numbers: tuple[str, ...], first: bool
) -> None:
    assert recognised(HUMANA, name, *numbers, first=first).payer == "humana"


def test_a_shared_number_is_that_of_the_payer_with_a_policy() -> None:
    own = payer("humana", "humana military", "starts", "61101")
    assert recognised(own, "", "61101").payer == "humana"
    assert recognised(own, "Humana Inc.", "61101").payer == "humana"


def test_a_longer_name_takes_its_number_along_and_leaves_the_others() -> None:
    own = payer("humana", "humana inc")
    assert recognised(own, "Humana Inc.", "61101").payer == "humana"
    assert recognised(own, "Humana Insurance Company", "61101").payer == "other"


@pytest.mark.parametrize(
    ("name", "number", "expected"),
    [
        ("CarePlus Health Plans", "61101", "other"),
        ("Humana Inc.", "87726", "other"),
        ("Humana Inc.", "60054", "cvs-aetna"),
        ("Florida Blue", "87726", "other"),
    ],
    ids=["sister-brand", "number-of-another-listed", "number-of-a-policy", "name-of-a-policy"],
)
def test_a_number_still_decides_before_the_name_of_another(name: str, number: str, expected: str) -> None:
    assert recognised(HUMANA, name, number).payer == expected


def test_one_alias_does_not_take_all_of_a_list_of_payers() -> None:
    own = payer("geisinger", "geisinger health plan")
    assert recognised(own, "Geisinger Health Plan").payer == "geisinger"
    assert recognised(own, "Priority Health").payer == "other"


@pytest.mark.parametrize(
    ("own", "text", "expected"),
    [
        (HUMANA, "Humana Gold Plus", "medicare-advantage"),
        (payer("humana", "humana inc"), "Humana Gold Plus", "medicare-advantage"),
        (
            payer("humana", "humana", lines_of_business=[{"word": "humana gold plus", "lob": "commercial"}]),
            "Humana Gold Plus",
            "commercial",
        ),
        (payer("sunny-health", "sunny health"), "Humana Gold Plus", None),
    ],
    ids=["same-name", "longer-name", "own-word-first", "another-payer"],
)
def test_the_words_of_plans_go_with_the_name(own: dict[str, Any], text: str, expected: str | None) -> None:
    book = PayerBook([*PACKAGE, own], {})
    found = book.by_words([text], book.recognise([], [own["aliases"][0]["name"]]))
    assert found == expected if expected else not isinstance(found, str)
