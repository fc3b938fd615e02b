"""A process that replays one token; it imports little, so that it starts quickly."""

from __future__ import annotations

from multiprocessing import SimpleQueue
from typing import Any

from cds_service.store.database import Store
from cds_service.store.tokens import SeenTokens
from cds_service.trust.keys import KeyRing
from cds_service.trust.model import Client, Registry
from cds_service.trust.reasons import Reason, TokenRefused
from cds_service.trust.verify import Verifier


def replay(
    database: str,
    issuer: str,
    jwks: dict[str, Any],
    call: tuple[str, str],
    times: int,
    counted: SimpleQueue[int],
) -> None:
    """Present the token of `call` for its URL so many times, and tell how often it was accepted."""
    text, url = call
    store = Store(database)
    registry = Registry.of([Client("example-ehr", issuer, keys=jwks)])
    verifier = Verifier(registry, KeyRing(), SeenTokens(store))
    accepted = 0
    for _ in range(times):
        try:
            verifier.verify(text, [url])
            accepted += 1
        except TokenRefused as refused:
            if refused.reason is not Reason.replay:
                raise
    counted.put(accepted)
    store.close()
