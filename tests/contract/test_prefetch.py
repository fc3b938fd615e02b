"""Prefetch in every state: what counts as none, as unknown and as not supplied (contract section 2)."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_fixtures import load
from tests.contract.calls import DOUBLE_BILLED, ORDER, SERVICE_OF, Site, findings, letters, read, said

DOCUMENTS = "florida-blue-document-one-day-too-old"
OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}
NO_RESOURCE = {"response": {"status": "403 Forbidden"}}
EMPTY: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": 0}


def remark(*severities: str) -> dict[str, Any]:
    """An entry with what the server remarks on a search."""
    issues = [{"severity": each, "code": "processing"} for each in severities]
    outcome = {"resourceType": "OperationOutcome", "issue": issues}
    return {"fullUrl": "urn:uuid:0001", "resource": outcome, "search": {"mode": "outcome"}}


NOTHING_FOUND = {
    "a warning": EMPTY | {"entry": [remark("warning")]},
    "an information": EMPTY | {"entry": [remark("information")]},
    "two remarks": EMPTY | {"entry": [remark("warning", "information"), remark("information")]},
    "a remark, not counted": {"resourceType": "Bundle", "type": "searchset", "entry": [remark("warning")]},
    "a remark and what was included": EMPTY
    | {"entry": [remark("warning"), {"resource": {"resourceType": "Group"}, "search": {"mode": "include"}}]},
}
"""Answers of servers that found nothing, and say so."""
WITHHELD = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "suppressed"}]}
NOT_TOLD = {
    "an error": EMPTY | {"entry": [remark("error")]},
    "a remark that hides an error": EMPTY | {"entry": [remark("warning", "fatal")]},
    "a remark without an issue": EMPTY | {"entry": [remark()]},
    "a remark beside a match of another type": EMPTY
    | {"entry": [remark("warning"), {"resource": {"resourceType": "Group"}, "search": {"mode": "match"}}]},
    "a remark, though a match was counted": EMPTY | {"total": 1, "entry": [remark("warning")]},
    "a remark that matches are withheld": EMPTY
    | {"total": 0, "entry": [{"resource": WITHHELD, "search": {"mode": "outcome"}}]},
    "a remark in an odd frame": EMPTY
    | {"entry": [remark("warning"), {"resource": {"resourceType": "Group"}, "search": "include"}]},
}
"""Answers like those that do not say that there is nothing."""
SCOPE = ("scope-applicability", "info")
REMINDER = ("documentation", "info")
MISSING = ("documentation", "warning")


def with_key(name: str, key: str, *value: Any) -> dict[str, Any]:
    """The fixture with another value under a prefetch key, or without the key."""
    request = load(name)
    del request["prefetch"][key]
    if value:
        request["prefetch"][key] = value[0]
    return request


def searchset(*resources: Any, **members: Any) -> dict[str, Any]:
    return EMPTY | {"entry": [{"resource": each} for each in resources]} | members


def supplied(name: str, key: str) -> list[dict[str, Any]]:
    """The resources that the fixture holds under a key."""
    return [entry["resource"] for entry in load(name)["prefetch"][key]["entry"]]


@pytest.mark.parametrize("name", [DOUBLE_BILLED, ORDER])
@pytest.mark.parametrize(
    "value",
    [
        (),
        (OUTCOME,),
        (searchset(OUTCOME),),
        (EMPTY | {"entry": [NO_RESOURCE]},),
        ({"resourceType": "Patient", "id": "p"},),
        ({},),
        (5,),
        ("none",),
    ],
    ids=[
        "absent",
        "OperationOutcome",
        "Bundle of one",
        "Bundle without resources",
        "wrong type",
        "empty object",
        "number",
        "text",
    ],
)
def test_without_coverage_the_answer_is_412(site: Site, name: str, value: tuple[Any, ...]) -> None:
    response = site.ask(SERVICE_OF[name], with_key(name, "coverage", *value))
    ((place, letter),) = letters(response, 412, "required")
    assert place == "prefetch.coverage"
    assert "coverage" in letter


@pytest.mark.parametrize("prefetch", [None, {}, "left out"], ids=str)
def test_without_any_prefetch_the_answer_is_412(site: Site, prefetch: Any) -> None:
    request = load(DOUBLE_BILLED) | {"prefetch": prefetch}
    if prefetch == "left out":
        del request["prefetch"]
    letters(site.ask(SERVICE_OF[DOUBLE_BILLED], request), 412, "required")


@pytest.mark.parametrize("value", [None, EMPTY, EMPTY | {"entry": []}], ids=["null", "no entry", "entry []"])
def test_coverage_known_to_be_none_is_answered(site: Site, value: Any) -> None:
    response = site.ask(SERVICE_OF[DOUBLE_BILLED], with_key(DOUBLE_BILLED, "coverage", value))
    assert response.status_code == 200
    assert said(read(response)) == [("bundling", "warning"), SCOPE]


@pytest.mark.parametrize("value", NOTHING_FOUND.values(), ids=NOTHING_FOUND)
def test_coverage_that_the_server_did_not_find_is_known_to_be_none(site: Site, value: Any) -> None:
    response = site.ask(SERVICE_OF[DOUBLE_BILLED], with_key(DOUBLE_BILLED, "coverage", value))
    assert response.status_code == 200
    assert said(read(response)) == [("bundling", "warning"), SCOPE]


@pytest.mark.parametrize("value", NOT_TOLD.values(), ids=NOT_TOLD)
def test_coverage_that_the_server_may_have_left_out_is_412(site: Site, value: Any) -> None:
    response = site.ask(SERVICE_OF[DOUBLE_BILLED], with_key(DOUBLE_BILLED, "coverage", value))
    letters(response, 412, "required")


@pytest.mark.parametrize(
    ("start", "expected"),
    [("2023-05-09", [("bundling", "warning"), SCOPE]), ("2023-05-08", [("bundling", "critical")])],
)
def test_a_coverage_of_later_days_is_answered_but_stands_for_no_other_one(
    site: Site, start: str, expected: list[tuple[str, str]]
) -> None:
    """The claim names one that is not there; the fixture bills 2023-05-08."""
    (coverage,) = supplied(DOUBLE_BILLED, "coverage")
    newer = coverage | {"id": "of-the-new-insurer", "period": {"start": start}}
    response = site.ask(SERVICE_OF[DOUBLE_BILLED], with_key(DOUBLE_BILLED, "coverage", searchset(newer)))
    assert response.status_code == 200
    assert said(read(response)) == expected


def test_one_resource_instead_of_a_bundle_is_read(site: Site) -> None:
    (coverage,) = supplied(DOUBLE_BILLED, "coverage")
    response = site.ask(SERVICE_OF[DOUBLE_BILLED], with_key(DOUBLE_BILLED, "coverage", coverage))
    assert response.content == site.story(DOUBLE_BILLED).content


def test_coverage_is_found_under_any_key(site: Site) -> None:
    request = with_key(DOUBLE_BILLED, "coverage")
    request["prefetch"]["ours"] = load(DOUBLE_BILLED)["prefetch"]["coverage"]
    assert site.ask(SERVICE_OF[DOUBLE_BILLED], request).content == site.story(DOUBLE_BILLED).content


def test_an_outcome_beside_matches_does_no_harm(site: Site) -> None:
    value = searchset(*supplied(DOUBLE_BILLED, "coverage"), OUTCOME)
    response = site.ask(SERVICE_OF[DOUBLE_BILLED], with_key(DOUBLE_BILLED, "coverage", value))
    assert response.content == site.story(DOUBLE_BILLED).content


def test_coverage_that_cannot_be_read_was_delivered_all_the_same(site: Site) -> None:
    (coverage,) = supplied(DOUBLE_BILLED, "coverage")
    value = searchset(coverage | {"payor": "Medicare"})
    answer = read(site.ask(SERVICE_OF[DOUBLE_BILLED], with_key(DOUBLE_BILLED, "coverage", value)))
    assert said(answer) == [("bundling", "warning"), SCOPE, ("informational", "info")]
    (evidence,) = findings(answer)[2]["evidence"]
    assert evidence["path"] == "prefetch.coverage.entry[0].resource"
    assert "Coverage.payor" in evidence["value"]


def test_an_order_outside_radiotherapy_needs_no_coverage(site: Site) -> None:
    name = "order-brain-mri-and-lipid-panel"
    for prefetch in ({}, {"coverage": searchset(7), "conditions": 5}):
        response = site.ask(SERVICE_OF[name], load(name) | {"prefetch": prefetch})
        assert response.status_code == 200
        assert read(response)["cards"] == []


@pytest.mark.parametrize(
    "value", [(), (OUTCOME,), (searchset(OUTCOME),), (None,)], ids=["absent", "OO", "[OO]", "null"]
)
@pytest.mark.parametrize("key", ["patient", "documents"])
def test_every_other_key_may_be_in_any_state(site: Site, key: str, value: tuple[Any, ...]) -> None:
    assert site.ask(SERVICE_OF[DOCUMENTS], with_key(DOCUMENTS, key, *value)).status_code == 200


def documentation(site: Site, *value: Any) -> list[dict[str, Any]]:
    answer = read(site.ask(SERVICE_OF[DOCUMENTS], with_key(DOCUMENTS, "documents", *value)))
    return [f for f in findings(answer) if f["kind"] == "documentation"]


def test_as_sent_one_document_is_too_old(site: Site) -> None:
    (found,) = documentation(site, load(DOCUMENTS)["prefetch"]["documents"])
    assert (found["severity"], found["document"]) == ("warning", "18741-9")


def test_a_remark_of_the_server_beside_the_documents_leaves_the_chart_seen(site: Site) -> None:
    remark = {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "information", "code": "processing"}],
    }
    (found,) = documentation(site, searchset(*supplied(DOCUMENTS, "documents"), remark))
    assert (found["severity"], found["document"]) == ("warning", "18741-9")


@pytest.mark.parametrize(
    "value", [None, EMPTY, *NOTHING_FOUND.values()], ids=["null", "empty Bundle", *NOTHING_FOUND]
)
def test_an_empty_chart_misses_all_three_documents(site: Site, value: Any) -> None:
    found = documentation(site, value)
    assert {(f["severity"], f["document"]) for f in found} == {
        ("warning", "28626-0"),
        ("warning", "18741-9"),
        ("warning", "18776-5"),
    }


@pytest.mark.parametrize("value", NOT_TOLD.values(), ids=NOT_TOLD)
def test_a_chart_that_the_server_may_have_left_out_is_not_empty(site: Site, value: Any) -> None:
    assert [(f["kind"], f["severity"]) for f in documentation(site, value)] == [REMINDER]


@pytest.mark.parametrize("alone", [True, False])
def test_what_is_wrong_under_another_key_leaves_the_chart_seen(site: Site, alone: bool) -> None:
    other = {"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/somebody-else"}}
    request = load(DOCUMENTS)
    request["prefetch"] = {"conditions": other if alone else searchset(other)} | request["prefetch"]
    assert next(iter(request["prefetch"])) == "conditions", "it is read first"
    found = [
        f for f in findings(read(site.ask(SERVICE_OF[DOCUMENTS], request))) if f["kind"] == "documentation"
    ]
    assert [(f["severity"], f["document"]) for f in found] == [("warning", "18741-9")]


def unreadable_document() -> dict[str, Any]:
    return supplied(DOCUMENTS, "documents")[0] | {"type": "history and physical"}


@pytest.mark.parametrize(
    "value",
    [
        (),
        (OUTCOME,),
        (searchset(OUTCOME),),
        ({"resourceType": "Patient", "id": "p"},),
        (searchset({"resourceType": "Practitioner", "id": "p"}),),
        (searchset({}),),
        (EMPTY | {"entry": [NO_RESOURCE]},),
        (EMPTY | {"entry": [{"resource": supplied(DOCUMENTS, "documents")[0]}, NO_RESOURCE]},),
        (searchset(*supplied(DOCUMENTS, "documents")[:2], OUTCOME),),
        (searchset(*supplied(DOCUMENTS, "documents"), 7),),
        (searchset(unreadable_document()),),
        (searchset(link=[{"relation": "next", "url": "https://ehr.example/fhir?page=2"}]),),
        (
            searchset(
                *supplied(DOCUMENTS, "documents")[:2],
                link=[{"relation": "self", "url": "x"}, {"relation": "next", "url": "y"}],
            ),
        ),
        (searchset(*supplied(DOCUMENTS, "documents")[:2], total=9),),
        (
            searchset(
                supplied(DOCUMENTS, "documents")[0] | {"subject": {"reference": "Patient/somebody-else"}}
            ),
        ),
        (supplied(DOCUMENTS, "documents")[0] | {"subject": {"reference": "Patient/somebody-else"}},),
        (unreadable_document(),),
    ],
    ids=[
        "absent",
        "OperationOutcome",
        "Bundle with OperationOutcome",
        "wrong type",
        "Bundle of wrong type",
        "an empty resource",
        "an entry without a resource",
        "an entry without a resource beside a document",
        "documents beside an error of the server",
        "an entry that is no resource",
        "a document that cannot be read",
        "empty first page of several",
        "first page of several",
        "fewer than the server counted",
        "another patient's document",
        "another patient's document alone",
        "a document that cannot be read alone",
    ],
)
def test_of_a_chart_that_was_not_seen_whole_nothing_is_said_to_be_missing(
    site: Site, value: tuple[Any, ...]
) -> None:
    found = documentation(site, *value)
    assert [(f["kind"], f["severity"]) for f in found] == [REMINDER]
    assert found[0]["missing"] == ["documents"]


PLANNED = "florida-imrt-clean-medicare"


def attested(history: tuple[Any, ...]) -> dict[str, Any]:
    """A claim of IMRT deliveries without their plan, which says that its history is complete."""
    request = load(PLANNED)
    claim = request["context"]["claims"]["entry"][0]["resource"]
    claim["item"] = [i for i in claim["item"] if i["productOrService"]["coding"][0]["code"] != "77301"]
    category = {"coding": [{"system": "urn:igrt-cds:supporting-info", "code": "history-complete"}]}
    claim["supportingInfo"] = [{"sequence": 1, "category": category, "valueBoolean": True}]
    if history:
        request["prefetch"]["claimHistory"] = history[0]
    return request


@pytest.mark.parametrize("history", [(), (None,), (EMPTY,)], ids=["absent", "null", "empty Bundle"])
def test_in_a_history_that_is_complete_a_plan_is_missed(site: Site, history: tuple[Any, ...]) -> None:
    answer = read(site.ask(SERVICE_OF[PLANNED], attested(history)))
    assert [f["rules"] for f in findings(answer)] == [["LCD-29"]]


@pytest.mark.parametrize(
    "history",
    [
        OUTCOME,
        searchset(OUTCOME),
        {},
        searchset(link=[{"relation": "next", "url": "https://ehr.example/fhir?page=2"}]),
        EMPTY | {"total": 1},
        searchset({"resourceType": "Claim", "id": "b", "item": "none"}),
        searchset({"resourceType": "Claim", "id": "b", "patient": {"reference": "Patient/somebody-else"}}),
    ],
    ids=[
        "OperationOutcome",
        "Bundle with OperationOutcome",
        "empty object",
        "first page of several",
        "fewer than the server counted",
        "a claim that cannot be read",
        "another patient's claim",
    ],
)
def test_a_history_that_was_not_seen_whole_is_not_complete_whatever_the_claim_says(
    site: Site, history: Any
) -> None:
    answer = read(site.ask(SERVICE_OF[PLANNED], attested((history,))))
    assert "LCD-29" not in [rule for f in findings(answer) for rule in f.get("rules", ())]


BONE = {
    "resourceType": "Condition",
    "id": "bone",
    "subject": {"reference": "Patient/test-patient-programme"},
    "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "C79.51"}]},
}


@pytest.mark.parametrize(
    ("conditions", "severity"),
    [
        (searchset(BONE, total=1), "warning"),
        (BONE, "warning"),
        (searchset(BONE, total=2), "info"),
        (searchset(BONE, link=[{"relation": "next", "url": "https://ehr.example/next"}]), "info"),
        (searchset(BONE, {"resourceType": "Condition", "code": 5}), "info"),
    ],
    ids=["whole", "one", "of two", "first page", "one unreadable"],
)
def test_a_problem_list_in_part_does_not_say_what_is_treated(
    site: Site, conditions: dict[str, Any], severity: str
) -> None:
    request = load("cvs-programme-order-sbrt-guidance")
    order = request["context"]["draftOrders"]["entry"][0]["resource"]
    del order["reasonCode"], order["extension"]
    request["prefetch"]["conditions"] = conditions
    found = findings(read(site.ask("igrt-order-sign", request)))
    assert [f["severity"] for f in found if "CVS-09" in f.get("rules", ())] == [severity]
