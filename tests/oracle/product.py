"""The product's answer to a scenario, reduced to comparable findings."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Any

from cds_service.books import standard_library
from cds_service.service import Advisor
from tests.oracle.model import Finding, Scenario
from tests.oracle.to_fhir import to_request

CALL_DAY = date(2026, 11, 23)


@cache
def advisor() -> Advisor:
    """One advisor for the whole run: it holds no state of a call."""
    return Advisor(standard_library())


def ask(service: str, request: dict[str, Any]) -> list[dict[str, Any]]:
    """The cards of an answer, as a client would parse them."""
    answer = advisor().advise(service, json.dumps(request).encode(), CALL_DAY)
    assert answer.status == 200, answer.body
    cards: list[dict[str, Any]] = json.loads(answer.encode())["cards"]
    return cards


@cache
def answer(scenario: Scenario) -> tuple[Finding, ...]:
    """All findings of the product's cards for a scenario; asked once in a run."""
    service, request = to_request(scenario)
    return tuple(findings(ask(service, request)))


def findings(cards: Iterable[dict[str, Any]]) -> list[Finding]:
    """The machine-readable findings of cards."""
    return [
        _finding(part)
        for card in cards
        for f in card["extension"]["org.igrt-cds.findings"]
        for part in _parts(f)
    ]


def _parts(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Remedies that belong together, one for each line (`allOf`), are told apart; any other finding is left alone."""
    if not found.get("allOf") or not all("sequence" in remedy for remedy in found["remedies"]):
        return [found]
    return [
        found
        | {
            "remedies": [remedy],
            "lines": [line for line in found["lines"] if line["sequence"] == remedy["sequence"]],
        }
        for remedy in found["remedies"]
    ]


def _finding(found: dict[str, Any]) -> Finding:
    lines = frozenset(_label(line) for line in found.get("lines", ()))
    remedies = frozenset(_remedy(r) for r in found.get("remedies", ()))
    return Finding(found["kind"], found["severity"], lines, remedies, frozenset(found["rules"]))


def _label(line: dict[str, Any]) -> str:
    code = "-".join((line["code"], *line.get("modifiers", ())))
    return f"{line.get('sequence', 1)} {code} {line['date']}"


def _remedy(remedy: dict[str, Any]) -> str:
    action = remedy["action"]
    if action == "review":
        return str(action)
    if action == "attest-indication":
        return f"{action} {','.join(sorted(remedy['indications']))}"
    if action == "add-document":
        return f"{action} {remedy['document']}"
    if action in {"replace", "reduce-units"}:
        return f"{action} {remedy['code']} -> {remedy['to']}"
    return " ".join(str(part) for part in (action, remedy["code"], remedy.get("modifier", "")) if part)
