"""The remedies (rulebook 1.6) on a FHIR R4 ServiceRequest, whose modifiers stand in the code's own text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from cards.claim_edits import set_units
from cards.codes import CodeText, parse, set_component, with_modifier, without_modifier
from cards.draft import DROPPED, Draft, Unsafe, entries_of
from cards.limits import Json
from cards.protocol import LineLike, RemedyLike
from cards.recode import chosen_lines, codes_in, is_billing, rewrite, the_code, with_layout

_PATH: Final = re.compile(r"ServiceRequest\.code\.coding\[([0-9]{1,5})\]")
_INDICATION: Final = "urn:igrt-cds:indication"


def _coded(
    draft: Draft, remedy: RemedyLike, lines: Sequence[LineLike]
) -> tuple[Json, list[tuple[int, CodeText]]]:
    """The order's code, ready to be changed, and its codings that say the remedy's code."""
    concept = draft.member("code")
    said = [(index, code) for index, code in codes_in(concept) if code.code == remedy.code]
    indexes = {index for index, _ in said}
    for line in chosen_lines(remedy, lines):
        found = _PATH.fullmatch(line.path)
        if found is None or int(found[1]) not in indexes:
            raise Unsafe
    ready: Json = concept
    return ready, said


def _recode(
    draft: Draft, remedy: RemedyLike, lines: Sequence[LineLike], change: Callable[[CodeText], CodeText]
) -> None:
    concept, said = _coded(draft, remedy, lines)
    rewrite(concept, said, change)


def replace(draft: Draft, remedy: RemedyLike, lines: Sequence[LineLike], option: str) -> None:
    """Order `to` in place of `code`; component modifiers become those of `to`, others stay."""
    target = parse(remedy.to)
    if target is None:
        raise Unsafe

    def change(old: CodeText) -> CodeText:
        kept = with_layout(old, set_component(old.modifiers, target.modifiers))
        return CodeText(target.code, kept.modifiers, kept.mark)

    _recode(draft, remedy, lines, change)


def add_modifier(draft: Draft, remedy: RemedyLike, lines: Sequence[LineLike], option: str) -> None:
    """Add `modifier` to the code's text."""

    def change(old: CodeText) -> CodeText:
        if not remedy.modifier or remedy.modifier in old.modifiers:
            raise Unsafe
        return with_layout(old, with_modifier(old.modifiers, remedy.modifier))

    _recode(draft, remedy, lines, change)


def remove_modifier(draft: Draft, remedy: RemedyLike, lines: Sequence[LineLike], option: str) -> None:
    """Take `modifier` out of the code's text."""

    def change(old: CodeText) -> CodeText:
        if remedy.modifier not in old.modifiers:
            raise Unsafe
        return with_layout(old, without_modifier(old.modifiers, remedy.modifier))

    _recode(draft, remedy, lines, change)


def remove_line(draft: Draft, remedy: RemedyLike, lines: Sequence[LineLike], option: str) -> None:
    """Drop the codings that say the code; `close_gaps` then says whether an order is left."""
    concept, said = _coded(draft, remedy, lines)
    for index, _ in said:
        concept["coding"][index] = DROPPED


def reduce_units(draft: Draft, remedy: RemedyLike, lines: Sequence[LineLike], option: str) -> None:
    """Set the ordered quantity to `to`, if the order is for that code only."""
    concept, _ = _coded(draft, remedy, lines)
    the_code(concept, remedy.code)
    set_units(draft.member("quantityQuantity"), remedy)


def attest(draft: Draft, remedy: RemedyLike, lines: Sequence[LineLike], option: str) -> None:
    """State the indication `option` as a reason for the order."""
    fact = {"system": _INDICATION, "code": option}
    for reason in entries_of(draft.received.get("reasonCode")):
        codings = entries_of(reason.get("coding")) if isinstance(reason, dict) else []
        if any(isinstance(c, dict) and fact.items() <= c.items() for c in codings):
            raise Unsafe
    draft.append("reasonCode", {"coding": [fact]})


def close_gaps(order: Json) -> bool:
    """Take dropped codings out of a corrected order; true if it asks for no billing code any more.

    Raises:
        Unsafe: what is left looks like a billing code, but in a system unknown here.
    """
    concept = order["code"]
    concept["coding"] = [coding for coding in concept["coding"] if coding is not DROPPED]
    if any(is_billing(coding) for coding in concept["coding"]):
        return False
    if codes_in(concept):
        raise Unsafe
    return True
