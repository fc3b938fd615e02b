"""What the orders that an order is based on, and the Procedures around it, give as their reason is its own too."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.engine.model import Severity
from tests.facts.build import (
    CONFORMAL,
    ICD10,
    LOCAL,
    PHOTONS,
    SNOMED,
    Json,
    case,
    coded,
    coverage,
    extension,
    order,
    procedure,
    technique,
    unit,
)
from tests.facts.judged import PROGRAMME, based_on, because, condition, indication, severities

CRITICAL = indication("close-to-critical-structure")
BREAST = coded("254837009", SNOMED)
HOW = technique(PHOTONS, CONFORMAL)
PALLIATIVE = extension("http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-procedure-intent", "363676003")
FLORIDA: Json = {"resourceType": "Patient", "id": "p1", "address": [{"state": "FL"}]}


def parent(*reasons: Json | str, id: str = "course", **more: Any) -> Json:
    more.setdefault("extension", [HOW, PALLIATIVE])
    return order(None, id, **{"status": "active", **because(*reasons), **more})


def child(*reasons: Json | str, of: tuple[str, ...] = ("course",), **more: Any) -> Json:
    return order("77387", "g", **based_on(*of), **because(*reasons), **more)


def listed(code: str) -> Json:
    return condition(code, coded(code, ICD10))


# ---- indications


@pytest.mark.parametrize(
    ("orders", "given"),
    [
        ([parent("C79.51", CRITICAL)], {"close-to-critical-structure"}),
        (
            [parent("C79.51", **based_on("plan")), parent(CRITICAL, id="plan")],
            {"close-to-critical-structure"},
        ),
        ([parent("C79.51", CRITICAL, status="revoked")], set()),
        ([parent("C79.51", CRITICAL, id="other")], set()),
    ],
    ids=["parent", "grandparent", "revoked", "not the parent"],
)
def test_an_order_has_the_indications_of_those_that_it_is_based_on(
    orders: list[Json], given: set[str]
) -> None:
    assert unit(child("C79.51"), beside=orders).indications == given


def test_a_parents_indication_by_its_condition_counts() -> None:
    near = parent(reasonReference=[{"reference": "Condition/k"}])
    assert unit(child(), beside=[near, condition("k", CRITICAL)]).indications == {
        "close-to-critical-structure"
    }


def test_the_reason_of_the_course_order_settles_the_question() -> None:
    """CVS-09, FLB-21: the reason is attested where it belongs, on the course."""
    assert severities(child("C79.51"), beside=[PROGRAMME, parent("C79.51")])["CVS-09"] is Severity.warning
    assert "CVS-09" not in severities(child("C79.51"), beside=[PROGRAMME, parent("C79.51", CRITICAL)])
    plane = technique(None, local="2d")
    payer = coverage("Florida Blue")
    asked = severities(child("C61"), beside=[payer, parent("C61", extension=[plane])])
    assert asked["FLB-21"] is Severity.warning
    told = parent("C61", indication("setup-variation"), extension=[plane])
    assert "FLB-21" not in severities(child("C61"), beside=[payer, told])


def course(*reasons: Json | str, **more: Any) -> Json:
    when = {"performedPeriod": {"start": "2024-05-20"}, "status": "in-progress"}
    return procedure(extension=[HOW, PALLIATIVE], **because(*reasons), **{**when, **more})


BRAIN: Json = {"bodySite": [coded("whole-brain", LOCAL + "body-site")]}
SPARED = indication("hippocampal-sparing")


def test_a_procedure_that_speaks_for_an_order_gives_its_reason_too() -> None:
    """CVS-08: what says that the whole brain is treated says that the hippocampus is spared."""
    guidance = order("77387", "g", **because("C79.31"))
    assert severities(guidance, beside=[PROGRAMME, course("C79.31", **BRAIN)])["CVS-08"] is Severity.warning
    assert "CVS-08" not in severities(guidance, beside=[PROGRAMME, course("C79.31", SPARED, **BRAIN)])
    by_condition = course("C79.31", reasonReference=[{"reference": "Condition/k"}], **BRAIN)
    resolved = {"clinicalStatus": coded("resolved", None)}
    assert "CVS-08" not in severities(
        guidance, beside=[PROGRAMME, by_condition, condition("k", SPARED, **resolved)]
    )


@pytest.mark.parametrize(
    "away",
    [
        course("C61", SPARED),
        course("C79.31", SPARED, performedPeriod={"start": "2023-05-20", "end": "2023-06-20"}),
        course("C79.31", SPARED, status="not-done"),
        course("C79.31", SPARED, status="entered-in-error"),
    ],
    ids=["another disease", "another time", "not done", "an error"],
)
def test_a_procedure_that_does_not_speak_for_an_order_gives_no_reason(away: Json) -> None:
    assert unit(order("77387", "g", **because("C79.31")), beside=[away]).indications == frozenset()


def test_the_reason_of_a_procedure_that_may_be_of_another_course_is_doubtful() -> None:
    """Silence that only it gives is a hint."""
    guidance = order("77387", "g", extension=[HOW], **BRAIN, **because("C79.31"))
    doubtful = course("C79.32", SPARED)
    assert severities(guidance, beside=[PROGRAMME])["CVS-08"] is Severity.warning
    assert severities(guidance, beside=[PROGRAMME, doubtful])["CVS-08"] is Severity.info
    assert "CVS-08" not in severities(guidance, beside=[PROGRAMME, doubtful, condition("k", SPARED)])
    (made,) = case(guidance, beside=[doubtful]).units
    (sure,) = case(guidance, beside=[doubtful]).without_doubt().units
    assert made.indications == {"hippocampal-sparing"}
    assert sure.indications == frozenset()


# ---- the disease


@pytest.mark.parametrize(
    ("own", "parents", "of", "expected"),
    [
        ([], [parent("C50.911")], ["course"], (("C50.911",), True, True)),
        (["Z51.0"], [parent("C50.911")], ["course"], (("Z51.0", "C50.911"), True, True)),
        (["C61"], [parent("C50.911")], ["course"], (("C61",), True, True)),
        ([CRITICAL], [parent("C50.911")], ["course"], (("C50.911",), True, True)),
        ([], [parent("Z51.0")], ["course"], (("C79.51",), False, False)),
        ([], [parent("C50.911", status="revoked")], ["course"], (("C79.51",), False, False)),
        (
            [],
            [parent(**based_on("behind")), parent("C34.11", id="behind")],
            ["course"],
            (("C34.11",), True, True),
        ),
        (
            [],
            [parent("C50.911", **based_on("behind")), parent("C34.11", id="behind")],
            ["course"],
            (("C50.911",), True, True),
        ),
        (
            [],
            [parent("C50.911"), parent("C34.11", id="two")],
            ["course", "two"],
            (("C50.911", "C34.11"), True, False),
        ),
        ([], [parent("C50.911"), parent(id="two")], ["course", "two"], (("C50.911",), True, True)),
        (
            [],
            [parent("C50.911"), parent("Z51.0", "C50.911", id="two")],
            ["course", "two"],
            (("C50.911", "Z51.0"), True, True),
        ),
        ([], [parent("R97.20")], ["course"], (("C79.51",), False, False)),
        (
            [],
            [parent("R97.20", **based_on("behind")), parent("C61", id="behind")],
            ["course"],
            (("C61",), True, True),
        ),
        ([], [parent("C61"), parent("R97.20", id="two")], ["course", "two"], (("C61",), True, True)),
        (
            [],
            [parent("C61"), parent("C61", "R97.20", id="two")],
            ["course", "two"],
            (("C61", "R97.20"), True, True),
        ),
        ([], [parent("G50.0")], ["course"], (("G50.0",), True, True)),
        (["R97.20"], [parent("C61")], ["course"], (("R97.20",), True, True)),
    ],
    ids=[
        "parent",
        "beside Z51.0",
        "its own",
        "an indication",
        "no disease",
        "revoked",
        "grandparent",
        "the nearest",
        "two diseases",
        "one silent",
        "two of one",
        "a symptom",
        "behind a symptom",
        "beside a symptom",
        "with a symptom",
        "a benign one",
        "its own symptom",
    ],
)
def test_an_order_without_a_disease_has_the_one_of_the_nearest_order_behind_it(
    own: list[Json | str], parents: list[Json], of: list[str], expected: tuple[tuple[str, ...], bool, bool]
) -> None:
    made = unit(child(*own, of=tuple(of)), beside=[*parents, listed("C79.51")])
    assert (made.diagnoses, made.diagnoses_stated, made.diagnoses_in_order) == expected
    assert made.lines[0].diagnoses == made.diagnoses
    assert (made.unread_reasons, made.sure_diagnoses) == (frozenset(), None)


@pytest.mark.parametrize(
    ("own", "parents", "diagnoses"),
    [
        ([], [parent(BREAST)], ("C79.51",)),
        ([], [parent(reasonReference=[{"reference": "Condition/away"}])], ("C79.51",)),
        ([BREAST], [parent("C50.911")], ("C50.911",)),
        ([], [parent(BREAST, **based_on("behind")), parent("C50.911", id="behind")], ("C50.911",)),
        ([], [parent("C50.911"), parent(BREAST, id="two")], ("C50.911",)),
    ],
    ids=["parent", "not here", "its own", "before the grandparent", "another parent"],
)
def test_a_reason_on_the_way_that_cannot_be_read_leaves_the_disease_in_doubt(
    own: list[Json | str], parents: list[Json], diagnoses: tuple[str, ...]
) -> None:
    made = unit(child(*own, of=("course", "two")), beside=[*parents, listed("C79.51")])
    assert made.diagnoses == diagnoses
    assert made.unread_reasons
    assert made.sure_diagnoses == ()


def test_the_disease_of_the_course_order_comes_before_the_problem_list() -> None:
    """CVS-09, CVS-18: the list's bone metastasis is not what a course of the breast treats."""
    bone = listed("C79.51")
    assert "CVS-09" not in severities(child(), beside=[PROGRAMME, parent("C50.911"), bone])
    assert severities(child(), beside=[PROGRAMME, parent("C79.51")])["CVS-09"] is Severity.warning
    assert "CVS-18" not in severities(child(), beside=[PROGRAMME, parent("C79.51")])
    assert (
        severities(child(), beside=[PROGRAMME, parent(BREAST, extension=[HOW]), bone])["CVS-09"]
        is Severity.info
    )


def test_the_disease_of_the_course_order_is_the_site_of_the_plan() -> None:
    """LCD-05 asks more mildly at the sites that commonly support IMRT."""
    imrt = [technique(PHOTONS, "441799006")]

    def asked(code: str) -> Severity:
        made = order("77301", "g", **based_on("course"))
        beside = [coverage("Medicare"), FLORIDA, parent(code, extension=imrt)]
        return severities(made, beside=beside)["LCD-05"]

    assert asked("C61") is Severity.info
    assert asked("C49.21") is Severity.warning


def test_a_referrals_symptom_does_not_stand_for_the_disease_of_the_problem_list() -> None:
    """LCD-05."""
    imrt = [technique(PHOTONS, "441799006")]
    made = order("77301", "g", extension=imrt, **based_on("course"))
    beside = [coverage("Medicare"), FLORIDA, listed("C61")]
    assert severities(made, beside=[*beside, parent("R97.20", extension=[])])["LCD-05"] is Severity.info


def test_of_two_diseases_of_the_orders_behind_nobody_says_which_is_treated() -> None:
    both = [parent("C50.911"), parent("C79.51", id="two")]
    assert "CVS-09" not in severities(child(of=("course", "two")), beside=[PROGRAMME, *both])
    own = child("C50.911", "C79.51", of=("course", "two"))
    assert severities(own, beside=[PROGRAMME, *both])["CVS-09"] is Severity.warning


@pytest.mark.parametrize(
    ("other", "severity"),
    [("C44.311", Severity.info), ("C50.911", Severity.critical), ("C50.411", Severity.critical)],
    ids=["of one of two diseases", "of the only one", "of one category"],
)
def test_what_is_of_one_of_two_diseases_of_the_orders_behind_is_doubtful(
    other: str, severity: Severity
) -> None:
    """CVS-16, CVS-17."""
    made = child(of=("course", "two"))
    behind = [PROGRAMME, parent("C50.911", extension=[]), parent(other, id="two", extension=[])]
    superficial = order("77401", "d", **because(other))
    assert severities(made, superficial, beside=behind)["CVS-16"] is severity
    electrons = procedure(
        extension=[technique(None, local="electron")], performedDateTime="2024-05-20", **because(other)
    )
    assert severities(made, beside=[*behind, electrons])["CVS-17"] is severity
    assert severities({**made, **because("C50.911", other)}, beside=[*behind, electrons])["CVS-17"] is (
        Severity.critical
    )


def test_a_disease_of_the_course_order_tells_whose_an_order_beside_is() -> None:
    """CVS-16: superficial treatment of the skin is none of the breast."""

    def told(behind: str) -> Severity | None:
        skin = order("77401", "d", **based_on("skin"))
        beside = [PROGRAMME, parent(behind, id="skin", extension=[])]
        return severities(order("77387", "g", **because("C50.911")), skin, beside=beside).get("CVS-16")

    assert told("C44.311") is None
    assert told("C50.911") is Severity.critical


def test_a_further_order_of_another_disease_by_its_course_order_is_no_other_modality() -> None:
    def modalities(behind: str) -> frozenset[str]:
        electrons = order("77412", "e", extension=[technique(None, local="electron")], **based_on("skin"))
        beside = [electrons, parent(behind, id="skin", extension=[])]
        return unit(order("77387", "g", **because("C50.911")), beside=beside).radiotherapy.other_modalities

    assert modalities("C44.311") == frozenset()
    assert modalities("C50.911") == {"electron"}


def test_an_earlier_order_is_of_the_disease_of_its_course_order() -> None:
    def told(behind: str) -> Severity | None:
        skin = order("77401", "d", status="active", **based_on("skin"))
        beside = [PROGRAMME, skin, parent(behind, id="skin", extension=[])]
        return severities(order("77387", "g", **because("C50.911")), beside=beside).get("CVS-16")

    assert told("C44.311") is None
    assert told("C50.911") is Severity.critical
