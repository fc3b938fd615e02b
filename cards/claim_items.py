"""The items of a FHIR R4 Claim, and their modifiers, as a correction sees them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from cards.codes import system_of_modifier
from cards.draft import Draft, Unsafe, entries_of
from cards.limits import Json
from cards.protocol import LineLike

_PATH: Final = re.compile(r"Claim\.item\[([0-9]{1,5})\]")
_MODIFIER: Final = re.compile(r"[A-Z0-9]{2}")
_PARTS: Final = re.compile(r"[^A-Z0-9]+")


def received_item(draft: Draft, line: LineLike) -> tuple[int, Json]:
    """Index and item, as received, that a line of the finding points to."""
    found = _PATH.fullmatch(line.path)
    items = entries_of(draft.received.get("item"))
    index = int(found[1]) if found else len(items)
    item = items[index] if index < len(items) else None
    if not isinstance(item, dict):
        raise Unsafe
    if item.get("sequence") is not None and line.sequence not in (None, item["sequence"]):
        raise Unsafe
    return index, item


def modifiers_of(item: Json) -> list[str]:
    """The item's modifiers, one an entry; "" for an entry that names none.

    Raises:
        Unsafe: one entry names several.
    """
    return [_modifier_in(concept) for concept in entries_of(item.get("modifier"))]


def _modifier_in(concept: Any) -> str:
    if not isinstance(concept, dict):
        return ""
    codes = [c["code"] for c in entries_of(concept.get("coding")) if isinstance(c, dict) and c.get("code")]
    texts = codes or [concept.get("text") or ""]
    named = {part for text in texts for part in _PARTS.split(str(text).upper()) if _MODIFIER.fullmatch(part)}
    if len(named) > 1:
        raise Unsafe
    return named.pop() if named else ""


def modifier_concept(draft: Draft, modifier: str) -> Json:
    """A modifier in the style of the claim's other modifiers: their spelling of the system, or none."""
    system: Any = system_of_modifier(modifier)
    sent: dict[str, list[Any]] = {}
    for item in entries_of(draft.received.get("item")):
        for concept in entries_of(item.get("modifier")) if isinstance(item, dict) else []:
            for coding in entries_of(concept.get("coding")) if isinstance(concept, dict) else []:
                if isinstance(coding, dict) and isinstance(coding.get("code"), str):
                    sent.setdefault(system_of_modifier(coding["code"]), []).append(coding.get("system"))
    if system in sent:
        system = sent[system][0]
    elif sent and all(s is None for systems in sent.values() for s in systems):
        system = None
    return {"coding": [{"system": system, "code": modifier} if system else {"code": modifier}]}


def lay_out(draft: Draft, item: Json, layout: Sequence[int | str]) -> None:
    """Give `item` the modifiers that `layout` (see `codes.set_component`) says; none left, no member left."""
    old = entries_of(item.get("modifier"))
    if list(layout) == list(range(len(old))):
        return
    item["modifier"] = [old[m] if isinstance(m, int) else modifier_concept(draft, m) for m in layout]
    if not item["modifier"]:
        del item["modifier"]
