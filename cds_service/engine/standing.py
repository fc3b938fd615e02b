"""What stands already: lines that a correction would make twice, and services that an earlier claim billed too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from cds_service.engine.model import Remedy, Text
from cds_service.engine.subjects import LineLike, UnitLike

STANDS = (
    "The claim has {standing} already. Where both lines report the same service, remove this one instead of "
    "correcting it, or the service is billed twice."
)
SENT_BEFORE = (
    "{claims} billed the same service of the same day. If this claim is sent in its place, it has to say so (related, "
    "relationship prior): then the earlier one no longer counts."
)
SHOWN = 6
"""Lines or claims named in one card, before the rest is only counted."""

_Billed = tuple[str, tuple[str, ...]]


def standing(unit: UnitLike, lines: Sequence[LineLike], remedies: Sequence[Remedy]) -> Text | None:
    """A sentence on the lines of the same claim and day that bill what a remedy would make of one of `lines`; None
    for an order.
    """
    targets = {(line.date, target) for line in lines for target in _targets(line, remedies)}
    if not targets or unit.case.hook != "claim":
        return None
    found = [other.ref for other in unit.lines if (other.date, _billed(other)) in targets]
    if not found:
        return None
    found.sort(key=lambda ref: (ref.date, ref.sequence or 0))
    told = [f"{ref.label} of {ref.date} (line {ref.sequence})" for ref in found[:SHOWN]]
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return Text(STANDS, (("standing", ", ".join(told) + more),))


def sent_before(lines: Sequence[LineLike], others: Iterable[LineLike]) -> Text | None:
    """A sentence on earlier claims among `others` with the code, days and component of one of `lines`: whoever sends a
    claim again may not have told that it takes the place of another.
    """
    services = {_service(line) for line in lines}
    found = {other.ref.resource for other in others if not other.in_review and _service(other) in services}
    claims = sorted(resource for resource in found if not resource.startswith("ServiceRequest/"))
    if not claims:
        return None
    more = f" and {len(claims) - SHOWN} more" if len(claims) > SHOWN else ""
    return Text(SENT_BEFORE, (("claims", ", ".join(claims[:SHOWN]) + more),))


def _service(line: LineLike) -> tuple[str, date, date, str]:
    return line.code, line.date, line.end, line.component


def _targets(line: LineLike, remedies: Sequence[Remedy]) -> Iterator[_Billed]:
    """What the remedies would have the line bill."""
    for remedy in remedies:
        target = None
        if remedy.code == line.code and remedy.action == "replace":
            code, *modifiers = str(remedy.to).split("-")
            target = code, tuple(modifiers)
        elif remedy.code == line.code and remedy.modifier in ("26", "TC"):
            target = line.code, (remedy.modifier,) if remedy.action == "add-modifier" else ()
        if target is not None:
            yield target


def _billed(line: LineLike) -> _Billed:
    return line.code, tuple(line.component_modifiers)
