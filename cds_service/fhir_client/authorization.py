"""`fhirAuthorization` of a request: a bearer token for one server and what it lets us read (CDS Hooks 2.0).

The token is transient: it stands in no representation, is written nowhere and goes with the request object.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum

import msgspec

_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
"""b64token of RFC 6750: nothing that could end a header."""
_SCOPE = re.compile(
    r"(?:patient|user|system)/(?P<type>\*|[A-Z][A-Za-z]*)\.(?P<rights>read|write|\*|[cruds]+)(?P<part>\?\S+)?"
)
"""SMART scopes, version 1 (`patient/Coverage.read`) and 2 (`patient/Coverage.rs?status=active`)."""


class _Bound(msgspec.Struct):
    patient: str | None = None


class _Wire(_Bound):
    access_token: str | None = None
    token_type: str | None = None
    expires_in: float | None = None
    scope: str | None = None


class Unbound(ValueError):
    """An authorization of which nobody can tell to which patient its token is bound."""


class Right(Enum):
    """What the scopes say of reading one resource type."""

    none = "none"
    part = "part"
    full = "full"


@dataclass(frozen=True, slots=True)
class Authorization:
    """A usable token and its limits. `patient` is the patient it is bound to, empty when it tells none."""

    token: str = field(repr=False)
    scope: str = field(default="", repr=False)

    def right(self, kind: str, searched: bool) -> Right:
        """Whether the scopes let us read a resource type; without any resource scope nothing is known, so: try.

        A scope narrowed by a query (SMART 2) shows a part only: what it does not show is not missing.
        """
        told = [m for word in self.scope.split() if (m := _SCOPE.fullmatch(word))]
        if not told:
            return Right.full
        right = Right.none
        for scope in told:
            if scope["type"] not in ("*", kind) or not _reads(scope["rights"], searched):
                continue
            if not scope["part"]:
                return Right.full
            right = Right.part
        return right


def _reads(rights: str, searched: bool) -> bool:
    return rights in ("read", "*") or (rights != "write" and ("s" if searched else "r") in rights)


def read_authorization(raw: msgspec.Raw) -> tuple[Authorization | None, str]:
    """The authorization of a request, None when it gives no usable bearer token; and the patient that it names.

    Raises:
        Unbound: `patient` in it is no text.
    """
    if not bytes(raw).lstrip().startswith(b"{"):
        return None, ""
    try:
        bound = msgspec.json.decode(raw, type=_Bound)
    except msgspec.MsgspecError:
        raise Unbound from None
    patient = (bound.patient or "").rpartition("/")[2].strip()
    try:
        wire = msgspec.json.decode(raw, type=_Wire)
    except msgspec.MsgspecError:
        return None, patient
    token = wire.access_token or ""
    expired = wire.expires_in is not None and wire.expires_in <= 0
    if (wire.token_type or "").lower() != "bearer" or not _TOKEN.fullmatch(token) or expired:
        return None, patient
    return Authorization(token, wire.scope or ""), patient
