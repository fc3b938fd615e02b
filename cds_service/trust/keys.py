"""The keys of each issuer: cached, renewed, and asked for anew when a token names one that is not there (T2)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from jwt import PyJWK

from cds_service.trust.fetch import FetchFailed, fetch_key_set
from cds_service.trust.jwks import BadKeySet, Keys, read_key_set, usable_keys
from cds_service.trust.model import Client
from cds_service.trust.reasons import Reason, TokenRefused
from cds_service.trust.sandbox import names_sandbox

PAUSE = 60.0
"""Seconds between two fetches from one issuer, whatever the tokens say and whether the last one failed."""
AGE = 900.0
"""Seconds after which a set is renewed, so that a key that the issuer withdrew is forgotten."""
STALE = 24 * 3600.0
"""Seconds that a set is still used when its issuer cannot be reached."""
_WAITERS = 4
"""Calls that wait for a fetch under way; the others go on with the keys that are there."""


@dataclass
class _Issuer:
    keys: Keys = field(default_factory=dict)
    fetched: float | None = None
    tried: float | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)
    waiting: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(_WAITERS))


class KeyRing:
    """Public keys by issuer and `kid`: the same `kid` of two issuers are two keys. Safe to share between threads."""

    def __init__(
        self,
        fetch: Callable[[str], bytes] = fetch_key_set,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch, self._clock = fetch, clock
        self._issuers: dict[str, _Issuer] = {}
        self._lock = threading.Lock()

    def key(self, client: Client, kid: str, algorithm: str) -> PyJWK:
        """The key of this client's issuer.

        Raises:
            TokenRefused: `key` when its set has none such, `keys-unavailable` when there is no set.
        """
        wanted = (kid, algorithm)
        if client.keys is not None:
            fixed = self._fixed(client)
            if wanted not in fixed:
                raise TokenRefused(Reason.key, client.name)
            return fixed[wanted]
        issuer = self._of(client.issuer)
        if self._due(issuer, wanted):
            self._renew(issuer, client, wanted)
        now = self._clock()
        if issuer.fetched is None or now - issuer.fetched > STALE:
            raise TokenRefused(Reason.keys_unavailable, client.name)
        found = issuer.keys.get(wanted)
        if found is None:
            raise TokenRefused(Reason.key, client.name)
        return found

    def _of(self, name: str) -> _Issuer:
        with self._lock:
            return self._issuers.setdefault(name, _Issuer())

    def _fixed(self, client: Client) -> Keys:
        issuer = self._of(client.issuer)
        with issuer.lock:
            if issuer.fetched is None:
                issuer.keys = usable_keys(
                    client.keys, client.algorithms, sandbox=names_sandbox(client.issuer)
                )
                issuer.fetched = self._clock()
            return issuer.keys

    def _due(self, issuer: _Issuer, wanted: tuple[str, str]) -> bool:
        now = self._clock()
        if issuer.tried is not None and now - issuer.tried < PAUSE:
            # Somebody may be fetching at this moment what this call needs.
            return wanted not in issuer.keys and issuer.lock.locked()
        return issuer.fetched is None or wanted not in issuer.keys or now - issuer.fetched > AGE

    def _renew(self, issuer: _Issuer, client: Client, wanted: tuple[str, str]) -> None:
        """Fetch the set if nobody does; else wait for it, if this call needs it and not too many wait already."""
        if wanted in issuer.keys:
            if issuer.lock.acquire(blocking=False):
                self._fetch_locked(issuer, client)
        elif (
            issuer.fetched is None
        ):  # the first calls after the start: without keys none of them can be answered
            issuer.lock.acquire()
            self._fetch_locked(issuer, client)
        elif issuer.waiting.acquire(blocking=False):
            try:
                issuer.lock.acquire()
                self._fetch_locked(issuer, client)
            finally:
                issuer.waiting.release()

    def _fetch_locked(self, issuer: _Issuer, client: Client) -> None:
        try:
            now = self._clock()
            if issuer.tried is not None and now - issuer.tried < PAUSE:
                return
            issuer.tried = now
            text = self._fetch(client.jwks_url or "")
            issuer.keys = read_key_set(text, client.algorithms, sandbox=names_sandbox(client.issuer))
            issuer.fetched = self._clock()
        except (FetchFailed, BadKeySet):
            return  # the keys that are there stay
        finally:
            issuer.lock.release()
