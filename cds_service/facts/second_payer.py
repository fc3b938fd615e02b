"""Services that were billed to two payers: to the member's first insurance and then to the second one.

The other bill is of the same service. It is no further plan, session or unit, and so no history of the claim at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence

from cds_service.facts.case import Line, Unit

UNKNOWN_PAYER = "unknown"


def differ(one: str, other: str) -> bool:
    """Whether two payers are known to be different ones."""
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
    """The history without lines that bill a service of the claims under review to another payer.

    Args:
        payer_of: the payer of an earlier claim, named as `Line.resource` does.
    """
    own = [(unit.member.payer, frozenset(map(service, unit.lines))) for unit in units]
    return tuple(
        [
            line
            for line in history
            if not (payers := [payer for payer, services in own if service(line) in services])
            or not all(differ(payer, payer_of(line.resource)) for payer in payers)
        ]
    )
