"""`POST /cds-services/{id}/feedback` over HTTP (CDS Hooks 2.0, Feedback), on both databases."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from cards.wording import override_reasons
from cds_service.clock import now
from cds_service.request.errors import Refusal
from cds_service.request.feedback import MOST_BYTES, MOST_ITEMS, Item, read_feedback
from cds_service.store import tables
from cds_service.store.keeping import Keeping
from fhir_fixtures import load
from tests.contract.calls import DOUBLE_BILLED, Site, letters, read
from tests.store.served import serving

SERVICE = "igrt-claim-review"
PATH = f"{SERVICE}/feedback"
CANARY = "Zaphod Beeblebrox MRN 4711"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def site(keeping: Keeping) -> Iterator[Site]:
    with serving(keeping) as made:
        yield made


@pytest.fixture
def shown(site: Site) -> dict[str, Any]:
    """A card with a suggestion."""
    answer = site.ask(SERVICE, load(DOUBLE_BILLED) | {"hookInstance": str(uuid.uuid4())})
    card: dict[str, Any] = next(card for card in answer.json()["cards"] if card.get("suggestions"))
    return card


def stamp() -> str:
    return now().isoformat(timespec="milliseconds").replace("+00:00", "Z")


def later() -> str:
    """An instant after that of `stamp`."""
    return (now() + timedelta(seconds=1)).isoformat()


def taken(card: dict[str, Any]) -> dict[str, Any]:
    return {
        "card": card["uuid"],
        "outcome": "accepted",
        "acceptedSuggestions": [{"id": card["suggestions"][0]["uuid"]}],
        "outcomeTimestamp": stamp(),
    }


def set_aside(card: dict[str, Any], **reason: Any) -> dict[str, Any]:
    item = {"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": stamp()}
    return item | ({"overrideReason": reason} if reason else {})


def everything(keeping: Keeping) -> str:
    """All rows of all tables, as text."""
    with keeping.store.reading() as connection:
        return "".join(str(connection.execute(select(t)).all()) for t in tables.metadata.sorted_tables)


def test_feedback_of_many_cards_is_taken_and_its_repetition_too(site: Site, shown: dict[str, Any]) -> None:
    reason = {"code": "data-wrong", "system": "urn:igrt-cds:override-reason"}
    body = {"feedback": [taken(shown), set_aside(shown), set_aside(shown, reason=reason)]}
    body["feedback"][1]["outcomeTimestamp"] = "2026-11-24T09:30:00.5+01:00"
    body["feedback"][2]["outcomeTimestamp"] = (now() + timedelta(seconds=1)).isoformat()
    body["feedback"][1]["outcomeTimestamp"] = (now() - timedelta(hours=1)).isoformat()
    first = site.ask(PATH, body)
    assert first.status_code == 200, first.text
    assert read(first) == {"stored": 3, "repeated": 0, "commentsNotKept": 0}
    for _ in range(5):
        assert read(site.ask(PATH, body)) == {"stored": 0, "repeated": 3, "commentsNotKept": 0}


def test_an_answer_names_its_decision(site: Site) -> None:
    request = load(DOUBLE_BILLED)
    one, two = site.ask(SERVICE, request), site.ask(SERVICE, request)
    assert one.content == two.content
    names = {answer.headers["IGRT-CDS-Decision"] for answer in (one, two)}
    assert len({uuid.UUID(name) for name in names}) == 2
    assert "IGRT-CDS-Decision" in site.ask(SERVICE, {"hook": "none"}).headers
    assert "IGRT-CDS-Decision" not in site.ask("no-such-service", request).headers


def test_neither_comments_nor_reasons_of_others_nor_the_request_reach_the_store(
    site: Site, shown: dict[str, Any], keeping: Keeping
) -> None:
    request = load(DOUBLE_BILLED)
    request["context"]["patientId"] = request["context"]["userId"] = CANARY
    request["hookInstance"] = CANARY
    request["context"]["claims"]["entry"][0]["resource"]["id"] = "Canary-4711"
    site.ask(SERVICE, request)
    coded = {"code": CANARY, "system": CANARY, "display": CANARY}
    for reason in ({"userComment": CANARY}, {"reason": coded}, {"reason": coded, "userComment": CANARY}):
        answer = site.ask(PATH, {"feedback": [set_aside(shown, **reason) | {"note": CANARY}], "by": CANARY})
        assert answer.status_code == 200, answer.text
        assert read(answer)["commentsNotKept"] == ("userComment" in reason)
    for blank in ("", "  "):
        answer = site.ask(PATH, {"feedback": [set_aside(shown, reason=coded, userComment=blank)]})
        assert read(answer)["commentsNotKept"] == 0
    rows = everything(keeping)
    assert "unlisted" in rows
    for word in ("Zaphod", "4711", "Canary"):
        assert word not in rows


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"card": None}, "feedback[0].card"),
        ({"card": CANARY}, "feedback[0].card"),
        ({"card": ["x"]}, "feedback[0].card"),
        ({"outcome": "ignored"}, "feedback[0].outcome"),
        ({"outcome": None}, "feedback[0].outcome"),
        ({"outcomeTimestamp": {}}, "feedback[0].outcomeTimestamp"),
        ({"outcomeTimestamp": "2026-11-24"}, "feedback[0].outcomeTimestamp"),
        ({"outcomeTimestamp": "2026-11-24T10:00:00"}, "feedback[0].outcomeTimestamp"),
        ({"outcomeTimestamp": "2026-02-30T10:00:00Z"}, "feedback[0].outcomeTimestamp"),
        ({"outcomeTimestamp": "2999-01-01T00:00:00Z"}, "feedback[0].outcomeTimestamp"),
        ({"outcomeTimestamp": "0001-01-01T00:00:00+14:00"}, "feedback[0].outcomeTimestamp"),
        ({"acceptedSuggestions": []}, "feedback[0].acceptedSuggestions"),
        ({"acceptedSuggestions": None}, "feedback[0].acceptedSuggestions"),
        ({"acceptedSuggestions": [{"id": CANARY}]}, "feedback[0].acceptedSuggestions[0].id"),
        ({"acceptedSuggestions": [CANARY]}, "feedback[0].acceptedSuggestions[0].id"),
        ({"outcome": "overridden", "overrideReason": CANARY}, "feedback[0].overrideReason"),
        (
            {"outcome": "overridden", "overrideReason": {"reason": CANARY}},
            "feedback[0].overrideReason.reason",
        ),
        (
            {"outcome": "overridden", "overrideReason": {"userComment": 1}},
            "feedback[0].overrideReason.userComment",
        ),
    ],
)
def test_a_fault_is_said_with_its_place_and_nothing_is_stored(
    keeping: Keeping, change: dict[str, Any], where: str
) -> None:
    item = {
        "card": str(uuid.uuid4()),
        "outcome": "accepted",
        "acceptedSuggestions": [{"id": str(uuid.uuid4())}],
        "outcomeTimestamp": "2026-11-24T10:00:00Z",
    }
    assert read_feedback({"feedback": [item]}, NOW).items
    with pytest.raises(Refusal) as refused:
        read_feedback({"feedback": [item | change]}, NOW)
    assert refused.value.status == 400
    assert [problem.where for problem in refused.value.problems] == [where]
    assert CANARY not in str(refused.value.outcome())


@pytest.mark.parametrize(
    ("reason", "comments"),
    [(5, 0), (True, 0), ("userComment", 0), (["userComment"], 0), ({"userComment": CANARY}, 1)],
)
def test_of_an_accepted_card_an_override_reason_of_any_shape_is_passed_over(
    site: Site, shown: dict[str, Any], reason: Any, comments: int
) -> None:
    answer = site.ask(PATH, {"feedback": [taken(shown) | {"overrideReason": reason}]})
    assert read(answer) == {"stored": 1, "repeated": 0, "commentsNotKept": comments}


@pytest.mark.parametrize(
    "reason",
    [
        pytest.param(None, id="null"),
        pytest.param({}, id="an empty object"),
        pytest.param({"reason": None}, id="a reason of null"),
        pytest.param({"reason": None, "userComment": None}, id="both of null"),
        pytest.param({"userComment": ""}, id="an empty comment"),
        pytest.param({"key": "x"}, id="members that are not read"),
    ],
)
def test_an_override_reason_that_says_nothing_is_none_and_costs_no_other_item(
    site: Site, shown: dict[str, Any], keeping: Keeping, reason: Any
) -> None:
    silent = set_aside(shown) | {"overrideReason": reason}
    answer = site.ask(PATH, {"feedback": [silent, taken(shown) | {"outcomeTimestamp": later()}]})
    assert answer.status_code == 200, answer.text
    assert read(answer) == {"stored": 2, "repeated": 0, "commentsNotKept": 0}
    assert "unlisted" not in everything(keeping)


def test_a_comment_of_null_is_no_comment(site: Site, shown: dict[str, Any]) -> None:
    reason = {"code": "data-wrong", "system": "urn:igrt-cds:override-reason"}
    answer = site.ask(PATH, {"feedback": [set_aside(shown, reason=reason, userComment=None)]})
    assert read(answer) == {"stored": 1, "repeated": 0, "commentsNotKept": 0}


@pytest.mark.parametrize("body", [None, [], {}, {"feedback": []}, {"feedback": {}}, {"feedback": [1]}, "x"])
def test_a_body_of_another_shape_is_400(site: Site, body: Any) -> None:
    letters(site.ask(PATH, body), 400)


def test_what_is_too_much_is_413(site: Site, shown: dict[str, Any]) -> None:
    letters(site.ask(PATH, {"feedback": [taken(shown)] * (MOST_ITEMS + 1)}), 413, "too-long")
    ((_, letter),) = letters(site.send(PATH, b'{"feedback": "' + b"x" * MOST_BYTES + b'"}'), 413, "too-long")
    assert letter == "The feedback is larger than 512 KiB. Send it in several calls."


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe{}", b"[" * 100_000, b'{"feedback": NaN}'])
def test_what_is_no_json_is_400(site: Site, body: bytes) -> None:
    letters(site.send(PATH, body), 400)


def test_other_media_types_methods_and_services_are_refused(site: Site, shown: dict[str, Any]) -> None:
    letters(site.send(PATH, b"{}", **{"Content-Type": "text/plain"}), 415, "not-supported")
    letters(site.get(f"/cds-services/{PATH}"), 405)
    letters(site.ask("no-such-service/feedback", {"feedback": [taken(shown)]}), 404, "not-found")


def test_a_foreign_card_turns_the_whole_call_away(
    site: Site, shown: dict[str, Any], keeping: Keeping
) -> None:
    foreign = copy.deepcopy(shown) | {"uuid": str(uuid.uuid4())}
    refused = site.ask(PATH, {"feedback": [taken(shown), taken(foreign)]})
    ((where, says),) = letters(refused, 422, "not-found")
    assert where == "feedback[1].card"
    assert foreign["uuid"] not in says
    other = site.ask("igrt-order-sign/feedback", {"feedback": [taken(shown)]})
    letters(other, 422, "not-found")
    assert "overridden" not in everything(keeping)
    assert "accepted" not in everything(keeping)
    assert site.ask(PATH, {"feedback": [taken(shown)]}).status_code == 200


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2026, 11, 24)),  # noqa: DTZ001 - the zone comes below
    st.integers(-14 * 60, 14 * 60),
    st.sampled_from(["T", "t"]),
)
def test_every_instant_of_rfc_3339_is_understood(at: datetime, offset: int, mark: str) -> None:
    sign, minutes = "-" if offset < 0 else "+", abs(offset)
    text = f"{at:%Y-%m-%d}{mark}{at:%H:%M:%S.%f}{sign}{minutes // 60:02}:{minutes % 60:02}"
    item = {"card": str(uuid.uuid4()), "outcome": "overridden", "outcomeTimestamp": text}
    (found,) = read_feedback({"feedback": [item]}, NOW).items
    assert found.at == at.replace(tzinfo=UTC) - timedelta(minutes=offset)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_MEMBERS = {
    "card": st.just("4f213685-e7a4-5ae4-ac90-cf8c429692c5") | _JSON,
    "outcome": st.sampled_from(["accepted", "overridden"]) | _JSON,
    "outcomeTimestamp": st.just("2026-11-24T10:00:00Z") | _JSON,
    "acceptedSuggestions": st.just([{"id": "4f213685-e7a4-5ae4-ac90-cf8c429692c5"}]) | _JSON,
    "overrideReason": st.fixed_dictionaries({}, optional={"reason": _JSON, "userComment": _JSON}) | _JSON,
}


@given(
    st.fixed_dictionaries({"feedback": st.lists(st.fixed_dictionaries({}, optional=_MEMBERS) | _JSON)})
    | _JSON
)
def test_any_json_is_read_or_refused(body: Any) -> None:
    offered = {("", ""), ("", "unlisted"), *((r.system, r.code) for r in override_reasons())}
    refusal: Refusal | None = None
    try:
        found = read_feedback(body, NOW)
    except Refusal as error:
        refusal = error
    if refusal is not None:
        assert refusal.status in (400, 413)
        assert 0 < len(refusal.problems) <= 20
        return
    assert len(found.items) == len(body["feedback"])
    for item in found.items:
        assert isinstance(item, Item)
        assert item.reason in offered
        assert (item.outcome == "accepted") == bool(item.suggestions)
