"""Answers: what is advised on, what is left out and said, and that the same call gives the same answer."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from cds_service.service import Advisor
from fhir_fixtures import load, stories
from tests.conftest import ROOT
from tests.contract.calls import (
    DOUBLE_BILLED,
    ORDER,
    SELECT,
    SERVICE_OF,
    Site,
    blanks,
    findings,
    read,
    said,
    strict,
)

STORIES = [story.name for story in stories() if story.expected.status == 200]
TWENTY = "twenty-dates-missing-modifier-medicare"
SUPPORTED_BY_PREFETCH = "florida-blue-document-one-day-too-old"


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every JSON object inside a value."""
    if isinstance(value, dict):
        yield value
        for member in value.values():
            yield from objects(member)
    elif isinstance(value, list):
        for member in value:
            yield from objects(member)


def strange(request: dict[str, Any]) -> dict[str, Any]:
    """The request with a member that nobody knows, and an extension, in each of its objects."""
    made = copy.deepcopy(request)
    for each in [*objects(made)]:
        if each is made.get("prefetch"):
            continue  # its members are resources under keys that a client may choose
        each["x-ehr"] = {"of": ["any", {"kind": None}], "cards": [], "resourceType": "Claim"}
        if "url" not in each and not isinstance(each.get("extension"), list):
            each["extension"] = {"com.ehr.note": 1} if each in (made, made["context"]) else []
    return made


def answer_to(advisor: Advisor, name: str, request: dict[str, Any]) -> bytes:
    """The answer's bytes, without HTTP."""
    answer = advisor.advise(SERVICE_OF[name], json.dumps(request).encode(), date(2026, 11, 23))
    assert answer.status == 200
    return answer.encode()


@pytest.mark.parametrize("name", STORIES)
def test_no_member_of_ours_is_null_or_empty(advisor: Advisor, name: str) -> None:
    answer = strict(answer_to(advisor, name, load(name)))
    assert set(blanks(answer)) <= {".cards", ".systemActions"}
    assert answer["cards"] != [] or ".cards" in blanks(answer)


@pytest.mark.parametrize("name", STORIES)
def test_system_actions_are_there_on_crd_s_primary_hooks_only(advisor: Advisor, name: str) -> None:
    answer = strict(answer_to(advisor, name, load(name)))
    if SERVICE_OF[name] in ("igrt-order-sign", "igrt-order-dispatch", "igrt-appointment-book"):
        assert set(answer) == {"cards", "systemActions"}
        assert answer["systemActions"] == []
    else:
        assert set(answer) == {"cards"}


def test_order_select_advises_on_the_selected_order_only(site: Site) -> None:
    request = load(SELECT)
    answer = read(site.ask(SERVICE_OF[SELECT], request))
    assert {f["lines"][0]["resource"] for f in findings(answer)} == {"ServiceRequest/selected-order"}

    request["context"]["selections"] = ["ServiceRequest/left-out-order"]
    answer = read(site.ask(SERVICE_OF[SELECT], request))
    assert {f["lines"][0]["resource"] for f in findings(answer)} == {"ServiceRequest/left-out-order"}

    request["context"]["selections"] = ["ServiceRequest/left-out-order", "ServiceRequest/selected-order"]
    answer = read(site.ask(SERVICE_OF[SELECT], request))
    named = {line["resource"] for f in findings(answer) for line in f["lines"]}
    assert named == {"ServiceRequest/left-out-order", "ServiceRequest/selected-order"}


def test_nothing_selected_nothing_advised(site: Site) -> None:
    request = load(SELECT)
    request["context"]["selections"] = []
    assert read(site.ask(SERVICE_OF[SELECT], request)) == {"cards": []}


DRUG = {
    "resourceType": "MedicationRequest",
    "id": "drug",
    "subject": {"reference": "Patient/test-patient-ohio"},
}
ADDRESS = "urn:uuid:2c4ba8a4-1c7f-4b54-8d4c-5d5c6a1ff8e1"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("https://ehr.example/fhir/ServiceRequest/selected-order", id="absolute"),
        pytest.param("ServiceRequest/selected-order/_history/2", id="of one version"),
        pytest.param("selected-order", id="id alone"),
        pytest.param(" selected-order ", id="id among blanks"),
        pytest.param(ADDRESS, id="fullUrl"),
    ],
)
def test_an_order_is_selected_by_reference_by_id_or_by_full_url(site: Site, text: str) -> None:
    request = load(SELECT)
    expected = site.ask(SERVICE_OF[SELECT], request).content
    request["context"]["draftOrders"]["entry"][0]["fullUrl"] = ADDRESS.replace("2c", "3d")
    request["context"]["draftOrders"]["entry"][1]["fullUrl"] = ADDRESS
    for selections in ([text], ["ServiceRequest/gone", text]):
        request["context"]["selections"] = selections
        assert site.ask(SERVICE_OF[SELECT], request).content == expected


@pytest.mark.parametrize(
    "selections",
    [
        ["ServiceRequest/gone"],
        ["MedicationRequest/selected-order"],
        ["gone", ADDRESS],
        ["#selected-order"],
        [""],
    ],
    ids=["gone", "of another type", "neither id nor fullUrl", "contained", "blank"],
)
def test_selections_that_name_no_draft_are_told_once_for_all_orders(
    site: Site, selections: list[str]
) -> None:
    request = load(SELECT)
    request["context"]["selections"] = selections
    (card,) = read(site.ask(SERVICE_OF[SELECT], request))["cards"]
    assert card["indicator"] == "info"
    assert "names no entry of draftOrders; nothing was checked" in card["summary"]
    assert "context.selections" in card["detail"].replace("\\", "")
    assert card["extension"]["davinci-crd.associated-resource"] == [
        {"reference": "ServiceRequest/left-out-order"},
        {"reference": "ServiceRequest/selected-order"},
    ]


def test_of_selections_that_name_no_draft_nothing_is_told_where_no_order_is_radiotherapy(site: Site) -> None:
    request = load(SELECT)
    request["context"] |= {"selections": ["gone"], "draftOrders": {"resourceType": "Bundle"}}
    assert read(site.ask(SERVICE_OF[SELECT], request)) == {"cards": []}
    request["context"]["draftOrders"]["entry"] = [{"resource": DRUG}]
    assert read(site.ask(SERVICE_OF[SELECT], request)) == {"cards": []}


@pytest.mark.parametrize("text", ["MedicationRequest/drug", "drug"])
def test_a_selected_draft_of_another_type_is_named_and_nothing_is_said_of_it(site: Site, text: str) -> None:
    request = load(SELECT)
    request["context"]["draftOrders"]["entry"].append({"resource": DRUG})
    request["context"]["selections"] = [text]
    assert read(site.ask(SERVICE_OF[SELECT], request)) == {"cards": []}


def test_the_order_that_is_not_selected_is_still_seen_as_context(site: Site) -> None:
    """Guidance beside superficial treatment of the same date (AST-23): one order holds each."""
    request = load(SELECT)
    orders = [entry["resource"] for entry in request["context"]["draftOrders"]["entry"]]
    orders[0]["code"]["coding"][0]["code"], orders[1]["code"]["coding"][0]["code"] = "77401", "77387"
    (found,) = findings(read(site.ask(SERVICE_OF[SELECT], request)))
    assert found["rules"] == ["AST-23"]
    assert {line["resource"] for line in found["lines"]} == {"ServiceRequest/selected-order"}
    del request["context"]["draftOrders"]["entry"][0]
    assert findings(read(site.ask(SERVICE_OF[SELECT], request))) == []


@pytest.mark.parametrize(
    "subject",
    ["Patient/somebody-else", "https://ehr.example/fhir/Patient/somebody-else", "urn:uuid:somebody-else"],
)
def test_coverage_of_another_patient_is_dropped_and_said(site: Site, subject: str) -> None:
    request = load(DOUBLE_BILLED)
    request["prefetch"]["coverage"]["entry"][0]["resource"]["beneficiary"]["reference"] = subject
    answer = read(site.ask(SERVICE_OF[DOUBLE_BILLED], request))
    kinds = said(answer)
    assert ("bundling", "critical") not in kinds, "Medicare's severity came from another patient's Coverage"
    assert ("scope-applicability", "info") in kinds
    (note,) = [f for f in findings(answer) if f["kind"] == "informational"]
    assert note["evidence"] == [{"path": "prefetch.coverage.entry[0].resource", "value": "Coverage"}]
    assert "another patient" in answer["cards"][-1]["summary"]
    assert "somebody-else" not in json.dumps(answer, default=str)


def test_a_claim_of_another_patient_is_not_judged(site: Site) -> None:
    request = load(DOUBLE_BILLED)
    request["context"]["claims"]["entry"][0]["resource"]["patient"]["reference"] = "Patient/somebody-else"
    answer = read(site.ask(SERVICE_OF[DOUBLE_BILLED], request))
    assert said(answer) == [("informational", "info")]


@pytest.mark.parametrize(
    "broken",
    [
        7,
        None,
        "text",
        [],
        {"resourceType": "Claim", "id": "b", "item": "77387"},
        {"resourceType": "Claim", "id": "b", "item": [{"quantity": {"value": "one"}}]},
        {"resourceType": ["Claim"]},
    ],
    ids=str,
)
def test_an_entry_that_cannot_be_read_costs_that_entry_alone(site: Site, broken: Any) -> None:
    request = load(DOUBLE_BILLED)
    expected = read(site.ask(SERVICE_OF[DOUBLE_BILLED], request))
    request["context"]["claims"]["entry"].insert(0, {"resource": broken})
    answer = read(site.ask(SERVICE_OF[DOUBLE_BILLED], request))
    note = answer["cards"].pop()
    assert answer == expected
    assert "could not be read" in note["summary"]
    (found,) = note["extension"]["org.igrt-cds.findings"]
    assert found["evidence"][0]["path"] == "context.claims.entry[0].resource"


def test_another_patients_claim_beside_what_cannot_be_read_is_no_refusal(site: Site) -> None:
    request = load(DOUBLE_BILLED)
    request["context"]["claims"]["entry"][0]["resource"]["patient"]["reference"] = "Patient/somebody-else"
    request["prefetch"]["conditions"] = {"resourceType": "Bundle", "entry": [{"resource": 5}]}
    answer = read(site.ask(SERVICE_OF[DOUBLE_BILLED], request))
    assert said(answer) == [("informational", "info")] * 2


def test_resources_of_other_types_beside_the_claim_are_not_judged(site: Site) -> None:
    request = load(DOUBLE_BILLED)
    others = [each["resource"] for each in request["prefetch"]["coverage"]["entry"]]
    others += [{"resourceType": kind, "id": "x"} for kind in ("Condition", "Task", "MedicationRequest")]
    request["context"]["claims"]["entry"] += [{"resource": each} for each in others]
    assert said(read(site.ask(SERVICE_OF[DOUBLE_BILLED], request))) == said(read(site.story(DOUBLE_BILLED)))


@pytest.mark.parametrize("entry", [{"fullUrl": 7}, {"fullUrl": ["x"]}, {"search": 3, "link": "x"}], ids=str)
def test_a_fault_beside_the_resource_costs_nothing(site: Site, entry: dict[str, Any]) -> None:
    request = load(DOUBLE_BILLED)
    expected = site.ask(SERVICE_OF[DOUBLE_BILLED], request).content
    request["context"]["claims"]["entry"][0] |= entry
    assert site.ask(SERVICE_OF[DOUBLE_BILLED], request).content == expected


def test_two_claims_are_judged_each_for_itself(site: Site) -> None:
    request = load(DOUBLE_BILLED)
    second = copy.deepcopy(request["context"]["claims"]["entry"][0])
    second["resource"]["id"] = "second"
    request["context"]["claims"]["entry"].append(second)
    answer = read(site.ask(SERVICE_OF[DOUBLE_BILLED], request))
    units = {card["extension"]["davinci-crd.associated-resource"][0]["reference"] for card in answer["cards"]}
    assert units == {
        "Claim/second",
        f"Claim/{load(DOUBLE_BILLED)['context']['claims']['entry'][0]['resource']['id']}",
    }
    for card in answer["cards"]:
        (reference,) = card["extension"]["davinci-crd.associated-resource"]
        for suggestion in card.get("suggestions", ()):
            assert [f"Claim/{a['resource']['id']}" for a in suggestion["actions"]] == [reference["reference"]]


def test_of_two_claims_with_one_id_none_is_corrected(site: Site) -> None:
    request = load(DOUBLE_BILLED)
    second = copy.deepcopy(request["context"]["claims"]["entry"][0])
    second["resource"]["created"] = "2023-05-09"
    request["context"]["claims"]["entry"].append(second)
    answer = read(site.ask(SERVICE_OF[DOUBLE_BILLED], request))
    assert answer["cards"]
    assert [card for card in answer["cards"] if "suggestions" in card] == []


@pytest.mark.parametrize("name", STORIES)
def test_members_that_nobody_knows_change_nothing(advisor: Advisor, name: str) -> None:
    request = load(name)
    plain, decorated = (strict(answer_to(advisor, name, r)) for r in (request, strange(request)))
    for answer in (plain, decorated):
        for card in answer["cards"]:
            card.pop("suggestions", None)  # these send the client's own members back
    assert decorated == plain


@pytest.mark.parametrize("name", STORIES)
def test_the_same_call_gives_the_same_bytes(advisor: Advisor, name: str) -> None:
    assert answer_to(advisor, name, load(name)) == answer_to(advisor, name, load(name))


def test_the_same_call_over_http_gives_the_same_bytes(site: Site, advisor: Advisor) -> None:
    assert site.story(TWENTY).content == site.story(TWENTY).content
    assert site.story(TWENTY).content == answer_to(advisor, TWENTY, load(TWENTY))


def identifiers(answer: dict[str, Any]) -> list[str]:
    """Identifiers of all cards and suggestions."""
    found = [card["uuid"] for card in answer["cards"]]
    return found + [s["uuid"] for card in answer["cards"] for s in card.get("suggestions", ())]


@pytest.mark.parametrize("name", [TWENTY, ORDER, SUPPORTED_BY_PREFETCH])
def test_another_hook_instance_gives_other_identifiers_and_nothing_else(site: Site, name: str) -> None:
    one = read(site.story(name))
    request = load(name) | {"hookInstance": "b4e7dd0c-2f4c-4a3b-9b43-7a51ea6ba4b1"}
    other = read(site.ask(SERVICE_OF[name], request))
    assert len(set(identifiers(one))) == len(identifiers(one)) > 0
    assert not set(identifiers(one)) & set(identifiers(other))
    for answer in (one, other):
        for card in answer["cards"]:
            for holder in (card, *card.get("suggestions", ())):
                del holder["uuid"]
    assert one == other


def test_twenty_dates_share_one_card(site: Site) -> None:
    (card,) = read(site.story(TWENTY))["cards"]
    (found,) = card["extension"]["org.igrt-cds.findings"]
    assert len({line["date"] for line in found["lines"]}) == 20


def test_answers_do_not_hang_on_the_order_of_sets() -> None:
    """Two processes with other hash seeds answer every story with the same bytes."""
    script = (
        "import hashlib\n"
        "from datetime import date\n"
        "from cds_service.books import standard_library\n"
        "from cds_service.service import Advisor\n"
        "from fhir_fixtures import stories\n"
        "advisor = Advisor(standard_library())\n"
        "for story in stories():\n"
        "    answer = advisor.advise(story.service, story.path.read_bytes(), date(2026, 11, 23))\n"
        "    print(story.name, hashlib.sha256(answer.encode()).hexdigest())\n"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", script],
            env=os.environ | {"PYTHONHASHSEED": seed},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        for seed in ("1", "2")
    ]
    assert len(told[0]) == len(stories())
    assert told[0] == told[1]
