"""order-dispatch and appointment-book: the orders are only named, and reached by prefetch (contract section 1)."""

from __future__ import annotations

import copy
from typing import Any

import msgspec
import pytest

from cds_service.facts.pool import Pool
from cds_service.request.envelope import Context
from cds_service.request.named import missing, wanted
from fhir_fixtures import load
from tests.contract.calls import SERVICE_OF, Site, findings, letters, read

DISPATCH = "dispatch-tracking-with-modifier-other"
BOOK = "booking-tracking-with-modifier-other"
SIGN = "order-tracking-with-modifier-other"
REFERENCE = "ServiceRequest/guidance-order"


def dispatch(**context: Any) -> dict[str, Any]:
    """The dispatch story with another context; the orders stay in the prefetch."""
    request = load(DISPATCH)
    request["context"] = {
        "patientId": request["context"]["patientId"],
        "performer": "Organization/x",
        **context,
    }
    return request


def order_of(request: dict[str, Any]) -> dict[str, Any]:
    """The order that is named."""
    entries = request["prefetch"]["serviceRequests"]["entry"]
    found: dict[str, Any] = next(e["resource"] for e in entries if e["resource"]["id"] == "guidance-order")
    return found


def task(**members: Any) -> dict[str, Any]:
    return {"resourceType": "Task", "id": "t", "status": "requested", "intent": "order", **members}


ABOUT = {"focus": {"reference": REFERENCE}}
WAYS: dict[str, dict[str, Any]] = {
    "relative": {"dispatchedOrders": [REFERENCE]},
    "absolute": {"dispatchedOrders": [f"https://ehr.example/fhir/{REFERENCE}"]},
    "of one version": {"dispatchedOrders": [f"{REFERENCE}/_history/3"]},
    "twice": {"dispatchedOrders": [REFERENCE, f"https://ehr.example/fhir/{REFERENCE}"]},
    "a text, no list": {"dispatchedOrders": REFERENCE},
    "a Reference": {"dispatchedOrders": [{"reference": REFERENCE}]},
    "with hyphens": {"dispatched-orders": [REFERENCE]},
    "beside a drug": {"dispatchedOrders": ["MedicationRequest/1", REFERENCE]},
    "order": {"order": REFERENCE},
    "order and task": {"order": REFERENCE, "task": task(**ABOUT)},
    "order of an order": {
        "order": load(SIGN)["context"]["draftOrders"]["entry"][0]["resource"] | {"status": "active"}
    },
    "tasks alone": {"fulfillmentTasks": [task(**ABOUT)]},
    "tasks alone, with hyphens": {"fulfillment-tasks": [task(basedOn=[{"reference": REFERENCE}])]},
    "task alone": {"task": task(**ABOUT, **{"for": {"reference": "Patient/test-patient-ohio"}})},
    "tasks as texts": {"dispatchedOrders": [REFERENCE], "fulfillmentTasks": ["Task/1"]},
    "nulls": {"dispatchedOrders": [REFERENCE], "order": None, "task": None, "fulfillmentTasks": None},
}


@pytest.mark.parametrize("context", WAYS.values(), ids=WAYS)
def test_each_way_to_name_the_order_gets_the_same_cards(site: Site, context: dict[str, Any]) -> None:
    answer = site.ask("igrt-order-dispatch", dispatch(**context))
    assert answer.status_code == 200, answer.text
    assert answer.content == site.story(DISPATCH).content
    assert {line["resource"] for f in findings(read(answer)) for line in f["lines"]} == {REFERENCE}


@pytest.mark.parametrize("name", [DISPATCH, BOOK])
def test_findings_and_corrections_are_those_of_order_sign(site: Site, name: str) -> None:
    request = load(name)
    signed = load(SIGN)
    signed["context"]["draftOrders"]["entry"] = [{"resource": order_of(request)}]
    expected, answer = (read(site.ask(SERVICE_OF[n], r)) for n, r in ((SIGN, signed), (name, request)))
    assert answer["systemActions"] == []
    assert [f["rules"] for f in findings(answer)] == [f["rules"] for f in findings(expected)]
    (got,), (wanted,) = (
        [s["actions"] for c in a["cards"] for s in c["suggestions"]] for a in (answer, expected)
    )
    assert got == wanted
    assert got[0]["type"] == "update"
    assert got[0]["resource"] == order_of(request) | {"code": got[0]["resource"]["code"]}


@pytest.mark.parametrize("key", ["patient", "theirs"])
def test_the_order_may_stand_under_any_key(site: Site, key: str) -> None:
    request = load(DISPATCH)
    orders = request["prefetch"].pop("serviceRequests")["entry"]
    request["prefetch"][key] = {"resourceType": "Bundle", "entry": orders}
    assert site.ask("igrt-order-dispatch", request).content == site.story(DISPATCH).content


def test_one_order_as_a_resource_is_enough(site: Site) -> None:
    request = load(DISPATCH)
    request["prefetch"]["order"] = order_of(request)
    del request["prefetch"]["serviceRequests"]
    assert site.ask("igrt-order-dispatch", request).content == site.story(DISPATCH).content


GONE: dict[str, Any] = {
    "no key": None,
    "no order": {"resourceType": "Bundle", "type": "searchset", "total": 0},
    "an outcome": {"resourceType": "OperationOutcome", "issue": []},
}


@pytest.mark.parametrize("value", GONE.values(), ids=GONE)
@pytest.mark.parametrize(
    ("name", "place"),
    [
        (DISPATCH, "context.dispatchedOrders[0]"),
        (BOOK, "context.appointments.entry[0].resource.basedOn[0]"),
    ],
)
def test_an_order_that_cannot_be_had_is_412(site: Site, name: str, place: str, value: Any) -> None:
    request = load(name)
    request["prefetch"]["serviceRequests"] = value
    if value is None:
        del request["prefetch"]["serviceRequests"]
    ((where, letter),) = letters(site.ask(SERVICE_OF[name], request), 412, "required")
    assert where == place
    assert "serviceRequests" in letter


@pytest.mark.parametrize("name", [DISPATCH, BOOK])
def test_an_order_of_another_patient_is_not_judged(site: Site, name: str) -> None:
    request = load(name)
    order_of(request)["subject"]["reference"] = "Patient/somebody-else"
    letters(site.ask(SERVICE_OF[name], request), 412, "required")


def test_one_of_two_orders_missing_is_named(site: Site) -> None:
    request = dispatch(dispatchedOrders=[REFERENCE, "ServiceRequest/gone"])
    ((where, letter),) = letters(site.ask("igrt-order-dispatch", request), 412, "required")
    assert where == "context.dispatchedOrders[1]"
    assert "gone" not in letter


@pytest.mark.parametrize(
    ("context", "place", "code"),
    [
        ({}, "context.dispatchedOrders", "invalid"),
        ({"dispatchedOrders": []}, "context.dispatchedOrders", "invalid"),
        ({"dispatchedOrders": None, "task": "Task/1"}, "context.dispatchedOrders", "invalid"),
        ({"dispatchedOrders": [REFERENCE, 7]}, "context.dispatchedOrders[1]", "invalid"),
        ({"dispatchedOrders": [" "]}, "context.dispatchedOrders[0]", "invalid"),
        ({"dispatchedOrders": [{"display": "x"}]}, "context.dispatchedOrders[0]", "invalid"),
        ({"order": True}, "context.order", "invalid"),
        ({"order": {"resourceType": "ServiceRequest", "code": "x"}}, "context.order", "structure"),
        ({"order": {"resourceType": 7}}, "context.order", "structure"),
        (
            {"task": task(**ABOUT, **{"for": {"reference": "Patient/somebody-else"}})},
            "context.dispatchedOrders",
            "invalid",
        ),
    ],
)
def test_a_context_that_names_no_order_is_refused_by_its_place(
    site: Site, context: dict[str, Any], place: str, code: str
) -> None:
    ((where, _),) = letters(site.ask("igrt-order-dispatch", dispatch(**context)), 400, code)
    assert where == place


def test_orders_that_are_none_of_ours_get_no_card(site: Site) -> None:
    for context in (
        {"dispatchedOrders": ["MedicationRequest/1", "DeviceRequest/2"]},
        {"order": {"resourceType": "MedicationRequest", "id": "m"}},
        {"task": task(focus={"reference": "MedicationRequest/1"})},
    ):
        response = site.ask("igrt-order-dispatch", dispatch(**context))
        assert response.status_code == 200, response.text
        assert read(response) == {"cards": [], "systemActions": []}


def test_order_dispatch_needs_no_user_and_the_others_do(site: Site) -> None:
    assert "userId" not in load(DISPATCH)["context"]
    request = load(BOOK)
    del request["context"]["userId"]
    ((where, _),) = letters(site.ask(SERVICE_OF[BOOK], request), 400, "invalid")
    assert where == "context.userId"


def booking(**members: Any) -> dict[str, Any]:
    request = load(BOOK)
    request["context"]["appointments"]["entry"][0]["resource"] |= members
    return request


@pytest.mark.parametrize("status", ["cancelled", "noshow", "entered-in-error"])
def test_an_appointment_that_is_off_names_nothing(site: Site, status: str) -> None:
    request = booking(status=status)
    del request["prefetch"]["serviceRequests"]
    assert read(site.ask(SERVICE_OF[BOOK], request))["cards"] == []


def test_an_order_that_is_known_by_its_identifier_alone_cannot_be_had(site: Site) -> None:
    request = booking(basedOn=[{"identifier": {"value": "1"}}])
    letters(site.ask(SERVICE_OF[BOOK], request), 412, "required")


def test_an_order_of_another_kind_that_is_known_by_its_identifier_alone_is_not_needed(site: Site) -> None:
    request = booking(
        basedOn=[{"reference": REFERENCE}, {"type": "DeviceRequest", "identifier": {"value": "1"}}]
    )
    assert site.ask(SERVICE_OF[BOOK], request).content == site.story(BOOK).content


def two_bookings(*based_on: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A call about two appointments, each based on one of these, and the appointments."""
    request = load(BOOK)
    entries = request["context"]["appointments"]["entry"]
    first = entries[0]["resource"]
    made = [first | {"id": f"a{n}", "basedOn": [each]} for n, each in enumerate(based_on)]
    entries[:] = [{"resource": each} for each in made]
    return request, made


def test_each_order_that_cannot_be_had_is_named(site: Site) -> None:
    request, _ = two_bookings({"identifier": {"value": "1"}}, {"identifier": {"value": "2"}})
    found = letters(site.ask(SERVICE_OF[BOOK], request), 412, "required")
    assert [where for where, _ in found] == [
        f"context.appointments.entry[{number}].resource.basedOn[0]" for number in (0, 1)
    ]


def test_orders_contained_under_one_id_in_two_appointments_are_two(site: Site) -> None:
    request, appointments = two_bookings({"reference": "#guidance-order"}, {"reference": "#guidance-order"})
    order = order_of(request)
    del request["prefetch"]["serviceRequests"]
    for appointment, code in zip(appointments, ("G6017:26", "G6017:TC"), strict=True):
        appointment["contained"] = [
            order | {"code": {"coding": [order["code"]["coding"][0] | {"code": code}]}}
        ]
    found = findings(read(site.ask(SERVICE_OF[BOOK], request)))
    assert {tuple(line["modifiers"]) for f in found for line in f["lines"]} == {("26",), ("TC",)}


def test_an_order_beside_the_appointments_does_not_ask_for_what_it_is_based_on(site: Site) -> None:
    request = load(BOOK)
    order_of(request)["basedOn"] = [{"reference": "ServiceRequest/course-that-is-not-here"}]
    request["context"]["appointments"]["entry"].append({"resource": order_of(request)})
    answer = site.ask(SERVICE_OF[BOOK], request)
    assert answer.status_code == 200, answer.text


def test_a_contained_order_is_judged_and_not_corrected(site: Site) -> None:
    """It has no address of its own that an update could name."""
    request = booking(basedOn=[{"reference": "#guidance-order"}])
    contained = copy.deepcopy(order_of(request))
    del request["prefetch"]["serviceRequests"], contained["meta"]
    request["context"]["appointments"]["entry"][0]["resource"]["contained"] = [contained]
    answer = read(site.ask(SERVICE_OF[BOOK], request))
    assert [f["rules"] for f in findings(answer)] == [f["rules"] for f in findings(read(site.story(BOOK)))]
    assert all("suggestions" not in card for card in answer["cards"])


def test_orders_in_the_bundle_of_appointments_are_read(site: Site) -> None:
    request = load(BOOK)
    orders = request["prefetch"].pop("serviceRequests")["entry"]
    orders[0]["fullUrl"] = "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"
    request["context"]["appointments"]["entry"] += orders
    first = request["context"]["appointments"]["entry"][0]["resource"]
    first["basedOn"][0]["reference"] = orders[0]["fullUrl"]
    assert site.ask(SERVICE_OF[BOOK], request).content == site.story(BOOK).content


def test_what_is_wanted_is_looked_for_by_type_and_id_and_keeps_the_server_that_it_names() -> None:
    raw = b'["https://ehr.example/fhir/ServiceRequest/1", "ServiceRequest/2", "urn:uuid:x", "Task/3"]'
    pool = Pool("p")
    pool.add(b'{"resourceType":"ServiceRequest","id":"2"}', "prefetch.any")
    orders = wanted(Context("p", dispatchedOrders=msgspec.Raw(raw)), None, pool)
    assert [(w.reference, w.text) for w in orders] == [
        ("ServiceRequest/1", "https://ehr.example/fhir/ServiceRequest/1"),
        ("ServiceRequest/2", "ServiceRequest/2"),
        ("urn:uuid:x", "urn:uuid:x"),
    ]
    assert [w.reference for w in missing(orders, pool)] == ["ServiceRequest/1", "urn:uuid:x"]


def test_tasks_name_orders_only_where_nothing_else_does() -> None:
    task = b'[{"resourceType":"Task","focus":{"reference":"ServiceRequest/9"}}]'
    tasks, pool = msgspec.Raw(task), Pool("p")
    named = Context("p", dispatchedOrders=msgspec.Raw(b'["ServiceRequest/2"]'), fulfillmentTasks=tasks)
    assert [w.reference for w in wanted(named, None, pool)] == ["ServiceRequest/2"]
    assert [w.reference for w in wanted(Context("p", fulfillmentTasks=tasks), None, pool)] == [
        "ServiceRequest/9"
    ]


def test_a_task_that_cannot_be_read_is_passed_over() -> None:
    good = b'{"resourceType":"Task","focus":{"reference":"ServiceRequest/9"}}'
    raw = b'[5, null, {"resourceType":"Task","focus":7}, ' + good + b"]"
    given = Context("p", fulfillmentTasks=msgspec.Raw(raw))
    assert [(w.reference, w.where) for w in wanted(given, None, Pool("p"))] == [
        ("ServiceRequest/9", "context.fulfillmentTasks[3].focus")
    ]


def test_of_many_orders_that_are_not_here_a_refusal_names_some(site: Site) -> None:
    request = load(DISPATCH) | {"prefetch": {}}
    request["context"]["dispatchedOrders"] = [f"ServiceRequest/{n}" for n in range(300)]
    answer = site.ask(SERVICE_OF[DISPATCH], request)
    assert [place for place, _ in letters(answer, 412, "required")] == [
        f"context.dispatchedOrders[{n}]" for n in range(20)
    ]
