"""What the book asks: every fact, and the values that its conditions, ladders, caps and remedies tell apart."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from string import Formatter

from cds_service.engine.conditions import Ask
from cds_service.engine.rule_checks import asks_of, remedies_of
from cds_service.engine.rules import Book, Rule
from cds_service.engine.vocabulary import Fact

_MODIFIER = re.compile(r"[A-Z0-9]{2}")
_COMPONENTS = frozenset({"26", "TC"})


@dataclass
class Questions:
    """The questions of the active rules. `members` are the plain values asked of each fact."""

    asks: list[Ask] = field(default_factory=list)
    facts: dict[str, Fact] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    codes: set[str] = field(default_factory=set)
    modifiers: set[str] = field(default_factory=lambda: set(_COMPONENTS))
    documents: set[str] = field(default_factory=set)
    numbers: set[float] = field(default_factory=set)
    days: set[date] = field(default_factory=set)


def questions_of(book: Book, rules: Iterable[Rule]) -> Questions:
    """Everything that `rules` ask or name."""
    found = Questions()
    seen: set[tuple[str, str, str]] = set()
    for rule in rules:
        for _, ask, _ in asks_of(rule):
            key = (ask.fact.name, ask.operator, repr(ask.argument))
            if key not in seen:
                seen.add(key)
                _ask(ask, book, found)
        for fact in named_facts(rule, book):
            found.facts[fact.name] = fact
        for spec in remedies_of(rule):
            found.modifiers |= {spec.modifier} - {""}
            found.documents |= {spec.document} - {""}
            if not isinstance(spec.target, Fact):
                heads = {text.partition("-")[0] for text in spec.target}
                found.codes |= {head for head in heads if book.catalogue.code(head)}
        found.documents |= {rule.finding.document} - {""}
    return found


def named_facts(rule: Rule, book: Book) -> Iterator[Fact]:
    """Facts that the rule names outside its conditions: in targets, in `others` and in the gaps of its texts."""
    spec = rule.finding
    for remedy in remedies_of(rule):
        if isinstance(remedy.target, Fact):
            yield remedy.target
    if spec.others is not None:
        yield spec.others[0]
    for text in (spec.summary, spec.question, spec.checklist_summary, *spec.because, *spec.notes):
        for _, gap, _, _ in Formatter().parse(text):
            fact = book.vocabulary.get(gap) if gap else None
            if fact is not None:
                yield fact


def _ask(ask: Ask, book: Book, found: Questions) -> None:
    found.asks.append(ask)
    found.facts[ask.fact.name] = ask.fact
    if isinstance(ask.argument, Fact):
        found.facts[ask.argument.name] = ask.argument
    elif isinstance(ask.argument, bool):
        pass
    elif isinstance(ask.argument, date):
        found.days.add(ask.argument)
    elif isinstance(ask.argument, float):
        found.numbers.add(ask.argument)
    elif isinstance(ask.argument, str | frozenset):
        values = ask.argument if isinstance(ask.argument, frozenset) else {ask.argument}
        found.members[ask.fact.name] |= values
        if ask.fact.type in ("code", "codes"):
            found.codes |= {v for v in values if book.catalogue.code(v)}
            if ask.fact.name != "state":
                found.modifiers |= {v for v in values if _MODIFIER.fullmatch(v)}
            if "document" in ask.fact.name:
                found.documents |= values


def boundaries(rules: Iterable[Rule], asked: Iterable[date]) -> list[date]:
    """First days of every stretch of time in which the same rule versions are in force, oldest first."""
    days = set(asked)
    for rule in rules:
        if rule.effective.first:
            days.add(rule.effective.first)
        if rule.effective.last and rule.effective.last < date.max:
            days.add(rule.effective.last + timedelta(days=1))
    return sorted(days)
