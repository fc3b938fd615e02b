"""A date that names no calendar day is told: the line goes by the next date of its claim or order instead."""

from __future__ import annotations

import json

import pytest

from cds_service.books import standard_library
from cds_service.engine.model import Evidence
from cds_service.facts.assemble import Given
from cds_service.facts.pool import Entry
from cds_service.service import review_given
from tests.facts.build import TODAY, Json, claim, coverage, filled, item, order


def told(reviewed: Json, *beside: Json) -> list[tuple[Evidence, ...]]:
    """The evidence of what is said of the reading."""
    pool = filled(coverage("Medicare"), *beside)
    entry = pool.add(json.dumps(reviewed).encode(), "context.0")
    assert isinstance(entry, Entry)
    kind = "claim" if reviewed["resourceType"] == "Claim" else "order"
    found = review_given(standard_library(), Given(kind, TODAY, [entry], False), pool, False).findings
    return [f.evidence for f in found if f.kind == "informational" and not f.rules]


@pytest.mark.parametrize("text", ["2024-13", "0001", "06/03/2024", "2024-02-30", "0001-01-01"])
@pytest.mark.parametrize("element", ["servicedDate", "servicedPeriod.start"])
def test_of_a_claim_line(text: str, element: str) -> None:
    given = {"servicedDate": text} if element == "servicedDate" else {"servicedPeriod": {"start": text}}
    reviewed = claim(item("77014", day=None, **given), created="2024-06-03")
    assert told(reviewed) == [(Evidence(f"Claim.item[0].{element}", "names no calendar day"),)]


@pytest.mark.parametrize(
    ("element", "when"),
    [
        ("occurrenceDateTime", {"occurrenceDateTime": "06/03/2024"}),
        ("occurrencePeriod.start", {"occurrencePeriod": {"start": "06/03/2024", "end": "2024-06-30"}}),
        ("occurrenceTiming.event", {"occurrenceTiming": {"event": ["06/03/2024", "2024-06-00"]}}),
    ],
)
def test_of_an_order(element: str, when: Json) -> None:
    reviewed = order("77014", authoredOn="2024-06-03", **{"occurrenceDateTime": None} | when)
    ((evidence,),) = told(reviewed)
    assert evidence.path.endswith(f".{element}")
    assert "2024" not in evidence.value


@pytest.mark.parametrize(
    "reviewed",
    [
        claim(item("77014", day=None), created="2024-06-03"),
        claim(item("77014", day="2024-06-03")),
        claim(item("77014", day=None, servicedPeriod={"start": "2024-06-03T08:00:00-05:00"})),
        claim(item("99213", day="06/03/2024"), created="2024-06-03"),
        claim(item("77014", day="2024-06")),
        claim(item("77014", day=None), billablePeriod={"start": "2024"}),
        order("77014", occurrenceDateTime="2024-06"),
        order("77014", occurrenceDateTime=None, occurrencePeriod={"start": "2024", "end": "2024"}),
        order("77014", occurrenceDateTime=None, occurrencePeriod={"end": "2024"}, authoredOn="2024-06-03"),
        order("77014", authoredOn="2024-06-03"),
    ],
)
def test_nothing_is_told_of_a_day_of_no_date_and_of_other_claims(reviewed: Json) -> None:
    assert told(reviewed) == []


def test_nothing_is_told_of_earlier_claims() -> None:
    earlier = claim(item("77014", day="05/30/2024"), id="earlier", status="active", created="2024-05-30")
    assert told(claim(item("77014", day="2024-06-03")), earlier) == []
