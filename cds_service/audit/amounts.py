"""What a claim bills and what was paid for it: read only for claims on which something was found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import msgspec


class _Money(msgspec.Struct):
    value: Decimal | None = None
    currency: str | None = None


class _Quantity(msgspec.Struct):
    value: Decimal | None = None


class _Coding(msgspec.Struct):
    code: str | None = None


class _Concept(msgspec.Struct):
    coding: list[_Coding] = []


class _Adjudication(msgspec.Struct):
    category: _Concept | None = None
    amount: _Money | None = None


class _Item(msgspec.Struct):
    sequence: int | None = None
    itemSequence: list[int] = []
    net: _Money | None = None
    unitPrice: _Money | None = None
    quantity: _Quantity | None = None
    factor: Decimal | None = None
    adjudication: list[_Adjudication] = []


class _Claim(msgspec.Struct):
    created: str | None = None
    status: str | None = None
    item: list[_Item] = []


_DECODER = msgspec.json.Decoder(_Claim)
_SUBMITTED = ("submitted", "line_sbmtd_chrg_amt", "rev_cntr_tot_chrg_amt")
_PAID = (
    *("benefit", "paidtoprovider", "line_nch_pmt_amt", "line_prvdr_pmt_amt"),
    *("rev_cntr_prvdr_pmt_amt", "rev_cntr_pmt_amt_amt"),
)
"""Adjudication categories that say what was billed and what was paid: HL7's, CARIN Blue Button's, and the names of
Medicare's claim variables, which stand alone in older exports. In newer ones they stand beside HL7's."""
_NO_CHARGES = frozenset({"rev_cntr_rate_amt", "rev_cntr_pmt_amt_amt"})
"""What Medicare calls submitted too on a hospital's line: the rate of a unit, and what was paid."""
_ITEM = re.compile(r"\.item\[([0-9]+)\]")
_DIGITS = 18
"""Digits before and after the point of an amount that is one; `1e999999` is written in few bytes, and printed in a
million."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """Amounts by the position of an item in the claim; None where nobody states one."""

    billed: tuple[Decimal | None, ...] = ()
    currencies: tuple[str, ...] = ()
    paid: tuple[Decimal | None, ...] = ()

    def of_lines(self, items: Iterable[int]) -> tuple[Decimal | None, Decimal | None, str]:
        """Sum billed, sum paid and currency of several items; None when one of them states none or they differ."""
        positions = sorted(set(items))
        if not positions or positions[-1] >= len(self.billed):
            return None, None, ""
        currencies = {self.currencies[n] for n in positions}
        if len(currencies) > 1:
            return None, None, ""
        return (
            _sum([self.billed[n] for n in positions]),
            _sum([self.paid[n] for n in positions]),
            currencies.pop(),
        )


def item_of(path: str) -> int | None:
    """The position of the item that the FHIR path of a line names."""
    match = _ITEM.search(path)
    return int(match[1]) if match else None


def amounts_of(claim: bytes, answers: Sequence[bytes] = ()) -> Amounts:
    """The amounts of a Claim or ExplanationOfBenefit; `answers` are ExplanationsOfBenefit of the claim.

    Of several answers the last one counts: it takes the place of those before.
    """
    own = _decoded(claim)
    if own is None:
        return Amounts()
    paid: list[Decimal | None] = [_paid(item) for item in own.item]
    answer = max(filter(None, map(_decoded, answers)), key=lambda a: a.created or "", default=None)
    if answer is not None:
        by_sequence = _by_sequence(answer)
        paid = [
            by_sequence.get(item.sequence if item.sequence is not None else n)
            for n, item in enumerate(own.item, start=1)
        ]
    billed = [_billed(item) for item in own.item]
    return Amounts(
        tuple(amount for amount, _ in billed), tuple(currency for _, currency in billed), tuple(paid)
    )


def written(amount: Decimal | None) -> str | None:
    """An amount as a decimal string with at least two places."""
    if amount is None:
        return None
    exponent = amount.as_tuple().exponent
    places = -exponent if isinstance(exponent, int) else 0
    return f"{amount:.{max(places, 2)}f}"


def _decoded(raw: bytes) -> _Claim | None:
    try:
        return _DECODER.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None  # amounts of the wrong form are amounts that nobody states


def _billed(item: _Item) -> tuple[Decimal | None, str]:
    """The item's net; else what its adjudication says was submitted, as payers' exports state it; else its price."""
    net = _amount(item.net)
    if net is not None and item.net:
        return net, item.net.currency or ""
    stated = _adjudicated(item, _SUBMITTED)
    if stated:
        currencies = {money.currency or "" for money in stated}
        total = sum((money.value for money in stated if money.value is not None), Decimal(0))
        return (total, currencies.pop()) if len(currencies) == 1 else (None, "")
    price = _amount(item.unitPrice)
    count = item.quantity.value if item.quantity and item.quantity.value is not None else Decimal(1)
    factor = item.factor if item.factor is not None else Decimal(1)
    if price is None or not item.unitPrice or not (_is_amount(count) and _is_amount(factor)):
        return None, ""
    return price * count * factor, item.unitPrice.currency or ""


def _paid(item: _Item) -> Decimal | None:
    stated = _adjudicated(item, _PAID)
    return sum((money.value for money in stated if money.value is not None), Decimal(0)) if stated else None


def _adjudicated(item: _Item, categories: Sequence[str]) -> list[_Money]:
    """The amounts of the first of the categories that the item has any of."""
    for category in categories:
        found = [
            each.amount
            for each in item.adjudication
            if each.amount
            and _amount(each.amount) is not None
            and category in (names := _names(each))
            and (category != "submitted" or _NO_CHARGES.isdisjoint(names))
        ]
        if found:
            return found
    return []


def _names(each: _Adjudication) -> set[str]:
    """What an adjudication is of, in every system that it is coded in."""
    return {(c.code or "").rpartition("/")[2] for c in each.category.coding} if each.category else set()


def _amount(money: _Money | None) -> Decimal | None:
    return money.value if money and money.value is not None and _is_amount(money.value) else None


def _is_amount(value: Decimal) -> bool:
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -_DIGITS and value.adjusted() < _DIGITS


def _by_sequence(answer: _Claim) -> dict[int, Decimal | None]:
    """Paid by the claim's item; an answer to several items at once does not say what each got."""
    found: dict[int, Decimal | None] = {}
    for number, item in enumerate(answer.item, start=1):
        named = item.itemSequence or [item.sequence if item.sequence is not None else number]
        paid = _paid(item) if len(named) == 1 else None
        for sequence in named:
            before = found.get(sequence, Decimal(0))
            found[sequence] = None if paid is None or before is None else before + paid
    return found


def _sum(amounts: Sequence[Decimal | None]) -> Decimal | None:
    known = [a for a in amounts if a is not None]
    return sum(known, Decimal(0)) if len(known) == len(amounts) else None
