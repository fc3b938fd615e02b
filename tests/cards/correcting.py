"""Correcting a resource in a test, and reading what came of it."""

from __future__ import annotations

import copy
from typing import Any

from cards.corrections import correct
from cds_service.engine.model import LineRef, Remedy


def corrected(resource: dict[str, Any], remedy: Remedy, *lines: LineRef, option: str = "") -> Any:
    """The corrected resource; the resource as received must not change."""
    before = copy.deepcopy(resource)
    made = correct(resource, remedy, lines, option)
    assert resource == before
    return made


def codes(one: dict[str, Any]) -> tuple[str, list[str]]:
    """Code text and modifiers of an item."""
    modifiers = [m["coding"][0]["code"] for m in one.get("modifier", [])]
    return one["productOrService"]["coding"][0]["code"], modifiers
