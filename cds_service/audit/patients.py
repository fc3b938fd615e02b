"""One patient's resources of a partition: found together, each once, in an order that no file decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from cds_service.audit.routed import CLAIMS, DAMAGED, READ, SPOKEN, Part, part
from cds_service.audit.versions import version_of

_SUFFIXES = SPOKEN + READ


@dataclass
class Patient:
    """What the input holds of one patient. `claims` and `others` are in the order of type and id.

    `spoken` is whether any claim has a radiotherapy line; if none has, nothing of the patient is decoded.
    `twice` are further copies of resources, `answered` ExplanationsOfBenefit whose Claim is here, by its reference;
    `damaged` are types of which something could not be read.
    """

    key: str
    claims: list[Part] = field(default_factory=list)
    others: list[Part] = field(default_factory=list)
    answered: dict[str, list[Part]] = field(default_factory=dict)
    twice: list[Part] = field(default_factory=list)
    damaged: set[str] = field(default_factory=set)
    spoken: bool = False


def patients(lines: Iterable[bytes]) -> Iterator[Patient]:
    """The patients of a partition's routed lines, by key."""
    groups: dict[bytes, list[bytes]] = {}
    for line in lines:
        groups.setdefault(line[: line.index(b"\t")], []).append(line)
    for key in sorted(groups):
        yield _patient(key.decode(), [part(line) for line in groups.pop(key)])


def type_of(one: Part) -> str:
    """The FHIR type of a part."""
    return one.kind.rstrip(_SUFFIXES)


def _patient(key: str, parts: list[Part]) -> Patient:
    found = Patient(key)
    parts.sort(key=lambda p: (p.kind, p.identity, p.raw, p.place))
    once: dict[tuple[str, str], Part] = {}
    for each in parts:
        if each.kind.endswith(DAMAGED):
            found.damaged.add(each.kind.rstrip(DAMAGED))
            continue
        name = (type_of(each), each.identity or each.place)
        before = once.get(name)
        if before is None:
            once[name] = each
        elif before.raw == each.raw:
            found.twice.append(each)
        else:
            later = version_of(each.raw) > version_of(before.raw)
            once[name] = each if later else before
            found.twice.append(before if later else each)
    claims = {f"{kind}/{identity}" for kind, identity in once if kind == "Claim"}
    for (kind, _), each in sorted(once.items()):
        if kind not in CLAIMS:
            found.others.append(each)
        elif kind == "ExplanationOfBenefit" and each.link in claims:
            found.answered.setdefault(each.link, []).append(each)
        else:
            found.claims.append(each)
    found.spoken = any(each.kind.endswith(SPOKEN) for each in found.claims)
    return found
