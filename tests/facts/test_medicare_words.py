"""Names of Medicare itself, of its private plans and of its supplements, and of those who are no health insurer."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.books import standard_library
from cds_service.engine.model import UNKNOWN
from cds_service.facts.case import Member
from cds_service.facts.payer import PayerBook
from tests.facts.build import PATIENT, SOPT, Json, claim, coded, coverage, item, plan, unit

INSURERS = ["Humana", "UnitedHealthcare", "WellCare", "Aetna", "Florida Blue", "Nobody's Insurance"]


def member(name: str | None, **more: Any) -> Member:
    return unit(claim(item("77387")), beside=[coverage(name, **more)]).member


def classed(*entries: Json) -> Json:
    return {"class": list(entries)}


# ---- Medicare itself


@pytest.mark.parametrize(
    "name",
    [
        "MEDICARE B FL",
        "MEDICARE A FL",
        "MEDICARE B FLORIDA",
        "MEDICARE - FL",
        "MEDICARE TEXAS",
        "TEXAS MEDICARE",
        "Medicare of New York",
        "MEDICARE WEST VIRGINIA",
        "MEDICARE VIRGINIA PART B",
        "MEDICARE PUERTO RICO",
        "FL MEDICARE PART B",
        "MEDICARE FL PART B",
        "MEDICARE PT B",
        "MEDICARE PART A & B FL",
        "PART B MEDICARE",
        "MEDICARE B MA",
        "VA MEDICARE PART B",
        "RR MEDICARE",
        "MEDICARE RR",
        "RAILROAD MEDICARE FL",
        "MEDICARE NOVITAS",
        "MEDICARE B NOVITAS SOLUTIONS",
        "NGS MEDICARE B NEW YORK",
        "MEDICARE WPS",
        "FIRST COAST MEDICARE FLORIDA",
        "MEDICARE PRIMARY",
        "Original Medicare FL",
        "MEDICARE PART B PLAN",
        "MEDICARE FFS FLORIDA",
    ],
)
def test_medicare_by_part_state_and_contractor(name: str) -> None:
    assert member(name).payer == "medicare-ffs"


@pytest.mark.parametrize(
    "name",
    [
        "MEDICARE SUPPLEMENT",
        "MEDICARE SUPPLEMENT FL",
        "MEDICARE PART B SUPPLEMENT",
        "MEDICARE PARTS A AND B SUPPLEMENTAL",
        "MEDICARE MEDIGAP FL",
        "MEDICARE PART A MED SUPP",
        "MEDICARE MEDICAID",
        "MEDICARE MEDICAID FL",
        "MEDICAID FL B",
        "MEDICARE ADVANTAGE FL",
        "MEDICARE HMO FL",
        "MEDICARE PART B REPLACEMENT PLAN",
        "MEDICARE PART A MEDICARE HMO",
        "MEDICARE COMPLETE FL",
        "MEDICARE C",
        "MEDICARE PART C FL",
        "MEDICARE PART D",
        "MEDICARE D FL",
        "MEDICARE MA",
        "MEDICARE VA",
        "MEDICARE SECONDARY",
        "MEDICARE FIRST",
        "MEDICARE FLORIDA TEXAS",
        "MEDICARE NOVITAS SOLUTIONS SUPPLEMENT",
        "MEDICARE FCSO HMO",
        "MEDICARE FIRST COAST ADVANTAGE",
        "BLUE MEDICARE FLORIDA",
        "MEDICARE PART B MANAGED CARE",
        "MEDICARE PART A SNP",
        "MEDICARE PART B ADV",
        "MEDICARE PART A/B MAPD",
        "MEDICARE PART A PART C HUMANA",
        "MEDICARE PART A MA PLAN",
        "MEDICARE PART A/PART B COST PLAN",
        "MEDICARE PART B GIVEBACK PLAN",
        "MEDICARE PART A AND B GOLD PLUS",
        "WPS MEDICARE COMPANION",
        "MEDICARE PART B DRUG PLAN",
        "NON MEDICARE FL",
        "FLORIDA",
        "PART B",
    ],
)
def test_private_plans_supplements_and_medicaid_are_never_medicare_itself(name: str) -> None:
    assert member(name).payer == "unknown"


def test_a_payer_of_another_name_keeps_it() -> None:
    assert member("TRICARE MEDICARE FL").payer == "other"
    assert member("Aetna Medicare FL").payer == "cvs-aetna"
    assert member("Florida Blue Medicare B").payer == "florida-blue"


def test_a_book_without_medicare_knows_no_names_of_it() -> None:
    assert PayerBook([], {}, {"fl"}).recognise([], ["MEDICARE FL"]) is None


# ---- Medicare Advantage by its other names


ADVANTAGE = [
    "Medicare HMO",
    "Medicare PPO",
    "Medicare-HMO Gold",
    "Managed Medicare",
    "Managed Care Medicare",
    "Medicare Managed Care",
    "Medicare Part C",
    "Medicare Part B HMO",
    "Medicare Part A and B Advantage",
    "Medicare Part B Replacement Plan",
    "Dual Preferred (HMO D-SNP)",
    "Part C",
    "MEDICARE REPLACEMENT",
    "MCR ADV",
    "MCR Replacement",
    "Medicare Adv PPO",
    "HMO Medicare",
    "Medicare Risk",
    "Medicare SNP",
    "Medicare D-SNP",
    "PFFS",
    "MAPD",
]


@pytest.mark.parametrize("words", ADVANTAGE)
@pytest.mark.parametrize("insurer", INSURERS)
def test_medicare_advantage_by_its_other_names(words: str, insurer: str) -> None:
    assert member(insurer, type={"text": words}).line_of_business == "medicare-advantage"
    assert member(insurer, **classed(plan("plan", "7", words))).line_of_business == "medicare-advantage"


@pytest.mark.parametrize("words", ADVANTAGE)
def test_molinas_line_is_called_medicare(words: str) -> None:
    assert member("Molina Healthcare", type={"text": words}).line_of_business == "medicare"


@pytest.mark.parametrize(
    "words",
    [
        "Medicare Supplement",
        "Medicare Supplemental HMO",
        "Medicare HMO Supplement",
        "Managed Medicare Supplement",
        "Medigap, no Medicare HMO",
        "Med Supp PPO Medicare",
        "Non-Medicare HMO",
        "Pre-Medicare PPO",
        "Retiree PPO, Medicare primary",
        "Part C early intervention",
        "Medicare Part B",
        "MA",
        "HMO",
        "Medicare Complement",
    ],
)
@pytest.mark.parametrize("insurer", INSURERS)
def test_supplements_and_other_plans_are_no_medicare_advantage(words: str, insurer: str) -> None:
    assert member(insurer, type={"text": words}).line_of_business is UNKNOWN


def test_advantage_says_more_than_a_supplement_beside_it() -> None:
    words = "Medicare Advantage with supplemental dental"
    assert member("Humana", type={"text": words}).line_of_business == "medicare-advantage"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("UNITED HEALTHCARE MEDICARE COMPLETE", "medicare-advantage"),
        ("AARP MedicareComplete", "medicare-advantage"),
        ("UHC MedicareComplete Plan 1", "medicare-advantage"),
        ("UHC DUAL COMPLETE", "medicare-advantage"),
        ("HUMANA MEDICARE ADV PPO", "medicare-advantage"),
        ("HUMANA GOLD CHOICE PFFS", "medicare-advantage"),
        ("Humana Gold Choice", "medicare-advantage"),
        ("HUMANA MEDICARE", UNKNOWN),
        ("HUMANA MEDICARE SUPPLEMENT", UNKNOWN),
        ("AARP MEDICARE SUPPLEMENT", UNKNOWN),
        ("UNITED HEALTHCARE MEDICARE COMPLETE SUPPLEMENT", UNKNOWN),
        ("AETNA MEDICARE", UNKNOWN),
        ("FLORIDA BLUE - MEDICARE SUPPLEMENT", UNKNOWN),
        ("MEDICARE REPLACEMENT", "medicare-advantage"),
    ],
)
def test_names_of_advantage_products(name: str, expected: object) -> None:
    assert member(name).line_of_business == expected


# ---- Other names of Florida Blue and Molina


@pytest.mark.parametrize(
    ("name", "payer"),
    [
        ("BLUE CROSS BLUE SHIELD FL", "florida-blue"),
        ("Blue Cross & Blue Shield of FL", "florida-blue"),
        ("FL BLUE", "florida-blue"),
        ("FL Blue HMO", "florida-blue"),
        ("BC/BS FLORIDA", "florida-blue"),
        ("BC/BS of FL", "florida-blue"),
        ("BCBSF", "florida-blue"),
        ("BCBSF PPO", "florida-blue"),
        ("BLUE CROSS BLUE SHIELD FLINT", "unknown"),
        ("MOLINA HLTHCARE FL MEDICAID", "molina"),
        ("Molina MyCare Ohio", "molina"),
        ("MyCare Ohio", "unknown"),
    ],
)
def test_other_spellings_of_payers(name: str, payer: str) -> None:
    assert member(name).payer == payer


def test_mycare_is_of_medicare_or_medicaid() -> None:
    assert member("Molina MyCare Ohio").line_of_business is UNKNOWN
    assert member("MOLINA HLTHCARE FL MEDICAID").line_of_business == "medicaid"


# ---- No health insurer


@pytest.mark.parametrize(
    "name",
    [
        "SELF PAY",
        "Self-Pay",
        "SELFPAY",
        "Self pay - uninsured",
        "PATIENT PAY",
        "WORKERS COMP",
        "Workers' Compensation",
        "WORKER'S COMP",
        "FL WORKERS COMPENSATION FUND",
        "TRAVELERS",
        "US Department of Labor",
    ],
)
def test_who_pays_instead_of_a_health_insurer_is_a_known_payer(name: str) -> None:
    assert (member(name).payer, member(name).line_of_business) == ("other", UNKNOWN)


@pytest.mark.parametrize(
    "name", ["TRAVELERS AID SOCIETY", "Patient Pays Nothing", "Florida Department of Labor"]
)
def test_names_like_theirs_stay_unknown(name: str) -> None:
    assert member(name).payer == "unknown"


@pytest.mark.parametrize(
    "kind",
    [
        coded("81", SOPT),
        coded("821", SOPT),
        coded("95", SOPT),
        coded("953", SOPT),
        coded("96", SOPT),
        coded("97", SOPT),
        coded("pay", "http://terminology.hl7.org/CodeSystem/coverage-selfpay"),
        coded("WCBPOL", "http://terminology.hl7.org/CodeSystem/v3-ActCode"),
    ],
    ids=lambda kind: kind["coding"][0]["code"],
)
def test_the_type_tells_of_no_health_insurer_where_the_name_does_not(kind: Json) -> None:
    assert member("Somebody Unheard Of", type=kind).payer == "other"
    assert member(None, type=kind, payor=[PATIENT]).payer == "other"
    assert member("Florida Blue", type=kind).payer == "florida-blue"


@pytest.mark.parametrize(
    ("text", "payer"),
    [
        ("Self-pay", "other"),
        ("Workers' Comp", "other"),
        ("Work Comp", "other"),
        ("Auto insurance", "other"),
        ("Self-pay after Medicare", "unknown"),
        ("Autograph Plan", "unknown"),
    ],
)
def test_the_text_of_the_type_says_so_as_a_whole(text: str, payer: str) -> None:
    assert member("Nobody Known", type={"text": text}).payer == payer


@pytest.mark.parametrize("code", ["9", "98", "99", "9999", "7", "18"])
def test_other_types_leave_the_payer_unknown(code: str) -> None:
    assert member("Somebody Unheard Of", type=coded(code, SOPT)).payer == "unknown"
    assert member("Somebody Unheard Of", type=coded("81", "urn:example:own")).payer == "unknown"


def test_known_payers_of_no_word_in_the_rulebook_are_told_apart() -> None:
    names = ["WORKERS COMP", "SELF PAY", "Humana", "Humana Gold Plus", "Cigna", "Florida Blue"]
    billed = [member(name).billed_to for name in names]
    assert billed[2] == billed[3]
    assert len(set(billed)) == len(names) - 1
    assert billed[-1] == "florida-blue"


def test_the_states_of_the_package_are_known() -> None:
    book = standard_library().knowledge.payers
    for name in ("Guam", "DC", "District of Columbia", "North Dakota"):
        found = book.recognise([], [f"Medicare {name}"])
        assert found is not None, name
        assert found.payer == "medicare-ffs", name
