"""What `igrt-cds doctor` looks at in the trust registry: keys as they can be had now, and origins (CORS)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from cds_service.fhir_client.authorities import authorities_of
from cds_service.health import Health
from cds_service.settings import SettingError, Settings
from cds_service.trust.model import Registry
from cds_service.trust.reachable import keys_of
from cds_service.trust.registry import TrustError, load_registry

_AT_ONCE = 8
_SHOWN = 4
_NOTHING = Health("ok", "No registry is read, so there is nothing to check.")


def keys(settings: Settings) -> Health:
    """Fetch each client's key set as the service would: without keys none of its calls is answered."""
    registry = _registry(settings)
    if registry is None:
        return _NOTHING
    ca_file = _own_authorities(settings)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        seen = list(pool.map(lambda client: keys_of(client, ca_file=ca_file), registry.clients))
    bad = [(client.name, keys) for client, keys in zip(registry.clients, seen, strict=True) if not keys.good]
    if bad:
        what = " ".join(f"{name}: {keys.said}" for name, keys in bad[:_SHOWN])
        more = f" And {len(bad) - _SHOWN} more." if len(bad) > _SHOWN else ""
        remedies = dict.fromkeys(keys.remedy for _, keys in bad[:_SHOWN])
        remedy = f"{' '.join(remedies)} `igrt-cds trust check` repeats this."
        return Health("fail", f"{what}{more}", remedy, public=False)
    return Health("ok", f"{len(seen)} client(s) have usable keys.", public=False)


def origins(settings: Settings) -> Health:
    """Which web pages may call: an EHR that calls from its server needs no origin, one that calls from a page does."""
    registry = _registry(settings)
    if registry is None:
        return _NOTHING
    listed = sorted({origin for client in registry.clients for origin in client.origins})
    if not listed:
        what = "No web page may call (CORS): no client lists an origin."
        return Health("ok", f"{what} That is right for clients that call from a server.")
    return Health("ok", f"Pages of {', '.join(listed)} may call; preflights from there are allowed.")


def _own_authorities(settings: Settings) -> str:
    """The site's own authorities; that they cannot be read is told by the check named `authorities`."""
    try:
        return authorities_of(settings)
    except SettingError:
        return ""


def _registry(settings: Settings) -> Registry | None:
    """The registry if it can be read; that it cannot is told by the check named `trust`."""
    if settings.trust is None:
        return None
    try:
        return load_registry(settings.trust, development=settings.development)
    except (TrustError, OSError):
        return None
