"""What a claim bills and what was paid for it: read only for claims on which something was found."""

from __future__ import annotations

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
_PAID = ("benefit", "paidtoprovider")
"""Adjudication categories that say what was paid: HL7's and CARIN Blue Button's."""


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
    if item.net and item.net.value is not None and item.net.value.is_finite():
        return item.net.value, item.net.currency or ""
    price = item.unitPrice
    if price is None or price.value is None or not price.value.is_finite():
        return None, ""
    count = item.quantity.value if item.quantity and item.quantity.value is not None else Decimal(1)
    factor = item.factor if item.factor is not None else Decimal(1)
    return price.value * count * factor, price.currency or ""


def _paid(item: _Item) -> Decimal | None:
    for category in _PAID:
        found = [
            a.amount.value
            for a in item.adjudication
            if a.amount
            and a.amount.value is not None
            and a.category
            and any(c.code == category for c in a.category.coding)
        ]
        if found:
            return sum(found, Decimal(0))
    return None


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
