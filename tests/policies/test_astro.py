"""What each finding of the coding guidance says of the guidance itself (AST-26, AST-35)."""

from __future__ import annotations

from typing import Any

import pytest

from cards.detail import detail
from cds_service.books import standard_library
from cds_service.facts.given import build_case
from cds_service.facts.views import CaseView

RECORD = {"date": "2024-06-03", "method": ["ct"]}
HOSPITAL = {"claim_type": "institutional"}
OFFICE = {"claim_type": "professional", "place_of_service": "11"}
PHYSICIAN = {"claim_type": "professional", "place_of_service": "22"}


@pytest.mark.parametrize(
    ("statement", "given"),
    [
        ("AST-04", OFFICE | {"lines": ["G6012", "77387", "G6017"]}),
        ("AST-05", OFFICE | {"lines": ["G6012", "77387"], "payer": "medicare-ffs"}),
        ("AST-09", OFFICE | {"lines": ["G6012", "77014"], "method": ["ultrasound"]}),
        ("AST-10", PHYSICIAN | {"lines": ["77014"]}),
        ("AST-15", HOSPITAL | {"lines": ["77386", "77387-TC"]}),
        ("AST-19", HOSPITAL | {"lines": ["77412"], "records": [RECORD]}),
    ],
)
def test_its_findings_say_that_payer_and_contract_come_first(statement: str, given: dict[str, Any]) -> None:
    library = standard_library()
    findings = library.engine.evaluate(CaseView(build_case({"payer": "other"} | given), library.knowledge))
    (card,) = (detail([finding]) for finding in findings if statement in finding.rules)
    assert "the payer's own rules and your contract come first. Check with the payer" in card
