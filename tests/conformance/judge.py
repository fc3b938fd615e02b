"""Judges an answer of the service: JSON Schema, and the rules of CDS Hooks that a schema cannot say.

Written against the specification and HL7's invariants, without the code that makes cards. Each fault begins with
the row of tests/conformance/cds_hooks.yaml, the invariant or the threat that it breaks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from tests.conformance.markdown import markdown_faults
from tests.conformance.resources import new_faults, references, resources_by_reference
from tests.contract.calls import blanks, strict

Json = dict[str, Any]

SCHEMAS = {
    "answer": ("cds_service.web", "schemas", "answer.schema.json"),
    "discovery": ("cds_service.web", "schemas", "discovery.schema.json"),
    "outcome": ("cds_service.web", "schemas", "outcome.schema.json"),
    "card": ("cards", "schema", "card.schema.json"),
}
ALLOWED_BLANKS = {".cards", ".systemActions", ".services"}
"""Arrays that CDS Hooks lets be empty (T-04)."""


@cache
def validator(name: str) -> Draft202012Validator:
    """The validator of one of our published schemas; they refer to each other by `$id`."""
    contents = {
        key: json.loads(files(package).joinpath(*path).read_text("utf-8"))
        for key, (package, *path) in SCHEMAS.items()
    }
    registry: Registry[Any] = Registry().with_resources(
        (content["$id"], Resource.from_contents(content)) for content in contents.values()
    )
    return Draft202012Validator(contents[name], registry=registry)


def answer_faults(body: bytes, request: Any = None) -> list[str]:
    """What is wrong with a 200 answer of a service.

    Args:
        body: the bytes that were sent.
        request: the call as JSON, if it is known: then references and actions are compared with it.
    """
    answer, found = _read(body)
    if found:
        return found
    found = _schema("answer", answer)
    if found:
        return found
    found = [f"T-04: nothing stands at {path}" for path in blanks(answer) if path not in ALLOWED_BLANKS]
    found += _identifiers(answer["cards"])
    sent = resources_by_reference(request)
    for number, card in enumerate(answer["cards"]):
        found += [f"card {number}: {fault}" for fault in _of_card(card, request, sent)]
    for action in answer.get("systemActions", ()):
        found += [f"system action: {fault}" for fault in _of_action(action, request, sent)]
    return found


def discovery_faults(body: bytes) -> list[str]:
    """What is wrong with a 200 answer of discovery."""
    answer, found = _read(body)
    return found or [
        *_schema("discovery", answer),
        *(f"T-04: nothing stands at {path}" for path in blanks(answer) if path not in ALLOWED_BLANKS),
    ]


def refusal_faults(body: bytes) -> list[str]:
    """What is wrong with the body of an answer that is no success (E-05, T27)."""
    answer, found = _read(body)
    return found or [*_schema("outcome", answer), *(f"E-05: {fault}" for fault in new_faults(answer, None))]


def _read(body: bytes) -> tuple[Any, list[str]]:
    try:
        return strict(body), []
    except (ValueError, AssertionError) as error:
        return None, [f"T-02: not JSON ({type(error).__name__})"]


def _schema(name: str, value: Any) -> list[str]:
    faults = validator(name).iter_errors(value)
    return [f"{name}.schema.json: {fault.json_path} breaks {fault.validator}" for fault in faults]


def _identifiers(cards: Iterable[Json]) -> Iterator[str]:
    found = [holder["uuid"] for card in cards for holder in (card, *card.get("suggestions", ()))]
    if len(found) != len(set(found)):
        yield "C-05: two cards or suggestions share a uuid"


def _of_card(card: Json, request: Any, sent: dict[str, list[Json]]) -> Iterator[str]:
    if not 0 < len(card["summary"].strip()) <= len(card["summary"]) < 140:
        yield "C-01: the summary is empty or has 140 characters or more"
    if not card["summary"].isprintable():
        yield "T10: the summary holds a control or direction character"
    if card["indicator"] not in ("info", "warning", "critical"):
        yield "C-02: unknown indicator"
    if not card["source"]["label"].strip():
        yield "C-03: the source has no label"
    suggestions = card.get("suggestions", [])
    if suggestions and "selectionBehavior" not in card:
        yield "cds-resp-6: suggestions without selectionBehavior"
    recommended = [each for each in suggestions if each.get("isRecommended")]
    if card.get("selectionBehavior") == "at-most-one" and len(recommended) > 1:
        yield "cds-resp-1: more than one suggestion is recommended"
    if any(not reason.get("display", "").strip() for reason in card.get("overrideReasons", ())):
        yield "cds-resp-4: a reason without display"
    for suggestion in suggestions:
        if not suggestion["label"].strip():
            yield "S-01: a suggestion without label"
        if "actionSelectionBehavior" in suggestion:
            yield "cds-resp-7, S-05: actionSelectionBehavior is sent to a client that did not ask for it"
        for action in suggestion["actions"]:
            yield from _of_action(action, request, sent)
    for link in card.get("links", ()):
        if link["type"] != "smart" and "appContext" in link:
            yield "cds-resp-3: appContext on a link that is not smart"
    addresses = [card["source"].get("url"), *(link["url"] for link in card.get("links", ()))]
    yield from markdown_faults(card["detail"], tuple(each for each in addresses if each))
    if not set(card.get("extension", {})) <= {"davinci-crd.associated-resource", "org.igrt-cds.findings"}:
        yield "X-02: an extension that is not agreed"
    if request is not None:
        about = {each["reference"] for each in _associated(card)}
        if about - references(request):
            yield "associated-resource: names what is not in the request"
        lines = {line["resource"] for f in _findings(card) for line in f.get("lines", ())}
        if lines - about:
            yield "associated-resource: does not name the resource of a line"


def _of_action(action: Json, request: Any, sent: dict[str, list[Json]]) -> Iterator[str]:
    if not action.get("description", "").strip():
        yield "cds-resp-5: an action without description"
    if action["type"] == "delete":
        if not action.get("resourceId") or "resource" in action:
            yield "cds-resp-2: a delete needs resourceId and no resource"
        elif sent and action["resourceId"] not in references(request):
            yield "A-05: deletes what was not sent"
        return
    resource = action["resource"]
    if "resourceId" in action:
        yield "A-04: an update or create with resourceId"
    reference = f"{resource['resourceType']}/{resource.get('id')}"
    if action["type"] == "update" and sent and reference not in references(request):
        yield "A-04: updates what was not sent"
    before = sent.get(reference, [None])
    if all(new_faults(resource, each) for each in before):
        yield f"T-06: the resource is no valid FHIR: {new_faults(resource, before[0])[:2]}"


def _associated(card: Json) -> list[Json]:
    return list(card["extension"].get("davinci-crd.associated-resource", ()))


def _findings(card: Json) -> list[Json]:
    return list(card["extension"]["org.igrt-cds.findings"])
