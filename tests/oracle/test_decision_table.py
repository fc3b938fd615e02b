"""Section 12 of the rules, every cell: right codes are left alone, wrong ones get their finding, and what the card
suggests cures it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.oracle.agreement import tell
from tests.oracle.model import Finding
from tests.oracle.product import ask, findings
from tests.oracle.raw import RANK
from tests.oracle.table import Case, cases
from tests.oracle.table_molina import molina_cases
from tests.oracle.table_programme import programme_cases
from tests.oracle.to_fhir import to_request

ALL = [*cases(), *molina_cases(), *programme_cases()]
RIGHT = [case for case in ALL if case.wrong is None]
WRONG = [case for case in ALL if case.wrong is not None]


def _firm(found: list[Finding]) -> list[Finding]:
    return [finding for finding in found if RANK[finding.severity] >= RANK["warning"]]


def _name(case: Case) -> str:
    return case.scenario.name


def test_no_two_cells_have_one_name() -> None:
    assert len({_name(case) for case in ALL}) == len(ALL)


@pytest.mark.parametrize("case", RIGHT, ids=_name)
def test_right_codes_draw_no_warning(case: Case) -> None:
    service, request = to_request(case.scenario)
    assert [tell(finding) for finding in _firm(findings(ask(service, request)))] == []


@pytest.mark.parametrize("case", WRONG, ids=_name)
def test_a_wrong_neighbour_draws_its_finding_and_no_other_warning(case: Case) -> None:
    assert case.wrong is not None
    service, request = to_request(case.scenario)
    found = [(f.kind, f.severity, f.remedies) for f in _firm(findings(ask(service, request)))]
    assert found == [(case.wrong.kind, case.wrong.severity, case.wrong.remedies)]


@pytest.mark.parametrize("case", WRONG, ids=_name)
def test_each_suggestion_cures_and_brings_no_new_warning(case: Case) -> None:
    assert case.wrong is not None
    service, request = to_request(case.scenario)
    cards = ask(service, request)
    cards = [card for card in cards if RANK[_severity(card)] >= RANK["warning"]]
    suggestions = [suggestion for card in cards for suggestion in card.get("suggestions", ())]
    assert len(suggestions) == sum(_choices(remedy) for remedy in case.wrong.remedies)
    for suggestion in suggestions:
        after = _firm(findings(ask(service, _accepted(request, suggestion))))
        then = case.wrong.then
        if after and then:
            assert [(f.kind, f.severity, f.remedies) for f in after] == [
                (then.kind, then.severity, then.remedies)
            ]
        else:
            assert [tell(finding) for finding in after] == [], suggestion["label"]


def _choices(remedy: str) -> int:
    """Suggestions of a remedy: none for `review`, one for each indication that may be attested, else one."""
    if remedy.startswith("attest-indication "):
        return len(remedy.split(","))
    return int(remedy != "review")


def _severity(card: dict[str, Any]) -> str:
    found = card["extension"]["org.igrt-cds.findings"]
    return max((str(finding["severity"]) for finding in found), key=RANK.__getitem__)


def _accepted(request: dict[str, Any], suggestion: dict[str, Any]) -> dict[str, Any]:
    """The request as the client would send it after taking the suggestion."""
    changed = copy.deepcopy(request)
    bundle = changed["context"]["claims"]
    for action in suggestion["actions"]:
        assert action["type"] == "update"
        bundle["entry"] = [
            {"resource": action["resource"]} if entry["resource"]["id"] == action["resource"]["id"] else entry
            for entry in bundle["entry"]
        ]
    assert changed != request
    return changed
