"""A card's detail: Markdown templates (data) whose gaps are filled with escaped text.

A template is a row of blocks parted by blank lines. A block stays out when one of its gaps has no value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from string import Formatter
from typing import Final

from cards.escape import literal_md
from cards.limits import need_https
from cards.order import by_rank
from cards.protocol import FindingLike, LineLike, SourceLike, TextLike
from cards.wording import code_label, counted, fill, fill_gaps, in_full, in_words, phrase, remedy_words

PLACES_SHOWN: Final = 12
"""Dates named for one code, and codes named for one card, before the rest is only counted."""

_CHANGES_AMOUNTS: Final = frozenset({"replace", "remove-line", "add-line", "reduce-units"})
_IN_LINK_TARGET: Final = str.maketrans(
    {"(": "%28", ")": "%29", "<": "%3C", ">": "%3E", "\\": "%5C", "&": "&amp;"}
)


@cache
def _blocks(name: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The blocks of a template, each with the names of its gaps."""
    text = (files("cards") / "templates" / f"{name}.md").read_text(encoding="utf-8")
    blocks = re.split(r"\n\s*\n", text.strip())
    return tuple((block, tuple(gap for _, gap, _, _ in Formatter().parse(block) if gap)) for block in blocks)


def fill_template(name: str, gaps: Mapping[str, str]) -> str:
    """A template with its gaps filled; the values are Markdown already.

    Raises:
        KeyError: the template names a gap that nobody fills.
    """
    made = (text.format_map(gaps).strip() for text, names in _blocks(name) if all(gaps[gap] for gap in names))
    return "\n\n".join(made).replace(" \n", "\n")


def _listed(items: Iterable[str]) -> str:
    """One item as it is, several as a list after a blank line; the same item only once."""
    unique = list(dict.fromkeys(items))
    if len(unique) < 2:
        return "".join(unique)
    return "\n\n" + "\n".join(f"- {item}" for item in unique)


def _lines(lines: Sequence[LineLike]) -> str:
    """The lines concerned, one entry a code: its dates and line numbers."""
    several = len({line.resource for line in lines}) > 1
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
    return "\n".join(f"- {entry}" for entry in entries)


def _remedies(findings: Sequence[FindingLike]) -> str:
    words = list(dict.fromkeys(literal_md(remedy_words(r), None) for f in findings for r in f.remedies))
    if len(words) < 2:
        return "".join(f"{word}." for word in words)
    lead = "all-of" if findings[0].all_of else "one-of"
    return phrase("each-of" if len(findings) > 1 else lead) + _listed(words)


def _sources(sources: Iterable[SourceLike]) -> str:
    """The documents cited, each edition once with the places that are meant."""
    places: dict[tuple[str, str, str], list[str]] = {}
    for source in sources:
        document = (source.title or source.label or source.owner, source.url, source.edition)
        places.setdefault(document, []).append(_place(source.section, source.statement))
    return _listed(f"{_document(*document)}: {'; '.join(found)}" for document, found in places.items())


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
    return literal_md(phrase("place-cited", section=section, statement=statement) if section else statement)


def _sentences(texts: Iterable[TextLike]) -> str:
    return _listed(literal_md(fill(text), None) if text.values else _fixed(text.template) for text in texts)


@lru_cache(maxsize=2048)
def _fixed(template: str) -> str:
    """A sentence without gaps, as Markdown; rulebooks hold a few hundred."""
    return literal_md(fill_gaps(template, {}), None)


def detail(findings: Sequence[FindingLike]) -> str:
    """The Markdown of the card that shows `findings` (more than one only for a checklist).

    Raises:
        ValueError: a sentence lacks a value for a gap, or a source's address is not https.
    """
    first = findings[0]
    remedies = [remedy for finding in findings for remedy in finding.remedies]
    units = list(dict.fromkeys(finding.unit for finding in findings))
    found = literal_md(in_full(findings), None)
    if first.checklist:
        found += _sentences(f.summary for f in findings)
    missing = dict.fromkeys(literal_md(in_words(fact)) for f in findings for fact in f.missing)
    tail = {
        "notes": _sentences(text for f in findings for text in f.notes),
        "missing": ", ".join(missing),
        "sources": _sources(by_rank(findings)),
        "units": ", ".join(literal_md(unit) for unit in units),
    }
    changes_amounts = any(unit.startswith("Claim/") for unit in units) and any(
        remedy.action in _CHANGES_AMOUNTS for remedy in remedies
    )
    gaps = {
        "found": found,
        "lines": _lines([line for finding in findings for line in finding.lines]),
        "because": _sentences(text for f in findings for text in f.because),
        "remedies": _remedies(findings),
        "charges": fill_template("_charges", {}) if changes_amounts else "",
        "tail": fill_template("_tail", tail),
    }
    return fill_template(first.kind, gaps)
