"""ServiceRequests under review: what is an order, its lines, its day, its parents."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from cds_service.books import standard_library
from cds_service.engine.model import UNKNOWN, Evidence, Finding, Severity, Text
from cds_service.facts.readings import with_notes
from cds_service.facts.views import CaseView
from cds_service.service import Advisor
from tests.facts.build import (
    CODEX,
    CONE_BEAM_CT,
    CONFORMAL,
    COURSE,
    ELECTRONS,
    HCPCS,
    ICD10,
    IMRT,
    LOCAL,
    PATIENT,
    PHASE,
    PHOTONS,
    PLAN,
    POS,
    SNOMED,
    TODAY,
    Json,
    case,
    claim,
    coded,
    coverage,
    extension,
    guidance,
    item,
    knowledge,
    line,
    number,
    order,
    procedure,
    technique,
    unit,
)

BILLING_OPTIONS = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-billing-options"
WRITTEN = "2024-05-01"


@pytest.mark.parametrize(
    ("when", "first", "last"),
    [
        ({"occurrenceDateTime": "2024-06-03T23:00:00-05:00"}, "2024-06-03", "2024-06-03"),
        ({"occurrencePeriod": {"start": "2024-06-03", "end": "2024-07-12"}}, "2024-06-03", "2024-07-12"),
        ({"occurrencePeriod": {"start": "2024-06-03", "end": "2024-06-03"}}, "2024-06-03", "2024-06-03"),
        ({"occurrencePeriod": {"start": "2024-06-03"}}, "2024-06-03", "2024-06-03"),
        ({"occurrencePeriod": {"start": "2024-06-03", "end": "2024-06-01"}}, "2024-06-03", "2024-06-03"),
        ({"occurrencePeriod": {"end": "2024-07-12"}}, WRITTEN, WRITTEN),
        (
            {"occurrenceTiming": {"event": ["2024-06-05", "2024-06-03", "2024-06"]}},
            "2024-06-01",
            "2024-06-30",
        ),
        ({"occurrenceTiming": {"event": ["2024-06-03"]}}, "2024-06-03", "2024-06-03"),
        (
            {"occurrenceTiming": {"repeat": {"boundsPeriod": {"start": "2024-06-03", "end": "2024-06-28"}}}},
            "2024-06-03",
            "2024-06-28",
        ),
        (
            {
                "occurrenceTiming": {
                    "event": ["2024-06-04"],
                    "repeat": {"boundsPeriod": {"start": "2024-06-03"}},
                }
            },
            "2024-06-04",
            "2024-06-04",
        ),
        ({"occurrenceTiming": {"repeat": {"frequency": 1}}}, WRITTEN, WRITTEN),
        ({"occurrenceDateTime": "soon"}, WRITTEN, WRITTEN),
        ({}, WRITTEN, WRITTEN),
    ],
)
def test_when_an_order_takes_place(when: Json, first: str, last: str) -> None:
    made = {**order(occurrenceDateTime=None), "authoredOn": WRITTEN + "T08:00:00Z", **when}
    found = unit(made)
    (only,) = found.lines
    expected = (date.fromisoformat(first), date.fromisoformat(last))
    assert ((only.start, only.end), found.start) == (expected, expected[0])
    assert not found.date_assumed


def test_without_any_date_the_day_of_the_call_is_assumed_and_the_card_says_so() -> None:
    found = case(order(occurrenceDateTime=None), order(id="o2"))
    assert [(each.start, each.date_assumed) for each in found.units] == [
        (TODAY, True),
        (date(2024, 6, 3), False),
    ]
    text = Text("x")
    findings = tuple(
        Finding(
            "informational",
            Severity.info,
            each.ref,
            (),
            (),
            text,
            (text,),
            (),
            evidence=(Evidence("p", "v"),),
        )
        for each in found.units
    )
    noted = with_notes(findings, found, knowledge())
    assert [[note.template for note in each.notes] for each in noted] == [
        ["No date of service is given; the day of the call was taken."],
        [],
    ]


@pytest.mark.parametrize(
    ("more", "asks"),
    [
        ({"status": "draft"}, True),
        ({"status": "active"}, True),
        ({"status": "on-hold"}, True),
        ({"status": "completed"}, True),
        ({"doNotPerform": False}, True),
        ({"doNotPerform": True}, False),
        ({"status": "revoked"}, False),
        ({"status": "entered-in-error"}, False),
    ],
)
def test_what_is_an_order(more: Json, asks: bool) -> None:
    assert len(case(order(**more)).units) == asks


def test_each_coding_of_an_order_is_a_line() -> None:
    written = {
        "coding": [
            {"system": SNOMED, "code": "77387"},
            *coded("77387:26")["coding"],
            *coded("g6015", HCPCS)["coding"],
        ]
    }
    found = unit(order(written, quantityQuantity={"value": 25}, locationCode=[coded("22", POS)]))
    assert [(each.code, each.modifiers, each.units, each.path) for each in found.lines] == [
        ("77387", ("26",), 25.0, "ServiceRequest.code.coding[1]"),
        ("G6015", (), 25.0, "ServiceRequest.code.coding[2]"),
    ]
    assert {each.place_of_service for each in found.lines} == {"22"}
    assert {each.claim_type for each in found.lines} == {UNKNOWN}
    assert {each.sequence for each in found.lines} == {None}
    assert (found.ref, found.kind) == ("ServiceRequest/o1", "order")


def test_an_order_without_place_or_quantity() -> None:
    only = line(order())
    assert (only.units, only.place_of_service) == (1.0, UNKNOWN)


def test_billing_options_stand_in_for_a_code_that_is_no_billing_code() -> None:
    options = [
        {"url": "http://other.example", "valueCodeableConcept": coded("99281")},
        {"url": BILLING_OPTIONS, "valueCodeableConcept": coded("77386")},
        {"url": BILLING_OPTIONS, "valueCodeableConcept": coded("G6016", HCPCS)},
    ]
    found = unit(order(coded("1287742003", SNOMED, extension=options)))
    assert [(each.code, each.path) for each in found.lines] == [
        ("77386", "ServiceRequest.code.extension[1].valueCodeableConcept.coding[0]"),
        ("G6016", "ServiceRequest.code.extension[2].valueCodeableConcept.coding[0]"),
    ]
    billed = unit(order(coded("77387", extension=options)))
    assert [each.code for each in billed.lines] == ["77387"]


def test_diagnoses_of_reasons_else_of_active_conditions() -> None:
    def condition(id: str, code: str, **more: Any) -> Json:
        made = {"resourceType": "Condition", "id": id, "subject": PATIENT, "code": coded(code, ICD10)}
        return {**made, **more}

    resolved = coded("resolved", "http://terminology.hl7.org/CodeSystem/condition-clinical")
    beside = [
        condition("a", "C61"),
        condition("b", "C79.51"),
        condition("c", "C50.912", clinicalStatus=resolved),
    ]
    assert unit(order(), beside=beside).diagnoses == ("C61", "C79.51")
    by_code = order(reasonCode=[coded("C34.11", ICD10)], reasonReference=[{"reference": "Condition/b"}])
    assert unit(by_code, beside=beside).diagnoses == ("C34.11", "C79.51")
    only_why = unit(order(reasonCode=[coded("Z51.0", ICD10)]), beside=beside)
    assert (only_why.diagnoses, only_why.diagnoses_stated) == (("Z51.0", "C61", "C79.51"), False)
    by_reference = order(reasonReference=[{"reference": "Condition/b"}])
    found = unit(by_reference, beside=beside)
    assert (found.diagnoses, found.diagnoses_stated) == (("C79.51",), True)
    assert (found.principal, found.lines[0].diagnoses) == ("C79.51", ("C79.51",))


def test_indications_of_an_order() -> None:
    def slug(name: str) -> Json:
        return coded(name, LOCAL + "indication")

    condition = {"resourceType": "Condition", "id": "a", "subject": PATIENT, "code": slug("internal-motion")}
    made = order(
        reasonCode=[slug("narrow-margins")], contained=[{**condition, "code": slug("setup-variation")}]
    )
    made["reasonReference"] = [{"reference": "#a"}]
    assert unit(made, beside=[condition]).indications == {
        "narrow-margins",
        "setup-variation",
        "internal-motion",
    }


def parent(
    id: str | None, *extensions: Json, based_on: str | None = None, level: str = PHASE, **more: Any
) -> Json:
    made = order(coded(level, SNOMED), id, status="active", extension=list(extensions), **more)
    return {**made, **({"basedOn": [{"reference": based_on}]} if based_on else {})}


def based(*references: str, **more: Any) -> Json:
    return order(basedOn=[{"reference": reference} for reference in references], **more)


IMAGED = guidance(CONE_BEAM_CT)
PLANNED = CODEX + "codexrt-radiotherapy-fractions-planned"


def test_parents_answer_what_the_order_leaves_open_the_nearest_first() -> None:
    beside = [
        parent("phase", technique(PHOTONS, CONFORMAL), number(PLANNED, 25), based_on="ServiceRequest/course"),
        parent(
            "course", technique(PHOTONS, CONFORMAL), technique(PHOTONS, IMRT), IMAGED, number(PLANNED, 44)
        ),
    ]
    found = unit(based("ServiceRequest/phase"), beside=beside)
    told: Any = found.radiotherapy
    assert (told.techniques, told.methods, told.fractions) == ({"3dcrt"}, frozenset({"ct"}), 25.0)
    assert (found.fractions, found.lines[0].course) == (25.0, "ServiceRequest/phase")
    own = unit(based("ServiceRequest/course", extension=[technique(ELECTRONS)]), beside=beside)
    assert own.radiotherapy.techniques == {"electron"}
    assert ("ServiceRequest/course.extension[2]", "ct") in own.radiotherapy.paths


def test_parents_of_one_order_are_read_together() -> None:
    beside = [parent("a", technique(PHOTONS, CONFORMAL)), parent("b", technique(PHOTONS, IMRT))]
    found = unit(based("ServiceRequest/a", "https://ehr.example/fhir/ServiceRequest/b"), beside=beside)
    assert found.radiotherapy.techniques == {"3dcrt", "imrt"}


def chain(length: int) -> list[Json]:
    """p1 is based on p2 and so on; only the last one says something."""
    return [
        parent(f"p{n}", *([IMAGED] if n == length else []), based_on=f"ServiceRequest/p{n + 1}")
        for n in range(1, length + 1)
    ]


@pytest.mark.parametrize(("length", "reached"), [(1, True), (4, True), (5, False)])
def test_parents_are_followed_four_steps(length: int, reached: bool) -> None:
    found = unit(based("ServiceRequest/p1"), beside=chain(length)).radiotherapy
    assert (found.methods is not UNKNOWN) is reached


def test_circles_of_parents_end() -> None:
    around = [
        parent("a", technique(PHOTONS, IMRT), based_on="ServiceRequest/b"),
        parent("b", IMAGED, based_on="ServiceRequest/a"),
    ]
    found: Any = unit(based("ServiceRequest/a"), beside=around).radiotherapy
    assert (found.techniques, found.methods) == ({"imrt"}, frozenset({"ct"}))
    itself = based("ServiceRequest/o1", extension=[IMAGED])
    assert (
        unit(itself, beside=[parent("o1", technique(PHOTONS, IMRT))]).radiotherapy.techniques == frozenset()
    )


def test_parents_without_an_id_are_told_apart() -> None:
    inside = {**parent(None, IMAGED), "id": "in"}
    found = unit(based("#in", contained=[inside], id=None)).radiotherapy
    assert found.methods == frozenset({"ct"})


@pytest.mark.parametrize(
    "more", [{"status": "revoked"}, {"status": "entered-in-error"}, {"doNotPerform": True}]
)
def test_withdrawn_parents_say_nothing(more: Json) -> None:
    gone = {**parent("p", IMAGED), **more}
    assert unit(based("ServiceRequest/p"), beside=[gone]).radiotherapy.methods is UNKNOWN


def test_procedures_come_after_parents() -> None:
    beside = [
        parent("p", technique(PHOTONS, CONFORMAL)),
        procedure(COURSE, extension=[technique(PHOTONS, IMRT), IMAGED]),
    ]
    found: Any = unit(based("ServiceRequest/p"), beside=beside).radiotherapy
    assert (found.techniques, found.methods) == ({"3dcrt"}, frozenset({"ct"}))


@pytest.mark.parametrize("code", [COURSE, PHASE, PLAN])
def test_a_level_makes_the_order_ours(code: str) -> None:
    assert unit(order(coded(code, SNOMED))).in_scope


@pytest.mark.parametrize(
    ("more", "ours"),
    [
        ({}, False),
        ({"category": [coded("1287742003", SNOMED)]}, True),
        ({"category": [coded("108290001", SNOMED)]}, True),
        ({"category": [coded("363679005", SNOMED)]}, False),
        ({"extension": [technique(PHOTONS, IMRT)]}, True),
        ({"extension": [IMAGED]}, True),
        ({"extension": [extension("http://other.example", IMRT)]}, False),
        ({"basedOn": [{"reference": "ServiceRequest/course"}]}, False),
    ],
)
def test_other_orders_are_ours_by_their_own_content(more: Json, ours: bool) -> None:
    magnetic_resonance = order(coded("70553"), **more)
    course = parent("course", technique(PHOTONS, IMRT), level=COURSE)
    assert unit(magnetic_resonance, beside=[course]).in_scope is ours
    assert unit(order("77387"), beside=[course]).in_scope


def test_rules_are_asked_about_our_orders_only_and_of_those_the_selected() -> None:
    found = case(order(id="a"), order("70553", "b"), order(id="c"))

    def asked(advised: frozenset[str] | None) -> list[str]:
        return [each.ref for each in CaseView(found, knowledge(), advised).units]

    assert asked(None) == ["ServiceRequest/a", "ServiceRequest/c"]
    assert asked(frozenset({"ServiceRequest/b", "ServiceRequest/c"})) == ["ServiceRequest/c"]
    assert asked(frozenset()) == []


MODALITY = coded("electron", LOCAL + "other-modality")


@pytest.mark.parametrize(
    ("further", "found"),
    [
        (order(MODALITY, "o9", status="active"), {"electron"}),
        (order("77412", "o9", status="active", orderDetail=[MODALITY]), {"electron"}),
        (order(MODALITY, "o9", status="revoked"), set()),
        (order(MODALITY, "o9", doNotPerform=True), set()),
        (order(MODALITY, "o9", occurrenceDateTime="2024-08-03"), set()),
        (order(MODALITY, "o9", occurrenceDateTime="2024-08-02"), {"electron"}),
        (order(MODALITY, "o9", occurrenceDateTime=None), {"electron"}),
        (order(coded("electron", LOCAL + "technique"), "o9"), {"electron"}),
        (order("77412", "o9", extension=[technique(ELECTRONS)]), {"electron"}),
        (order("77412", "o9", extension=[technique(PHOTONS, CONFORMAL)]), set()),
    ],
)
def test_other_modalities_of_further_orders(further: Json, found: set[str]) -> None:
    assert unit(order(), beside=[further]).radiotherapy.other_modalities == found
    assert unit(claim(item("77386")), beside=[further]).radiotherapy.other_modalities == found


def test_other_modalities_of_several_orders_are_put_together() -> None:
    proton = order(coded("proton", LOCAL + "other-modality"), "o8")
    found = unit(order(), beside=[order(MODALITY, "o9"), proton]).radiotherapy
    assert found.other_modalities == {"electron", "proton"}


def test_other_modalities_of_the_order_itself() -> None:
    assert unit(order(orderDetail=[MODALITY])).radiotherapy.other_modalities == {"electron"}


def test_the_assumed_day_stands_in_the_card() -> None:
    undated = order("77014", occurrenceDateTime=None)
    body = {
        "hook": "order-sign",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {
            "userId": "Practitioner/u",
            "patientId": "p1",
            "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": undated}]},
        },
        "prefetch": {"coverage": coverage("Aetna")},
    }
    advisor = Advisor(standard_library())
    for when, said in ((None, True), ("2026-11-23", False)):
        if when:
            undated["occurrenceDateTime"] = when
        cards = advisor.advise("igrt-order-sign", json.dumps(body).encode(), TODAY).body["cards"]
        (card,) = [c for c in cards if c["source"]["topic"]["code"] == "code-effective-date"]
        assert ("the day of the call was taken" in card["detail"]) is said


def test_an_order_without_a_code_has_no_lines() -> None:
    assert (unit(order(None)).lines, unit(order(None)).in_scope) == ((), False)
