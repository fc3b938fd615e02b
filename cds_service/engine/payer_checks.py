"""Checks of whom rules are for: payers and programmes that somebody names, and files that no payer bounds."""

from __future__ import annotations

from collections.abc import Iterator

from cds_service.engine.conditions import ALWAYS, Ask
from cds_service.engine.letters import Problem, did_you_mean
from cds_service.engine.lost import Lost
from cds_service.engine.payers import BY_ITS_OWN_NAME, NOT_A_PAYER_FILE
from cds_service.engine.rule_checks import OF_THE_FILE, asks_of
from cds_service.engine.rules import Book, Policy, Rule
from cds_service.engine.whom import OF_A_PROGRAMME, PAYER_FACTS, payers_of

_ASK_BY_NAME = frozenset({"is", "is_not", "in", "not_in", "has_any", "has_none", "only"})
"""Operators that name the values for which they ask."""

_OWN_NAME = "Give the payer a name of its own."


def known_payers(book: Book) -> frozenset[str]:
    """The payers for which a rule may ask."""
    return frozenset(str(raw["payer"]) for raw in book.payers) | NOT_A_PAYER_FILE


def known_programmes(book: Book) -> frozenset[str]:
    """The programmes of which a member can be."""
    return frozenset(name for entry in book.payer_entries for name, _ in entry.programs) | {BY_ITS_OWN_NAME}


def check_payers(book: Book, lost: Lost) -> Iterator[Problem]:
    """Every problem of payers and programmes, and of files that speak for everybody, that does not only follow from
    what is `lost`."""
    if "payer" not in lost.files:
        yield from _asked(book)
    if not lost.files & {"policy", "positions"} and not lost.rules and not any(map(_unread, book.policies)):
        yield from _enrolled(book)
    yield from _reserved(book)
    beside: dict[str, list[str]] = {}
    for entry in book.payer_entries:
        if entry.payer not in NOT_A_PAYER_FILE:
            beside.setdefault(entry.home, []).append(entry.payer)
    for policy in book.policies:
        if policy.home in beside and not _unread(policy):
            yield from _for_everybody(policy, beside[policy.home], known_payers(book))


def _unread(policy: Policy) -> bool:
    """Whether the file has an `applies` that could not be read; a letter says so already."""
    return "applies" in policy.lines and any(rule.applies is ALWAYS for rule in policy.rules)


def _letter(rule: Rule, member: str, what: str, remedy: str) -> Problem:
    about = "" if member in OF_THE_FILE else rule.id
    return Problem(rule.file, rule.line_of(member), about, what, remedy)


def _names(ask: Ask) -> frozenset[str]:
    if ask.operator not in _ASK_BY_NAME:
        return frozenset()
    return ask.argument if isinstance(ask.argument, frozenset) else frozenset({ask.argument})


def _asked(book: Book) -> Iterator[Problem]:
    payers, programmes = known_payers(book), known_programmes(book)
    for rule in book.rules:
        for member, ask, _ in asks_of(rule):
            if ask.fact.name in PAYER_FACTS:
                named, known = "payer", payers
            elif ask.fact.name == "programs":
                named, known = "programme", programmes
            else:
                continue
            for slug in sorted(_names(ask) - known):
                what = f"asks for the {named} `{slug}`, which no payer.yaml names."
                yield _letter(rule, member, what, did_you_mean(slug, known))


def _enrolled(book: Book) -> Iterator[Problem]:
    """A programme for which nobody asks is misspelt: its members would be like all others."""
    asked: set[str] = {BY_ITS_OWN_NAME}
    for rule in book.rules:
        for _, ask, _ in asks_of(rule):
            asked |= _names(ask) if ask.fact.name == "programs" else set()
    for position in book.positions:
        bound = position.where.get("program")
        asked |= bound.values if bound else set()
    for entry in book.payer_entries:
        for name, line in entry.programs:
            if name not in asked:
                what = f"enrols a group in the programme `{name}`, for which no rule asks."
                remedy = did_you_mean(name, asked, "Check its spelling, or write the rule first.")
                yield Problem(entry.file, line, "", what, remedy)


def _reserved(book: Book) -> Iterator[Problem]:
    homes = {policy.home for policy in book.policies}
    for entry in book.payer_entries:
        if entry.payer == "unknown":
            what = "`unknown` is what rules say of a payer whom nobody recognised."
            yield Problem(entry.file, entry.line, "", what, _OWN_NAME)
        elif entry.payer == "other" and entry.home in homes:
            what = "`other` is every known payer without a policy, and a policy stands beside this file."
            yield Problem(entry.file, entry.line, "", what, _OWN_NAME)


def _for_everybody(policy: Policy, payers: list[str], known: frozenset[str]) -> Iterator[Problem]:
    """A file beside a payer.yaml is that payer's: it, or each of its rules, is bounded to it or to a programme.

    A payer that is not `known` is misspelt, and has a letter that says so.
    """
    own, beside = {*payers, OF_A_PROGRAMME}, " or ".join(f"`{payer}`" for payer in payers)
    say = f"`payer: {{is: {payers[0]}}}`"
    open_to_all = (
        f"speaks for other payers too: nothing bounds it to {beside}, whose payer.yaml stands beside it."
    )
    unbound: dict[str, Rule] = {}
    foreign: set[Problem] = set()
    for rule in policy.rules:
        whom = {
            member: payers_of(condition, medicare="medicare-ffs" in own)
            for member, condition in (("applies", rule.applies), ("when", rule.when))
        }
        if set(whom.values()) == {None}:
            unbound.setdefault(rule.id, rule)
        elsewhere = [
            (member, others)
            for member, others in whom.items()
            if others and not others & own and others <= known
        ]
        for member, others in elsewhere[:1]:
            names = " and ".join(f"`{payer}`" for payer in sorted(others))
            what = f"is for {names}, and beside it stands the payer.yaml of {beside}."
            remedy = f"Write {say}, or move it to a folder without payer.yaml."
            foreign.add(_letter(rule, member, what, remedy))
    yield from sorted(foreign)
    if not unbound:
        return
    line = policy.lines.get("applies", policy.lines.get("policy", 1))
    if len(unbound) == len({rule.id for rule in policy.rules}):
        remedy = f"Write {say} in `applies`, or move the file to a folder without payer.yaml."
        yield Problem(policy.file, line, "", open_to_all, remedy)
        return
    for rule in unbound.values():
        yield _letter(rule, "when", open_to_all, f"Write {say} in it, or in `applies` of the file.")
