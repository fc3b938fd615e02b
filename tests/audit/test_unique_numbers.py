"""The number that a payer gives to one claim: a version that was cancelled, and a correction of the day."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from cds_service.books import Library
from tests.audit.exports import around, concept, double_billed
from tests.audit.running import judged

UNIQUE = concept("http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBIdentifierType", "uc")
NUMBER = {"system": "https://payer.example/claim", "value": "17"}
CANCELLED, REPLACED = "set-aside: cancelled", "set-aside: replaced by a later claim"
Resource = dict[str, Any]


def answer(identity: str, created: str, *, typed: bool = True, **more: Any) -> Resource:
    """An answer to a claim with this number, on which something is found."""
    number = NUMBER | ({"type": UNIQUE} if typed else {})
    found = double_billed(identity, created=created, identifier=[number])
    return found | {"resourceType": "ExplanationOfBenefit"} | more


def found(library: Library, *resources: Resource) -> list[str]:
    rows, _ = judged([*around(), *resources], library)
    return sorted({row.claim.rpartition("/")[2] for row in rows})


GONE: Resource = {"status": "cancelled"}


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_where_the_newest_version_is_cancelled_nothing_is_in_force(
    library: Library, order: tuple[int, ...]
) -> None:
    versions = [answer("e1", "2024-03-20"), answer("e2", "2024-04-01"), answer("e3", "2024-05-01", **GONE)]
    rows, tally = judged([*around(), *(versions[n] for n in order)], library)
    assert rows == []
    assert tally.reasons == {CANCELLED: 3}


@pytest.mark.parametrize(
    ("older", "newer", "judged_ones"),
    [
        (answer("e1", "2024-03-20", **GONE), answer("e2", "2024-05-01"), ["e2"]),
        (answer("e1", "2024-03-20"), answer("e2", "2024-03-20", **GONE), ["e1"]),
        (answer("e1", "2024-03-20"), answer("e2", "2024-05-01", status="entered-in-error"), ["e1"]),
        (answer("e1", "2024-03-20", typed=False), answer("e2", "2024-05-01", typed=False, **GONE), ["e1"]),
        (
            answer("e1", "2024-03-20"),
            answer("e2", "2024-05-01", billablePeriod={"start": "2024-06-01", "end": "2024-06-01"}, **GONE),
            ["e1"],
        ),
        (
            answer("e1", "2024-03-20"),
            answer("e2", "2024-05-01", identifier=[NUMBER | {"type": UNIQUE, "value": "18"}], **GONE),
            ["e1"],
        ),
        (
            answer("e1", "2024-03-20"),
            answer("e2", "2024-05-01", identifier=[NUMBER | {"type": UNIQUE, "system": "urn:other"}], **GONE),
            ["e1"],
        ),
        (
            answer("e1", "2024-03-20"),
            answer("e2", "2024-03-20", meta={"lastUpdated": "2024-05-01T00:00:00Z"}, **GONE),
            [],
        ),
    ],
    ids=[
        "the older one",
        "nobody knows which is later",
        "entered in error",
        "a number of any kind",
        "other days",
        "another number",
        "another system",
        "by its version",
    ],
)
def test_what_a_cancelled_version_takes_back(
    library: Library, older: Resource, newer: Resource, judged_ones: list[str]
) -> None:
    assert found(library, older, newer) == found(library, newer, older) == judged_ones


def test_what_was_answered_after_the_cancelled_version_stands(library: Library) -> None:
    versions = [answer("e1", "2024-03-20"), answer("e2", "2024-04-01", **GONE), answer("e3", "2024-05-01")]
    assert found(library, *versions) == ["e3"]


def corrected(**number: str) -> Resource:
    """A correction of the day, which names the number of what it corrects."""
    prior = {"relationship": concept("urn:example", "prior"), "reference": number}
    other = {"type": UNIQUE, "system": NUMBER["system"], "value": "99"}
    return double_billed("e9", "2024-03-05", created="2024-06-01", related=[prior], identifier=[other]) | {
        "resourceType": "ExplanationOfBenefit"
    }


def test_a_number_that_one_claim_has_may_be_named_by_a_correction_of_its_day(library: Library) -> None:
    first = answer("e1", "2024-03-20")
    assert found(library, first, corrected(**NUMBER)) == ["e9"]
    assert found(library, first, corrected(value="17")) == ["e1", "e9"], "of any system, it may be an account"
    assert found(library, answer("e1", "2024-03-20", typed=False), corrected(**NUMBER)) == ["e1", "e9"]
    later = double_billed("e2", "2024-03-11", created="2024-03-30", identifier=first["identifier"])
    second = later | {"resourceType": "ExplanationOfBenefit"}
    assert found(library, first, second, corrected(**NUMBER)) == ["e1", "e2", "e9"], "it is not unique"
    professional = answer("e1", "2024-03-20", type=concept("urn:example", "professional"))
    _, tally = judged([*around(), professional, corrected(**NUMBER)], library)
    assert REPLACED not in tally.reasons, "a number of another form is another claim's"
