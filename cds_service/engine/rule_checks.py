"""Checks of single rules that need the whole book: what their texts, remedies and values can stand on."""

from __future__ import annotations

from collections.abc import Iterator
from string import Formatter

from cds_service.engine.conditions import Ask, Condition
from cds_service.engine.letters import Problem
from cds_service.engine.rules import Book, RemedySpec, Rule
from cds_service.engine.vocabulary import SCOPES, Fact, Scope

LINE_GAPS = frozenset({"line", "code", "date", "days", "units"})
"""Gaps that the line under review fills; a rule for each unit has no such line."""

ON_LINES = frozenset(
    {"replace", "add-modifier", "remove-modifier", "remove-line", "add-line", "reduce-units"}
)
"""Remedies that change or copy a line."""

OF_THE_FILE = frozenset({"applies", "also_cites"})
"""Members that stand once for all rules of a policy file."""


def check_rules(book: Book) -> list[Problem]:
    """Every problem of a rule's texts, remedies, values and conditions."""
    found: list[Problem] = []
    for rule in book.rules:
        found += [*_texts(rule, book), *_remedies(rule), *_reasons(rule, book), *_comparisons(rule)]
        found += _documents(rule, book)
    return found


def remedies_of(rule: Rule) -> Iterator[RemedySpec]:
    """Every remedy that the rule can offer, of all steps of its ladder."""
    ladder = rule.finding.remedies
    for _, specs in ladder.steps:
        yield from specs
    yield from ladder.otherwise


def _letter(rule: Rule, member: str, what: str, remedy: str) -> Problem:
    about = "" if member in OF_THE_FILE else rule.id
    return Problem(rule.file, rule.line_of(member), about, what, remedy)


def _texts(rule: Rule, book: Book) -> Iterator[Problem]:
    spec = rule.finding
    texts = [
        ("summary", spec.summary),
        ("question", spec.question),
        ("checklist_summary", spec.checklist_summary),
    ]
    texts += [("because", text) for text in spec.because] + [("notes", text) for text in spec.notes]
    for name, text in texts:
        member = f"finding.{name}"
        try:
            fields = [(gap, form, how) for _, gap, form, how in Formatter().parse(text) if gap is not None]
        except ValueError as error:
            yield _letter(rule, member, f"text {text!r} has a stray brace ({error}).", "Write {{ or }}.")
            continue
        for gap, form, how in sorted(fields, key=lambda field: field[0]):
            if form or how:
                yield _letter(rule, member, f"text formats the gap {{{gap}}}.", f"Write {{{gap}}} alone.")
            yield from _gap(rule, gap, member, book)
    if spec.checklist and not spec.checklist_summary:
        what = "is on a checklist without `checklist_summary`."
        yield _letter(rule, "finding.checklist", what, "Add the card's summary.")


def _gap(rule: Rule, name: str, member: str, book: Book) -> Iterator[Problem]:
    spec = rule.finding
    allowed = set(LINE_GAPS) if rule.for_each == "line" else set()
    allowed |= {"others"} if spec.others else set()
    allowed |= {"items"} if member == "finding.checklist_summary" else set()
    fact = book.vocabulary.get(name)
    if name in allowed or (fact is not None and _can_ask(fact, rule.for_each) and fact.type != "lines"):
        return
    known = ", ".join((*sorted(allowed), f"the name of a fact about the {rule.for_each}"))
    yield _letter(rule, member, f"text has the gap {{{name}}}, which nothing fills.", f"Use one of: {known}.")


def _can_ask(fact: Fact, scope: Scope) -> bool:
    return SCOPES.index(fact.scope) <= SCOPES.index(scope)


def _remedies(rule: Rule) -> Iterator[Problem]:
    at, about_a_line = "finding.remedies", "Use it in a rule `for_each: line`."
    for spec in remedies_of(rule):
        of_others = spec.of == "others" and spec.action not in ("add-line", "reduce-units")
        if spec.of == "others" and rule.finding.others is None:
            what = f"remedy `{spec.action}` is `of: others`, but there are none."
            yield _letter(rule, at, what, "Add `others`.")
        if spec.action in ON_LINES and rule.for_each == "unit" and not of_others:
            yield _letter(
                rule,
                at,
                f"remedy `{spec.action}` needs a line, but the rule is `for_each: unit`.",
                "Make it a rule for each line (`once_per: unit` keeps it to one card), or use `review`.",
            )
        if isinstance(spec.target, Fact) and not _can_ask(spec.target, rule.for_each):
            yield _letter(rule, at, f"fact `{spec.target.name}` is about a line.", about_a_line)
    others = rule.finding.others
    if others is not None and not _can_ask(others[0], rule.for_each):
        what = f"fact `{others[0].name}` is about a line."
        yield _letter(rule, "finding.others", what, about_a_line)


def _reasons(rule: Rule, book: Book) -> Iterator[Problem]:
    fact = book.vocabulary.get("indications")
    if fact is None:
        return
    for spec in remedies_of(rule):
        for slug in sorted(set(spec.indications) - set(fact.values)):
            what = f"offers the reason `{slug}`, which nobody reads."
            yield _letter(rule, "finding.remedies", what, f"Use: {', '.join(fact.values)}.")


def _documents(rule: Rule, book: Book) -> Iterator[Problem]:
    fact = book.vocabulary.get("documents_on_file")
    if fact is None or fact.form is None:
        return
    named = {(rule.finding.document, "finding.document")}
    named |= {(spec.document, "finding.remedies") for spec in remedies_of(rule)}
    for document, member in sorted(named):
        if document and not fact.form.fits(document):
            what = f"names the document `{document}`, which no chart can hold."
            yield _letter(rule, member, what, f"Use {fact.form.about}.")
    asked = {spec.document for spec in remedies_of(rule) if spec.action == "add-document"}
    others = () if not rule.finding.document or rule.finding.document in asked else asked - {""}
    for document in sorted(filter(fact.form.fits, others)):
        what = f"finds that `{rule.finding.document}` is missing and asks for `{document}`."
        yield _letter(rule, "finding.remedies", what, "Ask for the document that is missing, or correct it.")


def _comparisons(rule: Rule) -> Iterator[Problem]:
    for member, ask, asked_of in asks_of(rule):
        argument = ask.argument
        if not isinstance(argument, Fact):
            continue
        if ask.operator not in ("at_least", "more_than"):
            what = f"`{ask.operator}` compares with a value, not with `{argument.name}`."
            yield _letter(rule, member, what, "Use at_least or more_than with a fact.")
        if not _can_ask(argument, asked_of):
            what = f"fact `{argument.name}` is about a {argument.scope}."
            yield _letter(rule, member, what, f"Ask it in a rule `for_each: {argument.scope}`.")


def asks_of(rule: Rule) -> Iterator[tuple[str, Ask, Scope]]:
    """Every question that the rule asks: the member in which it stands, the question, and of what it is asked."""
    spec = rule.finding
    scope: Scope = rule.for_each
    trees: list[tuple[str, Condition, Scope]] = [
        ("applies", rule.applies, "unit"),
        ("when", rule.when, scope),
    ]
    trees += [("also_cites", condition, scope) for condition, _ in rule.also_cites]
    trees += [("finding.severity", condition, scope) for condition, _ in spec.severity.steps]
    trees += [("finding.remedies", condition, scope) for condition, _ in spec.remedies.steps]
    trees += [("finding.caps", cap.when, scope) for cap in spec.caps]
    trees += [("finding.remedies", r.unless, scope) for r in remedies_of(rule) if r.unless is not None]
    trees += [("finding.others", spec.others[1], "line")] if spec.others is not None else []
    for member, condition, asked_of in trees:
        for ask, inner in _asks(condition, asked_of):
            yield member, ask, inner


def _asks(condition: Condition, scope: Scope) -> Iterator[tuple[Ask, Scope]]:
    if isinstance(condition, Ask):
        yield condition, scope
        if condition.nested is not None:
            yield from _asks(condition.nested, "line")
        return
    for part in condition.parts:
        yield from _asks(part, scope)
