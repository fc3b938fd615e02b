"""Settings of the service. Few, with safe defaults; the command line fills them."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.request.services import CLAIM_HOOK


@dataclass(frozen=True, slots=True)
class Settings:
    """How the service runs.

    `development` shows the start page and lets any web page call the service (CORS); it is meant for synthetic
    data on one's own machine. `max_body` is the largest request in bytes. `claim_hook` is the name of the claim
    hook, which a site may put into its own domain.
    """

    development: bool = False
    max_body: int = 8 * 1024 * 1024
    claim_hook: str = CLAIM_HOOK
