"""A card's detail: Markdown templates (data) whose gaps are filled with escaped text.

A template is a row of blocks parted by blank lines. A block stays out when one of its gaps has no value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from string import Formatter
from typing import Final

from cards.escape import literal_md
from cards.limits import need_https
from cards.order import by_rank
from cards.protocol import FindingLike, LineLike, RemedyLike, SourceLike, TextLike
from cards.wording import code_label, counted, fill, fixed, in_full, in_words, phrase, remedy_words

PLACES_SHOWN: Final = 12
"""Dates named for one code, and codes named for one card, before the rest is only counted."""

_CHANGES_AMOUNTS: Final = frozenset({"replace", "remove-line", "add-line", "reduce-units"})
_IN_LINK_TARGET: Final = str.maketrans(
    {"(": "%28", ")": "%29", "<": "%3C", ">": "%3E", "\\": "%5C", "&": "&amp;"}
)


@dataclass(frozen=True, slots=True)
class _Block:
    """A block of a template and the names of its gaps; where it has one only, what stands before and after it."""

    text: str
    gaps: tuple[str, ...]
    before: str = ""
    after: str = ""


@cache
def _blocks(name: str) -> tuple[_Block, ...]:
    """The blocks of a template."""
    text = (files("cards") / "templates" / f"{name}.md").read_text(encoding="utf-8")
    return tuple(_block(block) for block in re.split(r"\n\s*\n", text.strip()))


def _block(text: str) -> _Block:
    parts = list(Formatter().parse(text))
    gaps = tuple(gap for _, gap, _, _ in parts if gap)
    if not gaps:
        return _Block(text.format().strip(), ())
    if len(gaps) > 1:
        return _Block(text, gaps)
    before, _, after = text.format_map({gaps[0]: "\0"}).partition("\0")
    return _Block(text, gaps, before, after)


def fill_template(name: str, gaps: Mapping[str, str]) -> str:
    """A template with its gaps filled; the values are Markdown already.

    Raises:
        KeyError: the template names a gap that nobody fills.
    """
    return _filled(_blocks(name), gaps)


@cache
def _with_tail(kind: str) -> tuple[_Block, ...]:
    """The blocks of a kind, those of its tail among them."""
    tail = _block("{tail}")
    return tuple(
        each for block in _blocks(kind) for each in (_blocks("_tail") if block == tail else (block,))
    )


def _filled(blocks: Sequence[_Block], gaps: Mapping[str, str]) -> str:
    made = []
    for block in blocks:
        if not block.gaps:
            made.append(block.text)
        elif len(block.gaps) == 1:
            if value := gaps[block.gaps[0]]:
                made.append(f"{block.before}{value}{block.after}".strip())
        elif all(gaps[gap] for gap in block.gaps):
            made.append(block.text.format_map(gaps).strip())
    return "\n\n".join(made).replace(" \n", "\n")


def _listed(items: Sequence[str]) -> str:
    """One item as it is, several as a list after a blank line; the same item only once."""
    if len(items) > 1:
        items = list(dict.fromkeys(items))
    if len(items) < 2:
        return items[0] if items else ""
    return "\n\n" + "\n".join([f"- {item}" for item in items])


def _lines(lines: Sequence[LineLike]) -> str:
    """The lines concerned, one entry a code: its dates and line numbers."""
    several = len(lines) > 1 and len({line.resource for line in lines}) > 1
    places: dict[str, list[str]] = {}
    for line in lines:
        code = code_label(line)
        if several:
            code = phrase("code-in-resource", code=code, resource=line.resource)
        place = line.date
        if line.sequence is not None:
            name = "place" if line.date else "place-undated"
            place = phrase(name, date=line.date, sequence=line.sequence)
        places.setdefault(code, []).extend([place] if place else [])
    entries = [
        literal_md(phrase("places", code=code, places=counted(found, PLACES_SHOWN)) if found else code, None)
        for code, found in places.items()
    ]
    if len(entries) > PLACES_SHOWN:
        entries[PLACES_SHOWN:] = [phrase("and-more", shown="", count=len(entries) - PLACES_SHOWN).strip()]
    return "\n".join([f"- {entry}" for entry in entries])


def _remedies(findings: Sequence[FindingLike]) -> str:
    if (advice := findings[0].advice) is not None:
        return _sentence(advice)
    words = list(dict.fromkeys([_words(remedy) for f in findings for remedy in f.remedies]))
    if len(words) < 2:
        return f"{words[0]}." if words else ""
    lead = "all-of" if findings[0].all_of else "one-of"
    return phrase("each-of" if len(findings) > 1 else lead) + _listed(words)


def _words(remedy: RemedyLike) -> str:
    words = remedy_words(remedy)
    return _coded(words) if remedy.sequence is None else literal_md(words, None)


@lru_cache(maxsize=2048)
def _coded(words: str) -> str:
    """What is made of labels and codes alone, as Markdown."""
    return literal_md(words, None)


def _sources(sources: Sequence[SourceLike]) -> str:
    """The documents cited, each edition once with the places that are meant."""
    places: dict[tuple[str, str, str], list[str]] = {}
    for source in sources:
        document = (source.title or source.label or source.owner, source.url, source.edition)
        places.setdefault(document, []).append(_place(source.section, source.statement))
    return _listed([f"{_document(*document)}: {'; '.join(found)}" for document, found in places.items()])


@lru_cache(maxsize=256)
def _document(title: str, url: str, edition: str) -> str:
    """Title, linked if there is an address, and edition; a register's words, not a call's."""
    made = literal_md(title)
    if url:
        need_https("Source.url", url)
        made = f"[{made}]({url.translate(_IN_LINK_TARGET)})"
    return f"{made}, {literal_md(phrase('edition', edition=edition))}" if edition else made


@lru_cache(maxsize=1024)
def _place(section: str, statement: str) -> str:
    if section and statement:
        return literal_md(phrase("place-cited", section=section, statement=statement))
    return literal_md(section or statement)


def _sentences(texts: Sequence[TextLike]) -> str:
    return _listed([_sentence(text) for text in texts]) if texts else ""


def _sentence(text: TextLike, filled: str | None = None) -> str:
    """A sentence as Markdown; `filled` is `fill(text)`, if it is known already."""
    if not text.values:
        return _fixed(text.template)
    return literal_md(fill(text) if filled is None else filled, None)


@lru_cache(maxsize=2048)
def _fixed(template: str) -> str:
    """A sentence without gaps, as Markdown; rulebooks hold a few hundred."""
    return literal_md(fixed(template), None)


def detail(
    findings: Sequence[FindingLike],
    whole: str | None = None,
    sources: Sequence[SourceLike] | None = None,
    every: Sequence[FindingLike] | None = None,
) -> str:
    """The Markdown of the card that shows `findings` (more than one only for a checklist).

    `every` holds the same findings of further orders too, which have the words in common. `whole` is
    `in_full(findings)` and `sources` are `by_rank(findings)`, if they are known already.

    Raises:
        ValueError: a sentence lacks a value for a gap, or a source's address is not https.
    """
    first = findings[0]
    if first.checklist:
        found = literal_md(in_full(findings) if whole is None else whole, None)
        said = _sentences([finding.summary for finding in findings])
        found += said if said.startswith("\n") else f" {said}"
    else:
        found = _sentence(first.summary, whole)
    if len(findings) == 1:
        notes, because, missing = first.notes, first.because, first.missing
    else:
        notes = [text for finding in findings for text in finding.notes]
        because = [text for finding in findings for text in finding.because]
        missing = [fact for finding in findings for fact in finding.missing]
    every = findings if every is None else every
    lines = first.lines if len(every) == 1 else [line for finding in every for line in finding.lines]
    units = list(dict.fromkeys([finding.unit for finding in every]))
    gaps = {
        "found": found,
        "lines": _lines(lines),
        "because": _sentences(because),
        "remedies": _remedies(findings),
        "charges": fill_template("_charges", {}) if _changes_amounts(findings) else "",
        "notes": _sentences(notes),
        "missing": ", ".join(dict.fromkeys([literal_md(in_words(fact)) for fact in missing])),
        "sources": _sources(by_rank(findings) if sources is None else sources),
        "units": ", ".join([literal_md(unit) for unit in units]),
    }
    return _filled(_with_tail(first.kind), gaps)


def _changes_amounts(findings: Sequence[FindingLike]) -> bool:
    on_claim = [finding for finding in findings if finding.unit.startswith("Claim/")]
    return bool(on_claim) and not _CHANGES_AMOUNTS.isdisjoint(
        [r.action for f in findings for r in f.remedies]
    )
