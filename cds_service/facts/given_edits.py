"""Imported edits written down by hand, beside a case: the member `edits` of `given`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from cds_service.facts.edits import (
    COUNTED,
    EditIndex,
    Edition,
    PairEdit,
    PairEdition,
    UnitEdit,
    UnitEdition,
    pair_table,
    unit_table,
)
from cds_service.facts.given import CaseError

_QUARTER = "2026Q4"
_INDICATORS = frozenset({"0", "1"})
_BY_INDICATOR = dict(zip("123", COUNTED, strict=True))


def build_edits(given: Mapping[str, Any]) -> EditIndex:
    """The tables that `given.edits` describes, each answering for the days `from` to `through`, else for all.

    Raises:
        CaseError: for a table that cannot be read.
    """
    pairs: list[PairEdition] = []
    units: list[UnitEdition] = []
    for raw in given.get("edits", ()):
        edition = Edition(
            programme=raw.get("programme", "medicare"),
            setting=raw.get("setting", _setting(given)),
            quarter=raw.get("edition", _QUARTER),
            first=_day(raw.get("from"), date.min),
            last=_day(raw.get("through"), date.max),
        )
        if "pairs" in raw:
            pairs.append(pair_table(edition, [_pair(row.split()) for row in raw["pairs"]]))
        if "units" in raw:
            units.append(unit_table(edition, [_unit(row.split()) for row in raw["units"]]))
    return EditIndex(tuple(pairs), tuple(units))


def _setting(given: Mapping[str, Any]) -> str:
    return "outpatient-hospital" if given.get("claim_type") == "institutional" else "practitioner"


def _pair(words: Sequence[str]) -> PairEdit:
    if len(words) not in (3, 4, 5) or words[2] not in _INDICATORS:
        raise CaseError(
            f"`edits` has the pair {' '.join(words)!r}. Write column 1, column 2, 0 or 1, and days if they matter: "
            "77373 G6002 0 2015-01-01 2025-12-31."
        )
    one, two, indicator, *days = words
    first = _day(days[0], date.min) if days else date.min
    last = _day(days[1], date.max) if len(days) > 1 else None
    return PairEdit(one, two, first, last, indicator, "coding instructions")


def _unit(words: Sequence[str]) -> UnitEdit:
    if len(words) != 3 or not words[1].isdecimal() or words[2] not in _BY_INDICATOR:
        raise CaseError(
            f"`edits` has the limit {' '.join(words)!r}. Write code, units and adjudication indicator: 77387 1 3."
        )
    return UnitEdit(words[0], int(words[1]), _BY_INDICATOR[words[2]], "nature of the service")


def _day(text: str | None, default: date) -> date:
    if text is None:
        return default
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CaseError(f"{text!r} is no date. Write YYYY-MM-DD.") from None
