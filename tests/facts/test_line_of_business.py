"""Line of business in its order of trust, programmes, and the one payer that the typology names itself."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.engine.model import UNKNOWN, Unknown
from cds_service.facts.case import Member
from cds_service.facts.payer import LINES_OF_BUSINESS
from tests.facts.build import LOCAL, SOPT, Json, claim, coded, coverage, item, plan, unit, view

OID = "urn:oid:2.16.840.1.113883.3.221.5"


def member(name: str | None = "Florida Blue", **more: Any) -> Member:
    return unit(claim(item("77387")), beside=[coverage(name, **more)]).member


def lob(name: str | None = "Florida Blue", **more: Any) -> str | Unknown:
    return member(name, **more).line_of_business


def classed(*entries: Json) -> Json:
    """Members of a Coverage with these classes."""
    return {"class": list(entries)}


def own(code: str) -> Json:
    return coded(code, LOCAL + "line-of-business")


def sopt(code: str, system: str = SOPT) -> Json:
    return coded(code, system)


@pytest.mark.parametrize("code", LINES_OF_BUSINESS)
def test_our_own_code_comes_first(code: str) -> None:
    both = {"coding": [*sopt("512")["coding"], *own(code)["coding"]]}
    assert lob(type=both, **classed(plan("plan", "Federal Employee Program"))) == code


@pytest.mark.parametrize(
    ("name", "words", "expected"),
    [
        ("Medicare", "AARP Medicare Advantage", "medicare-advantage"),
        ("Florida Blue", "BlueMedicare HMO", "medicare-advantage"),
        ("Molina Healthcare", "Medicare Advantage", "medicare"),
        ("Medicare", "Medicare Part A and B", "medicare"),
        ("Medicare", "Medicare Supplement Plan F", "medicare"),
    ],
    ids=["advantage", "by the payer's word", "Molina's own name", "original", "supplement"],
)
def test_medicare_of_our_own_code_may_be_an_advantage_plan(name: str, words: str, expected: str) -> None:
    """Offices file Medicare and Medicare Advantage under one financial class."""
    assert lob(name, type=own("medicare"), **classed(plan("plan", words))) == expected
    assert lob(name, type=own("ffs"), **classed(plan("plan", words))) == "ffs"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("1", "medicare"),
        ("11", "medicare-advantage"),
        ("111", "medicare-advantage"),
        ("112", "medicare-advantage"),
        ("1119", "medicare-advantage"),
        ("11121", "medicare-advantage"),
        ("12", "ffs"),
        ("121", "ffs"),
        ("1219", "ffs"),
        ("141", "medicare-advantage"),
        ("2", "medicaid"),
        ("211", "medicaid"),
        ("2119", "medicaid"),
        ("391", "fep"),
        ("511", "commercial"),
        ("5121", "commercial"),
        ("6", "commercial"),
        ("61299", "commercial"),
        ("99", UNKNOWN),
        ("122", UNKNOWN),
        ("311", UNKNOWN),
        ("523", UNKNOWN),
        ("81", UNKNOWN),
        ("X1", UNKNOWN),
        ("", UNKNOWN),
    ],
)
@pytest.mark.parametrize("system", [SOPT, OID])
def test_source_of_payment_typology_with_deeper_codes(
    code: str, expected: str | Unknown, system: str
) -> None:
    found = lob(type=sopt(code, system))
    assert found is expected if isinstance(expected, Unknown) else found == expected


def test_the_typology_comes_before_the_words_of_the_plan() -> None:
    assert lob(type=sopt("211"), **classed(plan("plan", "Marketplace Silver"))) == "medicaid"


def test_a_typology_code_that_says_nothing_leaves_the_words() -> None:
    assert lob(type=sopt("9999"), **classed(plan("plan", "77", "BlueOptions 03769"))) == "commercial"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Federal Employee Program Standard", "fep"),
        ("State Employees' PPO", "sao"),
        ("State Group Insurance PPO", "sao"),
        ("BlueOptions", "commercial"),
        ("Medicare Advantage", "commercial"),
    ],
)
def test_commercial_of_the_typology_may_be_a_federal_or_state_account(words: str, expected: str) -> None:
    assert lob(type=sopt("612"), **classed(plan("plan", "1", words))) == expected


def test_medicare_of_the_typology_may_be_an_advantage_plan() -> None:
    assert lob(type=sopt("1"), **classed(plan("plan", "BlueMedicare HMO"))) == "medicare-advantage"
    assert lob(type=sopt("1"), **classed(plan("plan", "BlueOptions"))) == "medicare"


@pytest.mark.parametrize(
    ("name", "words", "expected"),
    [
        ("Florida Blue", "FEP Blue Standard", "fep"),
        ("Florida Blue", "Federal Employee Program", "fep"),
        ("Florida Blue", "State Account Organization", "sao"),
        ("Florida Blue", "SAO", "sao"),
        ("Florida Blue", "BlueMedicare Value (HMO)", "medicare-advantage"),
        ("Florida Blue", "BlueMedicare Supplement Plan F", UNKNOWN),
        ("Florida Blue", "FEPBLUE", UNKNOWN),
        ("Florida Blue", "BlueOptions", "commercial"),
        ("Florida Blue", "myBlue Health Insurance Exchange", "marketplace"),
        ("Molina Healthcare", "Molina Medicare Complete Care", "medicare"),
        ("Molina Healthcare", "Medicare Medicaid Plan", "medicare"),
        ("Molina Healthcare", "Medicare Advantage", "medicare"),
        ("Molina Healthcare", "Medicaid", "medicaid"),
        ("Humana", "Medicare Advantage PPO", "medicare-advantage"),
        ("Nobody's Insurance", "Medicare Advantage", "medicare-advantage"),
        ("Nobody's Insurance", "Statewide Medicaid Managed Care", "medicaid"),
        ("Nobody's Insurance", "Gold Plan", UNKNOWN),
    ],
)
@pytest.mark.parametrize("where", ["value", "name", "type"])
def test_words_of_the_plan(name: str, words: str, expected: str | Unknown, where: str) -> None:
    places: dict[str, Json] = {
        "value": classed(plan("plan", words)),
        "name": classed(plan("plan", "1", words)),
        "type": {"type": {"text": words}},
    }
    found = lob(name, **places[where])
    assert found is expected if isinstance(expected, Unknown) else found == expected


def test_the_longest_word_decides() -> None:
    text = "Medicaid, CHIP and Medicare Medicaid Plan"
    assert lob("Molina Healthcare", type={"text": text}) == "medicare"
    assert lob("Florida Blue", type={"text": "FEP: Service Benefit Plan of the State Account"}) == "fep"


def test_words_of_other_classes_are_no_plan() -> None:
    assert lob(**classed(plan("group", "Federal Employee Program"))) is UNKNOWN


def test_the_payers_name_tells_when_nothing_else_does() -> None:
    assert lob("Aetna Better Health of Florida") == "medicaid"
    assert lob("Molina Medicare of Florida") == "medicare"
    assert lob("Florida Blue Medicare") is UNKNOWN


@pytest.mark.parametrize(
    ("name", "code", "payer"),
    [
        (None, "121", "medicare-ffs"),
        ("Somebody Unheard Of", "12", "medicare-ffs"),
        ("Somebody Unheard Of", "111", "unknown"),
        ("Florida Blue", "121", "florida-blue"),
    ],
)
def test_fee_for_service_of_the_typology_names_the_payer(name: str | None, code: str, payer: str) -> None:
    assert member(name, type=sopt(code)).payer == payer


@pytest.mark.parametrize(
    ("classes", "programs"),
    [
        ([plan("group", "cvs-radonc")], {"cvs-radonc"}),
        ([plan("group", " CVS-RADONC ")], {"cvs-radonc"}),
        ([plan("group", "17", "cvs-radonc")], {"cvs-radonc"}),
        ([plan("plan", "cvs-radonc")], set()),
        ([plan("group", "cvs-radonc-2")], set()),
        ([], set()),
    ],
)
@pytest.mark.parametrize("name", ["Aetna", "Florida Blue", None])
def test_programmes(classes: list[Json], programs: set[str], name: str | None) -> None:
    assert member(name, **classed(*classes)).programs == programs


@pytest.mark.parametrize(
    ("name", "given", "plan_word", "medicare"),
    [
        ("Medicare", {}, "medicare-ffs", True),
        ("Medicare", {"type": own("medicare-advantage")}, "other-medicare-advantage", True),
        ("Florida Blue", {}, "florida-blue", False),
        ("Florida Blue", {"type": own("medicare-advantage")}, "florida-blue-medicare", True),
        ("Molina Healthcare", {"type": own("medicare")}, "molina-medicare", True),
        ("Molina Healthcare", {"type": own("medicaid")}, "molina", False),
        ("Humana", {"type": own("medicare-advantage")}, "other-medicare-advantage", True),
        ("Aetna", {"type": own("medicare")}, "other-medicare-advantage", True),
        ("Aetna", {}, "other", False),
        ("Nobody's Insurance", {}, "unknown", False),
        ("Nobody's Insurance", {"type": sopt("111")}, "other-medicare-advantage", True),
    ],
)
def test_plan_and_medicare(name: str, given: Json, plan_word: str, medicare: bool) -> None:
    seen = view(claim(item("77387")), beside=[coverage(name, **given)])
    assert (seen.plan, seen.medicare) == (plan_word, medicare)


@pytest.mark.parametrize("joined", ["&", "and"])
def test_the_agencys_name_does_not_make_medicare_medicaid(joined: str) -> None:
    name = f"Centers for Medicare {joined} Medicaid Services"
    assert lob(name) == "ffs"
    assert member(name).payer == "medicare-ffs"
