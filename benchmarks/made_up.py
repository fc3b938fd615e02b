"""A rulebook of many made-up payers: the policies of the package once more for each of them, under other names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cds_service.books import CATALOGUES, Library, standard_library
from cds_service.engine.conditions import Ask, Condition, Group
from cds_service.engine.evaluate import Engine
from cds_service.engine.rules import Book, Policy, Rule
from cds_service.facts.knowledge import load_knowledge
from cds_service.facts.vocabulary import VOCABULARY


def library_of(times: int) -> Library:
    """The library with `times` as many policies, payers and names of payers; once is the package's own."""
    own = standard_library()
    book = own.engine.book
    if times == 1:
        return own
    policies = [*book.policies]
    payers: list[Mapping[str, Any]] = [*book.payers]
    for number in range(1, times):
        slug = f"made-up-{number}"
        policies += [_of_payer(policy, slug) for policy in book.policies]
        payers.append({"payer": slug, "name": f"Made-up payer {number}", **_identity(number)})
    larger: Book = replace(book, policies=tuple(policies), payers=tuple(payers))
    return replace(
        own, engine=Engine(larger), knowledge=load_knowledge(CATALOGUES, book.catalogue, larger.payers)
    )


def _identity(number: int) -> dict[str, Any]:
    names = ("health plan", "insurance company", "of the coast")
    return {
        "identifiers": [{"system": "urn:made-up", "value": f"MADEUP{number}"}],
        "aliases": [{"name": f"made up payer {number} {each}", "match": "contains"} for each in names],
    }


def _of_payer(policy: Policy, slug: str) -> Policy:
    return replace(policy, id=f"{slug}.{policy.id}", rules=tuple(_rule(rule, slug) for rule in policy.rules))


def _rule(rule: Rule, slug: str) -> Rule:
    mine = Ask(VOCABULARY["payer"], "is", slug)
    rest = [part for part in _parts(rule.applies) if not _asks_payer(part)]
    return replace(rule, policy=f"{slug}.{rule.policy}", applies=Group("all", (mine, *rest)))


def _parts(condition: Condition) -> tuple[Condition, ...]:
    if isinstance(condition, Group) and condition.how == "all":
        return condition.parts
    return (condition,)


def _asks_payer(condition: Condition) -> bool:
    if isinstance(condition, Ask):
        return condition.fact.name == "payer"
    return any(_asks_payer(part) for part in condition.parts)
