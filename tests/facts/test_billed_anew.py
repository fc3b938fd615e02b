"""Which bill a replacement or a void is about that names none: days, lines, insurance and time."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cds_service.facts import fhir
from cds_service.facts.billed_anew import Bill, bill, billed_anew
from tests.facts.build import BILL, Json, case, claim, coded, item

DAYS = [f"2024-06-{day:02}" for day in (3, 4, 5, 6, 7)]


def made(name: str, kind: str, days: list[str], code: str = "77386", **more: Any) -> Json:
    """A hospital's bill of a code on these days."""
    lines = [item(code, n, day=day, quantity={"value": 1}) for n, day in enumerate(days, start=1)]
    period = {"start": min(days), "end": max(days)} if days else None
    told = {"subType": coded(kind, BILL), "billablePeriod": period, "created": "2024-07-01"}
    return claim(*lines, id=name, type="institutional") | told | more


def read(each: Json, linked: bool = False, asked: bool = False) -> Bill:
    found = fhir.decode(json.dumps(each).encode())
    assert isinstance(found, fhir.Claim)
    told = bill(each["id"], found, linked, asked)
    assert told is not None
    return told


def gone(*bills: Json) -> set[str]:
    found = [read(each) for each in bills]
    names = {each.name for each in billed_anew(found, lambda *_: True)}
    assert names == {each.name for each in billed_anew(found[::-1], lambda *_: True)}, "in any order"
    return names


def under(coverage: str) -> Json:
    return {"insurance": [{"focal": True, "coverage": {"reference": coverage}}]}


FIRST = made("a", "0131", DAYS)


@pytest.mark.parametrize(
    ("taker", "taken"),
    [
        (made("b", "0137", [*DAYS, "2024-06-10"]), True),
        (made("b", "0137", DAYS[1:]), True),
        (made("b", "0137", DAYS[:1]), True),
        (made("b", "0137", [*DAYS[:3], "2024-06-10", "2024-06-11", "2024-06-12"]), True),
        (made("b", "0137", [*DAYS[3:], "2024-06-10", "2024-06-11"]), False),
        (made("b", "0137", [*DAYS, "2024-06-10"], "77385"), False),
        (made("b", "0137", DAYS[1:], created="2024-06-30"), False),
        (made("b", "0137", DAYS[1:], created=None), True),
        (made("b", "0131", DAYS[1:]), False),
        (made("b", "0137", DAYS[1:], **under("Coverage/2")), True),
        (made("b", "0137", [*DAYS, "2024-06-10"], billablePeriod=None), False),
    ],
    ids=[
        "one day more",
        "one day less",
        "one day of five",
        "most of the older one",
        "half of both",
        "another code",
        "made before it",
        "nobody knows when",
        "no replacement",
        "insurance of one alone",
        "no days",
    ],
)
def test_a_replacement_that_adds_or_drops_days(taker: Json, taken: bool) -> None:
    assert gone(FIRST, taker) == ({"a"} if taken else set())


def test_a_replacement_of_other_days_takes_the_bill_that_is_most_like_it() -> None:
    other = made("c", "0131", ["2024-06-07", "2024-06-10"])
    assert gone(FIRST, other, made("b", "0137", [*DAYS, "2024-06-10"])) == {"a"}
    second = made("c", "0131", ["2024-06-10", "2024-06-11", "2024-06-12", "2024-06-13", "2024-06-14"])
    both = made("b", "0137", [*DAYS, "2024-06-10", "2024-06-11", "2024-06-12", "2024-06-13", "2024-06-14"])
    assert gone(FIRST, second, both) == set(), "it may be about the one or the other"


def test_a_bill_of_just_its_days_goes_before_one_of_others() -> None:
    wider = made("c", "0131", [*DAYS, "2024-06-10"])
    same = made("d", "0131", DAYS[:1], billablePeriod={"start": DAYS[0], "end": DAYS[-1]})
    assert gone(wider, same, made("b", "0137", DAYS)) == {"d"}


def test_each_of_several_replacements_takes_the_one_before_it() -> None:
    second = made("b", "0137", DAYS[:2], created="2024-08-01")
    third = made("c", "0137", [*DAYS, "2024-06-10"], created="2024-09-01")
    assert gone(FIRST, second, third) == {"a", "b"}
    assert gone(third, second) == {"b"}


def test_a_bill_of_another_insurance_is_not_what_is_replaced_or_taken_back() -> None:
    of = [under(f"Coverage/{n}") for n in (1, 2)]
    for kind, days in (("0137", DAYS[1:]), ("0138", DAYS)):
        assert gone(FIRST | of[0], made("b", kind, days, **of[1])) == set()
        assert gone(FIRST | of[0], made("b", kind, days, **of[0])) == {"a"}
        assert gone(FIRST | under("#own"), made("b", kind, days, **under("#other"))) == {"a"}, "own names"


def test_a_void_takes_back_the_last_bill_before_it() -> None:
    void = made("v", "0138", DAYS, created="2024-08-01")
    again = made("c", "0131", DAYS, created="2024-09-01")
    assert gone(FIRST, void, again) == {"a"}
    assert gone(FIRST, made("b", "0131", DAYS, created="2024-07-20"), void, again) == {"b"}
    assert gone(again, void) == set(), "it was made after the void"
    undated: Json = {"created": None}
    assert gone(
        *(made(f"n-{n}", kind, DAYS, **undated) for n, kind in ((9, "0131"), (10, "0138"), (11, "0131")))
    ) == {"n-9"}
    assert gone(made("z", "0131", DAYS, **undated), made("v", "0138", DAYS, **undated)) == {"z"}


def test_two_voids_take_back_two_bills() -> None:
    bills = [made("a", "0131", DAYS), made("b", "0131", DAYS, created="2024-07-02")]
    voids = [made(f"v{n}", "0138", DAYS, created=f"2024-08-0{n}") for n in (1, 2)]
    assert gone(*bills, voids[0]) == {"b"}
    assert gone(*bills, *voids) == {"a", "b"}


@pytest.mark.parametrize(
    "void",
    [
        made("v", "0138", DAYS[1:], billablePeriod={"start": DAYS[0], "end": DAYS[-1]}),
        made("v", "0138", DAYS, billablePeriod={"start": DAYS[0], "end": "2024-06-10"}),
        made("v", "0138", DAYS, billablePeriod=None),
        made("v", "0138", DAYS, "77385"),
        made("v", "0138", [], billablePeriod={"start": DAYS[0], "end": DAYS[-1]}),
    ],
    ids=["fewer lines", "other days", "no days", "other codes", "no lines"],
)
def test_a_void_of_other_lines_or_days_says_nothing(void: Json) -> None:
    assert gone(FIRST, void) == set()


def test_who_names_the_claim_is_about_that_one() -> None:
    for kind in ("0137", "0138"):
        bills = [read(FIRST), read(made("b", kind, DAYS), linked=True)]
        assert billed_anew(bills, lambda *_: True) == []


def test_only_bills_that_may_be_of_one_biller_are_compared() -> None:
    bills = [read(FIRST), read(made("b", "0137", DAYS)), read(made("c", "0138", DAYS[1:]))]
    assert billed_anew(bills, lambda *_: False) == []


def test_what_is_under_review_is_never_what_an_earlier_bill_is_about() -> None:
    reviewed = made("c9", "0131", [*DAYS, "2024-06-10", "2024-06-11"])
    for kind, taker in (
        ("replacement", made("b", "0137", [*DAYS, "2024-06-10"], created=None)),
        ("void", made("b", "0138", [*DAYS, "2024-06-10", "2024-06-11"], created=None)),
    ):
        found = billed_anew([read(FIRST), read(reviewed, asked=True), read(taker)], lambda *_: True)
        assert [each.name for each in found] == (["a"] if kind == "replacement" else []), kind


def history(reviewed: Json, *beside: Json) -> list[str]:
    found = case(reviewed, beside=list(beside)).history
    return sorted({line.resource for line in found})


def test_in_the_hook_a_void_takes_back_an_earlier_bill_and_never_the_one_under_review() -> None:
    void = made("v", "0138", DAYS, created="2024-08-01")
    again = made("c9", "0131", DAYS, created="2024-07-15")
    assert history(again, FIRST) == ["Claim/a"]
    assert history(again, FIRST, void) == []
    assert history(made("c9", "0131", DAYS[:1]), FIRST, void) == []
    of = {"provider": {"reference": "Organization/one"}}, {"provider": {"reference": "Organization/two"}}
    assert history(again, FIRST | of[0], void | of[1]) == ["Claim/a"]


def insured(payer: str, number: str = "") -> Json:
    """Insurance that the bill contains, as readers of tables write it."""
    organization: Json = {"resourceType": "Organization", "id": "payer", "name": payer}
    if number:
        organization["identifier"] = [{"value": number}]
    held = {"resourceType": "Coverage", "id": "cover", "payor": [{"reference": "#payer"}]}
    return {"contained": [organization, held]} | under("#cover")


@pytest.mark.parametrize(
    ("payer", "taken"),
    [
        (insured("Medicare"), True),
        (insured("MEDICARE"), True),
        (insured("Aetna"), False),
        (under("Coverage/1"), True),
        ({}, True),
    ],
    ids=["one payer", "spelt otherwise", "another payer", "told in another way", "not told"],
)
@pytest.mark.parametrize("kind", ["0137", "0138"])
def test_a_bill_takes_back_one_of_its_own_insurance(kind: str, payer: Json, taken: bool) -> None:
    assert gone(made("a", "0131", DAYS, **payer), made("b", kind, DAYS, **insured("Medicare"))) == (
        {"a"} if taken else set()
    )


def test_a_payer_is_known_by_its_number_before_its_name() -> None:
    taker = made("b", "0138", DAYS, **insured("Medicare", "00590"))
    assert gone(made("a", "0131", DAYS, **insured("First Coast", "00590")), taker) == {"a"}
    assert gone(made("a", "0131", DAYS, **insured("Medicare", "00591")), taker) == set()


def paid_by(**payor: Any) -> Json:
    """Insurance whose payer is not contained."""
    return {"contained": [{"resourceType": "Coverage", "id": "cover", "payor": [payor]}]} | under("#cover")


@pytest.mark.parametrize(
    ("one", "other", "taken"),
    [
        (paid_by(display="Medicare"), paid_by(display="medicare"), True),
        (paid_by(display="Medicare"), paid_by(display="Aetna"), False),
        (paid_by(identifier={"value": "1"}), paid_by(identifier={"value": "1"}, display="M"), True),
        (paid_by(identifier={"value": "1"}), paid_by(identifier={"value": "2"}), False),
        (paid_by(reference="Organization/1"), paid_by(reference="Organization/2"), False),
    ],
    ids=["one name", "two names", "one number", "two numbers", "two references"],
)
def test_a_payer_may_be_shown_numbered_or_referred_to(one: Json, other: Json, taken: bool) -> None:
    assert gone(made("a", "0131", DAYS, **one), made("b", "0138", DAYS, **other)) == (
        {"a"} if taken else set()
    )


def test_an_insurance_that_is_not_the_focal_one_says_nothing() -> None:
    named = [{"focal": True, "coverage": {"reference": "Coverage/1"}}]
    second = {"focal": False, "coverage": {"reference": "Coverage/2"}}
    first = made("a", "0131", DAYS, insurance=[*named, second])
    assert gone(first, made("b", "0138", DAYS, **under("Coverage/2"))) == set()
    assert gone(first, made("b", "0138", DAYS, **under("Coverage/1"))) == {"a"}


def test_of_several_bills_of_its_days_a_replacement_takes_the_one_with_most_of_its_lines() -> None:
    few = made("c", "0131", DAYS, "77373")
    few["item"].append(item("77386", 9, day=DAYS[0], quantity={"value": 1}))
    assert gone(FIRST, few, made("b", "0137", DAYS)) == {"a"}
    assert gone(FIRST, made("c", "0131", DAYS), made("b", "0137", DAYS)) == {"a", "c"}


def with_line(bill_: Json, code: Json | None) -> Json:
    """The bill with one more line, which has no date."""
    last = item("77386", 9) | {"productOrService": code}
    last.pop("servicedDate", None)
    return bill_ | {"item": [*bill_["item"], last]}


NO_CODE = {
    "coding": [
        {"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "not-applicable"}
    ]
}


@pytest.mark.parametrize(
    ("line", "taken"),
    [
        (None, True),
        (NO_CODE, True),
        ({"coding": [{"system": "https://www.nubc.org/CodeSystem/RevenueCodes", "code": "0001"}]}, True),
        (coded("77014"), False),
        (coded("g6002-26"), False),
        ({"text": "GUIDANCE"}, False),
    ],
    ids=["no code", "absent reason", "revenue code", "a service", "a service with modifier", "a text"],
)
def test_a_total_without_a_date_keeps_no_void_from_the_bill_that_it_takes_back(
    line: Json | None, taken: bool
) -> None:
    void = made("b", "0138", DAYS)
    assert gone(with_line(FIRST, line), with_line(void, line)) == ({"a"} if taken else set())
    assert gone(with_line(FIRST, line), void) == ({"a"} if taken else set())


def test_a_line_with_a_date_counts_whatever_it_names() -> None:
    """A drug under a revenue code alone: the void took back another bill."""
    drug = item("77386", 9, day="2024-06-05") | {"productOrService": NO_CODE}
    with_drug = FIRST | {"item": [*FIRST["item"], drug]}
    assert gone(with_drug, made("b", "0138", DAYS)) == set()
    assert gone(with_drug, made("b", "0138", DAYS) | {"item": with_drug["item"]}) == {"a"}
