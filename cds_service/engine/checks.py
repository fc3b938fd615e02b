"""Cross-checks of a whole book: what a schema cannot say. Run at every start, not only in tests."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise

from cds_service.engine.conditions import codes_of
from cds_service.engine.conflict_checks import check_conflicts
from cds_service.engine.letters import Problem
from cds_service.engine.lost import Lost
from cds_service.engine.model import BESIDE_AN_INVALID_CODE
from cds_service.engine.payer_checks import check_payers
from cds_service.engine.rule_checks import OF_THE_FILE, asks_of, check_rules, remedies_of
from cds_service.engine.rules import Book, Document, Rule, Span
from cds_service.engine.vocabulary import Fact

_MODIFIER = re.compile(r"[A-Z0-9]{2}", re.ASCII)


def check_book(book: Book, lost: Lost | None = None) -> list[Problem]:
    """Every problem of the book; an empty list means that it can be used.

    Nothing is said that only follows from what is `lost`.
    """
    lost = lost or Lost()
    found = [
        *_duplicate_names(book, lost),
        *_versions(book),
        *_overrides(book, lost),
        *_codes(book),
        *_never_valid(book),
        *check_rules(book),
        *check_payers(book, lost),
        *_registers(book, lost),
        *check_conflicts(book, lost),
    ]
    found += [] if "sources" in lost.files else [*_citations(book), *_of_another_document(book, lost)]
    return list(dict.fromkeys(found))


def _letter(rule: Rule, member: str, what: str, remedy: str) -> Problem:
    about = "" if member in OF_THE_FILE else rule.id
    return Problem(rule.file, rule.line_of(member), about, what, remedy)


def _duplicate_names(book: Book, lost: Lost) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for policy in book.policies:
        if policy.id in seen:
            what = f"policy `{policy.id}` is also in {seen[policy.id]}."
            yield Problem(policy.file, policy.lines.get("policy", 1), "", what, "Rename one.")
        seen.setdefault(policy.id, policy.file)
        if policy.document not in book.documents and "sources" not in lost.files:
            what = f"there is no document `{policy.document}`."
            line = policy.lines.get("document", 1)
            yield Problem(policy.file, line, "", what, "Register it in sources.yaml.")


def _versions(book: Book) -> Iterator[Problem]:
    by_rule: dict[tuple[str, str, str], list[Rule]] = defaultdict(list)
    documents = {policy.id: book.documents.get(policy.document) for policy in book.policies}
    for rule in book.rules:
        by_rule[(rule.file, rule.policy, rule.id)].append(rule)
        document = documents[rule.policy]
        if document is not None:
            yield from _outlives(rule, document)
    for versions in by_rule.values():
        for earlier, later in pairwise(sorted(versions, key=lambda v: v.effective.first or date.min)):
            yield from _neighbours(earlier, later)


def _neighbours(earlier: Rule, later: Rule) -> Iterator[Problem]:
    if earlier.effective.first == later.effective.first:
        # Nobody begins two versions of one rule on one day: these are two rules.
        what = f"has the id and the first day of the rule in line {earlier.line}."
        yield _letter(later, "id", what, "Give one of the two another id, or keep one of them.")
    elif earlier.effective.overlaps(later.effective):
        yield _letter(
            later,
            "effective",
            f"this version ({later.effective}) overlaps the one in line {earlier.line} ({earlier.effective}).",
            "End the earlier version the day before.",
        )
    elif earlier.effective.last and later.effective.first:
        gap = later.effective.first - earlier.effective.last
        if gap > timedelta(days=1):
            yield _letter(
                later,
                "effective",
                f"between this version and the one in line {earlier.line} lie {gap.days - 1} day(s) without a rule.",
                "Close the gap, or give this rule another id if that is meant.",
            )


def _outlives(rule: Rule, document: Document) -> Iterator[Problem]:
    span, force = rule.effective, document.in_force
    if force.first and (span.first is None or span.first < force.first):
        yield _letter(
            rule,
            "effective",
            f"begins {span.first or 'always'}, before {document.id} was in force ({force}).",
            f"Begin it {force.first} or later.",
        )
    if force.last and (span.last is None or span.last > force.last):
        yield _letter(
            rule,
            "effective",
            f"outlives {document.id}, which ended {force.last}.",
            f"Add `through: {force.last}` or earlier.",
        )


def _citations(book: Book) -> Iterator[Problem]:
    known = {s.id for d in book.documents.values() for s in d.statements}
    for rule in book.rules:
        for cited in rule.statements:
            if cited not in known:
                member = "cites" if cited in rule.cites else "also_cites"
                what = f"cites {cited}, which no register holds."
                yield _letter(rule, member, what, "Register it in sources.yaml.")


def _of_another_document(book: Book, lost: Lost) -> Iterator[Problem]:
    """The file's document bounds the dates of its rules: it is not another folder's, whose statements none cites."""
    home = {s.id: d for d in book.documents.values() for s in d.statements}
    for policy in book.policies:
        cited = {statement for rule in policy.rules for statement in rule.statements}
        document, here = book.documents.get(policy.document), _folder(policy.file)
        if document is None or _folder(document.file) == here or lost.rules or not cited <= set(home):
            continue
        own = sorted({home[statement].id for statement in cited if _folder(home[statement].file) == here})
        if own and all(home[statement].id in own for statement in cited):
            what = f"names the document `{document.id}` of {document.file}, but its rules cite none of its statements."
            remedy = f"Name the document that they carry out: {', '.join(own)}."
            yield Problem(policy.file, policy.lines.get("document", 1), "", what, remedy)


def _folder(file: str) -> str:
    return file.rpartition("/")[0]


def _overrides(book: Book, lost: Lost) -> Iterator[Problem]:
    targets: dict[str, set[str]] = defaultdict(set)
    for rule in book.rules:
        targets[rule.id] |= set(rule.overrides)
    known = {rule.id for rule in book.rules} | lost.ids
    for rule in book.rules:
        for other in rule.overrides:
            if other not in known and "policy" not in lost.files:
                yield _letter(rule, "overrides", f"overrides `{other}`, which is no rule.", "Check its id.")
            elif other == rule.id:
                yield _letter(rule, "overrides", "overrides itself.", "Remove it.")
            elif rule.id in _reached(other, targets):
                what = f"and `{other}` override each other."
                yield _letter(rule, "overrides", what, "Remove one of the two.")


def _reached(start: str, targets: Mapping[str, set[str]]) -> set[str]:
    """The rules that `start` overrides, directly or through others, itself included."""
    found, waiting = {start}, [start]
    while waiting:
        new = targets.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found


def _codes(book: Book) -> Iterator[Problem]:
    for rule in book.rules:
        for member, ask, _ in asks_of(rule):
            if ask.fact.name != "code" or ask.operator == "known":
                continue
            named = ask.argument if isinstance(ask.argument, frozenset) else {ask.argument}
            for code in sorted(c for c in named if book.catalogue.code(c) is None):
                what = f"speaks of {code}, which codes.csv does not list."
                yield _letter(rule, member, what, _instead_of(code, book))
        for spec in remedies_of(rule):
            if isinstance(spec.target, Fact) or spec.action not in ("replace", "add-line"):
                continue
            for text in spec.target:
                code, *modifiers = text.split("-")
                yield from _suggested(rule, code, book)
                if not all(_MODIFIER.fullmatch(modifier) for modifier in modifiers):
                    what = f"suggests {text}, whose modifier is not two capitals or digits."
                    yield _letter(rule, "finding.remedies", what, f"Write it as {code}-26.")


def _instead_of(code: str, book: Book) -> str:
    """The remedy for a code that the catalogue does not list."""
    bare, _, modifiers = code.upper().partition("-")
    if book.catalogue.code(bare) is None:
        return "Check it; a code that is missing has to be added to the package, with its dates."
    if modifiers:
        return f"Write {bare}, and ask for the modifier with `modifiers: {{has_any: [{modifiers.split('-')[0]}]}}`."
    return f"Write {bare}, in capitals."


def _never_valid(book: Book) -> Iterator[Problem]:
    """A line whose code has ended keeps no correction of its own (M-10), unless a rule of another kind overrides the
    validity rules."""
    validity = {rule.id for rule in book.rules if rule.finding.kind == "code-effective-date"}
    others = [rule for rule in book.rules if rule.finding.kind != "code-effective-date"]
    if any(validity & set(rule.overrides) for rule in others):
        return
    for rule in book.rules:
        codes, first = codes_of(rule.when), rule.effective.first
        if rule.for_each != "line" or rule.finding.kind in BESIDE_AN_INVALID_CODE or not codes or not first:
            continue
        ends = {code: entry.last for code in codes if (entry := book.catalogue.code(code)) and entry.last}
        if set(ends) == codes and max(ends.values()) < first:
            told = ", ".join(f"{code} {ends[code]}" for code in sorted(codes))
            what = f"never speaks: each code that it asks for ended before {first} ({told})."
            yield _letter(rule, "effective", what, "Correct the codes or the dates.")


def _suggested(rule: Rule, code: str, book: Book) -> Iterator[Problem]:
    entry = book.catalogue.code(code)
    if entry is None:
        what = f"suggests {code}, which codes.csv does not list."
        yield _letter(rule, "finding.remedies", what, _instead_of(code, book))
        return
    span = Span(entry.first, entry.last)
    first = rule.effective.first or date.min
    last = rule.effective.last or date.max
    if not span.holds(first) or not span.holds(last):
        yield _letter(
            rule,
            "finding.remedies",
            f"suggests {code}, which is valid {span} only; the rule runs {rule.effective}.",
            "Split the rule where the code begins or ends.",
        )


def _registers(book: Book, lost: Lost) -> Iterator[Problem]:
    cited: dict[str, list[Rule]] = defaultdict(list)
    for rule in book.rules:
        if rule.status == "active":
            for name in rule.statements:
                cited[name].append(rule)
    seen: dict[str, str] = {}
    for document in book.documents.values():
        for statement in document.statements:
            place = (document.file, statement.line, statement.id)
            if statement.id in seen:
                yield Problem(*place, f"is also in {seen[statement.id]}.", "Keep one.")
            seen.setdefault(statement.id, f"{document.file}:{statement.line}")
            rules = cited[statement.id]
            unknown = statement.id in lost.cites or "policy" in lost.files
            if not rules and not statement.not_modelled and not unknown:
                yield Problem(
                    *place,
                    "has neither an active rule that cites it nor `not_modelled`.",
                    "Write the rule, or say why none is needed.",
                )
            if rules and statement.not_modelled:
                what = f"says `not_modelled`, but rule `{rules[0].id}` cites it."
                yield Problem(*place, what, "Remove one of the two.")
