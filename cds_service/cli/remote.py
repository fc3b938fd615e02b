"""Sends a hook request to a running service, as an EHR does, and reads the findings of its cards."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import requests

from cds_service.request.errors import Problem, Refusal

_TIMEOUT = 30


def ask_service(base: str, body: bytes) -> list[dict[str, Any]]:
    """The cards of the service at `base` for one hook request.

    Raises:
        Refusal: when `base` is no address, the service cannot be reached, has no service for the hook, or refuses the
            request.
    """
    root = base.rstrip("/")
    if not _is_address(root):
        raise Refusal(
            400, [Problem("--at", "This is no address of a service.", "Write it as http://127.0.0.1:8080.")]
        )
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
        raise Refusal(502, [Problem(root, *_why(error))]) from None
    if answer.status_code != 200:
        letters = [i.get("diagnostics", "") for i in content.get("issue", [])]
        raise Refusal(answer.status_code, [Problem("", " ".join(letters), f"(HTTP {answer.status_code})")])
    cards: list[dict[str, Any]] = content["cards"]
    return cards


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _why(error: Exception) -> tuple[str, str]:
    """What kept a service from answering, and what to do."""
    if isinstance(error, requests.exceptions.SSLError):
        return "shows no certificate that is trusted here.", "Check the address."
    if isinstance(error, requests.Timeout):
        return f"does not answer within {_TIMEOUT} seconds.", "Is it running?"
    if isinstance(error, requests.ConnectionError):
        return "cannot be reached.", "Is it running?"
    return "does not answer as a CDS service.", "Check the address."


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
