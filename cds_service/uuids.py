"""Random identifiers, as text."""

from __future__ import annotations

import os


def random_uuid() -> str:
    """As `str(uuid.uuid4())`, without the object between (RFC 9562, section 5.4)."""
    digits = os.urandom(16).hex()
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
