"""Finding the lines that a remedy names, and changing the code of a CodeableConcept, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from cards.codes import BILLING_SYSTEMS, CodeText, keeping_spelling, parse, system_of
from cards.draft import Unsafe, entries_of
from cards.limits import Json
from cards.protocol import LineLike, RemedyLike


def chosen_lines(remedy: RemedyLike, lines: Sequence[LineLike]) -> list[LineLike]:
    """The lines of a finding that a remedy is about: those with its code and, if it names one, its sequence.

    Raises:
        Unsafe: there is none.
    """
    chosen: dict[str, LineLike] = {}
    for line in lines:
        if line.code == remedy.code and (remedy.sequence is None or line.sequence == remedy.sequence):
            chosen.setdefault(line.path, line)
    if not chosen:
        raise Unsafe
    return list(chosen.values())


def codes_in(concept: object) -> list[tuple[int, CodeText]]:
    """Index and code of each coding of `concept` with the shape of a billing code, whatever its system."""
    if not isinstance(concept, dict):
        return []
    found = []
    for index, coding in enumerate(entries_of(concept.get("coding"))):
        code = parse(coding.get("code")) if isinstance(coding, dict) else None
        if code is not None:
            found.append((index, code))
    return found


def is_billing(coding: Any) -> bool:
    """Whether a coding states a billing code: the shape of one, in CPT, HCPCS Level II or without system."""
    if not isinstance(coding, dict) or parse(coding.get("code")) is None:
        return False
    system = coding.get("system")
    return not system or system in BILLING_SYSTEMS


def the_code(concept: Any, code: str) -> list[tuple[int, CodeText]]:
    """The codings of `concept` that say `code`; no site's own number like it where CPT or HCPCS is among them.

    Raises:
        Unsafe: none does, or another billing code stands beside it.
    """
    said = [(index, found) for index, found in codes_in(concept) if found.code == code]
    if not said:
        raise Unsafe
    billing = [(index, found) for index, found in said if is_billing(concept["coding"][index])]
    said = billing or said
    indexes = {index for index, _ in said}
    if any(is_billing(coding) for index, coding in enumerate(concept["coding"]) if index not in indexes):
        raise Unsafe
    return said


def rewrite(
    concept: Json, said: Iterable[tuple[int, CodeText]], change: Callable[[CodeText], CodeText]
) -> None:
    """Change the code of the codings `said` (index and code): the text and, where another one is due, the system.

    The display of a changed coding goes, as it speaks of the old code; so does the concept's text if it
    repeats that display or names a code that is no longer there.
    """
    for index, old in said:
        coding = concept["coding"][index]
        new = change(old)
        if new == old:
            continue
        coding["code"] = str(new)
        if new.code != old.code:
            system = keeping_spelling(system_of(new.code), coding.get("system"))
            if system != coding.get("system"):
                coding["system"] = system
                coding.pop("version", None)
        display = coding.pop("display", None)
        coding.pop("_display", None)
        text = concept.get("text")
        if isinstance(text, str) and (text == display or (new.code != old.code and old.code in text.upper())):
            del concept["text"]
            concept.pop("_text", None)


def with_layout(code: CodeText, layout: Sequence[int | str]) -> CodeText:
    """`code` with its modifiers laid out as `codes.set_component` and its kin say."""
    return CodeText(
        code.code, tuple(code.modifiers[m] if isinstance(m, int) else m for m in layout), code.mark
    )
