"""Cross-checks of a whole book: what a schema cannot say. Run at every start, not only in tests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

from cds_service.engine.conditions import codes_of
from cds_service.engine.letters import Problem
from cds_service.engine.rule_checks import check_rules, remedies_of
from cds_service.engine.rules import Book, Document, Rule, Span
from cds_service.engine.vocabulary import Fact


def check_book(book: Book, rules_lost: bool = False) -> list[Problem]:
    """Every problem of the book; an empty list means that it can be used.

    With `rules_lost` (a rule could not be read) nothing is said of statements that no rule cites.
    """
    return [
        *_duplicate_names(book),
        *_versions(book),
        *_citations(book),
        *_overrides(book),
        *_codes(book),
        *check_rules(book),
        *([] if rules_lost else _registers(book)),
    ]


def _letter(rule: Rule, what: str, remedy: str) -> Problem:
    return Problem(rule.file, rule.line, rule.id, what, remedy)


def _duplicate_names(book: Book) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for policy in book.policies:
        if policy.id in seen:
            yield Problem(
                policy.file, 1, "", f"policy `{policy.id}` is also in {seen[policy.id]}.", "Rename one."
            )
        seen[policy.id] = policy.file
        if policy.document not in book.documents:
            yield Problem(
                policy.file,
                1,
                "",
                f"there is no document `{policy.document}`.",
                "Register it in sources.yaml.",
            )


def _versions(book: Book) -> Iterator[Problem]:
    by_rule: dict[tuple[str, str], list[Rule]] = defaultdict(list)
    documents = {policy.id: book.documents.get(policy.document) for policy in book.policies}
    for rule in book.rules:
        by_rule[(rule.policy, rule.id)].append(rule)
        document = documents[rule.policy]
        if document is not None:
            yield from _outlives(rule, document)
    for versions in by_rule.values():
        for earlier, later in pairwise(versions):
            yield from _neighbours(earlier, later)


def _neighbours(earlier: Rule, later: Rule) -> Iterator[Problem]:
    if earlier.effective.overlaps(later.effective):
        yield _letter(
            later,
            f"this version ({later.effective}) overlaps the one in line {earlier.line} ({earlier.effective}).",
            "End the earlier version the day before, and write versions in order of date.",
        )
    elif earlier.effective.last and later.effective.first:
        gap = later.effective.first - earlier.effective.last
        if gap > timedelta(days=1):
            yield _letter(
                later,
                f"between this version and the one in line {earlier.line} lie {gap.days - 1} day(s) without a rule.",
                "Close the gap, or give this rule another id if that is meant.",
            )


def _outlives(rule: Rule, document: Document) -> Iterator[Problem]:
    span, force = rule.effective, document.in_force
    if force.first and (span.first is None or span.first < force.first):
        yield _letter(
            rule,
            f"begins {span.first or 'always'}, before {document.id} was in force ({force}).",
            f"Begin it {force.first} or later.",
        )
    if force.last and (span.last is None or span.last > force.last):
        yield _letter(
            rule,
            f"outlives {document.id}, which ended {force.last}.",
            f"Add `through: {force.last}` or earlier.",
        )


def _citations(book: Book) -> Iterator[Problem]:
    known = {s.id for d in book.documents.values() for s in d.statements}
    for rule in book.rules:
        for cited in rule.cites:
            if cited not in known:
                yield _letter(
                    rule, f"cites {cited}, which no register holds.", "Register it in sources.yaml."
                )


def _overrides(book: Book) -> Iterator[Problem]:
    names = {rule.id for rule in book.rules}
    targets = {rule.id: set(rule.overrides) for rule in book.rules}
    for rule in book.rules:
        for other in rule.overrides:
            if other not in names:
                yield _letter(rule, f"overrides `{other}`, which is no rule.", "Check its id.")
            elif rule.id in targets.get(other, ()):
                yield _letter(rule, f"and `{other}` override each other.", "Remove one of the two.")


def _codes(book: Book) -> Iterator[Problem]:
    for rule in book.rules:
        named = codes_of(rule.when) or frozenset()
        for code in sorted(named):
            if book.catalogue.code(code) is None:
                yield _letter(
                    rule, f"speaks of {code}, which codes.csv does not list.", "Add it with its dates."
                )
        for spec in remedies_of(rule):
            if isinstance(spec.target, Fact) or spec.action not in ("replace", "add-line"):
                continue
            for text in spec.target:
                yield from _suggested(rule, text.partition("-")[0], book)


def _suggested(rule: Rule, code: str, book: Book) -> Iterator[Problem]:
    entry = book.catalogue.code(code)
    if entry is None:
        yield _letter(rule, f"suggests {code}, which codes.csv does not list.", "Add it with its dates.")
        return
    span = Span(entry.first, entry.last)
    first = rule.effective.first or date.min
    last = rule.effective.last or date.max
    if not span.holds(first) or not span.holds(last):
        yield _letter(
            rule,
            f"suggests {code}, which is valid {span} only; the rule runs {rule.effective}.",
            "Split the rule where the code begins or ends.",
        )


def _registers(book: Book) -> Iterator[Problem]:
    cited: dict[str, list[Rule]] = defaultdict(list)
    for rule in book.rules:
        if rule.status == "active":
            for name in rule.cites:
                cited[name].append(rule)
    seen: dict[str, str] = {}
    for document in book.documents.values():
        for statement in document.statements:
            if statement.id in seen:
                yield Problem(
                    document.file, 0, statement.id, f"is also in {seen[statement.id]}.", "Keep one."
                )
            seen[statement.id] = document.file
            if not cited[statement.id] and not statement.not_modelled:
                yield Problem(
                    document.file,
                    0,
                    statement.id,
                    "has neither an active rule that cites it nor `not_modelled`.",
                    "Write the rule, or say why none is needed.",
                )
            if cited[statement.id] and statement.not_modelled:
                yield Problem(
                    document.file,
                    0,
                    statement.id,
                    f"says `not_modelled`, but rule `{cited[statement.id][0].id}` cites it.",
                    "Remove one of the two.",
                )
