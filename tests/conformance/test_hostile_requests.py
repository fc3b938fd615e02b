"""Text of a claim, an order or a chart never becomes markup of a card, whatever place it stands in (T10, T28).

The whole way of a call: hostile strings in the places of a request, the answer's Markdown judged by a CommonMark
parser. Beside the rules of every answer, the shape of the cards is compared with the shape that a harmless
word in the same places gives.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cds_service.books import standard_library
from cds_service.service import Advisor
from fhir_fixtures import load, stories
from tests.conformance.markdown import JUDGE, markdown_faults, tokens_of
from tests.conformance.watch import WATCH
from tests.contract.calls import SERVICE_OF, leaves, put

Json = dict[str, Any]
Place = tuple[str | int, ...]

TEXTS: list[str] = json.loads((Path(__file__).parents[1] / "cards" / "hostile_texts.json").read_text("utf-8"))
DAY = date(2026, 11, 23)
CLAIM = "hospital-imrt-guidance-double-billed-medicare"
ORDER = "order-imrt-guidance-florida-medicare"
UNKNOWN = next(s.name for s in stories() if "unknown" in s.name and s.expected.status == 200)
BASES = (CLAIM, ORDER, UNKNOWN)
WORDS = {
    "display",
    "text",
    "name",
    "title",
    "description",
    "line",
    "city",
    "family",
    "given",
    "valueString",
    "value",
}
"""Members that hold free text; `value` only where it is an identifier's."""

FIXED = {"resourceType", "hook", "hookInstance", "fhirVersion"}


@pytest.fixture(scope="module")
def advisor() -> Advisor:
    return Advisor(standard_library())


def answered(advisor: Advisor, name: str, request: Json) -> tuple[Json, int]:
    """Body and status; the watch judges them (tests/conformance/watch.py)."""
    answer = advisor.advise(SERVICE_OF[name], json.dumps(request).encode(), DAY)
    return json.loads(answer.encode()), answer.status


def free_places(request: Json) -> list[Place]:
    """Places of displays, names and the like, indices of lists set aside."""
    found = []
    for place in leaves(request):
        member = next(step for step in reversed(place) if isinstance(step, str))
        if member in WORDS and (member != "value" or "identifier" in place):
            found.append(place)
    return found


def with_words(name: str, value: str) -> Json:
    """The request with `value` in all places of free text, and a display and a text beside every code."""
    request = load(name)
    for each in _objects(request):
        if "coding" in each:
            each["text"] = value
        if "system" in each and "code" in each:
            each["display"] = value
        if "reference" in each:
            each["display"] = value
    for place in free_places(request):
        put(request, place, value)
    return request


def with_ids(name: str, value: str) -> Json:
    """The request with `value` for the id of what is under review and of its Coverage, references changed too."""
    request = load(name)
    bundle = request["context"].get("claims") or request["context"]["draftOrders"]
    named = [entry["resource"] for entry in bundle["entry"]]
    named += [entry["resource"] for entry in request["prefetch"].get("coverage", {}).get("entry", ())]
    old = {each["id"]: f"{value}{number}" for number, each in enumerate(named)}
    for place in list(leaves(request)):
        text = _at(request, place)
        kind, _, last = text.rpartition("/")
        if last in old and place[-1] in ("id", "reference", "fullUrl", *range(99)):
            put(request, place, f"{kind}/{old[last]}" if kind else old[last])
    return request


def _objects(value: Any) -> Iterable[Json]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if isinstance(value, dict):
        yield value
    for each in list(inner):
        yield from _objects(each)


def _at(value: Any, place: Place) -> Any:
    for step in place:
        value = value[step]
    return value


def shape(answer: Json) -> Counter[tuple[str, ...]]:
    """What the cards render to, apart from their text, in any order."""
    return Counter(
        tuple(f"{t.type} {t.attrs}" for t in tokens_of(card["detail"]) if not t.type.startswith("text"))
        for card in answer["cards"]
    )


def plain_fields(answer: Json) -> list[str]:
    """Fields that clients show as they are, or as inline Markdown."""
    found = []
    for card in answer["cards"]:
        found += [card["summary"], card["source"]["label"], card["source"]["topic"]["display"]]
        for suggestion in card.get("suggestions", ()):
            found += [suggestion["label"], *(action["description"] for action in suggestion["actions"])]
    return found


def test_there_are_two_hundred_and_more() -> None:
    assert len(set(TEXTS)) == len(TEXTS) >= 200
    markup = [
        text
        for text in TEXTS
        if any(t.type not in ("paragraph_open", "inline", "paragraph_close", "text") for t in tokens_of(text))
    ]
    assert len(markup) > 100, "most are markup for the judge when they are not escaped"


SPOILT = [(name, spoil) for name in BASES for spoil in (with_words, with_ids)]


@pytest.mark.parametrize("number", range(len(SPOILT)), ids=[f"{n}-{s.__name__}" for n, s in SPOILT])
def test_hostile_text_in_every_place_of_a_request_stays_text(advisor: Advisor, number: int) -> None:
    """Each string stands in all of these places of one of the requests; the requests share the strings out."""
    name, spoil = SPOILT[number]
    harmless, status = answered(advisor, name, spoil(name, "word"))
    assert status == 200
    assert harmless["cards"]
    for value in TEXTS[number :: len(SPOILT)]:
        request = spoil(name, f"x{value}")
        answer, status = answered(advisor, name, request)
        # A NUL never gets past the gate (T11).
        assert status == (400 if "\x00" in value else 200), value
        if status == 400:
            continue
        assert WATCH.taken() == [], value
        assert shape(answer) == shape(harmless), value
        for text in plain_fields(answer):
            assert text.isprintable(), value


@pytest.mark.parametrize("name", BASES)
def test_hostile_text_in_one_place_after_the_other_breaks_no_rule(advisor: Advisor, name: str) -> None:
    """Many texts of the request in turn, codes, systems, dates and references included, the strings in turn too."""
    places = [place for place in leaves(load(name)) if place[-1] not in FIXED]
    start = BASES.index(name) * len(TEXTS) // len(BASES)
    for number, place in enumerate(places[BASES.index(name) :: 4], start):
        value = TEXTS[number % len(TEXTS)]
        request = copy.deepcopy(load(name))
        put(request, place, value)
        assert answered(advisor, name, request)[1] in (200, 400, 412), (place, value)


def test_hostile_text_reaches_a_card_at_all(advisor: Advisor) -> None:
    """The strings above are not merely dropped: the id of the claim is shown, escaped."""
    request = with_ids(UNKNOWN, "<b>Zq7</b> [Zq8](https://evil.example)")
    answer, _ = answered(advisor, UNKNOWN, request)
    details = "\n\n".join(card["detail"] for card in answer["cards"])
    assert "Zq7" in details
    assert "<b>Zq7" in "".join(t.content for t in tokens_of(details) if t.type.startswith("text"))
    assert markdown_faults(details) == ()
    assert "<strong>" not in JUDGE.render("<b>")
