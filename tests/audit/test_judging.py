"""What of a patient's resources is judged, against which history, and what is counted instead of judged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cds_service.audit import judge
from cds_service.books import Library
from cds_service.engine.model import Severity
from cds_service.facts.assemble import assemble
from tests.audit.exports import around, benefit, claim, concept, double_billed, item
from tests.audit.running import judged

DAYS = ("2024-03-04", "2024-03-05")


def test_a_finding_is_a_row_without_the_patient(library: Library) -> None:
    rows, tally = judged([*around(), double_billed()], library)
    (row,) = rows
    assert (row.claim, row.severity, row.kind) == ("Claim/c1", "critical", "bundling")
    assert "AST-15" in row.rules
    assert [(line.sequence, line.code, line.modifiers, line.date, line.billed) for line in row.lines] == [
        (2, "77387", ["TC"], "2024-03-04", "125.40")
    ]
    assert (row.payer, row.state, row.site, row.month, row.billed, row.currency) == (
        "medicare-ffs", "GA", "0000000000", "2024-03", "125.40", "USD",
    )  # fmt: skip
    assert (row.payer_name, row.site_name) == ("Medicare", "Synthetic Hospital")
    cite = row.cites[0]
    assert (cite.statement, cite.owner, cite.section[:9], "Coding Guidance" in cite.title) == (
        "AST-15", "ASTRO", "Hospitals", True,
    )  # fmt: skip
    assert (row.patient, tally.claims) == ("", {"found": 1})
    assert "p1" not in str(row)
    named, _ = judged([*around(), double_billed()], library, with_patient=True)
    assert named[0].patient == "Patient/p1"


@pytest.mark.parametrize(
    ("resources", "status"),
    [
        ([claim("c1", item(1, "77385", DAYS[0]))], "nothing-found"),
        ([claim("c1", item(1, "80053", DAYS[0]))], "no-rule-speaks"),
        ([claim("c1", item(1, "99213", DAYS[0]))], "no-rule-speaks"),
        ([double_billed(status="cancelled")], "set-aside"),
        ([double_billed(use="preauthorization")], "set-aside"),
        ([claim("c1", item(1, "77385", DAYS[0]), type={})], "not-enough-information"),
    ],
)
def test_status(library: Library, resources: list[dict[str, Any]], status: str) -> None:
    rows, tally = judged([*around(), *resources], library)
    assert (rows, tally.claims) == ([], {status: 1})


def test_an_unknown_payer_is_not_enough_to_call_a_claim_clean(library: Library) -> None:
    rows, tally = judged([claim("c1", item(1, "77385", DAYS[0]))], library)
    assert [(row.severity, row.missing) for row in rows] == [("info", ["payer"])]
    assert tally.claims == {"not-enough-information": 1}
    assert tally.reasons == {"not-enough-information: payer": 1}


def test_a_claim_without_any_date_is_not_judged(library: Library) -> None:
    bare = double_billed()
    for name in ("created", "billablePeriod"):
        del bare[name]
    for each in bare["item"]:
        del each["servicedDate"]
    rows, tally = judged([*around(), bare], library)
    assert (rows, tally.reasons) == ([], {"not-enough-information: date of service": 1})


def test_the_answer_to_a_claim_is_not_judged_beside_it_but_tells_what_was_paid(library: Library) -> None:
    paid = {
        "category": concept("http://terminology.hl7.org/CodeSystem/adjudication", "benefit"),
        "amount": {"value": 80.1, "currency": "USD"},
    }
    answer = benefit("e1", "Claim/c1", item(2, "77387", DAYS[0], "TC", adjudication=[paid], itemSequence=[2]))
    rows, tally = judged([*around(), double_billed(), answer], library)
    assert [(row.claim, row.paid) for row in rows] == [("Claim/c1", "80.10")]
    assert tally.claims == {"found": 1, "set-aside": 1}


def test_answers_to_a_claim_that_is_not_here_are_judged_once(library: Library) -> None:
    lines = (item(1, "77385", DAYS[0]), item(2, "77387", DAYS[0], "TC"))
    answers = [
        benefit("e1", "Claim/gone", *lines, created="2024-04-01"),
        benefit("e2", "Claim/gone", *lines, created="2024-05-01"),
    ]
    rows, tally = judged([*around(), *answers], library)
    assert [row.claim for row in rows] == ["ExplanationOfBenefit/e2"]
    assert tally.claims == {"found": 1, "set-aside": 1}


def test_a_replaced_claim_is_neither_judged_nor_history(library: Library) -> None:
    later = double_billed(
        "c2",
        created="2024-04-01",
        related=[
            {
                "claim": {"reference": "Claim/c1"},
                "relationship": concept(
                    "http://terminology.hl7.org/CodeSystem/ex-relatedclaimrelationship", "prior"
                ),
            }
        ],
    )
    rows, tally = judged([*around(), double_billed("c1"), later], library)
    assert [row.claim for row in rows] == ["Claim/c2"]
    assert tally.reasons == {"set-aside: replaced by a later claim": 1}


RELATIONSHIP = concept("http://terminology.hl7.org/CodeSystem/ex-relatedclaimrelationship", "prior")
NUMBER = {"system": "urn:example:claim-number", "value": "A 17"}


@pytest.mark.parametrize(
    "items",
    [[], [item(1, "80053", DAYS[0])], [item(1, "77385", DAYS[0])]],
    ids=["void", "not ours", "corrected"],
)
@pytest.mark.parametrize(
    "prior", [{"reference": "Claim/c1"}, {"identifier": NUMBER}], ids=["by id", "by number"]
)
def test_a_claim_that_a_void_or_correction_takes_the_place_of_is_not_judged(
    library: Library, items: list[dict[str, Any]], prior: dict[str, Any]
) -> None:
    first = double_billed("c1", created="2024-03-20", identifier=[NUMBER])
    related = [{"claim": prior, "relationship": RELATIONSHIP}]
    second = claim("c2", *items, created="2024-04-01", identifier=[NUMBER], related=related)
    rows, tally = judged([*around(), first, second], library)
    assert rows == []
    assert tally.reasons == {"set-aside: replaced by a later claim": 1}
    assert sum(tally.claims.values()) == 2


def test_a_void_takes_back_what_replaced_the_claim_whatever_their_ids(library: Library) -> None:
    more: dict[str, Any] = {"created": "2024-04-01", "identifier": [NUMBER]}
    first = double_billed("c9", **more)
    by_id = [{"claim": {"reference": "Claim/c9"}, "relationship": RELATIONSHIP}]
    second = double_billed("c1", **more, related=by_id)
    by_number = [{"claim": {"identifier": NUMBER}, "relationship": RELATIONSHIP}]
    void = claim("c5", **more, related=by_number)
    rows, tally = judged([*around(), first, second, void], library)
    assert rows == []
    assert tally.reasons == {"set-aside: replaced by a later claim": 2}


def test_an_answer_of_the_payer_is_replaced_by_answers_alone(library: Library) -> None:
    first = double_billed("c1", created="2024-03-20", identifier=[NUMBER])
    related = [{"claim": {"identifier": NUMBER}, "relationship": RELATIONSHIP}]
    answer = benefit("e2", "Claim/gone", item(1, "77385", DAYS[0]), created="2024-04-01", related=related)
    _, tally = judged([*around(), first, answer], library)
    assert "set-aside: replaced by a later claim" not in tally.reasons


@pytest.mark.parametrize(
    "change",
    [
        {"identifier": [NUMBER | {"value": "A 18"}]},
        {"identifier": [NUMBER | {"system": "urn:example:other"}]},
        {"identifier": []},
        {"billablePeriod": {"start": "2024-02-01", "end": "2024-02-28"}},
        {"type": concept("http://terminology.hl7.org/CodeSystem/claim-type", "professional")},
        {
            "created": "2024-04-02",
            "related": [{"claim": {"identifier": NUMBER | {"value": "A 1"}}, "relationship": RELATIONSHIP}],
        },
    ],
    ids=["another number", "another system", "no number", "other days", "another form", "made later"],
)
def test_a_number_alone_takes_no_place(library: Library, change: dict[str, Any]) -> None:
    first = double_billed("c1", **({"created": "2024-03-20", "identifier": [NUMBER]} | change))
    related = [{"claim": {"identifier": NUMBER}, "relationship": RELATIONSHIP}]
    second = claim("c2", item(1, "77385", DAYS[0]), created="2024-04-01", related=related)
    _, tally = judged([*around(), first, second], library)
    assert "set-aside: replaced by a later claim" not in tally.reasons


def test_the_same_line_twice_is_one_claim_and_a_newer_copy_takes_the_older_ones_place(
    library: Library,
) -> None:
    old = claim("c1", item(1, "77385", DAYS[0]), meta={"lastUpdated": "2024-03-01T00:00:00Z"})
    new = double_billed("c1", meta={"lastUpdated": "2024-06-01T00:00:00Z"})
    for resources in ([new, new], [old, new], [new, old, old]):
        rows, tally = judged([*around(), *resources], library)
        assert [row.claim for row in rows] == ["Claim/c1"]
        assert tally.claims["found"] == 1


def test_guidance_on_another_claim_of_the_day_is_no_missing_line(library: Library) -> None:
    fraction = {
        "resourceType": "Procedure",
        "id": "f1",
        "status": "completed",
        "code": concept("http://snomed.info/sct", "1297069006"),
        "category": concept("http://snomed.info/sct", "1287742003"),
        "subject": {"reference": "Patient/p1"},
        "performedDateTime": DAYS[0],
        "extension": [
            {
                "url": "http://hl7.org/fhir/us/codex-radiation-therapy/StructureDefinition/"
                "codexrt-image-guided-radiotherapy-modality",
                "extension": [
                    {"url": "modality", "valueCodeableConcept": concept("http://snomed.info/sct", "77477000")}
                ],
            }
        ],
    }
    delivered = claim("c1", item(1, "77412", DAYS[0]), created="2024-03-10")
    guided = claim("c2", item(1, "77387", DAYS[0], "TC"), created="2024-04-10")
    alone, _ = judged([*around(), fraction, delivered], library)
    assert [row.rules[0] for row in alone] == ["AST-19"]
    assert judged([*around(), fraction, delivered, guided], library)[0] == []


def test_a_limit_is_passed_on_the_later_claim_only(library: Library) -> None:
    """LCD-30 in Florida: the second plan of a course; the first is no fault because a second follows."""
    people = around()
    people[3]["address"] = [{"state": "FL"}]
    why = [
        {
            "sequence": 1,
            "category": concept("urn:igrt-cds:supporting-info", "indication"),
            "code": concept("urn:igrt-cds:indication", "narrow-margins"),
        }
    ]
    cancer = [
        {"sequence": 1, "diagnosisCodeableConcept": concept("http://hl7.org/fhir/sid/icd-10-cm", "C32.1")}
    ]
    first = claim("c1", item(1, "77301", "2024-03-04"), supportingInfo=why, diagnosis=cancer)
    second = claim("c2", item(1, "77301", "2024-03-20"), supportingInfo=why, diagnosis=cancer)
    rows, _ = judged([*people, second, first], library)
    assert [(row.claim, "LCD-30" in row.rules) for row in rows] == [("Claim/c2", True)]
    two = claim(
        "c1", item(1, "77301", "2024-03-04", quantity={"value": 2}), supportingInfo=why, diagnosis=cancer
    )
    rows, _ = judged([*people, second, two], library)
    units = [(row.claim, r.action, r.to) for row in rows for r in row.remedies if r.code]
    assert units == [("Claim/c1", "reduce-units", 1), ("Claim/c2", "remove-line", None)], "one stays"


def test_the_order_of_lines_does_not_matter(library: Library) -> None:
    resources = [*around(), double_billed("c2", DAYS[1]), double_billed("c1"), *around("p2")]
    resources.append(double_billed("c3", patient="p2"))
    forwards, tally = judged(resources, library)
    backwards, same = judged(resources[::-1], library)
    assert forwards == backwards
    assert tally == same
    assert [row.claim for row in forwards] == ["Claim/c1", "Claim/c2", "Claim/c3"]


def test_other_patients_claims_are_no_history(library: Library) -> None:
    mine = double_billed("c1")
    other = claim("c9", item(1, "77412", DAYS[0]), patient="p2")
    both = judged([*around(), *around("p2"), mine, other], library)[0]
    assert both == judged([*around(), mine], library)[0]
    assert len(both) == 1


def test_no_amount_is_at_stake_twice(library: Library) -> None:
    faulty = claim(
        "c1",
        item(1, "77373", DAYS[0], net=1000.0),
        item(2, "77387", DAYS[0], "TC", net=50.0),
        item(3, "77421", DAYS[0], net=30.0),
    )
    rows, tally = judged([*around(), faulty], library)
    staked = [row for row in rows if row.stake]
    assert len(rows) > 1
    assert sum(float(row.stake or 0) for row in staked) == 80.0
    assert {currency: float(amount) for currency, amount in tally.stake.items()} == {"USD": 80.0}


@pytest.mark.parametrize(
    ("other", "stakes"), [(25.5, ["75.50", "0.00"]), (None, [None, "50.00"])], ids=["stated", "not stated"]
)
def test_an_amount_is_at_stake_in_the_strictest_finding_that_states_all_of_its_own(
    library: Library, monkeypatch: pytest.MonkeyPatch, other: float | None, stakes: list[str | None]
) -> None:
    evaluate = library.engine.evaluate

    def twice(case: Any) -> Any:
        (found,) = evaluate(case)
        return found, replace(found, severity=Severity.warning, lines=found.lines[:1])

    monkeypatch.setattr(library.engine, "evaluate", twice)
    guidance = [item(n, "77387", DAYS[0], "TC", net=net) for n, net in ((2, 50.0), (3, other))]
    rows, tally = judged([*around(), claim("c1", item(1, "77385", DAYS[0]), *guidance)], library)
    assert [len(row.lines) for row in rows] == [2, 1]
    assert [row.stake for row in rows] == stakes
    assert {currency: float(amount) for currency, amount in tally.stake.items()} == {
        "USD": 50.0 + (other or 0.0)
    }


def test_nothing_is_at_stake_on_a_line_that_questions_an_earlier_claims(library: Library) -> None:
    there = [resource | {"address": [{"state": "FL"}]} for resource in around()]
    cancer = concept("http://hl7.org/fhir/sid/icd-10-cm", "C61")
    why = [{"sequence": 1, "diagnosisCodeableConcept": cancer}]
    claims = [
        claim("c1", item(1, "77470", DAYS[0], net=300.0), kind="professional", diagnosis=why),
        claim("c2", item(1, "77301", DAYS[1], net=1900.0), kind="professional", diagnosis=why),
    ]
    rows, tally = judged([*there, *claims], library)
    (row,) = [row for row in rows if "LCD-56" in row.rules]
    assert (row.claim, row.severity, row.billed, row.stake) == ("Claim/c2", "warning", "1900.00", "0.00")
    assert not any(tally.stake.values())


def test_a_fault_of_ours_costs_one_claim(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluate = library.engine.evaluate

    def faulty(case: Any) -> Any:
        if case.units[0].ref == "Claim/c1":
            raise KeyError("Verysecret")
        return evaluate(case)

    monkeypatch.setattr(library.engine, "evaluate", faulty)
    rows, tally = judged([*around(), double_billed("c1"), double_billed("c2", DAYS[1])], library)
    assert [row.claim for row in rows] == ["Claim/c2"]
    assert tally.claims == {"found": 1, "not-enough-information": 1}
    assert [(bad.where, "Verysecret" in bad.what) for bad in tally.bad] == [("Claim", False)]


def test_a_fault_of_ours_in_the_reading_costs_one_claim_too(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(given: Any, *more: Any) -> Any:
        if "Claim/c1" in [each.path for each in given.review]:
            raise KeyError("Verysecret")
        return assemble(given, *more)

    monkeypatch.setattr(judge, "assemble", faulty)
    rows, tally = judged([*around(), double_billed("c1"), double_billed("c2", DAYS[1])], library)
    assert [row.claim for row in rows] == ["Claim/c2"]
    assert tally.reasons == {"not-enough-information: fault of this program": 1}
    assert [bad.what.partition(" in ")[0] for bad in tally.bad] == ["could not be judged (KeyError"]


def test_claims_of_nobody_in_particular_are_not_each_others_history(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge, "MOST_CLAIMS", 2)
    rows, tally = judged([*around(), *(double_billed(f"c{n}") for n in range(3))], library)
    assert (rows, tally.claims) == ([], {"not-enough-information": 3})
    assert "more than 2 claims" in next(iter(tally.reasons))


def test_references_by_urn_name_resources_by_their_id(library: Library) -> None:
    def by_urn(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: f"urn:uuid:{each.partition('/')[2]}" if key == "reference" else by_urn(each)
                for key, each in value.items()
            }
        return [by_urn(each) for each in value] if isinstance(value, list) else value

    resources = [*around(), double_billed("c1"), benefit("e1", "Claim/c1", item(1, "77385", DAYS[0]))]
    expected, counted = judged(resources, library)
    rows, tally = judged([by_urn(each) for each in resources], library)
    assert rows == expected
    assert tally == counted


@pytest.mark.parametrize(("first", "found"), [("Aetna", 0), ("Medicare", 1)])
@pytest.mark.parametrize("created", ["2024-03-05", "2024-03-07"])
def test_a_plan_that_was_billed_to_another_insurer_first_is_no_second_plan(
    library: Library, first: str, found: int, created: str
) -> None:
    plan = item(1, "77301", "2024-03-04")
    cover = {**around()[1], "id": "first", "payor": [{"display": first}], "type": concept("x", "y")}
    insurance = [{"sequence": 1, "focal": True, "coverage": {"reference": "Coverage/first"}}]
    to_first = claim("c0", plan, kind="professional", insurance=insurance, created=created)
    to_medicare = claim("c1", plan, kind="professional", created="2024-03-06")
    florida = [each | ({"address": [{"state": "FL"}]} if "address" in each else {}) for each in around()]
    rows, _ = judged([*florida, cover, to_first, to_medicare], library)
    assert len([row for row in rows if "LCD-30" in row.rules]) == found
