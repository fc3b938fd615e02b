"""Whether a client's keys can be had now, told in words: for `igrt-cds trust check` and `igrt-cds doctor`."""

from __future__ import annotations

from cds_service.trust.fetch import FetchFailed, fetch_key_set
from cds_service.trust.jwks import BadKeySet, read_key_set, usable_keys
from cds_service.trust.model import Client
from cds_service.trust.sandbox import names_sandbox


def keys_of(client: Client, fetch: bool = True) -> tuple[str, bool]:
    """What is seen of the client's keys, and whether a token of it could be checked.

    Args:
        client: of the registry.
        fetch: whether its registered address is asked, at most the few seconds of `trust.fetch`.
    """
    sandbox = names_sandbox(client.issuer)
    try:
        if client.keys is not None:
            found = usable_keys(client.keys, client.algorithms, sandbox=sandbox)
        elif fetch:
            text = fetch_key_set(client.jwks_url or "")
            found = read_key_set(text, client.algorithms, sandbox=sandbox)
        else:
            return "keys not fetched.", True
    except (FetchFailed, BadKeySet) as error:
        return f"{client.jwks_url}: no keys. {error}", False
    kinds = ", ".join(sorted({algorithm for _, algorithm in found})) or "none"
    return f"{len({kid for kid, _ in found})} usable key(s), for {kinds}.", bool(found)
