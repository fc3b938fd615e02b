"""A replay goes by all that the answer went by: the body, and what was read from the FHIR server at the time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from cards.render import rendered
from cds_service.books import standard_library
from cds_service.clock import now
from cds_service.engine.model import Remedy, Severity
from cds_service.replay import CannotReplay, Replayed, replay
from cds_service.service import Advisor, Answer
from cds_service.store import decisions
from cds_service.store.database import Store
from cds_service.store.records import Decision, Input, IssuedCard, decision_of, setup_of
from cds_service.store.sealing import Sealer, new_key
from cds_service.trust.model import Client
from fhir_fixtures import load, stories
from tests.cards.builders import finding, line
from tests.contract.calls import DOUBLE_BILLED
from tests.fhir_client.ehr import TOKEN, Ehr, client_of, reader, serving, with_server
from tests.fhir_client.test_same_answer import resources, scope_of

NAME = "florida-blue-document-one-day-too-old"
SERVICE = next(story.service for story in stories() if story.name == NAME)
SOME = [story.name for story in stories() if "hookInstance" in load(story.name)][::15]
SERVICE_OF = {story.name: story.service for story in stories()}
LIBRARY = standard_library()
DAY = date(2026, 11, 24)


def recorded(body: bytes, client: Client, service: str = SERVICE) -> tuple[Decision, Answer]:
    """A call with its record."""
    answer = Advisor(LIBRARY, reader=reader()).advise(service, body, DAY, client)
    return decision_of(LIBRARY, service, client, body, answer, answer.encode(), now()), answer


def asked(request: Mapping[str, Any], client: Client) -> tuple[Decision, Answer]:
    """As `recorded`, of a request."""
    return recorded(json.dumps(request).encode(), client)


def kept(store: Store, decision: Decision) -> Sealer:
    """Store it; gives what opens its input."""
    sealer = Sealer(new_key())
    with store.writing(durable=False) as connection:
        decisions.write(connection, [decision], sealer, timedelta(days=30))
    return sealer


def again(store: Store, decision: Decision, sealer: Sealer | None, body: bytes | None = None) -> Replayed:
    advisor = Advisor(LIBRARY, reader=reader())
    return replay(store, advisor, decision.id, body=body, sealer=sealer, who="auditor", at=now())


def opened(store: Store, decision: Decision, sealer: Sealer) -> bytes:
    """The input as it is stored, decrypted."""
    found = decisions.read(store, decision.id, "test", "replay", now())
    assert found is not None
    assert found.sealed is not None
    return Input.decode(sealer.open(decision.id, found.sealed)).body


def test_the_record_holds_the_day_and_of_each_card_its_rules_and_suggestions() -> None:
    body = json.dumps(load(DOUBLE_BILLED)).encode()
    decision, answer = recorded(body, Client("mercy", ""), SERVICE_OF[DOUBLE_BILLED])
    (kept_card,), (sent,) = decision.cards, json.loads(answer.encode())["cards"]
    assert (decision.day, decision.reads, decision.status) == ("2026-11-24", 0, 200)
    assert kept_card == IssuedCard(
        card=sent["uuid"],
        kind="bundling",
        severity="critical",
        statements=("AST-15", "AST-16"),
        rules=(("astro.components.technical-77387-inside-imrt-delivery", "2015-01-01"),),
        suggestions=(sent["suggestions"][0]["uuid"],),
    )
    assert json.loads(decision.findings) == [
        {
            "kind": "bundling",
            "severity": "critical",
            "statements": ["AST-15", "AST-16"],
            "rules": ["astro.components.technical-77387-inside-imrt-delivery@2015-01-01"],
            "codes": ["77387-TC"],
            "remedies": ["remove-line 77387"],
        }
    ]
    assert decision.input is not None
    assert decision.input.body == body


def test_of_a_finding_codes_and_documents_are_kept_and_no_other_text() -> None:
    canary = "Zaphod 4711"
    found = finding(
        lines=(line(0, "77387", "TC"), line(1, canary)),
        remedies=(
            Remedy("add-modifier", "77387", modifier="26"),
            Remedy("remove-line", canary),
            Remedy("add-modifier", "77387", modifier=canary),
            Remedy("add-document", document="18741-9"),
        ),
        document="18741-9",
        missing=("fractions",),
    )
    issued = rendered([found], hook_instance="x", resources={})
    made = decision_of(LIBRARY, SERVICE, Client("mercy", ""), b"{}", Answer(200, {}, issued), b"{}", now())
    (kept_finding,) = json.loads(made.findings)
    assert kept_finding["codes"] == ["77387-TC"]
    assert kept_finding["remedies"] == [
        "add-modifier 77387 26",
        "remove-line",
        "add-modifier 77387",
        "add-document 18741-9",
    ]
    assert (kept_finding["document"], kept_finding["missing"]) == ("18741-9", ["fractions"])
    assert "4711" not in str(replace(made, input=None))


def test_a_card_of_several_findings_is_kept_with_the_rules_of_all_and_one_of_the_reading_with_none() -> None:
    request = load(NAME)
    request["prefetch"] |= {"documents": None, "conditions": 5}
    decision, _ = asked(request, Client("mercy", ""))
    checklist, reading = (card.rules for card in decision.cards)
    assert [rule.rpartition(".")[2] for rule, _ in checklist] == [
        "history-and-physical-not-on-file",
        "progress-note-not-on-file",
        "plan-of-treatment-not-on-file",
    ]
    assert reading == (("reader", ""),)


def test_what_was_read_is_replayed_without_reading_and_without_the_token(store: Store) -> None:
    request = load(NAME)
    prefetch = request.pop("prefetch")
    with serving(Ehr(resources(prefetch))) as ehr:
        decision, answer = asked(with_server(request, ehr.base, scope_of(prefetch)), client_of(ehr.base))
        assert decision.reads == len(ehr.seen) > 0
    sealer = kept(store, decision)
    made = again(store, decision, sealer)  # the server is gone by now
    assert made.encoded == answer.encode()
    assert made.same_answer
    assert TOKEN.encode() not in opened(store, decision, sealer)


@pytest.mark.parametrize("named", [False, True])
def test_a_refusal_is_replayed_with_its_reason(store: Store, named: bool) -> None:
    request = load(NAME)
    del request["prefetch"]
    if named:
        request = with_server(request, "https://elsewhere.example/fhir")
    decision, answer = asked(request, client_of("https://ehr.example/fhir"))
    assert answer.status == 412
    made = again(store, decision, kept(store, decision))
    assert made.encoded == answer.encode()
    assert made.same_answer


@pytest.mark.parametrize("name", SOME)
def test_inputs_with_a_token_are_kept_without_it_and_give_the_same_bytes(store: Store, name: str) -> None:
    request = with_server(load(name), "https://elsewhere.example/fhir")
    body = json.dumps(request).encode()
    decision, answer = recorded(body, Client("mercy", ""), SERVICE_OF[name])
    sealer = kept(store, decision)
    assert again(store, decision, sealer).encoded == answer.encode()
    assert TOKEN.encode() in body
    assert TOKEN.encode() not in opened(store, decision, sealer)


def test_an_authorization_of_null_is_none_and_its_input_is_kept(store: Store) -> None:
    body = json.dumps(load(NAME) | {"fhirServer": None, "fhirAuthorization": None}).encode()
    decision, answer = recorded(body, Client("mercy", ""))
    assert answer.status == 200
    sealer = kept(store, decision)
    assert opened(store, decision, sealer) == body
    assert again(store, decision, sealer).encoded == answer.encode()


@pytest.mark.parametrize("odd", [TOKEN, [TOKEN], {"access_token": [TOKEN]}, [{"access_token": TOKEN}]])
def test_a_token_in_an_authorization_of_another_shape_is_not_kept(store: Store, odd: Any) -> None:
    body = json.dumps(
        load(NAME) | {"fhirServer": "https://x.example/fhir", "fhirAuthorization": odd}
    ).encode()
    decision, _ = recorded(body, Client("mercy", ""))
    assert decision.status == 200
    assert decision.input is None or TOKEN.encode() not in decision.input.body


def test_a_token_under_a_name_that_is_written_in_escapes_is_not_kept_either(store: Store) -> None:
    body = json.dumps(with_server(load(SOME[0]), "https://elsewhere.example/fhir")).encode()
    body = body.replace(b"fhirAuthorization", b"fhir\\u0041uthorization")
    decision, _ = recorded(body, Client("mercy", ""), SERVICE_OF[SOME[0]])
    assert decision.status == 200
    assert TOKEN.encode() in body
    assert TOKEN.encode() not in opened(store, decision, kept(store, decision))


@pytest.mark.parametrize("start", ["", '"fhirAuthorization": {}, "fhirAuthorization": {}, '])
def test_a_body_that_was_refused_unread_is_not_kept(store: Store, start: str) -> None:
    body = f'{{"fhirAuthorization": {{"access_token": "{TOKEN}"}}, {start}'.encode()
    body += b'"hook": "x"}' if start else b""
    decision, answer = recorded(body, Client("mercy", ""))
    assert answer.status == 400
    sealer = kept(store, decision)
    with pytest.raises(CannotReplay, match="--input FILE"):
        again(store, decision, sealer)
    assert again(store, decision, None, body).same_answer


def test_of_a_body_that_was_not_read_nothing_is_kept() -> None:
    """Nobody knows where it holds a token: in another encoding not even the name of the member is found."""
    request = load(NAME) | {"fhirAuthorization": {"access_token": TOKEN}}
    for body in (json.dumps(request).encode("utf-16"), b"{" + json.dumps(request).encode()):
        for status in (400, 413, 415):
            made = decision_of(LIBRARY, SERVICE, Client("mercy", ""), body, Answer(status, {}), b"{}", now())
            assert made.input is None


def test_a_card_is_kept_with_its_own_severity_and_not_that_of_its_first_finding() -> None:
    ((card, found),) = rendered([finding()], hook_instance="x", resources={})
    assert card.indicator == "critical"
    lesser = replace(found[0], severity=Severity.info)
    answer = Answer(200, {}, ((card, (lesser, *found)),))
    made = decision_of(LIBRARY, SERVICE, Client("mercy", ""), b"{}", answer, b"{}", now())
    assert [kept_card.severity for kept_card in made.cards] == ["critical"]


def test_each_library_has_its_own_setup() -> None:
    days = (date(2015, 1, 1), date(2016, 1, 1))
    other = replace(LIBRARY, knowledge=replace(LIBRARY.knowledge, lcd_in_force=days))
    setups = [json.loads(setup_of(library))["lcdInForce"] for library in (LIBRARY, other, LIBRARY)]
    assert setups == [[], ["2015-01-01", "2016-01-01"], []]


def test_who_reads_is_kept_in_short_and_in_order(store: Store) -> None:
    decision, _ = asked(load(NAME), Client("mercy", ""))
    kept(store, decision)
    for who in ("a" * 500, "b"):
        assert decisions.read(store, decision.id, who, "replay", now()) is not None
    assert [who for _, who, _ in decisions.readings(store, decision.id)] == ["a" * 200, "b"]
