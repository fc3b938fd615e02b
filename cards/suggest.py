"""The suggestions of a card: the remedies that can be carried out, each with the whole corrected resource."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, Final

from cards.corrections import can_edit, carry_out, options
from cards.limits import is_reference
from cards.machine import remedy_json
from cards.model import Action, Suggestion
from cards.order import Names, canonical
from cards.protocol import FindingLike, LineLike, RemedyLike
from cards.wording import phrase, remedy_words

Step = tuple[RemedyLike, str]

SELECTION_BEHAVIOR: Final = "at-most-one"


def suggestions(
    findings: Sequence[FindingLike], resources: Mapping[str, Mapping[str, Any]], names: Names, card: str
) -> tuple[Suggestion, ...]:
    """One suggestion for each alternative that can be carried out; remedies that belong together are one, and one for
    each way to choose among their options. None for what only a person can do.

    A suggestion is recommended when it is the only way named to settle the finding; but never when it states
    a fact about the patient, which only a person can know, deletes a whole order, or makes a line that the claim has
    already.

    Args:
        findings: what the card `card` (its identifier) says, once for each order that it says it of.
        resources: the resources as received, by reference ("Claim/c1"); asked only when a remedy needs one.
        names: identifiers of this answer.
    """
    finding = findings[0]
    if finding.by_hand:
        return ()
    if finding.all_of:
        each = [[(remedy, option) for option in options(remedy)] for remedy in finding.remedies]
        choices = [list(steps) for steps in product(*each)]
    else:
        choices = [[(remedy, option)] for remedy in finding.remedies for option in options(remedy)]
    clear = (
        not finding.doubles
        and len(choices) == 1
        and {option for step in choices for _, option in step} == {""}
    )
    return tuple(
        [
            Suggestion(
                label=label,
                uuid=names.uuid(
                    card, *[canonical((remedy_json(remedy), option)) for remedy, option in steps]
                ),
                actions=actions,
                is_recommended=clear and {action.type for action in actions} == {"update"},
            )
            for steps in choices
            if (label := "; ".join([remedy_words(remedy, option) for remedy, option in steps]))
            and (actions := _all_actions(findings, steps, label, resources))
        ]
    )


def _all_actions(
    findings: Sequence[FindingLike],
    steps: Sequence[Step],
    label: str,
    resources: Mapping[str, Mapping[str, Any]],
) -> tuple[Action, ...]:
    """The actions for all of them; none unless each can be carried out."""
    made = [_actions(finding, steps, label, resources) for finding in findings]
    return tuple([action for actions in made for action in actions]) if all(made) else ()


def _actions(
    finding: FindingLike, steps: Sequence[Step], label: str, resources: Mapping[str, Mapping[str, Any]]
) -> tuple[Action, ...]:
    """An action for each resource that the finding's lines stand in; none unless all can be corrected."""
    lines_of: dict[str, list[LineLike]] = {}
    for line in finding.lines:
        lines_of.setdefault(line.resource, []).append(line)
    made = []
    for reference, lines in (lines_of or {finding.unit: []}).items():
        resource_type = reference.partition("/")[0]
        for remedy, _ in steps:
            if not can_edit(resource_type, remedy.action):
                return ()
        resource = resources.get(reference)
        if resource is None or f"{resource.get('resourceType')}/{resource.get('id')}" != reference:
            return ()
        outcome = carry_out(resource, steps, lines)
        if outcome is None or (outcome.void and not is_reference(reference)):
            return ()  # by such an id, as senders give to drafts, no action can name the order
        change = "delete" if outcome.void else "update"
        made.append(
            Action(
                type=change,
                description=phrase(f"{change}-{resource_type}", label=label),
                resource=None if outcome.void else outcome.resource,
                resource_id=reference if outcome.void else "",
            )
        )
    return tuple(made)
