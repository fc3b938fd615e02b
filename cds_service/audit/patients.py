"""One patient's resources of a partition: found together, each once, in an order that no file decides."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from cds_service.audit.records import REFUSED
from cds_service.audit.routed import CLAIMS, DAMAGED, READ, SPOKEN, Part, part
from cds_service.facts.versions import version_of

_SUFFIXES = SPOKEN + READ
_CANCELLED = re.compile(
    rb'"status"\s*:\s*"cancelled"|/TypeOfBill"\s*,\s*"code"\s*:\s*"0?[1-9][0-9]8"'  # NUBC: frequency 8, a void
)


class _Other(msgspec.Struct):
    reference: str | None = None


class _Link(msgspec.Struct):
    other: _Other | None = None


class _Linked(msgspec.Struct):
    link: list[_Link] = []


@dataclass
class Patient:
    """What the input holds of one patient. `claims` and `others` are in the order of type and id.

    `spoken` is whether any claim has a radiotherapy line; if none has, nothing of the patient is decoded.
    `twice` are further copies of resources, `answered` ExplanationsOfBenefit whose Claim is here, by its reference;
    `damaged` are types of which something could not be read, or may stand under another patient's reference;
    `deleted` resources that the server deleted since.
    """

    key: str
    claims: list[Part] = field(default_factory=list)
    others: list[Part] = field(default_factory=list)
    answered: dict[str, list[Part]] = field(default_factory=dict)
    twice: list[Part] = field(default_factory=list)
    damaged: set[str] = field(default_factory=set)
    deleted: list[Part] = field(default_factory=list)
    spoken: bool = False


def patients(lines: Iterable[bytes], was_deleted: Callable[[str, bytes], bool]) -> Iterator[Patient]:
    """The patients of a partition's routed lines, by key; `was_deleted` tells it of a reference and its JSON."""
    groups: dict[bytes, list[bytes]] = {}
    for line in lines:
        groups.setdefault(line[: line.index(b"\t")], []).append(line)
    for key in sorted(groups):
        yield _patient(key.decode(), [part(line) for line in groups.pop(key)], was_deleted)


def type_of(one: Part) -> str:
    """The FHIR type of a part."""
    return one.kind.rstrip(_SUFFIXES)


def _patient(key: str, parts: list[Part], was_deleted: Callable[[str, bytes], bool]) -> Patient:
    found = Patient(key)
    parts.sort(key=lambda p: (p.kind, p.identity, p.raw, p.place))
    once: dict[tuple[str, str], Part] = {}
    for each in parts:
        if each.kind.endswith(DAMAGED):
            found.damaged.add(each.kind.rstrip(DAMAGED))
            continue
        name = (type_of(each), each.identity or each.place)
        if was_deleted("/".join(name), each.raw):
            found.deleted.append(each)
            continue
        before = once.get(name)
        if before is None:
            once[name] = each
        elif before.raw == each.raw:
            found.twice.append(each)
        else:
            later = _standing(each.raw) > _standing(before.raw)
            once[name] = each if later else before
            found.twice.append(before if later else each)
    claims = {f"{kind}/{identity}" for kind, identity in once if kind == "Claim"}
    for (kind, _), each in sorted(once.items()):
        if kind not in CLAIMS:
            found.others.append(each)
            if kind == "Patient" and _is_linked(each.raw):
                found.damaged |= CLAIMS | {"DocumentReference"}
        elif kind == "ExplanationOfBenefit" and each.link in claims:
            found.answered.setdefault(each.link, []).append(each)
        else:
            found.claims.append(each)
    found.spoken = any(each.kind.endswith(SPOKEN) for each in found.claims)
    return found


def _standing(raw: bytes) -> tuple[object, ...]:
    """Which of two copies that differ is kept: the later one. Where neither tells a version, as claims of tables, one
    that was taken back or refused, since the other export is from before that; else the one with more lines.
    """
    return (
        version_of(raw),
        _CANCELLED.search(raw) is not None,
        REFUSED.encode() in raw,
        raw.count(b'"sequence"'),
    )


def _is_linked(raw: bytes) -> bool:
    """Whether the server has other records of this person: claims and documents may stand under their references."""
    if b'"link"' not in raw:
        return False
    try:
        links = msgspec.json.decode(raw, type=_Linked).link
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return True
    others = [(link.other.reference if link.other else None) or "" for link in links]
    return any("RelatedPerson/" not in other for other in others)
