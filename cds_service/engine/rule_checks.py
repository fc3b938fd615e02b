"""Checks of single rules that need the whole book: what their texts, remedies and values can stand on."""

from __future__ import annotations

from collections.abc import Iterator
from string import Formatter

from cds_service.engine.conditions import Ask, Condition
from cds_service.engine.letters import Problem
from cds_service.engine.rules import Book, RemedySpec, Rule
from cds_service.engine.vocabulary import SCOPES, Fact, Scope

LINE_GAPS = frozenset({"line", "code", "date", "units"})
"""Gaps that the line under review fills; a rule for each unit has no such line."""

ON_LINES = frozenset(
    {"replace", "add-modifier", "remove-modifier", "remove-line", "add-line", "reduce-units"}
)
"""Remedies that change or copy a line."""

NOT_A_PAYER_FILE = frozenset({"other", "unknown"})
"""Answers of the fact `payer` that no payer.yaml has to name."""


def check_rules(book: Book) -> list[Problem]:
    """Every problem of a rule's texts, remedies, values and conditions."""
    payers = {str(raw["payer"]) for raw in book.payers} | NOT_A_PAYER_FILE
    found: list[Problem] = []
    for rule in book.rules:
        found += [*_texts(rule, book), *_remedies(rule), *_reasons(rule, book), *_conditions(rule, payers)]
    return found


def remedies_of(rule: Rule) -> Iterator[RemedySpec]:
    """Every remedy that the rule can offer, of all steps of its ladder."""
    ladder = rule.finding.remedies
    for _, specs in ladder.steps:
        yield from specs
    yield from ladder.otherwise


def _letter(rule: Rule, what: str, remedy: str) -> Problem:
    return Problem(rule.file, rule.line, rule.id, what, remedy)


def _texts(rule: Rule, book: Book) -> Iterator[Problem]:
    spec = rule.finding
    texts = (spec.summary, *spec.because, *spec.notes, spec.question, spec.checklist_summary)
    for text in texts:
        try:
            fields = [(name, form, how) for _, name, form, how in Formatter().parse(text) if name is not None]
        except ValueError as error:
            yield _letter(rule, f"text {text!r} has a stray brace ({error}).", "Write {{ or }}.")
            continue
        for name, form, how in sorted(fields, key=lambda field: field[0]):
            if form or how:
                yield _letter(rule, f"text formats the gap {{{name}}}.", f"Write {{{name}}} alone.")
            yield from _gap(rule, name, text is spec.checklist_summary, book)
    if spec.checklist and not spec.checklist_summary:
        yield _letter(rule, "is on a checklist without `checklist_summary`.", "Add the card's summary.")


def _gap(rule: Rule, name: str, in_checklist: bool, book: Book) -> Iterator[Problem]:
    spec = rule.finding
    allowed = set(LINE_GAPS) if rule.for_each == "line" else set()
    allowed |= {"others"} if spec.others else set()
    allowed |= {"items"} if in_checklist else set()
    fact = book.vocabulary.get(name)
    if name in allowed or (fact is not None and _can_ask(fact, rule.for_each) and fact.type != "lines"):
        return
    known = ", ".join((*sorted(allowed), f"the name of a fact about the {rule.for_each}"))
    yield _letter(rule, f"text has the gap {{{name}}}, which nothing fills.", f"Use one of: {known}.")


def _can_ask(fact: Fact, scope: Scope) -> bool:
    return SCOPES.index(fact.scope) <= SCOPES.index(scope)


def _remedies(rule: Rule) -> Iterator[Problem]:
    for spec in remedies_of(rule):
        of_others = spec.of == "others" and spec.action not in ("add-line", "reduce-units")
        if spec.of == "others" and rule.finding.others is None:
            yield _letter(
                rule, f"remedy `{spec.action}` is `of: others`, but there are none.", "Add `others`."
            )
        if spec.action in ON_LINES and rule.for_each == "unit" and not of_others:
            yield _letter(
                rule,
                f"remedy `{spec.action}` needs a line, but the rule is `for_each: unit`.",
                "Make it a rule for each line (`once_per: unit` keeps it to one card), or use `review`.",
            )
        if isinstance(spec.target, Fact) and not _can_ask(spec.target, rule.for_each):
            yield _letter(
                rule, f"fact `{spec.target.name}` is about a line.", "Use it in a rule `for_each: line`."
            )
    others = rule.finding.others
    if others is not None and not _can_ask(others[0], rule.for_each):
        yield _letter(rule, f"fact `{others[0].name}` is about a line.", "Use it in a rule `for_each: line`.")


def _reasons(rule: Rule, book: Book) -> Iterator[Problem]:
    fact = book.vocabulary.get("indications")
    if fact is None:
        return
    for spec in remedies_of(rule):
        for slug in sorted(set(spec.indications) - set(fact.values)):
            yield _letter(
                rule, f"offers the reason `{slug}`, which nobody reads.", f"Use: {', '.join(fact.values)}."
            )


def _conditions(rule: Rule, payers: set[str]) -> Iterator[Problem]:
    for condition, scope in _trees(rule):
        for ask, asked_of in _asks(condition, scope):
            argument = ask.argument
            if isinstance(argument, Fact):
                if ask.operator not in ("at_least", "more_than"):
                    what = f"`{ask.operator}` compares with a value, not with `{argument.name}`."
                    yield _letter(rule, what, "Use at_least or more_than with a fact.")
                if not _can_ask(argument, asked_of):
                    what = f"fact `{argument.name}` is about a {argument.scope}."
                    yield _letter(rule, what, f"Ask it in a rule `for_each: {argument.scope}`.")
            if ask.fact.name == "payer" and ask.operator in ("is", "is_not", "in", "not_in"):
                named = argument if isinstance(argument, frozenset) else {argument}
                for slug in sorted(named - payers):
                    yield _letter(
                        rule,
                        f"asks for the payer `{slug}`, which no payer.yaml names.",
                        "Check its spelling.",
                    )


def _trees(rule: Rule) -> Iterator[tuple[Condition, Scope]]:
    spec = rule.finding
    scope: Scope = rule.for_each
    yield rule.applies, "unit"
    yield rule.when, scope
    for condition, _ in (*spec.severity.steps, *spec.remedies.steps):
        yield condition, scope
    for cap in spec.caps:
        yield cap.when, scope
    for remedy in remedies_of(rule):
        if remedy.unless is not None:
            yield remedy.unless, scope
    if spec.others is not None:
        yield spec.others[1], "line"


def _asks(condition: Condition, scope: Scope) -> Iterator[tuple[Ask, Scope]]:
    if isinstance(condition, Ask):
        yield condition, scope
        if condition.nested is not None:
            yield from _asks(condition.nested, "line")
        return
    for part in condition.parts:
        yield from _asks(part, scope)
