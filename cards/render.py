"""From findings to cards (contract section 4): fixed order, stable identifiers, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, TypeVar

from cards.alike import Shared, shared
from cards.detail import detail
from cards.machine import extension
from cards.model import Card, Coding, Source
from cards.order import Names, by_rank, canonical
from cards.protocol import FindingLike
from cards.suggest import SELECTION_BEHAVIOR, suggestions
from cards.wording import in_full, label, override_reasons, summary

TOPIC_SYSTEM = "urn:igrt-cds:finding-kind"
Found = TypeVar("Found", bound=FindingLike)


def render(
    findings: Iterable[FindingLike], *, hook_instance: str, resources: Mapping[str, Mapping[str, Any]]
) -> tuple[Card, ...]:
    """The cards for the findings of one call, strictest first; the same call gives the same cards.

    Args:
        findings: settled findings; alike ones keep their order. Those of one checklist and resource share a
            card, whose indicator is that of the strictest; so do those that say the same of several orders.
        hook_instance: the call's `hookInstance`, from which identifiers are made.
        resources: the Claims and ServiceRequests as received, by reference ("Claim/c1"). A card whose
            resource is not among them has no suggestion.

    Raises:
        ValueError: a finding cannot be shown: unknown kind or action, no source, a gap without a value.
    """
    made = rendered(findings, hook_instance=hook_instance, resources=resources)
    return tuple(card for card, _ in made)


def rendered(
    findings: Iterable[Found], *, hook_instance: str, resources: Mapping[str, Mapping[str, Any]]
) -> tuple[tuple[Card, tuple[Found, ...]], ...]:
    """As `render`, each card with the findings that it shows.

    Raises:
        ValueError: as `render`.
    """
    names = Names(hook_instance)
    return tuple([(_card(group, names, resources), group.every) for group in shared(findings, resources)])


def _card(group: Shared[Found], names: Names, resources: Mapping[str, Mapping[str, Any]]) -> Card:
    first = group.one[0]
    sources = by_rank(group.one)
    source = sources[0]
    machine = extension(group.every)
    uuid = names.uuid(canonical(machine))
    offered = () if first.checklist else suggestions(group.every, resources, names, uuid)
    whole = in_full(group.one)
    return Card(
        uuid=uuid,
        summary=summary(group.one, whole),
        indicator=first.severity.name,
        detail=detail(group.one, whole, sources, group.every),
        source=_source(source.owner or source.label, source.url, first.kind),
        suggestions=offered,
        selection_behavior=SELECTION_BEHAVIOR if offered else "",
        override_reasons=override_reasons(),
        extension=machine,
    )


@lru_cache(maxsize=256)
def _source(owner: str, url: str, kind: str) -> Source:
    """The card's source, with the kind of its finding as topic; of registers, not of a call."""
    return Source(label=owner, url=url, topic=Coding(TOPIC_SYSTEM, kind, label("kind_labels", kind)))
