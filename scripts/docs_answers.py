"""The tables and examples of docs/call-the-service.md and docs/hook-claim-submit.md, asked of the service itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.books import POLICIES, Library, load_library
from cds_service.request.services import Service, services
from cds_service.service import Advisor
from cds_service.settings import Settings
from fhir_fixtures import load, stories
from scripts.docs_words import REFUSALS

AS_OF = date(2026, 11, 23)
CALL = "/cds-services/igrt-claim-review"
FIXTURE = "hospital-imrt-guidance-double-billed-medicare"
_LEFT_OUT = ("suggestions", "selectionBehavior", "overrideReasons")


def _library() -> Library:
    return load_library((POLICIES,))  # the package alone, whatever the environment adds


def answer(name: str) -> str:
    """The service's answer to a fixture; corrected resources and override reasons are left out."""
    story = next(story for story in stories() if story.name == name)
    found = Advisor(_library()).advise(story.service, story.path.read_bytes(), AS_OF)
    body = json.loads(found.encode())
    for card in body["cards"]:
        for member in _LEFT_OUT:
            card.pop(member, None)
    return json.dumps(body, indent=2, ensure_ascii=False)


def refusal_calls() -> Mapping[str, Callable[[FlaskClient], Any]]:
    """Refused call -> how to make it; the keys are those of docs_words.REFUSALS."""
    body = load(FIXTURE)

    def post(content: Any, path: str = CALL, kind: str = "application/json") -> Callable[[FlaskClient], Any]:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        return lambda client: client.post(path, data=data, content_type=kind)

    without_user = {**body, "context": {k: v for k, v in body["context"].items() if k != "userId"}}
    no_bundle = {**body, "context": {**body["context"], "claims": {"resourceType": "Claim"}}}
    no_coverage = {**body, "prefetch": {k: v for k, v in body["prefetch"].items() if k != "coverage"}}
    return {
        "not-json": post(b"{"),
        "name-twice": post(b'{"hook": "order-sign", "hook": "order-select"}'),
        "wrong-hook": post({**body, "hook": "order-sign"}),
        "missing-member": post(without_user),
        "no-bundle": post(no_bundle),
        "unknown-service": post(body, "/cds-services/no-such-service"),
        "wrong-method": lambda client: client.get(CALL),
        "no-coverage": post(no_coverage),
        "no-order": post(load("dispatch-order-not-supplied-other"), "/cds-services/igrt-order-dispatch"),
        "too-large": post(b" " * (Settings().max_body + 1)),
        "not-declared": post(body, kind="text/plain"),
    }


def refusals() -> list[tuple[int, str, dict[str, Any]]]:
    """Status, what was wrong, and the OperationOutcome, in the order of the status."""
    client = create_app(Settings(development=True), _library()).test_client()
    found = []
    for name, call in refusal_calls().items():
        response = call(client)
        found.append((response.status_code, REFUSALS[name], response.get_json()))
    return sorted(found, key=lambda row: row[0])


def _errors() -> str:
    rows = []
    for status, told, outcome in refusals():
        issue = outcome["issue"][0]
        where = f"`{issue['expression'][0]}`" if "expression" in issue else ""
        rows.append(f"| {status} | {told} | {where} | {issue['diagnostics']} |")
    return "\n".join(["| status | when | `expression` | `diagnostics` |", "|---|---|---|---|", *rows])


def _reviewed(service: Service) -> str:
    kinds = ", ".join(sorted(service.reviewed))
    if not service.by_reference:
        return f"`context.{service.bundle}`: {kinds}"
    named = f"`context.{service.bundle}.basedOn`" if service.bundle else "`context.dispatchedOrders`"
    return f"{kinds} that {named} names"


def _services() -> str:
    rows = [
        f"| `{s.id}` | `{s.hook}` | {_reviewed(s)} | {', '.join(f'`{key}`' for key in s.keys)} |"
        for s in services().values()
    ]
    return "\n".join(["| id | hook | what is reviewed | prefetch keys |", "|---|---|---|---|", *rows])


def _templates() -> str:
    found = {key: template for s in services().values() for key, template in s.entry()["prefetch"].items()}
    rows = [f"| `{key}` | `{template}` |" for key, template in found.items()]
    return "\n".join(["| key | template |", "|---|---|", *rows])


def _claim_templates() -> str:
    entry = services()["igrt-claim-review"].entry()
    rows = [f"| `{key}` | `{template}` |" for key, template in entry["prefetch"].items()]
    return "\n".join(["| key | template |", "|---|---|", *rows])


TABLES: Mapping[str, Callable[[], str]] = {
    "services": _services,
    "templates": _templates,
    "claim-templates": _claim_templates,
    "errors": _errors,
}
"""Name -> the table."""
