"""Who gives guidance, under whose eyes, and who reviews it: the answers that rules can ask for."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.engine.model import UNKNOWN
from cds_service.facts.given import build_case
from cds_service.facts.views import CaseView, LineView
from cds_service.facts.vocabulary import VOCABULARY
from tests.facts.build import knowledge


def line(**given: Any) -> LineView:
    return CaseView(build_case({"lines": ["77014"], **given}), knowledge()).units[0].lines[0]


def answer(fact: str, **given: Any) -> Any:
    return VOCABULARY[fact].get(line(**given))


@pytest.mark.parametrize("level", ["none", "general", "direct", "personal"])
def test_levels_of_supervision(level: str) -> None:
    told = [{"code": "77014", "supervision": level}]
    assert answer("supervision_level", supervision=level) == level
    assert answer("supervision_level", supervision="general", lines=told) == level
    assert level in VOCABULARY["supervision_level"].values
    assert answer("supervision_level") is UNKNOWN


def test_the_role_of_who_performed() -> None:
    told = [{"code": "77014", "performer_role": "nurse"}]
    assert answer("performer_role", performer_role="medical-physicist") == "medical-physicist"
    assert answer("performer_role", performer_role="medical-physicist", lines=told) == "nurse"
    assert answer("performer_role") is UNKNOWN


@pytest.mark.parametrize(
    ("documents", "found"),
    [
        ([{"type": "igrt-physician-review", "date": "2024-06-03"}], "reviewed"),
        ([{"type": "igrt-physician-review"}], "undated"),
        ([{"type": "igrt-physician-review", "date": "2024-06-02"}], "missing"),
        ([], "missing"),
    ],
)
def test_the_review_of_the_images(documents: list[dict[str, str]], found: str) -> None:
    assert answer("guidance_review", documents=documents) == found
    assert found in VOCABULARY["guidance_review"].values
    assert answer("guidance_review") is UNKNOWN
