"""Amounts as claims and their answers state them: decimal, and None where nobody does."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.audit.amounts import amounts_of, written


def claim(*items: dict[str, object]) -> bytes:
    return msgspec.json.encode({"item": items})


def usd(value: float) -> dict[str, object]:
    return {"value": value, "currency": "USD"}


def test_tenths_add_up() -> None:
    found = amounts_of(b'{"item":[' + b",".join([b'{"net":{"value":0.1,"currency":"USD"}}'] * 3) + b"]}")
    assert found.of_lines([0, 1, 2]) == (Decimal("0.3"), None, "USD")


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (({"net": usd(5)}, {}), (None, None, "")),
        (({"net": usd(5)}, {"net": {"value": 5, "currency": "EUR"}}), (None, None, "")),
        (({"unitPrice": usd(5), "quantity": {"value": 3}}, {"net": usd(1)}), (Decimal(16), None, "USD")),
        (({"unitPrice": usd(5), "factor": 0.5}, {"net": usd(1)}), (Decimal("3.5"), None, "USD")),
        (({"net": {"value": "five"}}, {"net": usd(1)}), (None, None, "")),
    ],
)
def test_what_is_not_stated_is_not_made_up(items: tuple[dict[str, object], ...], expected: object) -> None:
    assert amounts_of(claim(*items)).of_lines([0, 1]) == expected


@pytest.mark.parametrize("items", [({"net": {"value": "five"}},), ({"net": 5},)])
def test_a_claim_whose_amounts_cannot_be_read_states_none(items: tuple[dict[str, object], ...]) -> None:
    assert amounts_of(claim(*items)).of_lines([0]) == (None, None, "")


def stated(code: str, *amounts: dict[str, object]) -> list[dict[str, object]]:
    category = {"coding": [{"code": code}]}
    return [{"category": category, "amount": amount} for amount in amounts]


def test_what_was_submitted_in_two_currencies_has_no_sum() -> None:
    two = stated("submitted", usd(5), {"value": 5, "currency": "EUR"})
    assert amounts_of(claim({"adjudication": two})).of_lines([0]) == (None, None, "")


@pytest.mark.parametrize(
    "code",
    [
        *("benefit", "paidtoprovider", "line_nch_pmt_amt", "line_prvdr_pmt_amt"),
        *("rev_cntr_prvdr_pmt_amt", "rev_cntr_pmt_amt_amt"),
    ],
)
def test_payers_call_what_they_paid_differently(code: str) -> None:
    paid = stated(code, usd(3), usd(4))
    assert amounts_of(claim({"adjudication": paid})).paid == (Decimal(7),)
    if code != "benefit":
        assert amounts_of(claim({"adjudication": [*paid, *stated("benefit", usd(1))]})).paid == (Decimal(1),)


def answer(created: str, *items: tuple[list[int], float]) -> bytes:
    category = {"coding": [{"code": "benefit"}]}
    made = [
        {"itemSequence": named, "adjudication": [{"category": category, "amount": usd(paid)}]}
        for named, paid in items
    ]
    return msgspec.json.encode({"created": created, "item": made})


def test_the_last_answer_counts_by_the_items_that_it_names() -> None:
    own = claim({"sequence": 7, "net": usd(5)}, {"sequence": 9, "net": usd(6)})
    old, new = answer("2024-01-01", ([7], 1.0)), answer("2024-02-01", ([9], 2.5), ([7], 0))
    for answers in ([old, new], [new, old]):
        assert amounts_of(own, answers).paid == (Decimal(0), Decimal("2.5"))


def test_an_answer_without_a_day_gives_way_to_one_with_a_day() -> None:
    own = claim({"sequence": 1, "net": usd(5)})
    undated = msgspec.json.encode({"item": msgspec.json.decode(answer("", ([1], 9.0)))["item"]})
    for answers in ([undated, answer("2024", ([1], 2.5))], [answer("2024", ([1], 2.5)), undated]):
        assert amounts_of(own, answers).paid == (Decimal("2.5"),)


def test_of_what_an_answer_states_only_the_benefit_was_paid() -> None:
    stated = [
        ("submitted", 185.0),
        ("eligible", 120.0),
        ("benefit", 80.0),
        ("benefit", 0.1),
        ("deductible", 20.0),
    ]
    adjudication: list[dict[str, object]] = [
        {"category": {"coding": [{"code": code}]}, "amount": usd(amount)} for code, amount in stated
    ]
    bare: list[dict[str, object]] = [{"amount": usd(7)}, {"category": {"coding": [{"code": "benefit"}]}}]
    own = {"sequence": 3, "net": usd(185), "adjudication": [*adjudication, *bare]}
    assert amounts_of(claim(own)).paid == (Decimal("80.1"),)
    assert amounts_of(claim({"net": usd(185), "adjudication": adjudication[:2]})).paid == (None,)


def test_an_answer_that_names_no_items_goes_by_their_numbers_else_by_their_order() -> None:
    own = claim({"sequence": 7, "net": usd(5)}, {"sequence": 9, "net": usd(6)})
    paid = [{"category": {"coding": [{"code": "benefit"}]}, "amount": usd(amount)} for amount in (1, 2)]
    by_number = [{"sequence": 9, "adjudication": paid[:1]}, {"sequence": 7, "adjudication": paid[1:]}]
    found = amounts_of(own, [msgspec.json.encode({"created": "2024", "item": by_number})])
    assert found.paid == (Decimal(2), Decimal(1))
    unnumbered = [{"adjudication": paid[:1]}, {"adjudication": paid[1:]}]
    found = amounts_of(claim({}, {}), [msgspec.json.encode({"created": "2024", "item": unnumbered})])
    assert found.paid == (Decimal(1), Decimal(2))


def test_a_price_without_a_value_states_no_amount() -> None:
    found = amounts_of(
        claim({"unitPrice": {"currency": "USD"}, "quantity": {"value": 3}}, {"net": {"value": 5}})
    )
    assert (found.billed, found.currencies) == ((None, Decimal(5)), ("", ""))
    priced = amounts_of(claim({"unitPrice": {"value": 2}, "quantity": {"value": 3}}))
    assert priced.of_lines([0]) == (Decimal(6), None, "")


def test_an_answer_to_several_items_at_once_does_not_say_what_each_got() -> None:
    own = claim(
        {"sequence": 1, "net": usd(5)}, {"sequence": 2, "net": usd(6)}, {"sequence": 3, "net": usd(7)}
    )
    assert amounts_of(own, [answer("2024", ([1, 2], 4.0), ([3], 1.0))]).paid == (None, None, Decimal(1))


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**9), max_value=10**9))
def test_amounts_are_written_with_their_cents(amount: Decimal) -> None:
    text = written(amount)
    assert text is not None
    assert Decimal(text) == amount
    assert text[-3] == "."


@pytest.mark.parametrize("value", ["1e999999", "-1e99999999", "1e-9999999", "1e18"])
@pytest.mark.parametrize("member", ["net", "unitPrice", "quantity", "factor", "adjudication"])
def test_an_amount_of_more_digits_than_money_has_is_none(value: str, member: str) -> None:
    category = '"category":{"coding":[{"code":"benefit"}]}'
    members = {
        "net": '"net":{"value":%s}',
        "unitPrice": '"unitPrice":{"value":%s}',
        "quantity": '"unitPrice":{"value":1},"quantity":{"value":%s}',
        "factor": '"unitPrice":{"value":1},"factor":%s',
        "adjudication": f'"adjudication":[{{{category},"amount":{{"value":%s}}}}]',
    }
    found = amounts_of(b'{"item":[{%s}]}' % (members[member] % value).encode())
    assert (found.billed, found.paid) == ((None,), (None,))


def test_what_was_submitted_is_billed_where_no_net_stands() -> None:
    """As CARIN Blue Button states it, and Medicare's exports; the code may be a variable's name."""
    raw = b"""{"item": [
        {"adjudication": [
            {"category": {"coding": [{"code": "eligible"}]}, "amount": {"value": 90, "currency": "USD"}},
            {"category": {"coding": [{"code": "submitted"}]}, "amount": {"value": 125.40, "currency": "USD"}}]},
        {"net": {"value": 7, "currency": "USD"}, "adjudication": [
            {"category": {"coding": [{"code": "submitted"}]}, "amount": {"value": 8, "currency": "USD"}}]},
        {"adjudication": [
            {"category": {"coding": [{"code": "https://example.org/variables/line_sbmtd_chrg_amt"}]},
             "amount": {"value": 3, "currency": "USD"}},
            {"category": {"coding": [{"code": "https://example.org/variables/line_prvdr_pmt_amt"}]},
             "amount": {"value": 2.4, "currency": "USD"}}]}
    ]}"""
    found = amounts_of(raw)
    assert found.billed == (Decimal("125.40"), Decimal(7), Decimal(3))
    assert found.currencies == ("USD", "USD", "USD")
    assert found.paid == (None, None, Decimal("2.4"))


def test_of_a_hospitals_line_in_medicares_exports_only_its_charge_was_billed() -> None:
    """Rate, charge and payment are all three coded as submitted there (Blue Button API, version 2)."""

    def said(code: str, variable: str, amount: float) -> dict[str, object]:
        names = [code, f"https://bluebutton.cms.gov/resources/variables/{variable}"]
        return {"category": {"coding": [{"code": name} for name in names]}, "amount": usd(amount)}

    charge = said("submitted", "rev_cntr_tot_chrg_amt", 999.85)
    others = [
        said("submitted", "rev_cntr_rate_amt", 5),
        said("submitted", "rev_cntr_pmt_amt_amt", 210),
        said("paidtoprovider", "rev_cntr_prvdr_pmt_amt", 200),
    ]
    found = amounts_of(claim({"adjudication": [*others, charge]}, {"adjudication": others[:2]}))
    assert found.billed == (Decimal("999.85"), None)
    assert found.paid == (Decimal(200), Decimal(210))
    alone = claim(
        {"adjudication": [*stated("rev_cntr_tot_chrg_amt", usd(7)), *stated("rev_cntr_rate_amt", usd(1))]}
    )
    assert amounts_of(alone).billed == (Decimal(7),)
