"""Which of several Coverages governs: status, period, order, and what each of them pays for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.facts.build import LOCAL, SOPT, Json, claim, coded, coverage, item, order, plan, unit

ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
FIRST, SECOND = "cvs-aetna", "florida-blue"


def payer(made: Json, *beside: Json) -> str:
    return unit(made, beside=beside).member.payer


def of_two(first: Json, second: Json, made: Json | None = None) -> str:
    """The payer where Aetna's Coverage stands before Florida Blue's."""
    both = [coverage("Aetna", "cov1", **first), coverage("Florida Blue", "cov2", **second)]
    return payer(made or claim(item("77387")), *both)


def period(start: str | None = None, end: str | None = None) -> Json:
    return {"period": {k: v for k, v in (("start", start), ("end", end)) if v}}


def by_order(*names: str) -> Json:
    return order(insurance=[{"reference": f"Coverage/{name}"} for name in names])


def by_claim(*names: str) -> Json:
    insurance = [
        {"sequence": n, "focal": True, "coverage": {"reference": f"Coverage/{name}"}}
        for n, name in enumerate(names, 1)
    ]
    return claim(item("77387"), insurance=insurance)


# ---- Periods; the service is of 2024-06-03


@pytest.mark.parametrize(
    ("written", "holds"),
    [
        (period("2024-06"), True),
        (period("2024"), True),
        (period("2024-07"), False),
        (period("2025"), False),
        (period(end="2024-06"), True),
        (period(end="2024"), True),
        (period(end="2024-05"), False),
        (period(end="2023"), False),
        (period("2023", "2024-05"), False),
        (period("2024-06-04T00:00:00Z"), False),
        (period(end="no day"), True),
    ],
    ids=lambda value: "-to-".join(value["period"].values()) if isinstance(value, dict) else str(value),
)
@pytest.mark.parametrize("made", [claim(item("77387")), order()], ids=["claim", "order"])
def test_a_month_or_year_in_a_period_means_all_its_days(written: Json, holds: bool, made: Json) -> None:
    assert of_two(written, {}, made) == (FIRST if holds else SECOND)


def test_for_a_claim_whose_coverage_is_not_there_no_other_ones_ended_year_stands() -> None:
    lost = by_claim("lost")
    assert payer(lost, coverage("Florida Blue", **period(end="2023"))) == "unknown"
    assert payer(lost, coverage("Florida Blue", **period(end="2024"))) == "florida-blue"
    assert payer(lost, coverage("Florida Blue", type={"text": "Dental"})) == "unknown"


# ---- Status


@pytest.mark.parametrize("made", [by_order("cov1"), by_claim("cov1")], ids=["order", "claim"])
def test_what_was_entered_in_error_governs_nothing(made: Json) -> None:
    wrong: Json = {"status": "entered-in-error"}
    assert of_two(wrong, {}, made) == SECOND
    assert payer(made, coverage("Aetna", "cov1", **wrong)) == "unknown"
    contained = {**made, "contained": [coverage("Aetna", "cov1", **wrong)]}
    inside = {"reference": "#cov1"}
    named = [inside] if made["resourceType"] == "ServiceRequest" else [{"sequence": 1, "coverage": inside}]
    assert payer({**contained, "insurance": named}) == "unknown"


def test_of_two_focal_coverages_the_one_not_entered_in_error_governs() -> None:
    assert of_two({"status": "entered-in-error"}, {}, by_claim("cov1", "cov2")) == SECOND


CANCELLED: Json = {"status": "cancelled"}


@pytest.mark.parametrize(
    ("made", "other", "expected"),
    [
        pytest.param(by_order("cov1", "cov2"), {}, SECOND, id="order-names-a-live-one-too"),
        pytest.param(
            by_order("cov1", "cov2"), period(end="2023"), SECOND, id="order-names-a-live-one-that-ended"
        ),
        pytest.param(by_order("cov1"), {}, SECOND, id="another-one-in-force"),
        pytest.param(by_order("cov1"), period(end="2023"), FIRST, id="no-other-in-force"),
        pytest.param(by_order("cov1"), {"type": {"text": "Vision"}}, FIRST, id="only-vision-in-force"),
        pytest.param(by_order("cov1", "cov2"), CANCELLED, FIRST, id="both-cancelled"),
        pytest.param(by_claim("cov1"), {}, FIRST, id="claim-went-to-it"),
    ],
)
def test_a_cancelled_coverage_governs_the_claims_that_went_to_it_and_else_comes_last(
    made: Json, other: Json, expected: str
) -> None:
    assert of_two(CANCELLED, other, made) == expected


# ---- Order


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param({"order": 2}, {}, SECOND, id="second-one-and-unnumbered"),
        pytest.param({}, {"order": 2}, FIRST, id="unnumbered-and-second-one"),
        pytest.param({"order": 2}, period(end="2023"), FIRST, id="unnumbered-one-ended"),
        pytest.param({}, {"order": 1}, SECOND, id="unnumbered-and-primary"),
        pytest.param({"order": 0}, {"order": 1}, SECOND, id="nought-is-no-number"),
        pytest.param({"order": 3}, {"order": 2}, SECOND, id="third-and-second"),
    ],
)
@pytest.mark.parametrize("made", [claim(item("77387")), by_order("cov1", "cov2")], ids=["claim", "order"])
def test_a_coverage_without_order_comes_behind_the_primary_one_and_before_a_second(
    first: Json, second: Json, expected: str, made: Json
) -> None:
    assert of_two(first, second, made) == expected


# ---- What a Coverage pays for


def sopt(code: str) -> Json:
    return {"type": coded(code, SOPT)}


def ordered(number: int | None) -> Json:
    return {"order": number} if number else {}


SUPPLEMENTS: dict[str, Json] = {
    "sopt-523": sopt("523"),
    "sopt-623": sopt("623"),
    "type-text": {"type": {"text": "Medicare Supplement"}},
    "medigap": {"type": {"text": "MEDIGAP"}},
    "plan": {"class": [plan("plan", "X1", "BlueMedicare Supplement Plan N")]},
    "to-medicare": {"class": [plan("plan", "Supplement to Medicare")]},
}


@pytest.mark.parametrize("supplement", SUPPLEMENTS.values(), ids=SUPPLEMENTS)
@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        pytest.param((None, None), "medicare-ffs", id="no-order"),
        pytest.param((None, 2), "medicare-ffs", id="medicare-second"),
        pytest.param((1, 1), "medicare-ffs", id="both-first"),
        pytest.param((2, 1), "medicare-ffs", id="medicare-first"),
        pytest.param((1, 2), "florida-blue", id="supplement-first"),
    ],
)
@pytest.mark.parametrize(
    "made", [claim(item("77387")), order(), by_order("cov1", "cov2")], ids=["claim", "order", "named"]
)
def test_a_medicare_supplement_follows_medicare_unless_order_says_otherwise(
    supplement: Json, numbers: tuple[int | None, int | None], expected: str, made: Json
) -> None:
    first, second = (ordered(n) for n in numbers)
    supplements = coverage("Florida Blue", "cov1", **supplement, **first)
    assert payer(made, supplements, coverage("Medicare", "cov2", **second)) == expected


@pytest.mark.parametrize("referred", [False, True], ids=["display", "organization"])
def test_a_supplement_is_known_by_its_payers_name(referred: bool) -> None:
    name = "AARP Medicare Supplement by UnitedHealthcare"
    insurer: Json = {"resourceType": "Organization", "id": "aarp", "name": name}
    named = coverage(payor=[{"reference": "Organization/aarp"}]) if referred else coverage(name)
    medicare = coverage("Medicare", "cov2")
    assert payer(claim(item("77387")), named, medicare, insurer) == "medicare-ffs"


def test_a_supplement_alone_governs_and_one_in_force_comes_before_medicare_that_ended() -> None:
    supplement = coverage("Florida Blue", "cov1", **sopt("623"))
    assert payer(order(), supplement) == "florida-blue"
    assert payer(order(), supplement, coverage("Medicare", "cov2", **period(end="2023"))) == "florida-blue"


def test_a_claim_to_the_supplement_is_the_supplements() -> None:
    supplement = coverage("Florida Blue", "cov1", **sopt("623"))
    assert payer(by_claim("cov1"), supplement, coverage("Medicare", "cov2")) == "florida-blue"


def text(words: str) -> Json:
    return {"type": {"text": words}}


NOT_MEDICAL: dict[str, Json] = {
    **{
        f"sopt-{code}": sopt(code)
        for code in ("122", "516", "517", "524", "561", "562", "614", "6141", "629")
    },
    **{f"act-{code}": {"type": coded(code, ACT)} for code in ("DENTAL", "DENTPRG", "DRUGPOL", "VISPOL")},
    **{
        words: text(words)
        for words in (
            "Dental",
            "DENTAL PPO",
            "Vision plan",
            "Dental and Vision",
            "Prescription Drug",
            "Pharmacy Benefits",
            "Medicare Part D",
            "Medicare Drug Benefit",
            "PDP",
            "Rx only",
            "Stand-alone dental",
        )
    },
}


@pytest.mark.parametrize("kind", NOT_MEDICAL.values(), ids=NOT_MEDICAL)
@pytest.mark.parametrize("more", [{}, {"order": 1}], ids=["no-order", "first"])
def test_dental_vision_and_drug_coverage_comes_last(kind: Json, more: Json) -> None:
    assert of_two({**kind, **more}, {"order": 2}) == SECOND
    assert of_two({**kind, **more}, period(end="2023")) == SECOND


MEDICAL: dict[str, Json] = {
    **{f"sopt-{code}": sopt(code) for code in ("12", "121", "51", "511", "612", "62", "56")},
    "act-other-system": {"type": coded("DENTAL", LOCAL + "line-of-business")},
    "614-other-system": {"type": coded("614", LOCAL + "line-of-business")},
    "act-EHCPOL": {"type": coded("EHCPOL", ACT)},
    **{
        words: text(words)
        for words in (
            "Medical and dental",
            "HMO with Rx",
            "PPO Pharmacy",
            "Medicare Advantage Prescription Drug",
            "Medicare Part A, B and D",
            "Medicare",
            "Commercial PPO",
            "Comprehensive incl. vision",
            "",
        )
    },
}


@pytest.mark.parametrize("kind", MEDICAL.values(), ids=[name or "no-text" for name in MEDICAL])
def test_medical_coverage_that_pays_drugs_or_teeth_as_well_keeps_its_place(kind: Json) -> None:
    assert of_two(kind, {}) == FIRST


def test_dental_coverage_alone_still_names_the_payer() -> None:
    assert payer(claim(item("77387")), coverage("Florida Blue", **sopt("614"))) == "florida-blue"
    assert payer(by_order("cov1"), coverage("Florida Blue", **sopt("614"))) == "florida-blue"


# ---- Logical references


def bearing(name: str, id: str, *identifiers: Json, **more: Any) -> Json:
    return coverage(name, id) | {"identifier": list(identifiers)} | more


def logical(**identifier: str) -> Json:
    return {"identifier": identifier, "display": "as the card says"}


NUMBER: Json = {"system": "urn:example:members", "value": "A1"}
BARE: Json = {"value": "A1"}


@pytest.mark.parametrize("of", ["claim", "order"])
@pytest.mark.parametrize(
    ("told", "borne", "found"),
    [
        pytest.param(NUMBER, NUMBER, True, id="same-system"),
        pytest.param(BARE, BARE, True, id="no-system"),
        pytest.param({**NUMBER, "value": " A1 "}, NUMBER, True, id="blanks"),
        pytest.param(NUMBER, BARE, False, id="system-of-one"),
        pytest.param(BARE, NUMBER, False, id="system-of-other"),
        pytest.param(NUMBER, {**NUMBER, "value": "A2"}, False, id="other-value"),
        pytest.param(
            {"system": "urn:example:members"}, {"system": "urn:example:members"}, False, id="no-value"
        ),
    ],
)
def test_a_coverage_is_found_by_its_identifier(of: str, told: Json, borne: Json, found: bool) -> None:
    other = bearing("Aetna", "cov1", {"system": "urn:example:members", "value": "B1"}, order=1)
    wanted = bearing("Florida Blue", "cov2", {"value": "x"}, borne, order=2)
    reference = logical(**told)
    made = (
        claim(item("77387"), insurance=[{"sequence": 1, "focal": True, "coverage": reference}])
        if of == "claim"
        else order(insurance=[reference])
    )
    assert payer(made, other, wanted) == (SECOND if found else FIRST)


def test_an_identifier_of_two_coverages_names_neither_but_copies_are_one() -> None:
    made = claim(item("77387"), insurance=[{"sequence": 1, "focal": True, "coverage": logical(**NUMBER)}])
    first = coverage("Aetna", "cov1", order=1)
    wanted = bearing("Florida Blue", "cov2", NUMBER)
    assert payer(made, first, wanted, bearing("Molina Healthcare", "cov3", NUMBER)) == FIRST
    assert payer(made, first, wanted, wanted) == SECOND
    wrong = bearing("Molina Healthcare", "cov3", NUMBER, status="entered-in-error")
    assert payer(made, first, wrong, wanted) == SECOND


def test_a_reference_decides_before_an_identifier() -> None:
    both = {"reference": "Coverage/cov1", **logical(**NUMBER)}
    made = claim(item("77387"), insurance=[{"sequence": 1, "focal": True, "coverage": both}])
    assert payer(made, coverage("Aetna", "cov1"), bearing("Florida Blue", "cov2", NUMBER)) == FIRST


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("Delta Dental PPO", {}),
        ("VSP", {"class": [plan("plan", "1", "Vision PPO")]}),
        ("Humana", {"type": {"text": "Dental/Vision/Hearing"}}),
        ("TRICARE FOR LIFE", {}),
        ("State Medicaid", {}),
        ("Molina", sopt("2")),
    ],
    ids=["dental payer", "vision plan", "words", "tricare for life", "medicaid by name", "medicaid by type"],
)
def test_who_pays_no_treatment_or_pays_last_comes_behind(name: str, more: Json) -> None:
    first = coverage(name, "cov1", **more)
    assert payer(order(), first, coverage("Medicare", "cov2")) == "medicare-ffs"


def test_a_plan_of_medicare_and_medicaid_is_no_last_one() -> None:
    both = coverage("Humana", "cov1", type={"text": "Medicare-Medicaid Plan"})
    assert payer(order(), both, coverage("Florida Blue", "cov2")) == "other"
