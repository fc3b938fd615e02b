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
    """A sentence on the lines of the same claim and day that bill what a remedy would make of one of `lines`.

    Another line of `lines` does not count: it is corrected too. Nor does anything on an order.
    """
    if unit.case.hook != "claim":
        return None
    found: dict[tuple[int, str], str] = {}
    for line in lines:
        for target in _targets(line, remedies):
            for other in unit.lines:
                if (other.date, _billed(other)) == (line.date, target) and other not in lines:
                    ref = other.ref
                    found[ref.sequence or 0, ref.date] = f"{ref.label} of {ref.date} (line {ref.sequence})"
    if not found:
        return None
    told = [found[key] for key in sorted(found, key=lambda key: (key[1], key[0]))]
    more = f" and {len(told) - SHOWN} more" if len(told) > SHOWN else ""
    return Text(STANDS, (("standing", ", ".join(told[:SHOWN]) + more),))


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
    """What the remedies would have the line bill that it does not bill now."""
    own = _billed(line)
    for remedy in remedies:
        target = None
        if remedy.code == line.code and remedy.action == "replace":
            code, *modifiers = str(remedy.to).split("-")
            target = code, tuple(modifiers)
        elif remedy.code == line.code and remedy.modifier in ("26", "TC"):
            target = line.code, (remedy.modifier,) if remedy.action == "add-modifier" else ()
        if target is not None and target != own:
            yield target


def _billed(line: LineLike) -> _Billed:
    return line.code, tuple(line.component_modifiers)
