"""A correction leaves no second line of one service: accepted in any order, or all together, they end in a clean
claim."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from cds_service.books import standard_library
from cds_service.engine.model import Finding, Severity
from cds_service.facts.given import build_case
from cds_service.facts.views import CaseView

DAY = "2024-03-11"
HOSPITAL = {"claim_type": "professional", "place_of_service": "22"}
OFFICE = {"claim_type": "professional", "place_of_service": "11"}
MEDICARE = {"payer": "medicare-ffs"}
MEDICAID = {"payer": "molina", "line_of_business": "medicaid"}
MARKETPLACE = {"payer": "molina", "line_of_business": "marketplace"}
XRAY = {"method": ["stereoscopic-xray"]}
CT = {"method": ["ct"]}
_WHOLE = {"coverage-necessity", "documentation", "scope-applicability"}

Given = dict[str, Any]

CLAIMS: list[tuple[str, Given, list[str], list[str]]] = [
    ("TC and 26", HOSPITAL | MEDICARE, ["77387-TC", "77387-26"], ["77014-26"]),
    ("bare and 26", HOSPITAL | MEDICARE, ["77387", "77387-26"], ["77014-26"]),
    ("bare and TC", HOSPITAL | MEDICARE, ["77387", "77387-TC"], ["77014-26"]),
    ("of Molina", HOSPITAL | MEDICAID, ["77387-TC", "77387-26"], ["77014-26"]),
    ("a known method", HOSPITAL | MEDICARE | XRAY, ["77387-TC", "77387-26"], ["G6002-26"]),
    ("another method", HOSPITAL | XRAY, ["77014-TC", "77014-26"], ["G6002-26"]),
    ("another method, bare", HOSPITAL | MEDICARE | XRAY, ["77014", "77014-26"], ["G6002-26"]),
    ("two other methods", OFFICE | CT, ["G6003", "G6001", "G6002"], ["G6003", "77014"]),
    ("tracking was another method", HOSPITAL | CT, ["G6017", "G6002-26"], ["77014-26"]),
    (
        "two methods for two lines",
        OFFICE | {"method": ["ct", "ultrasound"]},
        ["G6003", "G6002", "G6017"],
        ["77014", "G6001", "G6003"],
    ),
    ("the right code as TC", HOSPITAL | MEDICARE | XRAY, ["77387-26", "G6002-TC"], ["G6002-26"]),
    ("global and 26", OFFICE | MEDICARE, ["G6003", "77387", "77387-26"], ["G6003", "77014"]),
    ("global and 26 of a method", OFFICE | XRAY, ["G6003", "77014", "77014-26"], ["G6003", "G6002"]),
    ("global and 26 of Molina", OFFICE | MARKETPLACE, ["G6003", "77387", "77387-26"], ["G6003", "77014"]),
    ("global and TC", OFFICE | MEDICARE, ["G6003", "77387", "77387-TC"], ["G6003", "77014"]),
    ("beside Molina's IMRT", OFFICE | MEDICAID, ["G6015", "77387", "77387-26"], ["77014-26", "G6015"]),
    ("in the marketplace", OFFICE | MARKETPLACE, ["G6015", "77387", "77387-26"], ["77014-26", "G6015"]),
    (
        "beside Molina's IMRT, another method",
        OFFICE | MEDICAID | XRAY,
        ["G6015", "77014", "77014-26"],
        ["G6002-26", "G6015"],
    ),
    ("beside a technical line", OFFICE | MEDICAID, ["77386", "G6002-TC", "77387"], ["77014-26", "77386"]),
    ("the same of Medicare", OFFICE | MARKETPLACE, ["G6015", "G6002-TC", "77387"], ["77014-26", "G6015"]),
    ("an ended code", HOSPITAL | MEDICARE, ["77421-TC", "77421-26"], ["G6002-26"]),
    ("its successor stands", HOSPITAL, ["77421-26", "G6002-26"], ["G6002-26"]),
    ("an ended code and 77387", HOSPITAL | MEDICARE, ["77421-26", "77387-26"], ["G6002-26"]),
    ("77387 stays", OFFICE, ["G6003", "77387", "77421"], ["77387", "G6003"]),
    ("tracking in 77387", OFFICE, ["G6003", "77387", "0197T"], ["77387", "G6003"]),
    ("an ended code beside Molina's IMRT", OFFICE | MEDICAID, ["G6015", "76950"], ["G6001-26", "G6015"]),
]


def corrections(given: Given, lines: list[str]) -> list[Finding]:
    """What is to be done with lines of the claim, hints left out."""
    library = standard_library()
    told = [{"code": code, "date": DAY} for code in lines]
    case = build_case({"payer": "other", "state": "GA", "diagnoses": ["C61"], **given, "lines": told})
    found = library.engine.evaluate(CaseView(case, library.knowledge))
    told_to = [f for f in found if f.kind not in _WHOLE and f.severity > Severity.info and f.remedies]
    return [f for f in told_to if f.remedies[0].action != "review"]


def accepted(finding: Finding, lines: list[str | None]) -> None:
    """The first suggestion of a finding, carried out; a line that goes becomes None and keeps its place."""
    remedy = finding.remedies[0]
    for ref in finding.lines:
        place = (ref.sequence or 0) - 1
        if remedy.action == "replace":
            lines[place] = str(remedy.to)
        elif remedy.action == "add-modifier":
            lines[place] = f"{ref.code}-{remedy.modifier}"
        else:
            assert remedy.action == "remove-line"
            lines[place] = None


def left(lines: list[str | None]) -> list[str]:
    return [line for line in lines if line is not None]


def cases() -> list[Any]:
    return [pytest.param(*claim, id=name) for name, *claim in CLAIMS]


@pytest.mark.parametrize(("given", "lines", "clean"), cases())
def test_accepted_together(given: Given, lines: list[str], clean: list[str]) -> None:
    for order in permutations(lines):
        corrected: list[str | None] = list(order)
        for finding in corrections(given, list(order)):
            accepted(finding, corrected)
        assert sorted(left(corrected)) == sorted(clean), order
        assert [f.rules for f in corrections(given, left(corrected)) if "AST-01" not in f.rules] == []


@pytest.mark.parametrize(("given", "lines", "clean"), cases())
def test_accepted_one_by_one(given: Given, lines: list[str], clean: list[str]) -> None:
    for order in permutations(lines):
        for number in range(len(corrections(given, list(order)))):
            corrected: list[str | None] = list(order)
            accepted(corrections(given, list(order))[number], corrected)
            while further := corrections(given, left(corrected)):
                corrected = list(left(corrected))
                accepted(further[0], corrected)
            assert sorted(left(corrected)) == sorted(clean), (order, number)


@pytest.mark.parametrize(
    ("given", "lines", "clean"),
    [
        (OFFICE | MEDICARE, ["G6003", "77387-TC", "77387-26"], ["G6003", "77014-TC", "77014-26"]),
        (HOSPITAL | MEDICARE, ["77387-26", "77387-26"], ["77014-26", "77014-26"]),
        (HOSPITAL | XRAY, ["77014-26", "77014-26"], ["G6002-26", "G6002-26"]),
        (HOSPITAL | MEDICARE, ["77421-26", "77421-26"], ["G6002-26", "G6002-26"]),
        (HOSPITAL | MEDICARE, ["77421-26", "76950-26"], ["G6002-26", "G6001-26"]),
    ],
    ids=["two parts", "77387 of two fractions", "one code twice", "an ended code twice", "two ended codes"],
)
def test_what_is_no_second_line(given: Given, lines: list[str], clean: list[str]) -> None:
    corrected: list[str | None] = list(lines)
    for finding in corrections(given, lines):
        accepted(finding, corrected)
    assert left(corrected) == clean
