"""Sends a hook request to a running service, as an EHR does, and reads the findings of its cards."""

from __future__ import annotations

import json
from typing import Any

import requests

from cds_service.request.errors import Problem, Refusal

_TIMEOUT = 30


def ask_service(base: str, body: bytes) -> list[dict[str, Any]]:
    """The cards of the service at `base` for one hook request.

    Raises:
        Refusal: when the service cannot be reached, has no service for the hook, or refuses the request.
    """
    root = base.rstrip("/")
    hook = _hook(body)
    session = requests.Session()
    session.trust_env = False  # no proxy or .netrc of the environment: the address is the one that was typed
    try:
        listed = session.get(f"{root}/cds-services", timeout=_TIMEOUT, allow_redirects=False)
        services = listed.json().get("services", []) if listed.ok else []
        service = next((s["id"] for s in services if s.get("hook") == hook), None)
        if service is None:
            raise Refusal(
                404, [Problem(root, f"No service there answers {hook}.", "Check the address and the hook.")]
            )
        answer = session.post(
            f"{root}/cds-services/{service}",
            data=body,
            headers={"Content-Type": "application/json"},
            timeout=_TIMEOUT,
            allow_redirects=False,
        )
        content: dict[str, Any] = answer.json()
    except (requests.RequestException, ValueError, KeyError, AttributeError) as error:
        raise Refusal(
            502,
            [Problem(root, f"does not answer as a CDS service ({type(error).__name__}).", "Is it running?")],
        ) from None
    if answer.status_code != 200:
        letters = [i.get("diagnostics", "") for i in content.get("issue", [])]
        raise Refusal(answer.status_code, [Problem("", " ".join(letters), f"(HTTP {answer.status_code})")])
    cards: list[dict[str, Any]] = content["cards"]
    return cards


def _hook(body: bytes) -> str:
    try:
        data = json.loads(body)
    except ValueError:
        data = None
    if not isinstance(data, dict) or not isinstance(data.get("hook"), str):
        raise Refusal(
            400, [Problem("", "Only a CDS Hooks request can be sent to a service.", "Give one with `hook`.")]
        )
    hook: str = data["hook"]
    return hook
