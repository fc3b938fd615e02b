"""Whatever arrives: an answer, never a failure; its cards are legal, and corrections do what they say.

IGRT_CDS_EXAMPLES sets the number of examples of each test.
"""

from __future__ import annotations

import json
import os
import re
from datetime import date
from importlib.resources import files

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from cds_service.service import Advisor, Answer
from fhir_fixtures import Story, load, stories
from tests.contract.calls import blanks, exact, outcome, said, strict
from tests.contract.mutate import Step, damaged, steps
from tests.contract.updates import faults

EXAMPLES = int(os.environ.get("IGRT_CDS_EXAMPLES", "400"))
DAY = date(2026, 11, 23)
CARD = Draft202012Validator(
    json.loads((files("cards") / "schema" / "card.schema.json").read_text(encoding="utf-8"))
)
ALL = stories()
often = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="IGRT_CDS_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)


def answered(advisor: Advisor, service: str, body: bytes) -> Answer:
    """The answer to any body, once it is one that the contract allows."""
    answer = advisor.advise(service, body, DAY)
    read = strict(answer.encode())
    assert answer.status in (200, 400, 412)
    if answer.status == 200:
        assert [error.message for card in read["cards"] for error in CARD.iter_errors(card)] == []
        assert set(blanks(read)) <= {".cards", ".systemActions"}
        ids = [holder["uuid"] for card in read["cards"] for holder in (card, *card.get("suggestions", ()))]
        assert len(ids) == len(set(ids))
    else:
        outcome(read)
    return answer


def corrected(advisor: Advisor, service: str, body: bytes) -> int:
    """The number of suggestions, each of which does what a remedy of its finding says and no more."""
    answer = answered(advisor, service, body)
    if answer.status != 200:
        return 0
    read = exact(answer.encode())
    assert faults(exact(body), read) == []
    return sum(len(card.get("suggestions", ())) for card in read["cards"])


@often
@given(st.sampled_from(ALL), steps())
def test_a_damaged_request_is_answered(advisor: Advisor, story: Story, damage: list[Step]) -> None:
    corrected(advisor, story.service, json.dumps(damaged(story.request(), damage)).encode())


@often
@given(st.sampled_from(ALL), steps(2), st.data())
def test_a_damaged_resource_under_review_is_answered(
    advisor: Advisor, story: Story, damage: list[Step], data: st.DataObject
) -> None:
    """As above, with the damage where corrections are made: in the claim or order itself."""
    request = story.request()
    context = request["context"]
    bundle = context.get("claims") or context.get("draftOrders") or request["prefetch"].get("serviceRequests")
    if bundle is None:
        return  # a story of orders that nobody supplied
    entry = data.draw(st.sampled_from(bundle["entry"]))
    part = data.draw(st.sampled_from(["item", "code", "insurance", "supportingInfo", ""]))
    holder, key = (entry["resource"], part) if part in entry["resource"] else (entry, "resource")
    holder[key] = damaged(holder[key], damage)
    corrected(advisor, story.service, json.dumps(request).encode())


@often
@given(
    st.sampled_from(ALL),
    st.lists(st.tuples(st.integers(0, 50_000), st.binary(max_size=3)), min_size=1, max_size=3),
)
def test_damaged_bytes_are_answered(advisor: Advisor, story: Story, spots: list[tuple[int, bytes]]) -> None:
    body = story.path.read_bytes()
    for place, written in spots:
        at = place % len(body)
        body = body[:at] + written + body[at + len(written) :]
    answered(advisor, story.service, body)


ODD = st.text("ag1_:.-/#|%~{ é\n", max_size=70) | st.text(
    st.characters(codec="utf-8", exclude_characters="\0"), max_size=70
)
"""Ids as senders make them up for drafts: of FHIR's own (R4, id) and outside it."""


@often
@given(st.sampled_from(ALL), ODD)
def test_an_id_of_any_letters_is_answered(advisor: Advisor, story: Story, identity: str) -> None:
    request = story.request()
    context, prefetch = request["context"], request.get("prefetch") or {}
    for bundle in (context.get("claims"), context.get("draftOrders"), prefetch.get("serviceRequests")):
        for entry in (bundle or {}).get("entry", ()):
            entry["resource"]["id"] = identity
    corrected(advisor, story.service, json.dumps(request).encode())


@often
@given(ODD)
def test_an_order_is_offered_for_deletion_by_an_id_of_fhir_only(advisor: Advisor, identity: str) -> None:
    """Guidance with electrons, for a client of the CVS programme: the order is to be removed."""
    request = load("order-electrons-florida-blue")
    (coverage,) = [entry["resource"] for entry in request["prefetch"]["coverage"]["entry"]]
    group = {"coding": [{"code": "group"}]}
    coverage["class"] = [{"type": group, "value": "cvs-radonc"}]
    (order,) = [entry["resource"] for entry in request["context"]["draftOrders"]["entry"]]
    order["id"] = identity
    answer = answered(advisor, "igrt-order-sign", json.dumps(request).encode())
    cards = strict(answer.encode())["cards"]
    assert ("not-necessary", "critical") in said({"cards": cards})
    actions = [a for card in cards for each in card.get("suggestions", ()) for a in each["actions"]]
    deleted = [action["resourceId"] for action in actions if action["type"] == "delete"]
    legal = re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", identity)
    assert deleted == ([f"ServiceRequest/{identity}"] if legal else [])


DAYS = ("0001-01-01", "0001-02-28", "1984-01-01", "2024-02-29", "2025-12-31", "9999-11-30", "9999-12-31")


@often
@given(st.sampled_from(ALL), st.data())
def test_the_ends_of_the_calendar_are_days_too(advisor: Advisor, story: Story, data: st.DataObject) -> None:
    text = story.path.read_text(encoding="utf-8")
    one = data.draw(st.sampled_from(DAYS))
    for day in dict.fromkeys(re.findall(r"\d{4}-\d\d-\d\d", text)):
        text = text.replace(day, data.draw(st.sampled_from((one, one, day, *DAYS))))
    answered(advisor, story.service, text.encode())


@settings(often, max_examples=max(20, EXAMPLES // 8))
@given(st.data())
def test_random_bodies_are_answered(advisor: Advisor, data: st.DataObject) -> None:
    value = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=12,
    )
    body = data.draw(st.binary(max_size=200) | value.map(lambda v: json.dumps(v).encode()))
    service = data.draw(st.sampled_from(sorted(advisor.services)))
    assert answered(advisor, service, body).status == 400


def test_every_fixture_s_corrections_do_what_they_say(advisor: Advisor) -> None:
    """Without damage, and not vacuously: most stories offer some."""
    assert sum(corrected(advisor, story.service, story.path.read_bytes()) for story in ALL) > 50
