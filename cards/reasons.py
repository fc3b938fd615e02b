"""What an order is for, as far as it says so itself: whether one reason may hold for two orders."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from cards.order import canonical

ICD10_SYSTEMS: Final = frozenset(
    {
        "http://hl7.org/fhir/sid/icd-10-cm",
        "http://hl7.org/fhir/sid/icd-10",
        "urn:oid:2.16.840.1.113883.6.90",
    }
)
"""The spellings under which ICD-10-CM is sent."""
_DISEASE = re.compile(r"\s*[A-Ya-y][0-9]")
"""Z51.0 and its kin say why, not what (contract section 3)."""


def reason_of(unit: str, order: Mapping[str, Any]) -> str:
    """The reasons of an order in one spelling, and where no code among them names a disease, which orders it is based
    on: it may have theirs.

    Args:
        unit: the order's reference.
        order: the order as received.
    """
    codes = order.get("reasonCode")
    behind = None if _names_a_disease(codes) else order.get("basedOn")
    told = (codes, order.get("reasonReference"), behind)
    return canonical([_plain(each, unit) if each else None for each in told])


def _names_a_disease(concepts: Any) -> bool:
    return any(
        coding.get("system") in ICD10_SYSTEMS and _DISEASE.match(str(coding.get("code")))
        for concept in _objects(concepts)
        for coding in _objects(concept.get("coding"))
    )


def _objects(values: Any) -> list[dict[str, Any]]:
    return [each for each in values if isinstance(each, dict)] if isinstance(values, list) else []


def _plain(value: Any, unit: str) -> Any:
    """The value with each reference as what it leads to."""
    if isinstance(value, list):
        return [_plain(each, unit) for each in value]
    if not isinstance(value, dict):
        return str(value)
    reference = value.get("reference")
    if isinstance(reference, str) and reference.strip():
        return _led_to(reference.strip(), unit)
    return {name: _plain(each, unit) for name, each in value.items()}


def _led_to(reference: str, unit: str) -> str:
    if reference.startswith("#"):  # `#1` of one order is not `#1` of another
        return unit + reference
    parts = reference.split("?", 1)[0].split("/")
    if "_history" in parts:
        parts = parts[: parts.index("_history")]
    return "/".join(parts[-2:])
