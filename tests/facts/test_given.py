"""Cases written down by hand: what each part becomes, and what a part that cannot be read says."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from cds_service.engine.model import UNKNOWN
from cds_service.facts.case import Case, Signer
from cds_service.facts.given import CaseError, build_case

DAY = "2024-06-03"


def built(**given: Any) -> Case:
    return build_case({"date": DAY, **given})


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"payor": "molina"}, "`given` has no `payor`. It may hold: attached, "),
        ({"lines": [{"code": "77387", "modifier": "26"}]}, "`lines` has no `modifier`. It may hold: claim, "),
        ({"history": [{"cod": "77387"}]}, "`lines` has no `cod`"),
        ({"hook": "order-sign"}, "hook is 'order-sign'. Write claim or order."),
        ({"date": "3 June"}, "'3 June' is no date. Write YYYY-MM-DD."),
        ({"service_start": "2024-02-30"}, "'2024-02-30' is no date"),
        ({"lines": [{"code": "77387", "through": "soon"}]}, "'soon' is no date"),
        ({"records": [{"date": "soon"}]}, "'soon' is no date"),
        ({"attached": [{"type": "dvh-review", "date": "soon"}]}, "'soon' is no date"),
    ],
)
def test_what_cannot_be_read_is_said(given: dict[str, Any], says: str) -> None:
    with pytest.raises(CaseError) as told:
        built(**given)
    assert str(told.value).startswith(says)


def test_what_is_not_told_is_not_known() -> None:
    case = build_case({"lines": ["77387"]})
    (unit,) = case.units
    (line,) = unit.lines
    assert (line.start, line.end, line.units, line.modifiers) == (date(2024, 6, 3), date(2024, 6, 3), 1.0, ())
    untold = (unit.claim_type, unit.type_of_bill, unit.fractions, unit.supervision, unit.performer_role)
    also = (unit.history_complete, unit.member.state, unit.member.line_of_business, line.place_of_service)
    course = (unit.radiotherapy.methods, unit.radiotherapy.breath_hold, unit.radiotherapy.fractions_delivered)
    of_line = (line.fractions, line.supervision, line.performer_role, line.claim_type)
    assert all(each is UNKNOWN for each in (*untold, *also, *course, *of_line))
    assert (unit.member.payer, unit.principal, unit.diagnoses) == ("other", "", ())
    assert not case.chart.visible
    assert case.lcd_in_force is None


def test_what_is_told_of_the_claim_and_its_member() -> None:
    case = built(
        payer="molina",
        line_of_business="medicaid",
        programs=["cvs-radonc"],
        state="FL",
        diagnoses=["C61", "C79.51"],
        indications=["dose-escalation"],
        technique=["imrt", "3dcrt"],
        intent=["curative"],
        body_site=["spine"],
        other_modalities=["proton"],
        fractions_delivered="5",
        claim_type="institutional",
        type_of_bill="131",
        fractions="4",
        supervision="direct",
        performer_role="nurse",
        provider="a",
    )
    (unit,) = case.units
    member, course = unit.member, unit.radiotherapy
    assert (member.payer, member.line_of_business, member.state) == ("molina", "medicaid", "FL")
    assert (unit.diagnoses, unit.principal) == (("C61", "C79.51"), "C61")
    assert [sorted(each) for each in (member.programs, unit.indications, course.techniques)] == [
        ["cvs-radonc"],
        ["dose-escalation"],
        ["3dcrt", "imrt"],
    ]
    assert [sorted(each) for each in (course.intents, course.sites, course.other_modalities)] == [
        ["curative"],
        ["spine"],
        ["proton"],
    ]
    assert (course.fractions_delivered, unit.fractions) == (5.0, 4.0)
    assert (unit.claim_type, unit.type_of_bill, unit.provider) == ("institutional", "131", "a")
    assert (unit.supervision, unit.performer_role) == ("direct", "nurse")


@pytest.mark.parametrize(
    ("hook", "ref", "sequence", "path", "claim_type"),
    [
        ("claim", "Claim/case", 2, "Claim.item[1]", "professional"),
        ("order", "ServiceRequest/case", None, "ServiceRequest.code.coding[1]", UNKNOWN),
    ],
)
def test_lines_of_claims_and_orders(
    hook: str, ref: str, sequence: int | None, path: str, claim_type: Any
) -> None:
    case = built(hook=hook, claim_type="professional", lines=["77387", "G6002-26-59"], history=["77386-TC"])
    (unit,) = case.units
    line = unit.lines[1]
    assert (case.hook, unit.kind, unit.ref, line.resource) == (hook, hook, ref, ref)
    assert (line.sequence, line.path, line.claim_type) == (sequence, path, claim_type)
    assert (line.code, line.modifiers) == ("G6002", ("26", "59"))
    (earlier,) = case.history
    assert (earlier.resource, earlier.sequence, earlier.path) == ("Claim/earlier-1", 1, "Claim.item[0]")
    assert earlier.claim_type == "professional"


def test_a_line_tells_what_differs_from_its_claim() -> None:
    own = {
        "code": "77387",
        "date": "2024-06-01",
        "through": "2024-06-05",
        "units": "5",
        "claim_type": "institutional",
        "place_of_service": "22",
        "provider": "b",
        "diagnoses": ["C34.11"],
        "claim": "old",
        "fractions": "4",
        "rendering": "r",
        "course": "two",
        "indications": ["dose-escalation"],
        "supervision": "direct",
        "performer_role": "nurse",
    }
    plain = {"claim_type": "professional", "place_of_service": "11", "provider": "a", "diagnoses": ["C61"]}
    case = built(**plain, lines=["77014", own], history=[own, "77386"])
    first, second = case.units[0].lines
    assert (first.claim_type, first.place_of_service, first.provider) == ("professional", "11", "a")
    assert (first.diagnoses, first.pointed, first.course_diagnosis) == (("C61",), (), "C61")
    assert (second.claim_type, second.place_of_service, second.provider) == ("institutional", "22", "b")
    assert (second.diagnoses, second.pointed) == (("C34.11",), ("C34.11",))
    assert second.course_diagnosis == "C34.11"
    assert (second.start, second.end, second.units) == (date(2024, 6, 1), date(2024, 6, 5), 5.0)
    assert (second.fractions, second.rendering, second.course) == (4.0, "r", "two")
    assert (second.indications, second.supervision) == (frozenset({"dose-escalation"}), "direct")
    assert second.performer_role == "nurse"
    assert [line.resource for line in case.history] == ["Claim/old", "Claim/earlier-2"]
    assert case.units[0].start == date(2024, 6, 1)


def test_the_day_of_the_call_is_that_of_the_last_line() -> None:
    later = {"code": "77387", "through": "2024-06-09"}
    assert built(lines=["77387"]).as_of == date(2024, 6, 3)
    assert built(lines=[later]).as_of == date(2024, 6, 9)
    assert built(lines=["77387"], history=[later]).as_of == date(2024, 6, 9)
    assert built(lines=[{"code": "77387", "date": "2024-05-01"}]).as_of == date(2024, 6, 3)
    other = build_case({"date": DAY, "lines": ["77387"]}, date(2025, 1, 2))
    assert (other.as_of, other.units[0].start) == (date(2025, 1, 2), date(2025, 1, 2))
    assert built(lines=["77387"], service_start="2024-05-02").units[0].start == date(2024, 5, 2)


def test_documents_and_who_signed_them() -> None:
    signed = ["radiation-oncologist", "ann:", "bo:medical-physicist"]
    file = {"type": "dvh-review", "date": "2024-06-01", "signed_by": signed}
    case = built(documents=[file], attached=[{"type": "image-review"}])
    (on_file,), (attached,) = case.chart.documents, case.units[0].attached
    assert case.chart.visible
    assert (on_file.types, on_file.day, on_file.attached) == (
        frozenset({"dvh-review"}),
        date(2024, 6, 1),
        False,
    )
    assert on_file.signers == (
        Signer("signer-0", "radiation-oncologist"),
        Signer("ann", ""),
        Signer("bo", "medical-physicist"),
    )
    assert (attached.types, attached.day, attached.attached) == (frozenset({"image-review"}), None, True)
    assert built(documents=[]).chart.visible
    assert not built(documents="not-visible").chart.visible


def test_methods_and_records() -> None:
    case = built(method=["ct"], records=[{"method": ["none"], "fraction": "no"}, {"date": "2024-06-04"}])
    assert case.units[0].radiotherapy.methods == frozenset({"ct"})
    assert built(method=["none"]).units[0].radiotherapy.methods == frozenset()
    first, second = case.units[0].day_records
    assert (first.day, first.methods, first.fraction) == (date(2024, 6, 3), frozenset(), False)
    assert (second.day, second.methods, second.fraction) == (date(2024, 6, 4), UNKNOWN, True)


@pytest.mark.parametrize(("told", "known"), [("yes", True), ("no", False)])
def test_yes_and_no(told: str, known: bool) -> None:
    case = built(breath_hold=told, history_complete=told, lcd_confirmed=told)
    assert case.units[0].radiotherapy.breath_hold is known
    assert case.units[0].history_complete is known
    assert (case.lcd_in_force is not None) is known
