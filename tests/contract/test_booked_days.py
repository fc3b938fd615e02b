"""appointment-book: an order that gives no date of service takes place on the days of its appointments."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from fhir_fixtures import load
from tests.contract.calls import SERVICE_OF, Site, findings, read

BOOK = "booking-tracking-with-modifier-other"
NOTE = "the days of its appointments were taken"
OCCURRENCES = ("occurrenceDateTime", "occurrencePeriod", "occurrenceTiming")


def booking(*starts: str | None, **of_order: Any) -> dict[str, Any]:
    """A call about an order, written on 2025-02-01, with an appointment for each of these starts."""
    request = load(BOOK)
    entries = request["context"]["appointments"]["entry"]
    first = entries.pop(0)["resource"]
    for number, start in enumerate(starts):
        made = copy.deepcopy(first) | {"id": f"a{number}", "start": start}
        entries.append({"resource": {name: value for name, value in made.items() if value is not None}})
    for entry in request["prefetch"]["serviceRequests"]["entry"]:
        order = entry["resource"]
        if order["id"] == "guidance-order":
            for member in OCCURRENCES:
                order.pop(member, None)
            order |= {"authoredOn": "2025-02-01"} | of_order
    return request


def days(site: Site, request: dict[str, Any]) -> tuple[set[str], bool]:
    """The days of service of what is said, and whether it is said that they are those of an appointment."""
    answer = read(site.ask(SERVICE_OF[BOOK], request))
    noted = {NOTE in card["detail"] for card in answer["cards"]}
    assert len(noted) == 1
    return {line["date"] for f in findings(answer) for line in f["lines"]}, noted.pop()


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        pytest.param(["2025-02-03T10:00:00-05:00"], "2025-02-03", id="one"),
        pytest.param(["2025-02-03T23:30:00-05:00"], "2025-02-03", id="by its own offset, in the evening"),
        pytest.param(["2025-02-03T00:30:00+14:00"], "2025-02-03", id="by its own offset, in the night"),
        pytest.param(
            ["2025-02-05T10:00:00-05:00", "2025-02-04T10:00:00-05:00", None, "2025-02-06T10:00:00-05:00"],
            "2025-02-04",
            id="the earliest",
        ),
    ],
)
def test_the_first_appointment_tells_the_day_and_the_card_says_so(
    site: Site, starts: list[str | None], expected: str
) -> None:
    assert days(site, booking(*starts)) == ({expected}, True)


def events(*days: str) -> dict[str, Any]:
    return {"occurrenceTiming": {"event": list(days)}}


def ended(site: Site, request: dict[str, Any]) -> list[Any]:
    """What is said of codes that are not valid, with the remedies."""
    found = findings(read(site.ask(SERVICE_OF[BOOK], request)))
    return [(f["rules"], f["lines"], f["remedies"]) for f in found if f["kind"] == "code-effective-date"]


@pytest.mark.parametrize(
    ("starts", "spoken"),
    [
        pytest.param(["2025-12-30", "2026-01-05"], True, id="over-new-year"),
        pytest.param(["2026-01-05", "2025-12-30"], True, id="the-later-one-first"),
        pytest.param(["2025-12-30", "2025-12-31"], False, id="to-the-last-day"),
        pytest.param(["2025-12-30"], False, id="the-first-alone"),
    ],
)
def test_appointments_are_the_events_of_the_order(site: Site, starts: list[str], spoken: bool) -> None:
    request = booking(*[f"{start}T10:00:00-05:00" for start in starts])
    said = ended(site, request)
    assert bool(said) is spoken
    assert said == ended(site, booking("2025-12-01T10:00:00-05:00", **events(*starts)))


def test_a_repetition_lasts_until_the_last_appointment_at_least(site: Site) -> None:
    daily = {"frequency": 1, "period": 1, "periodUnit": "d"}
    first, later = "2025-12-30T10:00:00-05:00", "2026-01-05T10:00:00-05:00"
    assert not ended(site, booking(first, occurrenceTiming={"repeat": daily | {"count": 2}}))
    assert ended(site, booking(first, later, occurrenceTiming={"repeat": daily | {"count": 2}}))
    assert ended(site, booking(first, occurrenceTiming={"repeat": daily | {"count": 3}}))


def test_the_order_s_own_date_goes_first(site: Site) -> None:
    start = "2025-02-03T10:00:00-05:00"
    assert days(site, booking(start, occurrenceDateTime="2025-02-07")) == ({"2025-02-07"}, False)
    period = {"start": "2025-02-06", "end": "2025-02-20"}
    assert days(site, booking(start, occurrencePeriod=period)) == ({"2025-02-06"}, False)


def test_a_repetition_without_a_start_begins_with_the_appointment(site: Site) -> None:
    repeat = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "count": 5}}
    assert days(site, booking("2025-02-03T10:00:00-05:00", occurrenceTiming=repeat)) == ({"2025-02-03"}, True)


@pytest.mark.parametrize("start", [None, "", "soon", "0001-01-01T00:00:00Z"])
def test_an_appointment_without_a_start_leaves_the_day_of_writing(site: Site, start: str | None) -> None:
    assert days(site, booking(start)) == ({"2025-02-01"}, False)


def test_an_appointment_that_is_off_tells_no_day(site: Site) -> None:
    request = booking("2025-02-02T10:00:00-05:00", "2025-02-03T10:00:00-05:00")
    request["context"]["appointments"]["entry"][0]["resource"]["status"] = "cancelled"
    assert days(site, request) == ({"2025-02-03"}, True)


def test_an_appointment_of_another_order_tells_no_day(site: Site) -> None:
    request = booking("2025-02-02T10:00:00-05:00", "2025-02-03T10:00:00-05:00")
    request["context"]["appointments"]["entry"][0]["resource"]["basedOn"] = [{"reference": "Task/1"}]
    assert days(site, request) == ({"2025-02-03"}, True)


def test_an_order_without_any_other_date_goes_by_its_appointment(site: Site) -> None:
    assert days(site, booking("2025-02-03T10:00:00-05:00", authoredOn=None)) == ({"2025-02-03"}, True)


def test_a_contained_order_goes_by_the_appointment_that_contains_it(site: Site) -> None:
    request = booking("2025-02-03T10:00:00-05:00", "2025-02-02T10:00:00-05:00")
    orders = request["prefetch"].pop("serviceRequests")["entry"]
    (order,) = [entry["resource"] for entry in orders if entry["resource"]["id"] == "guidance-order"]
    del order["meta"]
    appointment, other = [each["resource"] for each in request["context"]["appointments"]["entry"]]
    appointment |= {"contained": [order], "basedOn": [{"reference": "#guidance-order"}]}
    other["basedOn"] = [{"reference": "Task/1"}]
    assert days(site, request) == ({"2025-02-03"}, True)
