"""CDS Hooks cards that cannot be built illegal.

Limits are those of CDS Hooks 2.0 (Card Attributes, Suggestion, Action, Link); breaking one raises ValueError.
`to_json` leaves out every member of ours that has no value; embedded FHIR resources pass unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cards.limits import (
    Json,
    need_choice,
    need_https,
    need_one_line,
    need_reference,
    need_text,
    need_uuid,
    refuse,
    without_blanks,
)

SUMMARY_LIMIT: Final = 139
INDICATORS: Final = ("info", "warning", "critical")
SELECTION_BEHAVIORS: Final = ("at-most-one", "any")
ACTION_TYPES: Final = ("create", "update", "delete")
LINK_TYPES: Final = ("absolute", "smart")


@dataclass(frozen=True, slots=True)
class Coding:
    """A Coding as CDS Hooks defines it: `system` and `code` required."""

    system: str
    code: str
    display: str = ""
    shared_json: Json = field(init=False, repr=False, compare=False)
    """As `to_json`; the same object each time, for what many cards have in common: not to be changed."""

    def __post_init__(self) -> None:
        need_text("Coding.system", self.system)
        need_text("Coding.code", self.code)
        object.__setattr__(self, "shared_json", self.to_json())

    def to_json(self) -> Json:
        """The JSON object, without members that have no value."""
        return without_blanks((("system", self.system), ("code", self.code), ("display", self.display)))


@dataclass(frozen=True, slots=True)
class Source:
    """Whose document the card rests on; `url` is an absolute https address or empty."""

    label: str
    url: str = ""
    topic: Coding | None = None
    shared_json: Json = field(init=False, repr=False, compare=False)
    """As that of `Coding`."""

    def __post_init__(self) -> None:
        need_text("Source.label", self.label)
        if self.url:
            need_https("Source.url", self.url)
        object.__setattr__(self, "shared_json", self.to_json())

    def to_json(self) -> Json:
        """The JSON object, without members that have no value."""
        topic = self.topic.to_json() if self.topic else None
        return without_blanks((("label", self.label), ("url", self.url), ("topic", topic)))


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a card; `app_context` only with type `smart`."""

    label: str
    url: str
    type: str = "absolute"
    app_context: str = ""

    def __post_init__(self) -> None:
        need_text("Link.label", self.label)
        need_https("Link.url", self.url)
        need_choice("Link.type", self.type, LINK_TYPES)
        if self.app_context and self.type != "smart":
            raise refuse("Link.appContext", "stands on a link that is not smart", "Leave it out")

    def to_json(self) -> Json:
        """The JSON object, without members that have no value."""
        pairs = (
            ("label", self.label),
            ("url", self.url),
            ("type", self.type),
            ("appContext", self.app_context),
        )
        return without_blanks(pairs)


@dataclass(frozen=True, slots=True)
class Action:
    """A change to one resource: `resource` for create and update, `resource_id` ("Type/id") for delete."""

    type: str
    description: str
    resource: Mapping[str, Any] | None = None
    resource_id: str = ""

    def __post_init__(self) -> None:
        need_choice("Action.type", self.type, ACTION_TYPES)
        need_text("Action.description", self.description)
        if self.type == "delete":
            if self.resource is not None:
                raise refuse(
                    "Action.resource", "stands in a delete action", "Name the resource by resourceId only"
                )
            need_reference("Action.resourceId", self.resource_id)
            return
        if self.resource_id:
            raise refuse("Action.resourceId", f"stands in an action of type {self.type}", "Leave it out")
        if not _is_resource(self.resource):
            raise refuse("Action.resource", "is not a FHIR resource", "Give the whole resource as an object")

    def to_json(self) -> Json:
        """The JSON object; the resource is passed through as it is."""
        made: Json = {"type": self.type, "description": self.description}
        if self.resource_id:
            made["resourceId"] = self.resource_id
        if self.resource is not None:
            made["resource"] = self.resource
        return made


def _is_resource(value: object) -> bool:
    # Nearly always a dict, of which an abstract class need not be asked.
    return (type(value) is dict or isinstance(value, Mapping)) and type(value.get("resourceType")) is str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One choice offered by a card; its actions are done together or not at all."""

    label: str
    uuid: str
    actions: tuple[Action, ...]
    is_recommended: bool = False

    def __post_init__(self) -> None:
        need_text("Suggestion.label", self.label)
        need_uuid("Suggestion.uuid", self.uuid)
        if not self.actions:
            raise refuse("Suggestion.actions", "is empty", "Leave the suggestion out, or give it an action")

    def to_json(self) -> Json:
        """The JSON object; `isRecommended` only when true."""
        made: Json = {"label": self.label, "uuid": self.uuid}
        if self.is_recommended:
            made["isRecommended"] = True
        made["actions"] = [action.to_json() for action in self.actions]
        return made


@dataclass(frozen=True, slots=True)
class Card:
    """A CDS Hooks card (Card Attributes, requirements C-01 to C-11)."""

    uuid: str
    summary: str
    indicator: str
    source: Source
    detail: str = ""
    suggestions: tuple[Suggestion, ...] = ()
    selection_behavior: str = ""
    override_reasons: tuple[Coding, ...] = ()
    links: tuple[Link, ...] = ()
    extension: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        need_uuid("Card.uuid", self.uuid)
        need_one_line("Card.summary", self.summary, SUMMARY_LIMIT)
        need_choice("Card.indicator", self.indicator, INDICATORS)
        if self.selection_behavior:
            need_choice("Card.selectionBehavior", self.selection_behavior, SELECTION_BEHAVIORS)
        elif self.suggestions:
            raise refuse("Card.selectionBehavior", "is missing although there are suggestions", "Set it")
        recommended = [suggestion for suggestion in self.suggestions if suggestion.is_recommended]
        if len(recommended) > 1 and self.selection_behavior != "any":
            raise refuse(
                "Card.suggestions", "recommend more than one", "Recommend one, or let any be selected"
            )
        for reason in self.override_reasons:
            if not reason.display.strip():
                raise refuse(
                    "Card.overrideReasons", "hold a reason without display", "Give each reason a display"
                )

    def to_json(self) -> Json:
        """The JSON object as CDS Hooks wants it, without members that have no value."""
        made: Json = {"uuid": self.uuid, "summary": self.summary, "indicator": self.indicator}
        if self.detail:
            made["detail"] = self.detail
        made["source"] = self.source.shared_json
        if self.suggestions:
            made["suggestions"] = [suggestion.to_json() for suggestion in self.suggestions]
        if self.selection_behavior:
            made["selectionBehavior"] = self.selection_behavior
        if self.override_reasons:
            made["overrideReasons"] = [reason.shared_json for reason in self.override_reasons]
        if self.links:
            made["links"] = [link.to_json() for link in self.links]
        if self.extension:
            made["extension"] = self.extension
        return made
