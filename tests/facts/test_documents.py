"""Documents of the chart: types, days, signers, and the six months of FLB-32."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.engine.model import UNKNOWN, OpenSet
from cds_service.facts.case import Document, Signer
from cds_service.facts.periods import months_before
from cds_service.facts.records import can_be_missed, chart_is_mapped, documents_of_course
from cds_service.facts.signatures import may_be_signed_by
from tests.facts.build import LOCAL, SNOMED, Json, case, claim, coded, document, info, item, view

PLAN_NOTE, HISTORY_NOTE = "18776-5", "28626-0"


def read(*documents: Json, beside: tuple[Json, ...] = ()) -> Sequence[Document]:
    return case(claim(item("77387")), beside=[*documents, *beside], visible=True).chart.documents


def test_types_in_loinc_and_in_our_own_system() -> None:
    both = document(f" {PLAN_NOTE} ", "2024-05-01")
    both["type"]["coding"] += [
        {"system": LOCAL + "document-type", "code": "simulation-note"},
        {"system": SNOMED, "code": "371538006"},
        {"code": "11506-3"},
    ]
    (found,) = read(both)
    assert found.types == {PLAN_NOTE, "simulation-note"}
    assert (found.day, found.path, found.attached) == (date(2024, 5, 1), "prefetch.0", False)


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ({"date": "2024-05-01T10:00:00.000-05:00"}, date(2024, 5, 1)),
        ({"context": {"period": {"start": "2024-04-30"}}}, date(2024, 4, 30)),
        ({"date": "2024-05-01", "context": {"period": {"start": "2024-04-30"}}}, date(2024, 5, 1)),
        ({"date": "2024-05", "context": {"period": {"start": "2024-04-30"}}}, date(2024, 4, 30)),
        ({"date": "2024-05"}, None),
        ({}, None),
    ],
)
def test_day_of_a_document(given_: Json, expected: date | None) -> None:
    (found,) = read(document(PLAN_NOTE, None, **given_))
    assert found.day == expected


@pytest.mark.parametrize("status", ["entered-in-error", "superseded"])
def test_documents_that_are_gone(status: str) -> None:
    assert read(document(PLAN_NOTE, "2024-05-01", status=status)) == ()


def test_a_document_without_type_or_status_is_still_there() -> None:
    bare = {"resourceType": "DocumentReference", "subject": {"reference": "Patient/p1"}}
    (found,) = read(bare)
    assert found.types == frozenset()


def role(code: str, **more: Any) -> Json:
    return {"resourceType": "PractitionerRole", "code": [coded(code, LOCAL + "performer-role")], **more}


def test_signers_and_their_roles() -> None:
    oncologist = role("radiation-oncologist", id="r1", practitioner={"reference": "Practitioner/a"})
    physicist = role("medical-physicist", id="r2", practitioner={"reference": "Practitioner/b"})
    therapist = {
        "resourceType": "Practitioner",
        "id": "c",
        "qualification": [{"code": coded("radiation-therapist", LOCAL + "performer-role")}],
    }
    signed = document(
        PLAN_NOTE,
        "2024-05-01",
        author=[
            {"reference": "PractitionerRole/r1"},
            {"reference": "https://ehr.example/fhir/Practitioner/b"},
            {"reference": "Practitioner/c"},
            {"reference": "Practitioner/d"},
            {"reference": "#e"},
            {"display": "Dr. F"},
            {"reference": "Organization/g"},
            {"reference": "Device/h"},
            {"reference": "Patient/p1"},
            {"reference": "RelatedPerson/i"},
            {"type": "Organization", "display": "Clinic"},
        ],
        authenticator={"reference": "Practitioner/a"},
        contained=[role("medical-physicist", id="e", practitioner={"reference": "Practitioner/z"})],
    )
    (found,) = read(signed, beside=(oncologist, physicist, therapist))
    assert found.signers == (
        Signer("Practitioner/a", "radiation-oncologist"),
        Signer("Practitioner/b", "medical-physicist"),
        Signer("Practitioner/c", "radiation-therapist"),
        Signer("Practitioner/d", ""),
        Signer("Practitioner/z", "medical-physicist"),
        Signer("Dr. F", ""),
        Signer("Practitioner/a", "radiation-oncologist"),
    )


def test_signers_of_an_attached_document_that_are_contained_in_the_claim() -> None:
    inside = [
        document(
            "image-review",
            "2024-05-01",
            "doc",
            system=LOCAL + "document-type",
            author=[{"reference": "#who"}],
            authenticator={"reference": "#physicist"},
        ),
        {
            "resourceType": "Practitioner",
            "id": "who",
            "qualification": [{"code": coded("radiation-oncologist", LOCAL + "performer-role")}],
        },
        role("medical-physicist", id="physicist", practitioner={"reference": "Practitioner/z"}),
    ]
    made = claim(
        item("77301"),
        supportingInfo=[info("attachment", valueReference={"reference": "#doc"})],
        contained=inside,
    )
    (found,) = case(made).units[0].attached
    assert found.signers == (
        Signer("Claim/c1#who", "radiation-oncologist"),
        Signer("Practitioner/z", "medical-physicist"),
    )


def test_signers_of_an_attached_document_that_contains_them_itself() -> None:
    signed = document(
        PLAN_NOTE,
        "2024-05-01",
        author=[{"reference": "#who"}],
        contained=[role("medical-physicist", id="who", practitioner={"reference": "Practitioner/z"})],
    )
    stranger = role("radiation-oncologist", id="who", practitioner={"reference": "Practitioner/y"})
    made = claim(
        item("77301"),
        supportingInfo=[info("attachment", valueReference={"reference": "DocumentReference/d1"})],
        contained=[stranger],
    )
    (found,) = case(made, beside=[signed]).units[0].attached
    assert found.signers == (Signer("Practitioner/z", "medical-physicist"),)


def test_signers_contained_under_one_name_in_two_documents_are_two_people() -> None:
    def signed(by: str, id: str) -> Json:
        person = {
            "resourceType": "Practitioner",
            "id": "s",
            "qualification": [{"code": coded(by, LOCAL + "performer-role")}],
        }
        return document(PLAN_NOTE, None, id, author=[{"reference": "#s"}], contained=[person])

    both = read(signed("radiation-oncologist", "d1"), signed("medical-physicist", "d2"))
    assert may_be_signed_by(both, "radiation-oncologist", "medical-physicist")


def test_a_contained_organization_signs_nothing() -> None:
    signed = document(
        PLAN_NOTE,
        "2024-05-01",
        author=[{"reference": "#clinic"}],
        contained=[{"resourceType": "Organization", "id": "clinic", "name": "Synthetic Clinic"}],
    )
    (found,) = read(signed)
    assert found.signers == ()


def test_the_first_of_several_roles_counts() -> None:
    two = role("radiation-oncologist", id="r1", practitioner={"reference": "Practitioner/a"})
    two["code"].append(coded("medical-physicist", LOCAL + "performer-role"))
    (found,) = read(document(PLAN_NOTE, None, authenticator={"reference": "Practitioner/a"}), beside=(two,))
    assert found.signers == (Signer("Practitioner/a", "radiation-oncologist"),)


def seen(*documents: Json, day: str = "2024-08-31", visible: bool = True) -> tuple[Any, Any, Any]:
    """Types on file, within the six months, and only before them."""
    made = view(claim(item("77387", day=day)), beside=documents, visible=visible)
    return made.documents, made.recent_documents, made.older_documents


@pytest.mark.parametrize(
    ("service", "written", "recent", "older"),
    [
        ("2024-08-31", "2024-08-31", True, False),
        ("2024-08-31", "2024-02-29", True, False),
        ("2024-08-31", "2024-02-28", False, True),
        ("2023-08-31", "2023-02-28", True, False),
        ("2023-08-31", "2023-02-27", False, True),
        ("2024-08-31", "2024-09-01", False, False),
        ("2024-06-03", "2023-12-03", True, False),
        ("2024-06-03", "2023-12-02T23:59:59Z", False, True),
    ],
)
def test_six_months_before_the_first_date(service: str, written: str, recent: bool, older: bool) -> None:
    on_file, within, before = seen(document(PLAN_NOTE, written), day=service)
    assert on_file == {PLAN_NOTE}
    assert within == ({PLAN_NOTE} if recent else set())
    assert before == ({PLAN_NOTE} if older else set())
    assert not any(isinstance(each, OpenSet) for each in (on_file, within, before))


@pytest.mark.parametrize(
    ("indexed", "visit", "recent", "older"),
    [
        ("2025-05-01", "2024-08-20", True, False),
        ("2025-05-01", "2024-02-29", True, False),
        ("2025-05-01", "2024-02-28", False, True),
        ("2025-05-01", "2024-09-01", False, False),
        ("2024-08-20", "2023-01-01", True, False),
        ("2023-01-01", "2024-08-20", True, False),
    ],
)
def test_an_index_date_and_the_visit_that_the_document_tells_of(
    indexed: str, visit: str, recent: bool, older: bool
) -> None:
    filed = document(PLAN_NOTE, indexed, context={"period": {"start": visit}})
    on_file, within, before = seen(filed)
    assert on_file == {PLAN_NOTE}
    assert within == ({PLAN_NOTE} if recent else set())
    assert before == ({PLAN_NOTE} if older else set())


@pytest.mark.parametrize(
    ("indexed", "visit", "counts"),
    [
        ("2024-04-03", "2023-01-01", False),
        ("2024-04-04", "2023-01-01", True),
        ("2023-01-01", "2024-04-04", True),
        ("2023-01-01", "2024-04-03", False),
    ],
)
def test_documents_of_a_course_by_either_day(indexed: str, visit: str, counts: bool) -> None:
    filed = document(
        "simulation-note", indexed, system=LOCAL + "document-type", context={"period": {"start": visit}}
    )
    made = view(claim(item("77301", day="2024-06-03")), beside=[filed], visible=True)
    assert bool(documents_of_course(made.lines[0])) is counts


@given(st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.integers(-400, 400))
def test_the_window_is_closed_at_both_ends(service: date, days: int) -> None:
    written = service + timedelta(days=days)
    found = seen(document(PLAN_NOTE, written.isoformat()), day=service.isoformat())
    assert (PLAN_NOTE in found[1]) == (months_before(service, 6) <= written <= service)
    assert (PLAN_NOTE in found[2]) == (written < months_before(service, 6))


def test_the_window_ends_with_the_start_of_service_not_with_each_line() -> None:
    made = claim(item("77387", day="2024-06-03"), billablePeriod={"start": "2024-05-01", "end": "2024-06-30"})
    found = view(made, beside=[document(PLAN_NOTE, "2024-05-15")], visible=True)
    assert found.recent_documents == set()


def test_a_newer_document_makes_an_older_one_harmless() -> None:
    two = [document(PLAN_NOTE, "2023-01-01"), document(PLAN_NOTE, "2024-08-01", "d2")]
    assert seen(*two) == ({PLAN_NOTE}, {PLAN_NOTE}, set())


def test_a_document_without_a_date_is_neither_missing_nor_too_old() -> None:
    undated, old = document(PLAN_NOTE, None), document(HISTORY_NOTE, "2020-01-01", "d2")
    on_file, within, before = seen(undated, old)
    assert (on_file, within, before) == ({PLAN_NOTE, HISTORY_NOTE}, {PLAN_NOTE}, {HISTORY_NOTE})


def test_when_the_chart_cannot_be_seen_more_may_be_there() -> None:
    for each in seen(visible=False):
        assert isinstance(each, OpenSet)
        assert not each


def test_what_a_chart_says_of_its_types() -> None:
    ours = document("dvh-review", None, system=LOCAL + "document-type")
    note = document(PLAN_NOTE, None)
    for documents, visible, expected in (
        ((), False, UNKNOWN),
        ((ours,), False, UNKNOWN),
        ((), True, True),
        ((note,), True, False),
        ((note, ours), True, True),
    ):
        made = view(claim(item("77301")), beside=documents, visible=visible)
        assert chart_is_mapped(made) is expected
        assert can_be_missed(made) is (expected is True)


def test_attached_documents_count_in_an_open_chart() -> None:
    attached = [
        info("attachment", n, valueReference={"reference": f"#{name}"})
        for n, name in enumerate("abc", start=1)
    ]
    inside = [
        document(PLAN_NOTE, "2024-05-01", "a"),
        document(HISTORY_NOTE, "2023-01-01", "b"),
        document("11506-3", None, "c"),
    ]
    found = view(claim(item("77387"), supportingInfo=attached, contained=inside))
    sets: tuple[Any, Any, Any] = (found.documents, found.recent_documents, found.older_documents)
    assert sets == ({PLAN_NOTE, HISTORY_NOTE, "11506-3"}, {PLAN_NOTE, "11506-3"}, {HISTORY_NOTE})
    assert all(isinstance(each, OpenSet) for each in sets)
