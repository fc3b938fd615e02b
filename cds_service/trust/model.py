"""The trust registry in memory: one Client for each system that may call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Client:
    """A system that may call (an EHR of one health system, a billing system).

    `name` is ours, unique, safe to log and to use as a metric label. `issuer` is the exact `iss` of its tokens,
    `jwks_url` where its keys are (the token's `jku` must equal it) and `keys` the keys themselves (a JWKS), which
    are then taken instead of being fetched. `tenants` are the accepted `tenant` claims, empty when it has none.
    `audiences` are accepted `aud` values besides the address of the endpoint that is called. `fhir_bases` are the
    base URLs of its FHIR servers: nothing else is read. `origins` are the web origins whose pages may call the
    service on its behalf. `profile` is the preset that it was made from, such as `epic`.
    """

    name: str
    issuer: str
    jwks_url: str | None = None
    keys: Mapping[str, Any] | None = None
    algorithms: tuple[str, ...] = ("ES384", "RS384")
    tenants: frozenset[str] = frozenset()
    audiences: frozenset[str] = frozenset()
    fhir_bases: tuple[str, ...] = ()
    origins: frozenset[str] = frozenset()
    profile: str = ""


@dataclass(frozen=True, slots=True)
class Registry:
    """All clients, by name and by issuer. Loaded from the file that IGRT_CDS_TRUST names.

    Several clients may share an issuer, as the health systems of one vendor's cloud do: then each has tenants of
    its own, and all have the same keys.
    """

    clients: tuple[Client, ...] = ()
    by_issuer: Mapping[str, tuple[Client, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, clients: Iterable[Client]) -> Registry:
        """The registry of these clients."""
        made = tuple(clients)
        grouped: dict[str, tuple[Client, ...]] = {}
        for client in made:
            grouped[client.issuer] = (*grouped.get(client.issuer, ()), client)
        return cls(made, grouped)


DEVELOPMENT = Client("development", "", origins=frozenset({"*"}))
"""Whoever calls in development, where no token is asked for. Owns no FHIR server."""
