"""A text is held against the shape of its kind once; what it was told of another text or kind says nothing."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.engine import schema
from cds_service.engine.letters import Problem
from cds_service.engine.textyaml import parse_text_yaml


def fits(text: str, kind: str) -> tuple[bool, list[Problem]]:
    problems: list[Problem] = []
    parsed = parse_text_yaml(text, "a.yaml", problems)
    assert parsed is not None
    return schema.fits(parsed, kind, problems), problems


PAYER = "payer: sunny\nname: Sunny Health\naliases:\n  - {name: sunny health, match: starts}\n"


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The kinds of the texts that were held against their shape."""
    seen: list[str] = []
    validator = schema._validator

    def watched(kind: str, package: str) -> Any:
        seen.append(kind)
        return validator(kind, package)

    monkeypatch.setattr(schema, "_validator", watched)
    monkeypatch.setattr(schema, "_fitting", set())
    return seen


def test_a_text_that_fits_is_looked_at_once(looked_at: list[str]) -> None:
    assert [fits(PAYER, "payer") for _ in range(3)] == [(True, [])] * 3
    assert looked_at == ["payer"]


def test_a_text_that_does_not_fit_gets_its_letters_each_time(looked_at: list[str]) -> None:
    first, second = (fits(PAYER.replace("name:", "nam:"), "payer") for _ in range(2))
    assert first == second
    assert first[0] is False
    assert first[1]
    assert looked_at == ["payer", "payer"]


def test_another_text_or_kind_is_looked_at_for_itself(looked_at: list[str]) -> None:
    assert fits(PAYER, "payer")[0]
    assert not fits(PAYER, "policy")[0]
    assert not fits(PAYER + "what: else\n", "payer")[0]
    assert looked_at == ["payer", "policy", "payer"]


def test_what_is_remembered_is_bounded(looked_at: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "_MOST", 3)
    for number in range(20):
        assert fits(PAYER.replace("Sunny Health", f"Sunny {number}"), "payer")[0]
        assert len(schema._fitting) <= 3
