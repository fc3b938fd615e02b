"""Services that were billed to two payers: to the member's first insurance and then to the second one.

The other bill is of the same service. It is no further plan, session or unit, and so no history of the claim at hand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence

from cds_service.facts.case import Line, Unit

UNKNOWN_PAYER = "unknown"


def differ(one: str, other: str) -> bool:
    """Whether two payers (`Member.billed_to`) are different ones, as far as their names tell."""
    return one != other and UNKNOWN_PAYER not in (one, other)


def service(line: Line) -> Hashable:
    """What two lines have in common that bill one service, on the same kind of claim."""
    return line.code, line.modifiers, line.start, line.end, line.units, line.claim_type


def other_services(lines: Iterable[Line], own: frozenset[Hashable]) -> list[Line]:
    """Lines that bill none of `own`."""
    return [line for line in lines if service(line) not in own]


def without_second_bills(
    history: Sequence[Line], units: Sequence[Unit], payer_of: Callable[[str], str]
) -> tuple[Line, ...]:
    """The history without lines that bill a service of the claims under review, or of another earlier claim, to another
    payer.

    Args:
        payer_of: the payer of an earlier claim, named as `Line.resource` does.
    """
    own = [(unit.member.billed_to, frozenset(map(service, unit.lines))) for unit in units]
    further = [
        line
        for line in history
        if not (payers := [payer for payer, services in own if service(line) in services])
        or not all(differ(payer, payer_of(line.resource)) for payer in payers)
    ]
    return tuple(once(further, lambda line: payer_of(line.resource), {payer for payer, _ in own}))


def once(lines: Sequence[Line], payer_of: Callable[[Line], str], own: Iterable[str]) -> list[Line]:
    """The lines without those that bill a service to a second payer: what the payers `own` were billed stays, else what
    the first one was.
    """
    alike: defaultdict[Hashable, list[Line]] = defaultdict(list)
    for line in lines:
        alike[service(line)].append(line)
    gone: set[int] = set()
    for group in alike.values():
        if len({line.resource for line in group}) < 2:
            continue
        payers = [payer for line in group if (payer := payer_of(line)) != UNKNOWN_PAYER]
        first = next((payer for payer in payers if payer in own), payers[0] if payers else UNKNOWN_PAYER)
        gone.update(id(line) for line in group if differ(payer_of(line), first))
    return [line for line in lines if id(line) not in gone] if gone else list(lines)
