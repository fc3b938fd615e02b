"""Billing codes as senders write them (contract section 3)."""

from __future__ import annotations

from typing import Any

import pytest

from cards.codes import CPT, HCPCS, CodeText, keeping_spelling, parse, system_of, system_of_modifier


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("77387", CodeText("77387")),
        (" g6002 ", CodeText("G6002")),
        ("0394T", CodeText("0394T")),
        ("77387:26", CodeText("77387", ("26",), ":")),
        ("77387-TC", CodeText("77387", ("TC",), "-")),
        ("77300-02-x1", CodeText("77300", ("02", "X1"), "-")),
        ("77420", CodeText("77420")),
    ],
)
def test_parse(text: str, expected: CodeText) -> None:
    assert parse(text) == expected
    assert str(expected) == text.strip().upper()


@pytest.mark.parametrize(
    "text",
    ["", "7738", "773877", "77387,77386", "77387 26", "77387:2", "G60021", "GG002", "77387:26:", None, 77387],
)
def test_what_is_no_single_billing_code(text: Any) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    ("code", "system"), [("77387", CPT), ("0394T", CPT), ("G6002", HCPCS), ("Q9999", HCPCS)]
)
def test_system_by_shape(code: str, system: str) -> None:
    assert system_of(code) == system


@pytest.mark.parametrize(("modifier", "system"), [("26", CPT), ("59", CPT), ("TC", HCPCS), ("X1", HCPCS)])
def test_system_of_modifier_by_shape(modifier: str, system: str) -> None:
    assert system_of_modifier(modifier) == system


@pytest.mark.parametrize(
    ("system", "sent", "expected"),
    [
        (
            HCPCS,
            "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
            "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
        ),
        (HCPCS, "urn:oid:2.16.840.1.113883.6.14", "urn:oid:2.16.840.1.113883.6.14"),
        (CPT, "urn:oid:2.16.840.1.113883.6.12", "urn:oid:2.16.840.1.113883.6.12"),
        (CPT, HCPCS, CPT),
        (HCPCS, CPT, HCPCS),
        (CPT, "urn:hospital:codes", CPT),
        (CPT, None, CPT),
    ],
)
def test_a_right_system_keeps_its_spelling(system: str, sent: Any, expected: str) -> None:
    assert keeping_spelling(system, sent) == expected
