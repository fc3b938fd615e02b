"""What a FHIR server answered: the resource or the kind of resource that was asked for, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from cds_service.fhir_client.exchange import Fault, ReadFailed

Gate = Callable[[bytes], object]
"""Raises when the text is no plain JSON; everything from outside passes it first (threat T11)."""


class _Search(msgspec.Struct):
    mode: Any = None


class _Entry(msgspec.Struct):
    resource: msgspec.Raw = msgspec.Raw()
    search: _Search | None = None


class _Head(msgspec.Struct):
    resourceType: str = ""
    id: str | None = None
    issue: Any = None


class _Bundle(msgspec.Struct):
    resourceType: str = ""
    link: Any = None
    total: Any = None
    entry: list[msgspec.Raw] = []


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a search: entries of the type that was asked for, as they came.

    `next` is where the server says that it goes on, `total` how many it says there are, `whole` whether nothing on
    this page was left out.
    """

    entries: tuple[msgspec.Raw, ...]
    next: str | None
    total: int | None
    whole: bool


def resource_of(body: bytes, kind: str, identity: str, gate: Gate) -> msgspec.Raw:
    """The one resource that was asked for.

    Raises:
        ReadFailed: it is no JSON, or another type or id.
    """
    head = _decode(body, _Head, gate)
    if head.resourceType != kind or head.id != identity:
        raise ReadFailed(Fault.otherwise)
    return msgspec.Raw(body)


def page_of(body: bytes, kind: str, gate: Gate) -> Page:
    """One page of a search for a type.

    An OperationOutcome beside the matches is the server's remark on the search; only errors leave matches out.

    Raises:
        ReadFailed: it is no JSON or no Bundle, or holds only what was not asked for.
    """
    bundle = _decode(body, _Bundle, gate)
    if bundle.resourceType != "Bundle":
        raise ReadFailed(Fault.otherwise)
    kept: list[msgspec.Raw] = []
    whole = True
    for raw in bundle.entry:
        try:
            entry = msgspec.json.decode(raw, type=_Entry)
            head = msgspec.json.decode(entry.resource, type=_Head)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            whole = False
            continue
        if head.resourceType == kind:
            kept.append(raw)
        else:
            whole &= is_beside(head.resourceType, entry.search.mode if entry.search else None, head.issue)
    if not kept and not whole:
        raise ReadFailed(Fault.otherwise)
    total = bundle.total if isinstance(bundle.total, int) and not isinstance(bundle.total, bool) else None
    return Page(tuple(kept), next_link(bundle.link), total, whole)


def next_link(links: Any) -> str | None:
    """Where a Bundle goes on; an empty text when it says that it does, but not where."""
    for each in links if isinstance(links, list) else ():
        if isinstance(each, dict) and each.get("relation") == "next":
            url = each.get("url")
            return url if isinstance(url, str) else ""
    return None


def bundle_of(entries: tuple[msgspec.Raw, ...], whole: bool) -> msgspec.Raw:
    """A searchset of all pages; one that is not whole says that it goes on."""
    made: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
    if not whole:
        made["link"] = [{"relation": "next"}]
    return msgspec.Raw(msgspec.json.encode(made))


_LEAVES_OUT: Final = frozenset(
    {
        *("suppressed", "security", "forbidden", "login", "unknown", "expired"),
        *(
            "incomplete",
            "too-costly",
            "transient",
            "timeout",
            "throttled",
            "lock-error",
            "no-store",
            "exception",
        ),
    }
)
"""Codes of issues (IssueType) by which a server that only warns says all the same that it may have left matches out."""


def is_beside(kind: str, mode: Any, issues: Any) -> bool:
    """Whether an entry of another type than was searched for stands beside the matches and takes none of their places:
    what was included with them, or the server's remark on the search. An error among its `issues` leaves matches out.
    """
    return not is_error(issues) if kind == "OperationOutcome" else mode == "include"


def is_error(issues: Any) -> bool:
    """Whether the issues of an OperationOutcome tell that something failed or was withheld; so does one that tells
    nothing."""
    told = [i for i in issues if isinstance(i, dict)] if isinstance(issues, list) else []
    return not told or any(
        issue.get("severity") not in ("warning", "information") or str(issue.get("code")) in _LEAVES_OUT
        for issue in told
    )


def _decode(body: bytes, kind: Any, gate: Gate) -> Any:
    try:
        gate(body)
        return msgspec.json.decode(body, type=kind)
    except Exception:  # a refusal of the gate, whatever its type, or a shape that is no FHIR
        raise ReadFailed(Fault.otherwise) from None
