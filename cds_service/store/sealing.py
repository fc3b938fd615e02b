"""Inputs for replay, encrypted with AES-256-GCM. Off unless the site names a key.

The key is 32 random bytes in base64, in a file that `igrt-cds store new-key` makes. Each input has its own nonce,
and its decision's identifier is authenticated with it: rows cannot be exchanged for one another.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cds_service.settings import SettingError

_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12


class CannotOpen(Exception):
    """The input was sealed with another key, or has been changed."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted input. `key_id` tells which key opens it, without telling the key."""

    key_id: str
    nonce: bytes
    data: bytes


class Sealer:
    """Seals and opens inputs with one key.

    Raises:
        SettingError: the text is not 32 bytes in base64.
    """

    def __init__(self, key: str) -> None:
        try:
            raw = base64.b64decode(key.strip(), validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        if len(raw) != _KEY_BYTES:
            raise SettingError(
                "IGRT_CDS_INPUT_KEY: this is not a key of 32 bytes in base64. Make one: igrt-cds store new-key FILE"
            )
        self.key_id = hashlib.sha256(b"igrt-cds key id" + raw).hexdigest()[:16]
        self._cipher = AESGCM(raw)

    def seal(self, decision: str, data: bytes) -> Sealed:
        """Encrypt the input of this decision."""
        nonce = os.urandom(_NONCE_BYTES)
        return Sealed(self.key_id, nonce, self._cipher.encrypt(nonce, data, decision.encode()))

    def open(self, decision: str, sealed: Sealed) -> bytes:
        """The input of this decision.

        Raises:
            CannotOpen: it was sealed with another key, for another decision, or has been changed.
        """
        if sealed.key_id != self.key_id:
            raise CannotOpen(
                f"It was encrypted with the key {sealed.key_id}; the one given is {self.key_id}."
            )
        try:
            return self._cipher.decrypt(sealed.nonce, sealed.data, decision.encode())
        except InvalidTag:
            raise CannotOpen("It has been changed since it was written.") from None


def new_key() -> str:
    """A fresh key, as the setting takes it."""
    return base64.b64encode(os.urandom(_KEY_BYTES)).decode()
