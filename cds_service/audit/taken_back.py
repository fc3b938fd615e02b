"""Which claim a replacement or void of an 837 takes back (CLM05-3 is 7 or 8). It names that one by the payer's number,
which no claim bears, so that the office's number, payer, biller, days, lines and time have to tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cds_service.audit.lines_alike import alike, of_one_biller
from cds_service.audit.numbered import Age, Number, Numbered
from cds_service.audit.routed import Part
from cds_service.audit.sent_claims import SentClaim, told_by
from cds_service.facts import fhir
from cds_service.facts.billed_anew import counted

Claims = Mapping[str, tuple[Part, fhir.Claim]]
Named = Callable[[frozenset[Number]], Sequence[tuple[Age, Numbered]]]
"""Gives the claims that have one of these numbers, with their age."""


@dataclass(frozen=True, slots=True, eq=False)
class _Sent:
    node: Numbered
    told: SentClaim
    age: Age

    def was_before(self, taker: _Sent) -> bool:
        """Whether it went out before a claim, as far as both say when."""
        days = [each.node.claim.created or "" for each in (self, taker)]
        if not all(days) or days[0] != days[1]:
            return days[0] <= days[1]
        return counted(self.node.sent) <= counted(taker.node.sent)


def taken_back(nodes: Sequence[Numbered], gone: Iterable[str], claims: Claims, named: Named) -> set[str]:
    """References of the claims that replacements and voids of 837 files take back.

    They are gone through from the oldest on, and each takes back one claim: of the same form, with days in common, of a
    biller that may be the same, and sent no later. Where claims have its number, it is one of them (`_by_number`), else
    one that bills the same (`_by_lines`).

    Args:
        nodes: claims of one patient.
        gone: references of those that others take back.
        claims: the patient's, by reference.
        named: finds those that have a number.
    """
    left_out = set(gone)
    sent = {node.ref: _Sent(node, told_by(claims[node.ref][0].raw), node.age) for node in nodes}
    found: set[str] = set()
    takers = (each for each in sent.values() if each.node.sent and each.told.takes)
    for taker in sorted(takers, key=lambda each: each.age):
        same_number = list(_older(taker, (sent[node.ref] for _, node in named(taker.node.links))))
        if same_number:
            taken = _by_number(taker, [each for each in same_number if each.node.ref not in left_out])
        else:
            others = (each for ref, each in sent.items() if ref not in left_out)
            others = (each for each in others if each.node.sent and not each.told.is_void)
            taken = _by_lines(taker, list(_older(taker, others)))
        if taken is not None:
            left_out.add(taken.node.ref)
            found.add(taken.node.ref)
    return found


def is_taker(node: Numbered, raw: bytes) -> bool:
    """Whether a transaction carried this claim as a replacement or void."""
    return bool(node.sent and node.links) and told_by(raw).takes


def _older(taker: _Sent, others: Iterable[_Sent]) -> Iterator[_Sent]:
    """Those that it may take back, as far as form, days, biller and time tell."""
    own = taker.node
    for each in others:
        other = each.node
        if (
            each.age < taker.age
            and not own.went_out_before(other)
            and other.claim.resourceType == own.claim.resourceType
            and alike(other.claim, own.claim)
            and of_one_biller(other.claim, own.claim)
        ):
            yield each


def _by_number(taker: _Sent, others: Sequence[_Sent]) -> _Sent | None:
    """Of the claims under its number, which may be that of a stay or an account: the one of its own payer, with most
    lines in common, else the newest. Of a void it is the one with just its lines or its total before that. An earlier
    void, which may have been sent twice, is taken where nothing else is as like it.
    """

    def rank(each: _Sent) -> tuple[object, ...]:
        common = taker.told.in_common(each.told)
        voided = _voided(taker, each) if taker.told.is_void else ()
        return (
            _payer(taker, each),
            any(voided),
            common[0] > 0 and not each.told.is_void,
            voided,
            common,
            each.was_before(taker),
            each.age,
        )

    return max(others, key=rank, default=None)


def _payer(taker: _Sent, other: _Sent) -> int:
    """0 for another payer, 1 for its own, 2 for its own in the same order."""
    if not taker.told.is_of_payer_of(other.told):
        return 0
    return 1 + (taker.told.orders == other.told.orders)


def _voided(taker: _Sent, other: _Sent) -> tuple[bool, ...]:
    lines = taker.told.given
    return bool(lines) and lines == other.told.given, taker.told.has_total_of(other.told)


def _by_lines(taker: _Sent, others: Sequence[_Sent]) -> _Sent | None:
    """Of the claims under other numbers one of the same payer, in the same order: of a void the last one before it with
    just its lines, or with its days and total.

    A replacement has the same days and a code in common; where there is none, more than half of the lines of the
    smaller one. Of several it is the one with most lines in common; where two have as many, nobody knows.
    """
    same = [each for each in others if _payer(taker, each) == 2]
    if taker.told.is_void and taker.told.lines:
        return _last_voided(taker, same)
    days = [each for each in same if _has_days_of(taker, each)]
    mostly = [each for each in same if taker.told.has_most_services_of(each.told)]  # it adds or drops days
    found = [each for each in days if _may_bill_the_same(taker, each)] or mostly
    ranked = sorted(
        ((_likeness(taker, each), each) for each in found), key=lambda pair: pair[0], reverse=True
    )
    if len(ranked) > 1 and ranked[0][0] == ranked[1][0]:
        return None
    return ranked[0][1] if ranked else None


def _last_voided(taker: _Sent, others: Sequence[_Sent]) -> _Sent | None:
    just = [each for each in others if taker.told.given == each.told.given] or [
        each for each in others if _has_days_of(taker, each) and taker.told.has_total_of(each.told)
    ]
    before = [each for each in just if each.was_before(taker)]
    if before or not just:
        return max(before, key=lambda each: each.age, default=None)
    return min(just, key=lambda each: each.age)


def _has_days_of(taker: _Sent, other: _Sent) -> bool:
    return bytes(taker.told.billablePeriod) == bytes(other.told.billablePeriod)


def _may_bill_the_same(taker: _Sent, other: _Sent) -> bool:
    codes = taker.told.codes
    return not (codes and codes.isdisjoint(other.told.codes))


def _likeness(taker: _Sent, other: _Sent) -> tuple[object, ...]:
    return (
        taker.told.has_total_of(other.told) and taker.told.is_void,
        taker.told.in_common(other.told),
        other.was_before(taker),
    )
