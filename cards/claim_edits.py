"""The remedies (rulebook 1.6) on a FHIR R4 Claim. Amounts are left as they are; the card says so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from cards.claim_items import lay_out, modifier_concept, modifiers_of, received_item
from cards.codes import (
    COMPONENTS,
    CodeText,
    keeping_spelling,
    parse,
    set_component,
    system_of,
    with_modifier,
    without_modifier,
)
from cards.draft import Draft, Unsafe, entries_of
from cards.limits import Json
from cards.protocol import LineLike, RemedyLike
from cards.recode import chosen_lines, rewrite, the_code, with_layout

_SUPPORTING: Final = "urn:igrt-cds:supporting-info"
_PARTIAL: Final = re.compile(r"[0-9]{4}(-[0-9]{2})?")
_COPIED: Final = (
    "careTeamSequence",
    "diagnosisSequence",
    "locationCodeableConcept",
    "locationAddress",
    "locationReference",
    "encounter",
)
"""What a new line takes over from the line of its date; no revenue code, supporting information or amount."""


def _coded(draft: Draft, remedy: RemedyLike, line: LineLike) -> tuple[Json, list[tuple[int, CodeText]]]:
    """The item of `line`, ready to be changed, and its codings that say the remedy's code."""
    index, _ = received_item(draft, line)
    item = draft.entry("item", index)
    return item, the_code(item.get("productOrService"), remedy.code)


def _all_modifiers(beside: Sequence[str], said: Sequence[tuple[int, CodeText]]) -> set[str]:
    return {*beside, *(modifier for _, code in said for modifier in code.modifiers)}


def replace(draft: Draft, remedy: RemedyLike, lines: Sequence[LineLike], option: str) -> None:
    """Report `to` in place of `code`; component modifiers become those of `to`, others stay."""
    target = parse(remedy.to)
    if target is None:
        raise Unsafe
    for line in chosen_lines(remedy, lines):
        item, said = _coded(draft, remedy, line)
        written, beside = said[0][1].modifiers, modifiers_of(item)
        in_code = bool(written) and not any(m in COMPONENTS for m in beside)
        for_code = [m for m in target.modifiers if in_code and m not in beside]
        for_item = [m for m in target.modifiers if not in_code and (m in COMPONENTS or m not in written)]

        def change(old: CodeText, new: str = target.code, wanted: Sequence[str] = for_code) -> CodeText:
            kept = with_layout(old, set_component(old.modifiers, wanted))
            return CodeText(new, kept.modifiers, kept.mark)

        rewrite(item["productOrService"], said, change)
        lay_out(draft, item, set_component(beside, for_item))


def add_modifier(draft: Draft, remedy: RemedyLike, lines: Sequence[LineLike], option: str) -> None:
    """Add `modifier`, written as the line's other modifiers are."""
    for line in chosen_lines(remedy, lines):
        item, said = _coded(draft, remedy, line)
        beside = modifiers_of(item)
        if not remedy.modifier or remedy.modifier in _all_modifiers(beside, said):
            raise Unsafe
        if said[0][1].modifiers:
            rewrite(
                item["productOrService"],
                said,
                lambda code: with_layout(code, with_modifier(code.modifiers, remedy.modifier)),
            )
        else:
            lay_out(draft, item, with_modifier(beside, remedy.modifier))


def remove_modifier(draft: Draft, remedy: RemedyLike, lines: Sequence[LineLike], option: str) -> None:
    """Take `modifier` off, wherever it is written."""
    for line in chosen_lines(remedy, lines):
        item, said = _coded(draft, remedy, line)
        beside = modifiers_of(item)
        if not remedy.modifier or remedy.modifier not in _all_modifiers(beside, said):
            raise Unsafe
        rewrite(
            item["productOrService"],
            said,
            lambda code: with_layout(code, without_modifier(code.modifiers, remedy.modifier)),
        )
        lay_out(draft, item, without_modifier(beside, remedy.modifier))


def remove_line(draft: Draft, remedy: RemedyLike, lines: Sequence[LineLike], option: str) -> None:
    """Drop the item; the others keep their sequence. An item with details of its own is left to a person."""
    for line in chosen_lines(remedy, lines):
        index, item = received_item(draft, line)
        the_code(item.get("productOrService"), remedy.code)
        if item.get("detail"):
            raise Unsafe
        draft.drop("item", index)


def add_line(draft: Draft, remedy: RemedyLike, lines: Sequence[LineLike], option: str) -> None:
    """One unit of `code` (`CODE` or `CODE-MOD`) on each date of the finding, without a price."""
    new = parse(remedy.code)
    by_date: dict[str, LineLike] = {}
    for line in lines:
        by_date.setdefault(line.date, line)
    if new is None or not by_date:
        raise Unsafe
    for day, line in by_date.items():
        _, item = received_item(draft, line)
        if _several_days(item, day) or _month_or_year(draft, item, day) or not _is_day(day):
            raise Unsafe
        said = the_code(item.get("productOrService"), line.code)
        draft.append("item", _new_item(draft, item, said[0], new, day))


def _several_days(item: Json, day: str) -> bool:
    period = item.get("servicedPeriod")
    return isinstance(period, dict) and str(period.get("end", ""))[:10] not in ("", day)


def _month_or_year(draft: Draft, item: Json, day: str) -> bool:
    """Whether the date that the line goes by is a month or a year, so that its day is not known."""
    periods = (item.get("servicedPeriod"), draft.received.get("billablePeriod"))
    starts = [each.get("start") for each in periods if isinstance(each, dict)]
    texts = [text.strip() for text in (item.get("servicedDate"), *starts) if isinstance(text, str)]
    told = next((text for text in texts if _PARTIAL.fullmatch(text) or text.startswith(day)), "")
    return bool(_PARTIAL.fullmatch(told))


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _new_item(draft: Draft, beside: Json, said: tuple[int, CodeText], new: CodeText, day: str) -> Json:
    index, code = said
    system = keeping_spelling(system_of(new.code), beside["productOrService"]["coding"][index].get("system"))
    made: Json = {"sequence": draft.next_sequence("item")}
    made |= {name: beside[name] for name in _COPIED if name in beside}
    written = CodeText(new.code, new.modifiers, code.mark) if code.modifiers else CodeText(new.code)
    made["productOrService"] = {"coding": [{"system": system, "code": str(written)}]}
    if new.modifiers and not code.modifiers:
        made["modifier"] = [modifier_concept(draft, modifier) for modifier in new.modifiers]
    return made | {"servicedDate": day, "quantity": {"value": 1}}


def reduce_units(draft: Draft, remedy: RemedyLike, lines: Sequence[LineLike], option: str) -> None:
    """Set the quantity to `to`; only ever downwards, and never to nothing."""
    for line in chosen_lines(remedy, lines):
        item, _ = _coded(draft, remedy, line)
        set_units(item.get("quantity"), remedy)


def set_units(quantity: Any, remedy: RemedyLike) -> None:
    """Set the value of a Quantity to the remedy's number of units.

    Raises:
        Unsafe: the quantity is no number above it, or it is less than one unit.
    """
    sent = quantity.get("value") if isinstance(quantity, dict) else None
    allowed = remedy.to
    if not isinstance(allowed, int) or not isinstance(sent, int | float | Decimal) or not 1 <= allowed < sent:
        raise Unsafe
    quantity["value"] = allowed


def attest(draft: Draft, remedy: RemedyLike, lines: Sequence[LineLike], option: str) -> None:
    """State the fact `option` as supporting information (contract section 3)."""
    kind = remedy.action.removeprefix("attest-")
    fact = {"system": f"urn:igrt-cds:{kind}", "code": option}
    for entry in entries_of(draft.received.get("supportingInfo")):
        concept = entry.get("code") if isinstance(entry, dict) else None
        codings = entries_of(concept.get("coding")) if isinstance(concept, dict) else []
        if any(isinstance(c, dict) and fact.items() <= c.items() for c in codings):
            raise Unsafe
    draft.append(
        "supportingInfo",
        {
            "sequence": draft.next_sequence("supportingInfo"),
            "category": {"coding": [{"system": _SUPPORTING, "code": kind}]},
            "code": {"coding": [fact]},
        },
    )
