"""A case that names what nobody has would be a near miss of every rule: it is refused."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.books import case_builder, standard_library
from cds_service.facts.given import CaseError

BUILD = case_builder(standard_library())


@pytest.mark.parametrize(
    ("given", "letter"),
    [
        ({"payer": "molinna"}, "has the payer 'molinna', which no payer.yaml names. Did you mean `molina`?"),
        (
            {"programs": ["cvs-radonk"]},
            "has the programme 'cvs-radonk', which no payer.yaml names. Did you mean `cvs-radonc`?",
        ),
        (
            {"programs": ["cvs-radonc", "sunny"]},
            "has the programme 'sunny', which no payer.yaml names. Check its spelling.",
        ),
        (
            {"documents": [{"type": "simulation-notes"}]},
            "has the document 'simulation-notes', which no chart can hold. Use a LOINC code, as 18776-5, or one of:",
        ),
        (
            {"documents": [{"type": "18776-5"}, {"type": "18767-5"}]},
            "has the document '18767-5', which no chart can hold. Use a LOINC code",
        ),
        (
            {"attached": [{"type": "image-revue"}]},
            "has the document 'image-revue', which no chart can hold. Use a LOINC code",
        ),
    ],
    ids=["payer", "programme", "programme-of-several", "document", "check-digit", "attached"],
)
def test_what_nobody_has_is_refused(given: dict[str, Any], letter: str) -> None:
    with pytest.raises(CaseError) as refused:
        BUILD(given, None)
    assert str(refused.value).startswith(letter)


@pytest.mark.parametrize(
    "given",
    [
        {"payer": "cvs-aetna", "programs": ["cvs-radonc"]},
        {"programs": [], "documents": [], "attached": []},
        {"documents": "not-visible"},
        {"documents": [{"type": "18776-5"}, {"type": "simulation-note"}]},
        # A document for which no rule asks may lie in a chart.
        {"attached": [{"type": "11488-4", "date": "2024-05-01"}]},
    ],
    ids=["programme", "none", "not-visible", "known", "not-asked-for"],
)
def test_what_somebody_can_have_is_taken(given: dict[str, Any]) -> None:
    assert len(BUILD({"lines": ["77387"], **given}, None).units) == 1
