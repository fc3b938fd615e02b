"""Calling the service as an EHR does, and reading what it says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import requests

from fhir_fixtures import load, stories

JSON = {"Content-Type": "application/json"}
DOUBLE_BILLED = "hospital-imrt-guidance-double-billed-medicare"
ORDER = "order-tracking-with-modifier-other"
SELECT = "order-select-one-of-two-other"
SERVICE_OF = {story.name: story.service for story in stories()}


@dataclass
class Site:
    """The service at its address. Proxies of the environment are not asked."""

    address: str
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False

    def url(self, path: str) -> str:
        return f"{self.address}{path}"

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.session.get(self.url(path), timeout=30, **more)

    def send(self, service: str, body: bytes, **headers: str) -> requests.Response:
        """POST these bytes."""
        return self.session.post(
            self.url(f"/cds-services/{service}"), data=body, headers=JSON | headers, timeout=30
        )

    def ask(self, service: str, request: object) -> requests.Response:
        """POST this request."""
        return self.send(service, json.dumps(request).encode())

    def story(self, name: str) -> requests.Response:
        """POST the fixture of this name to its own service."""
        return self.ask(SERVICE_OF[name], load(name))


def read(response: requests.Response) -> Any:
    """The body of a response."""
    return strict(response.content)


def strict(body: bytes, **more: Any) -> Any:
    """JSON without NaN, Infinity or a name that stands twice in one object."""
    return json.loads(body.decode(), parse_constant=_refuse, object_pairs_hook=_once, **more)


def exact(body: bytes) -> Any:
    """As `strict`, with numbers by their decimal value: 1E+2 may come back as 100, but 0.1 stays 0.1."""
    return strict(body, parse_float=Decimal, parse_int=Decimal)


def _refuse(text: str) -> None:
    raise ValueError(f"{text} is no JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    assert len(made) == len(pairs), f"a name stands twice among {[name for name, _ in pairs]}"
    return made


def findings(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """All findings of an answer, as data."""
    return [f for card in answer["cards"] for f in card["extension"]["org.igrt-cds.findings"]]


def said(answer: dict[str, Any]) -> list[tuple[str, str]]:
    """Kind and severity of every finding, in card order."""
    return [(f["kind"], f["severity"]) for f in findings(answer)]


def letters(response: requests.Response, status: int, code: str = "") -> list[tuple[str, str]]:
    """(expression, diagnostics) of a refusal's OperationOutcome, once its shape is as it should be."""
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/json"
    return outcome(read(response), code)


def outcome(body: Any, code: str = "") -> list[tuple[str, str]]:
    """As `letters`, of a body."""
    assert set(body) == {"resourceType", "issue"}
    assert body["resourceType"] == "OperationOutcome"
    found = []
    for issue in body["issue"]:
        assert set(issue) <= {"severity", "code", "diagnostics", "expression"}
        assert issue["severity"] == "error"
        assert issue["code"] == code or not code
        assert issue["diagnostics"].endswith((".", ")"))
        found.append((issue.get("expression", [""])[0], issue["diagnostics"]))
    assert found
    return found


def blanks(value: Any, path: str = "") -> Iterator[str]:
    """Paths of nulls and of empty texts, lists and objects; resources that were sent back are the client's."""
    if value in (None, "", [], {}):
        yield path
    elif isinstance(value, dict):
        for name, member in value.items():
            if not (name == "resource" and ".actions[" in path):
                yield from blanks(member, f"{path}.{name}")
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from blanks(member, f"{path}[{index}]")


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Paths of all texts."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, (*path, name))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from leaves(member, (*path, index))


def put(value: Any, path: tuple[str | int, ...], new: Any) -> None:
    """Set what stands at `path`."""
    *way, last = path
    for step in way:
        value = value[step]
    value[last] = new
