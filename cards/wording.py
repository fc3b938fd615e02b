"""Words for the coded parts of findings, as plain text. The words are data files beside this module."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final

from cards.corrections import options
from cards.escape import cut, plain
from cards.limits import refuse
from cards.model import SUMMARY_LIMIT, Coding
from cards.protocol import FindingLike, LineLike, RemedyLike, TextLike

_LABELS: Final = {"attest-indication": "indication_labels", "attest-other-modality": "modality_labels"}
_LOINC: Final = re.compile(r"[0-9]{1,7}-[0-9]")


@cache
def load(name: str) -> Any:
    """A JSON data file of this package, by its stem."""
    return json.loads((files("cards") / f"{name}.json").read_text(encoding="utf-8"))


@cache
def override_reasons() -> tuple[Coding, ...]:
    """The reasons that a user may give for setting a card aside."""
    return tuple(
        Coding(reason["system"], reason["code"], reason["display"]) for reason in load("override_reasons")
    )


def phrase(name: str, **values: object) -> str:
    """A phrase of phrases.json with its gaps filled."""
    text: str = load("phrases")[name]
    return text.format_map(values)


def fill(text: TextLike, **more: str) -> str:
    """A finding's sentence with its gaps filled: one plain line.

    Raises:
        ValueError: the sentence has a gap for which the finding has no value.
    """
    if not (text.values or more):
        return fixed(text.template)
    return fill_gaps(text.template, {name: plain(value) for name, value in text.values} | more)


@lru_cache(maxsize=2048)
def fixed(template: str) -> str:
    """A sentence without gaps as `fill` makes it; rulebooks hold a few hundred.

    Raises:
        ValueError: as `fill`.
    """
    return fill_gaps(template, {})


def fill_gaps(template: str, values: Mapping[str, str]) -> str:
    """As `fill`, with values that are plain already."""
    try:
        return plain(template.format_map(values), None)
    except (KeyError, IndexError, ValueError, AttributeError) as fault:
        where = f"Sentence {template!r}"
        raise refuse(
            where, "has a gap without a value", "Mend the policy's text, or give it the value"
        ) from fault


def label(table: str, code: str) -> str:
    """The label of `code` in a label file; the code itself in words when it has none."""
    known: str | None = load(table).get(code)
    return known or in_words(code)


def in_words(name: str) -> str:
    """A slug or a fact's name as words."""
    return plain(name.replace("-", " ").replace("_", " ")) or plain(name)


def document_label(document: str) -> str:
    """Name of a document type, with its LOINC code if it is one."""
    if not _LOINC.fullmatch(document):
        return label("document_labels", document)
    known = load("document_labels").get(document)
    return phrase("loinc-labelled", label=known, code=document) if known else phrase("loinc", code=document)


def code_label(line: LineLike) -> str:
    """`CODE` or `CODE-MOD`, as coders write it."""
    return plain("-".join((line.code, *line.modifiers)))


def remedy_words(remedy: RemedyLike, option: str = "") -> str:
    """What a remedy asks for; with `option`, the one fact that it would state.

    Raises:
        ValueError: no words are known for the remedy's action.
    """
    choices = tuple(options(remedy)) if remedy.action in _LABELS else ()
    words = _remedy_words(
        remedy.action, remedy.code, str(remedy.to), remedy.modifier, remedy.document, choices, option
    )
    return words if remedy.sequence is None else phrase("at-line", remedy=words, sequence=remedy.sequence)


@lru_cache(maxsize=2048)
def _remedy_words(
    action: str, code: str, to: str, modifier: str, document: str, choices: tuple[str, ...], option: str
) -> str:
    """Words of codes alone: nothing of a patient is kept here."""
    templates = load("phrases")["attestations" if option else "remedies"]
    if action not in templates:
        raise refuse("Remedy.action", f"{action!r} has no words", "Add them to cards/phrases.json")
    table = _LABELS.get(action, "")
    words: str = templates[action].format_map(
        {
            "code": plain(code),
            "to": plain(to),
            "modifier": plain(modifier),
            "document": document_label(document),
            "options": phrase("or").join(label(table, each) for each in choices),
            "option": label(table, option) if option else "",
        }
    )
    return words


def in_full(findings: Sequence[FindingLike], shown: int | None = None) -> str:
    """The summary of one card's findings, whatever its length; of a checklist `shown` items and a count.

    The findings come strictest first, and the first one's sentence is the checklist's.
    """
    if not findings[0].checklist:
        return fill(findings[0].summary)
    items = [label("document_labels", f.document) if f.document else fill(f.summary) for f in findings]
    named = counted(items, len(items) if shown is None else shown)
    sentence = next((f.checklist_summary for f in findings if f.checklist_summary is not None), None)
    return phrase("checklist", items=named) if sentence is None else fill(sentence, items=named)


def counted(items: Sequence[str], shown: int) -> str:
    """The first `shown` items, and how many more there are."""
    named = ", ".join(items[:shown])
    return named if shown >= len(items) else phrase("and-more", shown=named, count=len(items) - shown)


def summary(findings: Sequence[FindingLike], whole: str | None = None) -> str:
    """The card's summary in at most 139 characters (CDS Hooks, Card Attributes).

    A checklist names as many items as fit and counts the rest; any other sentence is cut at a word. `whole` is
    `in_full(findings)`, if it is known already.
    """
    whole = in_full(findings) if whole is None else whole
    if len(whole) <= SUMMARY_LIMIT:
        return whole
    for shown in range(len(findings) - 1, 0, -1):
        text = in_full(findings, shown)
        if len(text) <= SUMMARY_LIMIT:
            return text
    return cut(whole, SUMMARY_LIMIT)
