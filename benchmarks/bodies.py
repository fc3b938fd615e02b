"""Request bodies of the benchmarks: fixtures (synthetic), some of them grown to a size or a number of orders."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import Any

import fhir_fixtures

MARK = "11111111-1111-4111-8111-111111111111"
"""The hook instance of every body; the load generator puts another one in its place for each call."""
_ORDER = "order-imrt-cone-beam-ct-florida-blue"


@dataclass(frozen=True, slots=True)
class Body:
    """One request: what it is, the service that takes it, and its bytes as a client sends them."""

    name: str
    service: str
    data: bytes

    @property
    def path(self) -> str:
        """Where it is posted."""
        return f"/cds-services/{self.service}"


def end_to_end() -> list[Body]:
    """The three requests of the comparison with the no-op."""
    return [
        _body("small order", "order-tracking-with-modifier-other"),
        grown("order-sign of 17 kB", 17_000),
        _body("claim review", "hospital-imrt-guidance-double-billed-medicare"),
    ]


def grown(name: str, size: int) -> Body:
    """An order-sign with as many further documents of the patient as make it so many bytes, or a little more."""
    story, request = _fixture(_ORDER)
    documents = request["prefetch"]["documents"]["entry"]
    first = documents[0]
    number = 0
    while len(_compact(request)) < size:
        number += 1
        documents.append(_another(first, number))
    return Body(name, story.service, _compact(request))


def with_orders(number: int) -> Body:
    """An order-sign with so many radiotherapy orders."""
    story, request = _fixture(_ORDER)
    entries = request["context"]["draftOrders"]["entry"]
    originals = copy.deepcopy(entries)
    entries[:] = [_another(originals[n % len(originals)], n) for n in range(number)]
    return Body(f"{number} orders", story.service, _compact(request))


def _another(entry: dict[str, Any], number: int) -> dict[str, Any]:
    made = copy.deepcopy(entry)
    made["resource"]["id"] = f"{made['resource'].get('id', 'x')}-{number}"
    if "fullUrl" in made:
        made["fullUrl"] = f"{made['fullUrl']}-{number}"
    return made


def _body(name: str, fixture: str) -> Body:
    story, request = _fixture(fixture)
    return Body(name, story.service, _compact(request))


def _fixture(name: str) -> tuple[fhir_fixtures.Story, dict[str, Any]]:
    story = next(each for each in fhir_fixtures.stories() if each.name == name)
    request = copy.deepcopy(story.request())
    request["hookInstance"] = MARK
    return story, request


def _compact(request: dict[str, Any]) -> bytes:
    return json.dumps(request, separators=(",", ":")).encode()
