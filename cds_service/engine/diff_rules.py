"""What changes of rules: compared day by day, so that versions that merely split or join are no change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import date, timedelta
from typing import Any

from cds_service.engine.changes import Change, Detail, before_and_now, list_difference
from cds_service.engine.conditions import Ask, Condition, Group, codes_of
from cds_service.engine.rule_words import condition_words, parts_of, span_words, value_words
from cds_service.engine.rules import Book, FindingSpec, Policy, Rule, Span

Content = Mapping[str, Any]
Key = tuple[str, str]
_IDENTITY = {"id", "policy", "file", "line", "lines", "status", "effective", "finding", "applies", "dated_by"}
_LABELS = {"concerns_guidance": "concerns"}
_DAY = timedelta(days=1)


def rule_changes(old: Book, new: Book) -> Iterator[Change]:
    """Every change of the active rules, renamed ones recognised by their content."""
    before, after = _versions(old), _versions(new)
    owners = _owners(old) | _owners(new)
    gone = {key: versions for key, versions in before.items() if key not in after}
    come = {key: versions for key, versions in after.items() if key not in before}
    renamed = dict(_renamed(gone, come, old, new))
    yield from _renamings(renamed, before, after, owners)
    for key in dict.fromkeys((*before, *after)):
        if key in renamed or key in renamed.values():
            continue
        change = _compared(key, before.get(key, []), after.get(key, []), new, owners)
        if change is not None:
            yield change


def policy_changes(old: Book, new: Book) -> Iterator[Change]:
    """What changes for all rules of a policy file: whom it is for, and which date chooses the version."""
    before = {policy.id: policy for policy in old.policies}
    owners = _owners(new)
    for policy in new.policies:
        was = before.get(policy.id)
        if was is None or not was.rules or not policy.rules:
            continue
        says = list(_of_policy(was, policy, new))
        if says:
            yield Change(owners[policy.id], "policy", policy.id, "changed", (Detail(tuple(says)),))


def _of_policy(old: Policy, new: Policy, book: Book) -> Iterator[str]:
    sets = book.catalogue.sets
    if old.rules[0].applies != new.rules[0].applies:
        yield from _condition("applies", old.rules[0].applies, new.rules[0].applies, sets)
    for label in ("about", "document"):
        if getattr(old, label) != getattr(new, label):
            yield before_and_now(label, getattr(old, label), getattr(new, label))
    if old.rules[0].dated_by != new.rules[0].dated_by:
        yield before_and_now("dated_by", old.rules[0].dated_by, new.rules[0].dated_by)


def _versions(book: Book) -> dict[Key, list[Rule]]:
    found: dict[Key, list[Rule]] = defaultdict(list)
    for rule in book.rules:
        if rule.status == "active":
            found[rule.policy, rule.id].append(rule)
    return {key: sorted(rules, key=lambda r: r.effective.first or date.min) for key, rules in found.items()}


def _owners(book: Book) -> dict[str, str]:
    return {policy.id: book.documents[policy.document].owner for policy in book.policies}


def _content(rule: Rule) -> Content:
    whole = {f.name: getattr(rule, f.name) for f in fields(Rule) if f.name not in _IDENTITY}
    spec = {f.name: getattr(rule.finding, f.name) for f in fields(FindingSpec)}
    return whole | spec


def _renamed(
    gone: dict[Key, list[Rule]], come: dict[Key, list[Rule]], old: Book, new: Book
) -> Iterator[tuple[Key, Key]]:
    waiting = dict(come)
    for key, rules in gone.items():
        told = [(r.effective, r.applies, r.dated_by, _content(r)) for r in rules]
        same = [
            other
            for other, versions in waiting.items()
            if [(r.effective, r.applies, r.dated_by, _content(r)) for r in versions] == told
        ]
        if same:
            best = next((other for other in same if other[1] == key[1]), same[0])
            del waiting[best]
            yield key, best


def _renamings(
    renamed: Mapping[Key, Key], before: Mapping[Key, Any], after: Mapping[Key, Any], owners: Mapping[str, str]
) -> Iterator[Change]:
    whole: dict[tuple[str, str], list[Key]] = defaultdict(list)
    for key, other in renamed.items():
        if key[1] == other[1]:
            whole[key[0], other[0]].append(key)
    told: set[Key] = set()
    for (was, now), keys in whole.items():
        if len(keys) == sum(k[0] == was for k in before) == sum(k[0] == now for k in after):
            says = f"the policy {was} is called {now}; its rules are the same"
            yield Change(owners[now], "policy", now, "renamed", (Detail((says,)),))
            told |= set(keys)
    for key, other in renamed.items():
        if key not in told:
            says = f"the rule {'.'.join(key)} is called {'.'.join(other)}; it says the same"
            yield Change(owners[other[0]], "rule", ".".join(other), "renamed", (Detail((says,)),))


def _compared(
    key: Key, before: list[Rule], after: list[Rule], book: Book, owners: Mapping[str, str]
) -> Change | None:
    name = ".".join(key)
    codes = _codes([*before, *after])
    if not before or not after:
        details = tuple(Detail(tuple(_said(r, book)), r.effective) for r in after or before)
        return Change(owners[key[0]], "rule", name, "added" if after else "removed", details, codes)
    if [_content(r) for r in before] == [_content(r) for r in after]:
        moved = [(was, now) for was, now in zip(before, after, strict=True) if was.effective != now.effective]
        details = tuple(
            Detail((f"speaks {span_words(now.effective)}; before, it spoke {span_words(was.effective)}",))
            for was, now in moved
        )
        return Change(owners[key[0]], "rule", name, "dates", details, codes) if details else None
    details = tuple(_by_days(before, after, book))
    return Change(owners[key[0]], "rule", name, "changed", details, codes) if details else None


def _by_days(before: list[Rule], after: list[Rule], book: Book) -> Iterator[Detail]:
    waiting: Detail | None = None
    for span in _spans([*before, *after]):
        was, now = _on(before, span), _on(after, span)
        says = tuple(_differences(was, now, book))
        if not says:
            continue
        if waiting and waiting.says == says and waiting.days and _next(waiting.days) == span.first:
            waiting = Detail(says, Span(waiting.days.first, span.last))
            continue
        if waiting:
            yield waiting
        waiting = Detail(says, span)
    if waiting:
        yield waiting


def _next(span: Span) -> date | None:
    return span.last + _DAY if span.last else None


def _spans(rules: list[Rule]) -> Iterator[Span]:
    """The days of all versions, cut wherever one of them begins or ends."""
    firsts = {r.effective.first or date.min for r in rules}
    firsts |= {r.effective.last + _DAY for r in rules if r.effective.last}
    edges = sorted(firsts)
    for n, first in enumerate(edges):
        last = edges[n + 1] - _DAY if n + 1 < len(edges) else None
        yield Span(None if first == date.min else first, last)


def _on(rules: list[Rule], span: Span) -> Rule | None:
    return next((rule for rule in rules if rule.effective.holds_all_of(span)), None)


def _differences(was: Rule | None, now: Rule | None, book: Book) -> Iterator[str]:
    if was is None or now is None:
        if was is not None:
            yield f"is silent; before, it said: {was.finding.summary}"
        elif now is not None:
            yield from _said(now, book)
        return
    old, new = _content(was), _content(now)
    sets = book.catalogue.sets
    for member, value in new.items():
        earlier = old[member]
        label = _LABELS.get(member, member)
        if value == earlier:
            continue
        if isinstance(value, Ask | Group) and isinstance(earlier, Ask | Group):
            yield from _condition(label, earlier, value, sets)
        elif _is_list(value) and _is_list(earlier) and member not in ("because", "notes"):
            yield list_difference(label, [str(v) for v in earlier], [str(v) for v in value])
        else:
            yield before_and_now(label, value_words(earlier, sets), value_words(value, sets))


def _is_list(value: Any) -> bool:
    return isinstance(value, tuple | frozenset) and all(isinstance(each, str) for each in value)


def _condition(
    label: str, old: Condition, new: Condition, sets: Mapping[str, frozenset[str]]
) -> Iterator[str]:
    gone = [part for part in parts_of(old) if part not in parts_of(new)]
    come = [part for part in parts_of(new) if part not in parts_of(old)]
    for part in list(come):
        was = next((each for each in gone if _same_question(each, part)), None)
        if was is None or not isinstance(part, Ask) or not isinstance(was, Ask):
            continue
        gone.remove(was)
        come.remove(part)
        if isinstance(part.argument, frozenset) and isinstance(was.argument, frozenset):
            yield list_difference(
                f"{label}: {part.fact.name} {part.operator.replace('_', ' ')}",
                sorted(was.argument),
                sorted(part.argument),
            )
        else:
            yield before_and_now(label, condition_words(was, sets), condition_words(part, sets))
    yield from (f"{label}: no longer asks that {condition_words(part, sets)}" for part in gone)
    yield from (f"{label}: now also asks that {condition_words(part, sets)}" for part in come)


def _same_question(one: Condition, other: Condition) -> bool:
    return (
        isinstance(one, Ask)
        and isinstance(other, Ask)
        and (one.fact.name, one.operator) == (other.fact.name, other.operator)
    )


def _said(rule: Rule, book: Book) -> Iterator[str]:
    spec, sets = rule.finding, book.catalogue.sets
    yield f"says ({spec.kind}, {value_words(spec.severity, sets)}): {spec.summary}"
    yield f"when {condition_words(rule.when, sets)}"
    yield f"remedies: {value_words(spec.remedies, sets)}"
    yield f"cites {', '.join(rule.cites)}"


def _codes(rules: list[Rule]) -> tuple[str, ...]:
    found: set[str] = set()
    for rule in rules:
        found |= codes_of(rule.when) or set()
    return tuple(sorted(found))
