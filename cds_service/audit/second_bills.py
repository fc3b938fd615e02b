"""Which bill counts the amount of a service that was billed to the member's first insurance and to the second one."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from cds_service.audit.amounts import Amounts, amounts_of, item_of
from cds_service.audit.judge import Judged
from cds_service.engine.model import Finding
from cds_service.facts.second_payer import UNKNOWN_PAYER, differ, service

_Bill = tuple[int, str, str]
"""Place of a claim among those of the patient, its payer and its biller."""


def counted_elsewhere(judged: Sequence[Judged]) -> list[frozenset[int]]:
    """For each claim of a patient the positions of items whose amount counts on a bill to another payer.

    It is the same service of the same biller (`second_payer.service`), and counts with the most severe finding, then on
    the bill that was judged first. A bill whose finding states no amount counts none.
    """
    nothing: list[frozenset[int]] = [frozenset()] * len(judged)
    if len({each.unit.member.billed_to for each in judged} - {UNKNOWN_PAYER}) < 2:
        return nothing
    counted: dict[Hashable, list[_Bill]] = {}
    left_out: list[set[int]] = [set() for _ in judged]
    for _, place, item in sorted(
        (-finding.severity, place, item)
        for place, each in enumerate(judged)
        for finding, items in _stating(each)
        for item in items
    ):
        each = judged[place]
        lines = [line for line in each.unit.lines if item_of(line.path) == item]
        if not lines:
            continue
        bill = (place, each.unit.member.billed_to, lines[0].provider)
        services = frozenset(map(service, lines))
        known = counted.setdefault(services, [])
        if any(_is_second(bill, other) for other in known):
            left_out[place].add(item)
        elif bill not in known:
            known.append(bill)
    return [frozenset(items) for items in left_out]


def _stating(judged: Judged) -> Iterator[tuple[Finding, set[int]]]:
    """The findings that count an amount, with the positions of their items."""
    amounts = amounts_of_claim(judged)
    for finding in judged.findings:
        items = {item for line in finding.lines if (item := item_of(line.path)) is not None}
        if items and not finding.elsewhere and amounts.of_lines(items)[0] is not None:
            yield finding, items


def _is_second(bill: _Bill, other: _Bill) -> bool:
    return (
        bill[0] != other[0]
        and differ(bill[1], other[1])
        and (bill[2] == other[2] or "" in (bill[2], other[2]))
    )


def amounts_of_claim(judged: Judged) -> Amounts:
    """What the claim bills and what was paid for it."""
    answers = judged.patient.answered.get(judged.unit.ref, ())
    return amounts_of(judged.part.raw, [answer.raw for answer in answers if answer.raw])
