"""Findings that say the same of several orders of a call share a card: one card to read, not one for each order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar

from cards.machine import remedy_json
from cards.order import canonical, sort_key
from cards.protocol import FindingLike, TextLike
from cards.reasons import reason_of

Found = TypeVar("Found", bound=FindingLike)

_NO_CODING: Final = frozenset({"add-document", "attest-indication", "attest-other-modality", "review"})
"""What a remedy may ask for where orders share a card: each line that is to be coded otherwise has its own."""
_ORDER: Final = "ServiceRequest/"


@dataclass(frozen=True, slots=True)
class Shared(Generic[Found]):
    """What one card shows: the findings of one claim or order, and those of further orders that say the same."""

    one: tuple[Found, ...]
    further: tuple[tuple[Found, ...], ...] = ()

    @property
    def every(self) -> tuple[Found, ...]:
        """The findings of all its claims and orders."""
        return tuple([finding for group in (self.one, *self.further) for finding in group])


def shared(
    findings: Iterable[Found], resources: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
) -> list[Shared[Found]]:
    """The findings in card order, in one group for each card: those of one checklist and resource, else one alone;
    and alike ones of several orders, which have to have one reason where the card asks for one.

    Args:
        findings: settled findings.
        resources: the orders as received, by reference.
    """
    groups: dict[tuple[object, ...], list[Found]] = {}
    ordered = sorted(findings, key=sort_key)
    for number, finding in enumerate(ordered):
        key = (finding.unit, finding.checklist) if finding.checklist else (number,)
        groups.setdefault(key, []).append(finding)
    of_orders = {f.unit for f in ordered if f.unit.startswith(_ORDER)}
    if len(of_orders) < 2:
        return [Shared(tuple(group)) for group in groups.values()]
    alike: dict[object, list[tuple[Found, ...]]] = {}
    for number, group in enumerate(groups.values()):
        said = (_said(group), _reason(group, resources)) if _may_share(group) else number
        alike.setdefault(said, []).append(tuple(group))
    return [Shared(first, tuple(rest)) for first, *rest in alike.values()]


def _may_share(group: Sequence[FindingLike]) -> bool:
    return _NO_CODING.issuperset([remedy.action for finding in group for remedy in finding.remedies])


def _reason(group: Sequence[FindingLike], resources: Mapping[str, Mapping[str, Any]]) -> str:
    """What the order is for, where the card offers to record why: true of one disease, it may not be of another."""
    if not any(remedy.action == "attest-indication" for finding in group for remedy in finding.remedies):
        return ""
    unit = group[0].unit
    return reason_of(unit, resources.get(unit, {}))


def _said(group: Sequence[FindingLike]) -> str:
    """All that a card says of them but which order, lines and evidence they are about."""
    return canonical([_words(finding) for finding in group])


def _words(finding: FindingLike) -> list[Any]:
    return [
        finding.kind,
        finding.severity.name,
        *([_text(text) for text in texts] for texts in (finding.because, finding.notes)),
        _text(finding.summary),
        *(_text(text) if text else [] for text in (finding.checklist_summary, finding.advice)),
        finding.checklist,
        list(finding.rules),
        [[source.title, source.section, source.edition, source.statement] for source in finding.sources],
        [remedy_json(remedy) for remedy in finding.remedies],
        finding.all_of,
        finding.by_hand,
        finding.doubles,
        finding.document,
        list(finding.missing),
    ]


def _text(text: TextLike) -> list[Any]:
    return [text.template, [list(pair) for pair in text.values]]
