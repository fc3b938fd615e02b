"""The same cards, byte for byte, whether the client sends prefetch or lets us read (P-12 of the checklist)."""

from __future__ import annotations

import copy
import json
from datetime import date
from typing import Any

import pytest

from cds_service.books import standard_library
from cds_service.request.prefetch import TYPES
from cds_service.service import Advisor
from fhir_fixtures import load, stories
from tests.fhir_client.ehr import Ehr, client_of, reader, serving, with_server

DAY = date(2026, 11, 24)
STORIES = [story for story in stories() if "hookInstance" in load(story.name)]
LIBRARY = standard_library()


def resources(prefetch: dict[str, Any]) -> list[dict[str, Any]]:
    """Everything that a prefetch holds."""
    found = []
    for value in prefetch.values():
        if value and value["resourceType"] == "Bundle":
            found += [entry["resource"] for entry in value.get("entry", ())]
        elif value:
            found.append(value)
    return found


def scope_of(prefetch: dict[str, Any]) -> str:
    """Scopes for what the client could have sent: a key that it left out is one that it does not let us read."""
    return " ".join(f"user/{TYPES[key]}.read" for key in prefetch if key in TYPES)


@pytest.mark.parametrize(
    ("page", "gaps"),
    [(1000, False), (2, False), (1, True)],
    ids=["one page", "pages of two", "pages of one, with empty ones between"],
)
def test_every_fixture_gives_the_same_answer_from_the_server(page: int, gaps: bool) -> None:
    assert len(STORIES) > 150
    read = reader(pages=40, reads=80)
    advisor = Advisor(LIBRARY, reader=read)
    different = []
    with serving(Ehr([], page, gaps)) as ehr:
        client = client_of(ehr.base)
        for story in STORIES[:: 1 if page > 2 else 4]:
            request = load(story.name)
            prefetch = request.pop("prefetch", None) or {}
            sent = json.dumps(request | {"prefetch": prefetch}).encode()
            ehr.resources = resources(prefetch)
            asked = json.dumps(
                with_server(request, ehr.base, scope_of(prefetch) or "user/Nothing.read")
            ).encode()
            expected = advisor.advise(story.service, sent, DAY, client)
            answer = advisor.advise(story.service, asked, DAY, client)
            if prefetch and answer.encode() != expected.encode():
                different.append(story.name)
        assert len(ehr.seen) > 2 * len(STORIES) / 4
    assert different == []


NAME = "florida-blue-document-one-day-too-old"


@pytest.mark.parametrize(
    "missing", [("documents",), ("coverage",), ("patient", "documents"), ("coverage", "patient")]
)
def test_only_what_is_missing_is_read(missing: tuple[str, ...]) -> None:
    request = load(NAME)
    service = next(s.service for s in STORIES if s.name == NAME)
    advisor = Advisor(LIBRARY, reader=reader())
    full = advisor.advise(service, json.dumps(request).encode(), DAY)
    partly = copy.deepcopy(request)
    for key in missing:
        del partly["prefetch"][key]
    with serving(Ehr(resources(request["prefetch"]))) as ehr:
        body = json.dumps(with_server(partly, ehr.base, scope_of(request["prefetch"]))).encode()
        answer = advisor.advise(service, body, DAY, client_of(ehr.base))
        asked = sorted(
            path.removeprefix("/fhir/").partition("?")[0].partition("/")[0] for path, _ in ehr.seen
        )
    assert asked == sorted(TYPES[key] for key in missing)
    assert answer.encode() == full.encode()
