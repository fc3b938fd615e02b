"""What a server says of its export beside the resources: what was deleted since, and what could not be exported.

Bulk Data Access gives deletions as Bundles of requests, and errors as OperationOutcomes, a file of each.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from cds_service.audit.records import BadRecord
from cds_service.audit.routed import SHARED, Routed, line_of
from cds_service.facts.pool import relative

BUNDLE, OUTCOME = "Bundle", "OperationOutcome"
GONE = "!"
"""What the name of a deleted resource begins with among what is shared; alone, it says that there are any."""
_FAILED = frozenset({"error", "fatal"})


class _Request(msgspec.Struct):
    method: str | None = None
    url: str | None = None


class _Entry(msgspec.Struct):
    request: _Request | None = None
    resource: msgspec.Raw = msgspec.Raw(b"null")


class _Bundle(msgspec.Struct):
    entry: list[_Entry] = []
    meta: msgspec.Raw = msgspec.Raw(b"null")


class _Issue(msgspec.Struct):
    severity: str | None = None


class _Outcome(msgspec.Struct):
    issue: list[_Issue] = []


_BUNDLE = msgspec.json.Decoder(_Bundle)
_OUTCOME = msgspec.json.Decoder(_Outcome)


def notice(kind: str, raw: bytes, place: str) -> Routed | BadRecord:
    """A Bundle or an OperationOutcome: deletions go to what is shared, an error is told."""
    try:
        if kind == BUNDLE:
            return _bundle(raw, place)
        failed = any(issue.severity in _FAILED for issue in _OUTCOME.decode(raw).issue)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return BadRecord(place, kind, "cannot be read.", "The line was left out: have it exported again.")
    if failed:
        return BadRecord(
            place,
            OUTCOME,
            "says that the server could not export something.",
            "Have it exported again. As long as this is among the input, no document is called missing.",
        )
    return Routed(kind, "", None)


def deletions(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """What a routed Bundle says was deleted: names among what is shared, and when that was, as a resource's `meta`."""
    bundle = _BUNDLE.decode(raw)
    when = b'{"meta":%b}' % bytes(bundle.meta)
    for name in _deleted(bundle):
        yield f"{GONE}{name}", when
    yield GONE, b""


def _bundle(raw: bytes, place: str) -> Routed | BadRecord:
    bundle = _BUNDLE.decode(raw)
    if any(bytes(entry.resource) != b"null" for entry in bundle.entry):
        return BadRecord(
            place,
            "Bundle.entry",
            "holds resources, and they were not read.",
            "Give one FHIR R4 resource a line.",
        )
    if not any(_deleted(bundle)):
        return Routed(BUNDLE, "", None)
    return Routed(BUNDLE, SHARED, line_of(SHARED, BUNDLE, "", "", place, raw))


def _deleted(bundle: _Bundle) -> Iterator[str]:
    for entry in bundle.entry:
        if entry.request and (entry.request.method or "").upper() == "DELETE" and entry.request.url:
            yield relative(entry.request.url.strip())
