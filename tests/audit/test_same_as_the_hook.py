"""The same rules, at scale: an audit finds on each fixture what the hook finds on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

import fhir_fixtures
from cds_service.books import Library
from cds_service.service import Advisor
from tests.audit.running import DAY, judged

SERVICE = "igrt-claim-review"
STORIES = [
    story
    for story in fhir_fixtures.stories()
    if story.service == SERVICE and story.valid_r4 and story.expected.status == 200
]


def resources(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    given = [request["context"]["claims"], *(request.get("prefetch") or {}).values()]
    for each in given:
        if each and each["resourceType"] == "Bundle":
            yield from (entry["resource"] for entry in each.get("entry", ()))
        elif each and each["resourceType"] != "OperationOutcome":
            yield each


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_findings_are_those_of_the_hook(story: fhir_fixtures.Story, library: Library) -> None:
    request = story.request()
    documents = (request.get("prefetch") or {}).get("documents")
    chart = "documents" in (request.get("prefetch") or {}) and (
        documents is None or documents["resourceType"] != "OperationOutcome"
    )
    rows, _ = judged(resources(request), library, chart=chart)
    ours = {f"Claim/{entry['resource'].get('id')}" for entry in request["context"]["claims"]["entry"]}
    found = sorted(
        (row.severity, row.kind, tuple(row.rules), tuple((line.sequence, line.code) for line in row.lines))
        for row in rows
        if row.claim in ours
    )
    findings = Advisor(library).review(SERVICE, json.dumps(request).encode(), DAY).findings
    assert found == sorted(
        (f.severity.name, f.kind, f.rules, tuple((line.sequence, line.code) for line in f.lines))
        for f in findings
    )
