"""Whether a client's keys can be had now, told in words: for `igrt-cds trust check` and `igrt-cds doctor`."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.trust.fetch import FetchFailed, fetch_key_set
from cds_service.trust.jwks import BadKeySet, read_key_set, usable_keys
from cds_service.trust.model import Client
from cds_service.trust.sandbox import names_sandbox


@dataclass(frozen=True, slots=True)
class KeysSeen:
    """What is seen of a client's keys, whether a token of it could be checked, and what to do if not."""

    said: str
    good: bool
    remedy: str = ""


def keys_of(client: Client, fetch: bool = True, ca_file: str = "") -> KeysSeen:
    """The keys of a client as they can be had now.

    Args:
        client: of the registry.
        fetch: whether its registered address is asked, at most the few seconds of `trust.fetch`.
        ca_file: authorities to trust besides the usual ones.
    """
    sandbox = names_sandbox(client.issuer)
    try:
        if client.keys is not None:
            found = usable_keys(client.keys, client.algorithms, sandbox=sandbox)
        elif fetch:
            text = fetch_key_set(client.jwks_url or "", ca_file=ca_file)
            found = read_key_set(text, client.algorithms, sandbox=sandbox)
        else:
            return KeysSeen("keys not fetched.", True)
    except FetchFailed as failed:
        return KeysSeen(f"{client.jwks_url}: no keys. {failed}", False, failed.remedy)
    except BadKeySet as error:
        return KeysSeen(f"{client.jwks_url}: no keys. {error}", False, "Check the address.")
    kinds = ", ".join(sorted({algorithm for _, algorithm in found})) or "none"
    said = f"{len({kid for kid, _ in found})} usable key(s), for {kinds}."
    return KeysSeen(said, True) if found else KeysSeen(said, False, _NONE_USABLE)


_NONE_USABLE = "The set has to hold public keys with `kid`: RSA of 2048 bits or more, or P-384 for ES384."
