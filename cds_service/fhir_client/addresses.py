"""Where a read leads: something below a registered base, or nowhere (threats T1 and T3).

Whatever two parsers could read differently is refused instead of cleaned up, and requests are built from the parts
of an address, not from the text that came in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cds_service.trust.bases import BadAddress, Base, parts_of

_SEGMENT = re.compile(r"[A-Za-z0-9._~-]+")
"""Narrower than in a base, which an operator writes: some servers take `..;` for `..`."""
_TYPE = re.compile(r"[A-Z][A-Za-z]{0,63}")
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")


@dataclass(frozen=True, slots=True)
class Target:
    """Something below a base that may be read: `segments` follow those of the base."""

    base: Base
    segments: tuple[str, ...]
    query: str = ""

    @property
    def url(self) -> str:
        """The address to call, made of the parts."""
        path = "/".join((*self.base.segments, *self.segments))
        return f"{self.base.origin}/{path}{'?' if self.query else ''}{self.query}"


def resource_at(base: Base, reference: str) -> Target:
    """Where a reference of the form `Type/id`, absolute or not, is read; a version is left out.

    Raises:
        BadAddress: when it is no such reference or stands on another server.
    """
    path = _below(base, reference.strip())
    if path.query or len(path.segments) not in (2, 4):
        raise BadAddress("This is no reference of the form Type/id.")
    kind, identity, *version = path.segments
    if version and version[0] != "_history":
        raise BadAddress("This is no reference of the form Type/id.")
    if not is_type(kind) or not _ID.fullmatch(identity):
        raise BadAddress("This is no reference of the form Type/id.")
    return Target(base, (kind, identity))


def page_at(base: Base, link: str) -> Target:
    """Where a paging link leads, if it stays below the base.

    Raises:
        BadAddress: when it leads to another server or another path, or is written in a way that hides where.
    """
    return _below(base, link)


def query_at(base: Base, template: str, patient_id: str) -> Target:
    """A prefetch template of ours with the patient's id filled in.

    Raises:
        BadAddress: when the id is no FHIR id: it would change what is asked for.
    """
    if not is_id(patient_id):
        raise BadAddress("context.patientId is no FHIR id.")
    path, _, query = template.replace("{{context.patientId}}", patient_id).partition("?")
    return Target(base, tuple(path.split("/")), query)


def is_id(text: str) -> bool:
    """Whether a text can be a FHIR id and a path segment of its own."""
    return bool(_ID.fullmatch(text)) and text not in (".", "..")


def is_type(text: str) -> bool:
    """Whether a text has the form of the name of a resource type."""
    return bool(_TYPE.fullmatch(text))


def _below(base: Base, text: str) -> Target:
    if not text or text.startswith("//"):
        raise BadAddress("This leads to no resource of the server.")
    if "://" in text:
        whole = text
    elif text.startswith("/"):
        whole = base.origin + text
    else:
        whole = "/".join((base.origin, *base.segments, text)) if base.segments else f"{base.origin}/{text}"
    scheme, host, port, segments, query = parts_of(whole)
    inside, below = segments[: len(base.segments)] == base.segments, segments[len(base.segments) :]
    if (scheme, host, port) != (base.scheme, base.host, base.port) or not inside:
        raise BadAddress("This leads to another server.")
    if not all(_SEGMENT.fullmatch(segment) for segment in below):
        raise BadAddress("The path holds odd characters.")
    return Target(base, below, query or "")
