"""The policy pages in Markdown. They hold our own words only: registers, texts of cards, names of cases."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from cds_service.engine.account import Account, account_of
from cds_service.engine.conditions import ALWAYS, Condition
from cds_service.engine.conflict_report import Entry, conflict_report
from cds_service.engine.rule_words import ladder_words, outline, span_words, value_words
from cds_service.engine.rules import Book, Document, Policy, Rule
from scripts.docs_manual import table

_MADE = "<!-- Made by `make docs` from the policy files. Change those, not this page. -->"
_RANKS = {
    "law": "law and federal rules",
    "programme": "a programme",
    "payer": "a payer",
    "society": "a society",
    "facts": "facts",
}


def index_page(book: Book) -> str:
    """All documents and policy files."""
    accounts = {account.id: account for account in account_of(book)}
    documents = [
        (
            f"[{_text(d.title)}]({d.id}.md)",
            _text(d.owner),
            _RANKS[d.rank],
            span_words(d.in_force),
            _counts(accounts[d.id]),
        )
        for d in book.documents.values()
    ]
    policies = [
        (
            f"[{p.id}]({p.id}.md)",
            _text(p.about),
            str(len({rule.id for rule in p.rules})),
            f"[{p.document}]({p.document}.md)",
        )
        for p in book.policies
    ]
    return _page(
        "Policies",
        "What the service knows, made from its policy files: the documents with every statement of them, the rules"
        " with their dates and cases, and [where documents differ](conflicts.md).",
        "## Documents",
        table(("document", "owner", "rank", "in force", "statements"), documents),
        "## Policy files",
        table(("policy", "about", "rules", "document"), policies),
    )


def document_page(document: Document, book: Book, editions: Sequence[Mapping[str, Any]]) -> str:
    """One document: its editions and the account of its statements."""
    (account,) = (account for account in account_of(book) if account.id == document.id)
    rows = {row.statement: row for row in account.rows}
    shown = [
        (
            edition["id"],
            _text(edition["issued"]),
            " to ".join(
                edition["in_force"][end] for end in ("from", "through") if end in edition["in_force"]
            ),
            edition["last_reviewed"],
        )
        for edition in editions
    ]
    statements = [
        (
            f'<a id="{s.id.lower()}"></a>{s.id}',
            _text(s.section),
            _text(s.says),
            s.kind,
            ", ".join(map(_rule_link, rows[s.id].rules)) or _text(s.not_modelled),
        )
        for s in document.statements
    ]
    return _page(
        _text(document.title),
        f"Published by {_text(document.owner)}; its rank is that of {_RANKS[document.rank]}. "
        f"Its place: <{document.url}>. The sentences below are ours, not the document's.",
        "## Editions",
        table(("edition", "issued", "in force from", "last compared"), shown),
        "## Statements",
        f"{_counts(account)}.",
        table(("statement", "section", "says", "kind", "rules, or why there is none"), statements),
    )


def rules_page(policy: Policy, book: Book, cases: Mapping[str, Sequence[str]]) -> str:
    """One policy file: every version of every rule, and the names of its cases."""
    document = book.documents[policy.document]
    first = policy.rules[0]
    parts = [
        _text(policy.about),
        f"Rests on [{_text(document.title)}]({document.id}.md). Each version is chosen by the "
        f"{'first date of service' if first.dated_by == 'service-start' else 'date of the line'}.",
        "**For whom:** everybody"
        if first.applies == ALWAYS
        else f"**For whom:**\n\n{_bullets(first.applies, book)}",
    ]
    for name, versions in groupby(policy.rules, key=lambda rule: rule.id):
        parts.append(f"## {name}")
        for rule in versions:
            parts += list(_version(rule, book))
        named = cases.get(name, ())
        if named:
            parts.append("**Cases**\n\n" + "\n".join(f"- {_text(case)}" for case in named))
    return _page(policy.id, *parts)


def conflicts_page(book: Book) -> str:
    """Where documents differ, and what is in force."""
    parts = [
        "Two statements conflict when they answer the same question differently for something that both speak of. "
        "The conflicts are found by comparing the positions registered beside the sources; each has a resolution."
    ]
    for entry in conflict_report(book):
        parts += list(_conflict(entry, book))
    return _page("Where documents differ", *parts)


def _version(rule: Rule, book: Book) -> Iterator[str]:
    spec, sets = rule.finding, book.catalogue.sets
    state = "" if rule.status == "active" else f" ({rule.status})"
    yield f"### {span_words(rule.effective).capitalize()}{state}"
    yield f"Asked of each {rule.for_each} on {_hooks(rule)}; speaks once per {rule.once_per}. It speaks when"
    yield _bullets(rule.when, book)
    rows = [("kind", spec.kind), ("severity", _text(ladder_words(spec.severity, sets)))]
    rows += [("cap", _text(value_words(cap, sets))) for cap in spec.caps]
    rows.append(("says", _text(spec.summary)))
    rows += [("asks", _text(spec.question))] if rule.if_unknown == "ask" else []
    rows += [("because", _text(text)) for text in spec.because]
    rows += [("notes", _text(text)) for text in spec.notes]
    joiner = " (all of them)" if spec.all_of else ""
    rows.append(("remedies", _text(ladder_words(spec.remedies, sets)) + joiner))
    rows += [("overrides", ", ".join(rule.overrides))] if rule.overrides else []
    rows.append(("cites", ", ".join(_statement_link(cited, book) for cited in rule.statements)))
    yield table(("", ""), rows)


def _conflict(entry: Entry, book: Book) -> Iterator[str]:
    resolution = entry.resolution
    yield f"## {resolution.id}: {_text(resolution.about)}"
    for difference in entry.differences:
        yield f"*{_text(difference.question)}*"
        yield table(
            ("statement", "answers", "says"),
            [
                (_statement_link(s.source.statement, book), _text(s.stance), _text(s.says))
                for s in difference.sides
            ],
        )
        yield "\n".join(
            f"- {_text(words)}: {', '.join(f'{one} and {other}' for one, other in pairs)}"
            for words, pairs in difference.meetings
        )
    yield f"**Resolved:** {_text(resolution.resolved)}"
    if entry.carriers:
        yield "\n".join(f"- {_rule_link(c.rule)}: {', '.join(c.severities)}" for c in entry.carriers)
    else:
        yield f"No rule: {_text(resolution.no_rule)}"


def _counts(account: Account) -> str:
    return f"{account.total} statements: {account.implemented} with rules, {account.reasoned} with a reason"


def _hooks(rule: Rule) -> str:
    return " and ".join({"claim": "claims", "order": "orders"}[hook] for hook in sorted(rule.hooks))


def _bullets(condition: Condition, book: Book) -> str:
    lines = outline(condition, book.catalogue.sets)
    return "\n".join(f"{'  ' * depth}- {_text(text)}" for depth, text in lines)


def _rule_link(name: str) -> str:
    policy, _, rule = name.rpartition(".")
    return f"[{name}]({policy}.md#{rule})"


def _statement_link(id: str, book: Book) -> str:
    statement = book.statement(id)
    return f"[{id}]({statement.document}.md#{id.lower()})" if statement else id


def _text(text: str) -> str:
    """Text in which Markdown reads nothing but letters and code; bars are escaped by the table."""
    return re.sub(r"([*\[\]])", r"\\\1", " ".join(text.split())).replace("<", "&lt;")


def _page(title: str, *parts: str) -> str:
    return "\n\n".join((f"# {title}", _MADE, *parts)) + "\n"
