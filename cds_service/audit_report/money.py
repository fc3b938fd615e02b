"""Sums of billed amounts, exact and by currency."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal, InvalidOperation

NONE = Decimal(0)
_LARGEST = Decimal(10) ** 12


class Money:
    """Amounts added up by currency. A sum over several currencies does not exist."""

    __slots__ = ("_sums",)

    def __init__(self) -> None:
        self._sums: dict[str, Decimal] = defaultdict(Decimal)

    def add(self, amount: Decimal, currency: str) -> None:
        """Add an amount."""
        if amount:
            self._sums[currency] += amount

    def of(self, currency: str) -> Decimal:
        """The sum in one currency."""
        return self._sums.get(currency, NONE)

    def currencies(self) -> list[str]:
        """Those that occur, the one with most money first."""
        return sorted(self._sums, key=lambda c: (-self._sums[c], c))


def amount(text: str | None) -> Decimal | None:
    """The amount of a row; None when it states none, or one that no claim can have."""
    if not text:
        return None
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) < _LARGEST else None


def shown(value: Decimal, currency: str, cents: bool = False) -> str:
    """An amount in words a biller uses: $1,234 or 1,234 EUR."""
    text = f"{value:,.2f}" if cents else f"{value.quantize(Decimal(1)):,}"
    if currency in ("USD", ""):
        return f"-${text[1:]}" if text.startswith("-") else f"${text}"
    return f"{text} {currency}"
