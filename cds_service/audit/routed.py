"""Routed lines: what partitions hold and what the judging reads.

A routed line is key, kind, id, link, place and the resource's own JSON, tab by tab. The key is the patient's reference;
`SHARED` marks what belongs to no patient.
"""

from __future__ import annotations

import re
from hashlib import sha256

import msgspec

from cds_service.facts.pool import relative

SHARED = "*"
PATIENTS = frozenset(
    {
        "Claim",
        "ExplanationOfBenefit",
        "Coverage",
        "Patient",
        "Procedure",
        "ServiceRequest",
        "DocumentReference",
        "Condition",
        "QuestionnaireResponse",
    }
)
"""Types that belong to one patient."""
EVERYBODYS = frozenset({"Organization", "Location", "Practitioner", "PractitionerRole"})
CLAIMS = frozenset({"Claim", "ExplanationOfBenefit"})

SPOKEN, READ, DAMAGED = "+", "~", "!"
"""Suffix of a claim's kind: it has a radiotherapy line; it has none, but codes that rules look at beside one. `!` marks
a resource of the patient's that could not be read."""

URN = "urn:uuid:"
"""What references begin with that name a resource by its id alone."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Routed(msgspec.Struct, frozen=True, gc=False):
    """A routed line, its key and the type of its resource; `line` is None for what no rule reads: other types, and
    claims without any code that a rule looks at, which are `silent`.
    """

    resource_type: str
    key: str
    line: bytes | None
    silent: bool = False

    @property
    def is_lost_document(self) -> bool:
        """Of the mark of a resource that could not be read: whether it is a document, nobody knows whose."""
        return self.line is None and self.resource_type == "DocumentReference"


class Part(msgspec.Struct, frozen=True, gc=False):
    """A routed line taken apart; `raw` is empty for a resource that could not be read."""

    key: str
    kind: str
    identity: str
    link: str
    place: str
    raw: bytes


def part(line: bytes) -> Part:
    """The members of a routed line."""
    key, kind, identity, link, place, raw = line.split(b"\t", 5)
    return Part(key.decode(), kind.decode(), identity.decode(), link.decode(), place.decode(), raw)


def line_of(key: str, kind: str, identity: str, link: str, place: str, raw: bytes) -> bytes:
    """A routed line."""
    if "\t" in identity or "\t" in link or "\n" in identity or "\n" in link:
        identity, link = plain_key(identity), plain_key(link)
    return b"%b\t%b" % ("\t".join((key, kind, identity, link, place)).encode(), raw)


def named(reference: str, kind: str) -> str:
    """`Type/id` of a reference to a resource of this type, also of a `urn:uuid:`: a line of an export has no other
    name than its id.
    """
    text = reference.strip()
    return f"{kind}/{text.removeprefix(URN)}" if text.startswith(URN) else relative(text)


def plain_key(text: str) -> str:
    """A key without tabs and the like; such a text is no reference, but has to stay itself."""
    return text if not _CONTROL.search(text) else f"!{sha256(text.encode()).hexdigest()}"
