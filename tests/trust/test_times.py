"""Clocks that differ, and how long a token may live (threat T30)."""

from __future__ import annotations

import time
from typing import Any

import pytest

from cds_service.trust.keys import KeyRing
from cds_service.trust.reasons import Reason, TokenRefused
from cds_service.trust.replay import MemoryLedger
from cds_service.trust.verify import Verifier
from tests.trust.tokens import ISSUER, PUBLIC_URL, registry, token

URL = f"{PUBLIC_URL}/cds-services"
NOW = int(time.time())


def outcome(leeway: int = 60, lifetime: int = 900, **claims: Any) -> Reason | int:
    """The reason of the refusal, or by how much the other clock is ahead."""
    verifier = Verifier(
        registry(), KeyRing(), MemoryLedger(), leeway=leeway, lifetime=lifetime, clock=lambda: float(NOW)
    )
    try:
        return verifier.verify(token(URL, **claims), [URL]).ahead
    except TokenRefused as refused:
        return refused.reason


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"iat": NOW - 300, "exp": NOW + 1}, 0),
        ({"iat": NOW - 300, "exp": NOW - 59}, 0),
        ({"iat": NOW - 300, "exp": NOW - 60}, Reason.expired),
        ({"iat": NOW + 0.5, "exp": NOW + 300}, 0),
        ({"iat": NOW + 60, "exp": NOW + 300}, 60),
        ({"iat": NOW + 61, "exp": NOW + 300}, Reason.future),
        ({"iat": NOW, "exp": NOW + 300, "nbf": NOW + 61}, Reason.future),
        ({"iat": NOW, "exp": NOW + 300, "nbf": NOW - 300}, 0),
        ({"iat": NOW, "exp": NOW + 300, "nbf": NOW + 60}, 0),
        ({"iat": NOW, "exp": NOW + 900}, 0),
        ({"iat": NOW, "exp": NOW + 901}, Reason.lifetime),
        ({"iat": NOW, "exp": NOW}, Reason.lifetime),
        ({"iat": 0, "exp": NOW + 300}, Reason.lifetime),
    ],
)
def test_times(claims: dict[str, Any], expected: Reason | int) -> None:
    assert outcome(**claims) == expected


def test_leeway_and_lifetime_are_settings() -> None:
    assert outcome(leeway=0, iat=NOW - 10, exp=NOW) is Reason.expired
    assert outcome(leeway=0, iat=NOW + 1, exp=NOW + 9) is Reason.future
    assert outcome(lifetime=300, iat=NOW, exp=NOW + 301) is Reason.lifetime
    assert outcome(lifetime=3600, iat=NOW, exp=NOW + 3600) == 0


def test_a_token_is_remembered_for_as_long_as_it_could_be_used() -> None:
    """The ledger may forget it from the second on in which it is refused as expired anyway."""
    kept: list[tuple[str, str, int]] = []

    class Ledger:
        def first_use(self, issuer: str, jti: str, expires: int) -> bool:
            kept.append((issuer, jti, expires))
            return True

    verifier = Verifier(registry(), KeyRing(), Ledger(), clock=lambda: float(NOW))
    verifier.verify(token(URL, jti="j", iat=NOW, exp=NOW + 299.5), [URL])
    assert kept == [(ISSUER, "j", NOW + 360)]
