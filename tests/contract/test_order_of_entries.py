"""The same orders draw the same cards, in whatever order a client sends them."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_service.books import standard_library
from cds_service.service import Advisor
from fhir_fixtures import load

Json = dict[str, Any]
CPT, ICD10 = "http://www.ama-assn.org/go/cpt", "http://hl7.org/fhir/sid/icd-10-cm"
NAMES = (
    "cvs-programme-order-sbrt-guidance",
    "order-electrons-florida-blue",
    "order-imrt-guidance-florida-medicare",
    "order-imrt-phase-without-procedure-code-other",
    "order-left-breast-breath-hold-florida-blue",
    "order-palliative-2d-florida-blue",
    "order-tracking-with-modifier-other",
)
PAYERS = NAMES[:1] + NAMES[2:3] + NAMES[4:5] + NAMES[6:]
ORDERS = [entry["resource"] for name in NAMES for entry in load(name)["context"]["draftOrders"]["entry"]]
CODES = ("77387", "77014", "G6002", "G6017", "77386", "77373", "77401", "77412", "77301")
REASONS: tuple[list[Json], ...] = (
    [],
    [{"text": "Breast cancer"}],
    *([{"coding": [{"system": ICD10, "code": code}]}] for code in ("C61", "C34.11", "C34.12", "C79.51")),
)


@pytest.fixture(scope="module")
def advisor() -> Advisor:
    return Advisor(standard_library())


@st.composite
def calls(draw: st.DrawFn) -> tuple[Json, list[Json]]:
    """A call without orders, and the orders: those of the fixtures, some with another code, reason or day."""
    request = deepcopy(load(draw(st.sampled_from(PAYERS))))
    orders = []
    for number, found in enumerate(draw(st.lists(st.sampled_from(ORDERS), min_size=2, max_size=5))):
        made = deepcopy(found) | {"id": f"order-{number}"}
        made["subject"] = {"reference": f"Patient/{request['context']['patientId']}"}
        made["occurrenceDateTime"] = draw(st.sampled_from(("2025-02-03", "2026-02-03")))
        if draw(st.booleans()):
            made["code"] = {"coding": [{"system": CPT, "code": draw(st.sampled_from(CODES))}]}
        if draw(st.booleans()):
            made["reasonCode"] = draw(st.sampled_from(REASONS))
        if number and draw(st.integers(0, 4)) == 0:
            made["basedOn"] = [{"reference": "ServiceRequest/order-0"}]
        orders.append(made)
    return request, orders


def cards(advisor: Advisor, request: Json, orders: list[Json]) -> list[Json]:
    """What the cards say, without the places in the request and the order in which they say it."""
    request["context"]["draftOrders"]["entry"] = [{"resource": order} for order in orders]
    answer = advisor.advise("igrt-order-sign", json.dumps(request).encode(), as_of=date(2025, 1, 20))
    assert answer.status == 200
    return sorted((_bare(card) for card in json.loads(answer.encode())["cards"]), key=json.dumps)


def _bare(card: Json) -> Json:
    extension = card["extension"]
    for finding in extension["org.igrt-cds.findings"]:
        finding.pop("evidence", None)
        finding.get("lines", []).sort(key=json.dumps)
    for named in extension.values():
        named.sort(key=json.dumps)
    for suggestion in card.get("suggestions", ()):
        suggestion.pop("uuid", None)
        suggestion["actions"].sort(key=json.dumps)
    detail = sorted(card["detail"].splitlines())
    about = [sorted(line.replace("**About:** ", "").split(", ")) for line in detail if "**About:**" in line]
    return {
        **{key: value for key, value in card.items() if key not in ("uuid", "detail")},
        "detail": [line for line in detail if "**About:**" not in line],
        "about": about,
    }


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(call=calls(), data=st.data())
def test_cards_do_not_hang_on_the_order_of_the_entries(
    advisor: Advisor, call: tuple[Json, list[Json]], data: st.DataObject
) -> None:
    request, orders = call
    turned = data.draw(st.permutations(orders))
    assert cards(advisor, request, turned) == cards(advisor, request, orders)


def test_of_two_plans_the_same_one_is_the_second(advisor: Advisor) -> None:
    request = deepcopy(load("order-imrt-guidance-florida-medicare"))
    found = request["context"]["draftOrders"]["entry"][0]["resource"]
    plan = {"code": {"coding": [{"system": CPT, "code": "77301"}]}}
    one, two = (deepcopy(found) | plan | {"id": name} for name in ("one", "two"))
    said = cards(advisor, request, [one, two])
    assert any("77301" in card["summary"] for card in said)
    assert cards(advisor, request, [two, one]) == said
