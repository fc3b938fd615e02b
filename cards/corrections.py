"""Carrying out a remedy on the Claim or ServiceRequest it was found on.

Only what the remedy says is changed. Everything else is the resource as received, shared with it: treat both
as read-only. What would need a guess is not done; then the card has words only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cards import claim_edits, order_edits
from cards.draft import Draft, Unsafe
from cards.limits import Json
from cards.protocol import LineLike, RemedyLike

Edit = Callable[[Draft, RemedyLike, Sequence[LineLike], str], None]

EDITS: Final[Mapping[str, Mapping[str, Edit]]] = {
    "Claim": {
        "replace": claim_edits.replace,
        "add-modifier": claim_edits.add_modifier,
        "remove-modifier": claim_edits.remove_modifier,
        "remove-line": claim_edits.remove_line,
        "add-line": claim_edits.add_line,
        "reduce-units": claim_edits.reduce_units,
        "attest-indication": claim_edits.attest,
        "attest-other-modality": claim_edits.attest,
    },
    "ServiceRequest": {
        "replace": order_edits.replace,
        "add-modifier": order_edits.add_modifier,
        "remove-modifier": order_edits.remove_modifier,
        "remove-line": order_edits.remove_line,
        "reduce-units": order_edits.reduce_units,
        "attest-indication": order_edits.attest,
    },
}
"""What can be carried out; `review` and `add-document` are for people, and an order has no line to add."""

_OPTIONS: Final = {"attest-indication": "indications", "attest-other-modality": "modalities"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """A corrected resource; `void` when an order has no billing code left and should be deleted instead."""

    resource: Json
    void: bool = False


def options(remedy: RemedyLike) -> tuple[str, ...]:
    """The choices within one remedy: each fact that may be attested, else one unnamed choice."""
    member = _OPTIONS.get(remedy.action)
    return tuple(getattr(remedy, member)) if member else ("",)


def can_edit(resource_type: str, action: str) -> bool:
    """Whether `action` can ever be carried out on such a resource."""
    return action in EDITS.get(resource_type, {})


def carry_out(
    resource: Mapping[str, Any], steps: Sequence[tuple[RemedyLike, str]], lines: Sequence[LineLike]
) -> Outcome | None:
    """The resource after all `steps` (remedy and chosen option), or None if any needs a person.

    Args:
        resource: a FHIR R4 Claim or ServiceRequest as received.
        steps: remedies of one finding.
        lines: the finding's lines in this resource.
    """
    edits = EDITS.get(str(resource.get("resourceType")), {})
    draft, removes = Draft(resource), False
    try:
        for remedy, option in steps:
            action = remedy.action
            if action not in edits or (action in _OPTIONS and option not in options(remedy)):
                return None
            edits[action](draft, remedy, lines, option)
            removes = removes or action == "remove-line"
        corrected = draft.result()
        void = removes and corrected["resourceType"] == "ServiceRequest" and order_edits.close_gaps(corrected)
    except Unsafe:
        return None
    return None if corrected == resource else Outcome(corrected, void)


def correct(
    resource: Mapping[str, Any], remedy: RemedyLike, lines: Sequence[LineLike], option: str = ""
) -> Json | None:
    """The resource with one remedy carried out (contract section 4: the remedy and nothing else is changed).

    Args:
        resource: a FHIR R4 Claim or ServiceRequest as received.
        remedy: one of the finding's remedies (rulebook 1.6).
        lines: the finding's lines in this resource; their `path` must still say the remedy's code.
        option: for an attestation the fact chosen; may be left out when the remedy names only one.

    Returns:
        the corrected resource; None when a person has to do it, or when an order would be left without a
        billing code (`carry_out` tells the two apart).
    """
    named = options(remedy)
    outcome = carry_out(resource, [(remedy, option or (named[0] if len(named) == 1 else ""))], lines)
    return None if outcome is None or outcome.void else outcome.resource
